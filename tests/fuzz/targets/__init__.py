"""One function per decoder: bytes in. Where a signature would stop every mutation at once, the bytes are what is signed."""

from collections.abc import Callable

from tests.fuzz.targets import basics, certificates, cli, documents, issuing, jose, lists, messages, wallet_provider

Target = Callable[[bytes], object]
TARGETS: dict[str, Target] = {
    name: target
    for room in (basics, jose, documents, lists, certificates, messages, issuing, wallet_provider, cli)
    for name, target in room.TARGETS.items()
}
