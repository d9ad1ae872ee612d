"""Nonces a server gives without storing them and checks without looking them up.

time (8 bytes) ‖ random (16) ‖ HMAC-SHA-256 over purpose, issuer, time and random, cut to 16 bytes. One of one purpose is worth
nothing for another. Does not know whether a nonce was used, nor how long one lives: the specification it serves says so.
"""

from hmac import digest as hmac_digest
from typing import Final

from sinwon.core import base64url
from sinwon.core.ids import Randomness, same
from sinwon.core.refusal import Malformed

TIME_BYTES: Final = 8
RANDOM_BYTES: Final = 16
MAC_BYTES: Final = 16
LENGTH: Final = TIME_BYTES + RANDOM_BYTES + MAC_BYTES
MAX_TEXT: Final = 64  # base64url characters of LENGTH bytes, and a few


def make_server_nonce(key: bytes, *, purpose: bytes, issuer: str, now: int, random: Randomness) -> str:
    body = now.to_bytes(TIME_BYTES) + random(RANDOM_BYTES)
    return base64url.encode(body + _mac(key, purpose, issuer, body))


def given_at(nonce: str, key: bytes, *, purpose: bytes, issuer: str) -> int | None:
    """When this issuer gave it for this purpose; None if it did not."""
    if len(nonce) > MAX_TEXT:
        return None
    try:
        raw = base64url.decode(nonce)
    except Malformed:
        return None
    body, mac = raw[:-MAC_BYTES], raw[-MAC_BYTES:]
    if len(raw) != LENGTH or not same(mac, _mac(key, purpose, issuer, body)):
        return None
    return int.from_bytes(body[:TIME_BYTES])


def _mac(key: bytes, purpose: bytes, issuer: str, body: bytes) -> bytes:
    return hmac_digest(key, purpose + b"\x00" + issuer.encode() + b"\x00" + body, "sha256")[:MAC_BYTES]
