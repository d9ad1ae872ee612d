"""What a wallet may do and whom it believes: the powers it is given, and which addresses it will speak to."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final
from urllib.parse import urlsplit

from sinwon.core.clock import Clock
from sinwon.core.fetch import LOOPBACK, Fetch
from sinwon.core.ids import Randomness
from sinwon.core.refusal import Malformed
from sinwon.holder.attester import Attester
from sinwon.holder.browser import Client
from sinwon.holder.keys import KeyRing
from sinwon.holder.verifiers import CATALOGUE_ONLY, Verifiers
from sinwon.keys.trust import TrustAnchors
from sinwon.protocols.trust.catalogue import Catalogue

MAX_ADDRESS: Final = 2048


@dataclass(frozen=True, slots=True)
class Powers:
    """`anchors` and `catalogue` are a follower's; `demo` allows plain http to loopback."""

    fetch: Fetch
    anchors: Callable[[], TrustAnchors]
    catalogue: Callable[[], Catalogue]
    clock: Clock
    random: Randomness
    keys: KeyRing
    demo: bool = False
    verifiers: Verifiers = CATALOGUE_ONLY
    attester: Attester | None = None
    """None: nobody vouches for the keys, so what is only for attested ones cannot be had."""
    client: Client | None = None
    """None: only offers with a code of their own can be accepted, where the issuer asks nobody who they are."""
    signed_metadata: bool = False
    """Whether an issuer's metadata must be signed; then nothing else will do."""
    encrypts: bool = False
    """Whether requests and answers are encrypted also where the issuer leaves that to the wallet."""


def check_address(url: str, code: str, *, demo: bool) -> str:
    """The origin of an address we would speak to: https, a plain host, no user information, no fragment. Raises Malformed."""
    if len(url) > MAX_ADDRESS or not url.isascii() or not url.isprintable() or "\\" in url:
        raise Malformed(code, "an address with characters that do not belong")
    try:
        parts = urlsplit(url)
        host, _port = parts.hostname, parts.port
    except ValueError:
        raise Malformed(code, "not an address") from None
    plain = demo and parts.scheme == "http" and host in LOOPBACK
    if not host or not (parts.scheme == "https" or plain):
        raise Malformed(code, "not an https address")
    if "@" in parts.netloc or "#" in url:
        raise Malformed(code, "user information or a fragment in an address")
    return f"{parts.scheme}://{parts.netloc}"
