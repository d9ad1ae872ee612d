"""Base64url without padding, strict: one text for each byte string (RFC 7515 §2, RFC 4648 §5).

Refuses padding, white space, foreign characters and non-zero spare bits, so that a token has one written form only.
"""

import binascii
from base64 import urlsafe_b64decode, urlsafe_b64encode
from re import compile as pattern
from typing import Final

from sinwon.core.refusal import Malformed

ALPHABET: Final = pattern(r"[A-Za-z0-9_-]*\Z")
PADDING: Final = ("", None, "==", "=")


def encode(data: bytes) -> str:
    return urlsafe_b64encode(data).rstrip(b"=").decode()


def decode(text: str) -> bytes:
    """The bytes of canonical unpadded base64url `text`. Raises Malformed."""
    padding = PADDING[len(text) % 4]
    if padding is None or not ALPHABET.match(text):
        raise Malformed("invalid_request", "not base64url")
    try:
        data = urlsafe_b64decode(text + padding)
    except (binascii.Error, ValueError):
        raise Malformed("invalid_request", "not base64url") from None
    if padding and encode(data)[-1] != text[-1]:
        raise Malformed("invalid_request", "base64url with spare bits set")
    return data
