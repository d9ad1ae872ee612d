"""The refresh token grant (RFC 6749 §6, RFC 9700 §4.14, RFC 9449 §5): new access tokens without the person.

Owns the token and the request. A token is its family (16 bytes) ‖ its generation (4) ‖ HMAC-SHA-256 over purpose, issuer and
both. So nothing of it is stored, the same successor can be given again when an answer was lost, and a token that was renewed
long ago is known for what it is. Does not know which generation is the present one, which key the family is bound to, or
whether it still lives (services.issuance.refresh_access).
"""

from collections.abc import Mapping
from dataclasses import dataclass
from hmac import digest as hmac_digest
from typing import Final

from sinwon.core import base64url
from sinwon.core.ids import same
from sinwon.core.refusal import Malformed, Untrusted
from sinwon.protocols.oauth.errors import INVALID_GRANT
from sinwon.protocols.oauth.token_request import required

GRANT_TYPE: Final = "refresh_token"
FAMILY_BYTES: Final = 16
GENERATION_BYTES: Final = 4
MAC_BYTES: Final = 32
LENGTH: Final = FAMILY_BYTES + GENERATION_BYTES + MAC_BYTES
MAX_TEXT: Final = 128  # base64url characters of LENGTH bytes, and more than a few


@dataclass(frozen=True, slots=True)
class RefreshToken:
    """A token of this issuer. `family` is the name of a record, 22 characters."""

    family: str
    generation: int

    @property
    def successor(self) -> "RefreshToken":
        return RefreshToken(self.family, self.generation + 1)


def parse_refresh_request(form: Mapping[str, str]) -> str:
    """The refresh token as text; other parameters are ignored. Raises Malformed."""
    return required(form, "refresh_token")


def write_refresh_token(token: RefreshToken, key: bytes, *, issuer: str) -> str:
    body = base64url.decode(token.family) + token.generation.to_bytes(GENERATION_BYTES)
    return base64url.encode(body + _mac(key, issuer, body))


def verify_refresh_token(text: str, key: bytes, *, issuer: str) -> RefreshToken:
    """A token this issuer gave. Raises Untrusted("invalid_grant")."""
    try:
        raw = base64url.decode(text) if len(text) <= MAX_TEXT else b""
    except Malformed:
        raw = b""
    body, mac = raw[:-MAC_BYTES], raw[-MAC_BYTES:]
    if len(raw) != LENGTH or not same(mac, _mac(key, issuer, body)):
        raise Untrusted(INVALID_GRANT, "not a refresh token of this issuer")
    return RefreshToken(base64url.encode(body[:FAMILY_BYTES]), int.from_bytes(body[FAMILY_BYTES:]))


def _mac(key: bytes, issuer: str, body: bytes) -> bytes:
    return hmac_digest(key, b"refresh_token\x00" + issuer.encode() + b"\x00" + body, "sha256")
