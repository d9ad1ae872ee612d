"""Subresource integrity as SD-JWT VC uses it (`vct#integrity`, `extends#integrity`, `uri#integrity`; W3C SRI §3): whether the
bytes fetched are the bytes meant.

Owns the syntax and the comparison. The strongest hash named counts and weaker ones beside it do not; a value that names no
hash we know is refused, where a browser would let it pass: whoever writes one wants it checked.
"""

from base64 import b64decode, b64encode
from binascii import Error
from collections.abc import Iterator
from hashlib import sha256, sha384, sha512
from typing import Final

from sinwon.core.ids import same
from sinwon.core.refusal import Malformed, Untrusted

HASHES: Final = {"sha256": sha256, "sha384": sha384, "sha512": sha512}
STRENGTH: Final = tuple(HASHES)
MAX_INTEGRITY: Final = 1024  # characters: three hashes in several versions have 500
INVALID_INTEGRITY: Final = "invalid_integrity"


def integrity_of(data: bytes) -> str:
    """The value that stands for exactly these bytes."""
    return f"sha256-{b64encode(sha256(data).digest()).decode()}"


def check_integrity(data: bytes, integrity: str) -> None:
    """That `data`, as received, is what `integrity` stands for. Raises Malformed, Untrusted."""
    hashes = parse_integrity(integrity)
    strongest = max(hashes, key=STRENGTH.index)
    found = HASHES[strongest](data).digest()
    if not any(same(found, expected) for expected in hashes[strongest]):
        raise Untrusted(INVALID_INTEGRITY, "the bytes are not the ones meant")


def parse_integrity(integrity: str) -> dict[str, list[bytes]]:
    """Digests by the name of their hash, of the hashes we know. Raises Malformed when there are none."""
    if len(integrity) > MAX_INTEGRITY:
        raise Malformed(INVALID_INTEGRITY, f"more than {MAX_INTEGRITY} characters of integrity")
    hashes: dict[str, list[bytes]] = {}
    for name, digest in _known(integrity):
        hashes.setdefault(name, []).append(digest)
    if not hashes:
        raise Malformed(INVALID_INTEGRITY, "no hash that we know")
    return hashes


def _known(integrity: str) -> Iterator[tuple[str, bytes]]:
    for word in integrity.split():
        name, _, rest = word.partition("-")
        if name in HASHES:
            yield name, _digest(name, rest.partition("?")[0])


def _digest(name: str, text: str) -> bytes:
    try:
        digest = b64decode(text, validate=True)
    except (Error, ValueError):
        raise Malformed(INVALID_INTEGRITY, "not base64") from None
    if len(digest) != HASHES[name]().digest_size or b64encode(digest).decode() != text:
        raise Malformed(INVALID_INTEGRITY, "not a digest of this hash")
    return digest
