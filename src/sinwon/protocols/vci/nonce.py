"""The nonce endpoint's `c_nonce` (OpenID4VCI 1.0 §7): given without being stored, checked without being looked up.

time (8 bytes) ‖ random (16) ‖ HMAC-SHA-256 over issuer, time and random, cut to 16 bytes. Does not know whether a nonce
was used: a success consumes it once (services.issuance.issue_credentials).
"""

from hmac import digest as hmac_digest
from typing import Final

import msgspec

from sinwon.core import base64url
from sinwon.core.ids import Randomness, same
from sinwon.core.limits import CLOCK_SKEW
from sinwon.core.refusal import Malformed, Unmet
from sinwon.protocols.vci.errors import INVALID_NONCE

LIFETIME: Final = 300  # seconds: as long as a key proof may be old
TIME_BYTES: Final = 8
RANDOM_BYTES: Final = 16
MAC_BYTES: Final = 16
LENGTH: Final = TIME_BYTES + RANDOM_BYTES + MAC_BYTES
MAX_TEXT: Final = 64  # base64url characters of LENGTH bytes, and a few


class NonceResponse(msgspec.Struct, frozen=True):
    c_nonce: str


def make_nonce(key: bytes, *, issuer: str, now: int, random: Randomness) -> str:
    body = now.to_bytes(TIME_BYTES) + random(RANDOM_BYTES)
    return base64url.encode(body + _mac(key, issuer, body))


def check_nonce(nonce: str, key: bytes, *, issuer: str, now: int) -> int:
    """When it ends, if this issuer gave it and it still lives. Raises Unmet("invalid_nonce")."""
    raw = _decode(nonce)
    # 1 ours [OID4VCI F.4]
    body, mac = raw[:-MAC_BYTES], raw[-MAC_BYTES:]
    if len(raw) != LENGTH or not same(mac, _mac(key, issuer, body)):
        raise Unmet(INVALID_NONCE, "not a nonce of this issuer")
    # 2 alive [OID4VCI F.4]
    given = int.from_bytes(body[:TIME_BYTES])
    if not given - CLOCK_SKEW <= now < given + LIFETIME:
        raise Unmet(INVALID_NONCE, "nonce is too old")
    return given + LIFETIME


def _mac(key: bytes, issuer: str, body: bytes) -> bytes:
    return hmac_digest(key, b"c_nonce\x00" + issuer.encode() + b"\x00" + body, "sha256")[:MAC_BYTES]


def _decode(nonce: str) -> bytes:
    if len(nonce) > MAX_TEXT:
        raise Unmet(INVALID_NONCE, "not a nonce of this issuer")
    try:
        return base64url.decode(nonce)
    except Malformed:
        raise Unmet(INVALID_NONCE, "not a nonce of this issuer") from None
