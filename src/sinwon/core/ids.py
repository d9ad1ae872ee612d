"""Randomness as an argument, and the secrets and names made from it."""

from collections.abc import Callable
from hashlib import sha256
from hmac import compare_digest
from typing import Final

from sinwon.core import base64url

Randomness = Callable[[int], bytes]
"""Gives n unpredictable bytes; `os.urandom` outside tests."""
SECRET_BYTES: Final = 32  # nonces, states, codes and tokens: 43 characters of base64url


def new_secret(random: Randomness) -> str:
    """A code, token, nonce or state nobody can guess: 256 bits, 43 characters."""
    return base64url.encode(random(SECRET_BYTES))


def new_id(random: Randomness) -> str:
    """The name of a record: 128 bits, 22 characters. Not a secret, but not to be guessed either."""
    return base64url.encode(random(16))


def digest(secret: str) -> str:
    """How a high-entropy secret is kept and looked up: base64url of its SHA-256. Never for PINs or codes of few digits."""
    return base64url.encode(sha256(secret.encode()).digest())


def same(one: str | bytes, other: str | bytes) -> bool:
    """Equality in constant time, for anything a stranger could probe."""
    left = one.encode() if isinstance(one, str) else one
    right = other.encode() if isinstance(other, str) else other
    return compare_digest(left, right)
