"""Keys and bytes as oracles take them, and one byte changed where everybody must notice."""

from sinwon.core import base64url
from sinwon.keys.software import SoftwareKey

PARTS = ("header", "payload", "signature")


def private_jwk(key: SoftwareKey) -> dict[str, str]:
    scalar = key.private.private_numbers().private_value.to_bytes(32)
    return {**key.public_jwk, "d": base64url.encode(scalar)}


def flipped(data: bytes, at: int) -> bytes:
    changed = bytearray(data)
    changed[at] ^= 1
    return bytes(changed)


def flipped_in(text: str, at: int = -1) -> str:
    """Base64url with a byte of what it says changed."""
    return base64url.encode(flipped(base64url.decode(text), at))


def flipped_jwt(token: str, part: str) -> str:
    """A compact JWS with the last character of a value of its header or payload, or a byte of its signature, changed."""
    parts = token.split(".")
    position = PARTS.index(part)
    parts[position] = flipped_in(parts[position], -1 if part == "signature" else -3)
    return ".".join(parts)
