"""The shape of an SD-JWT and an SD-JWT+KB: issuer-signed JWT ~ disclosures ~ key binding (RFC 9901 §4).

Owns splitting and bounded parsing. Keeps every text as received: digests are taken over those, never over something
encoded again. Does not compare a digest (disclosures), a signature (vc) or a holder's key (key_binding).
"""

from typing import Any, Final

from msgspec import Struct

from sinwon.core import base64url
from sinwon.core.limits import MAX_SD_JWT
from sinwon.core.refusal import Malformed
from sinwon.core.strict_json import parse_json
from sinwon.formats.jose.jws import Jws, parse_jws
from sinwon.formats.sdjwt.names import HASH, HASHES, INVALID, RESERVED

MAX_DISCLOSURES: Final = 500  # a credential of ours has about 40; work per disclosure is a hash and a small JSON


def text_digest(text: str, algorithm: str = HASH) -> str:
    """Base64url of the digest over `text` as it is, by one of HASHES."""
    return base64url.encode(HASHES[algorithm](text.encode()).digest())


class Disclosure(Struct, frozen=True):
    """One disclosure as received. A Struct, like SdJwt, because a presentation makes many of them."""

    text: str
    name: str | None
    """None for an array element."""
    value: Any

    @property
    def digest(self) -> str:
        """SHA-256 over the text as received (RFC 9901 §4.2.3)."""
        return text_digest(self.text)


class SdJwt(Struct, frozen=True):
    """A parsed SD-JWT, with key binding or without. Nothing in it is verified."""

    raw: str
    issuer_signed: Jws
    disclosures: tuple[Disclosure, ...]
    key_binding: Jws | None

    @property
    def without_key_binding(self) -> str:
        """Everything up to and including the last tilde: what `sd_hash` covers (RFC 9901 §4.3.1)."""
        return self.raw[: self.raw.rindex("~") + 1]


def parse_sd_jwt(text: str) -> SdJwt:
    """`text` in its parts. Raises Malformed."""
    if len(text) > MAX_SD_JWT:
        raise Malformed(INVALID, f"more than {MAX_SD_JWT} characters of SD-JWT")
    issuer_signed, *middle = text.split("~")
    if not middle:
        raise Malformed(INVALID, "no tilde: not an SD-JWT")
    key_binding = middle.pop()
    if len(middle) > MAX_DISCLOSURES:
        raise Malformed(INVALID, f"more than {MAX_DISCLOSURES} disclosures")
    try:
        return SdJwt(
            text,
            parse_jws(issuer_signed, limit=MAX_SD_JWT),
            tuple(map(parse_disclosure, middle)),
            parse_jws(key_binding) if key_binding else None,
        )
    except Malformed as refusal:
        raise refusal.coded(INVALID) from None


def parse_disclosure(text: str) -> Disclosure:
    """[salt, name, value] or [salt, value] in base64url (RFC 9901 §4.2.1, §4.2.2). Raises Malformed."""
    parts = parse_json(base64url.decode(text), limit=MAX_SD_JWT)
    if not isinstance(parts, list) or len(parts) not in {2, 3}:
        raise Malformed(INVALID, "disclosure is not an array of two or three")
    if not isinstance(parts[0], str):
        raise Malformed(INVALID, "salt is not a string")
    if len(parts) == 2:
        return Disclosure(text, None, parts[1])
    name = parts[1]
    if not isinstance(name, str) or name in RESERVED:
        raise Malformed(INVALID, "disclosure without a usable name")
    return Disclosure(text, name, parts[2])
