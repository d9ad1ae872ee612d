"""Base64url without padding, strict: one text for each byte string (RFC 7515 §2, RFC 4648 §5).

Refuses padding, white space, foreign characters and non-zero spare bits, so that a token has one written form only.
"""

from binascii import Error, a2b_base64, b2a_base64
from typing import Final

from sinwon.core.refusal import Malformed

PADDING: Final = (b"", None, b"==", b"=")
LAST: Final = ("", "", "AQgw", "AEIMQUYcgkosw048")
"""By length modulo 4: the last characters whose spare bits are zero."""
TO_STANDARD: Final = bytes.maketrans(b"-_+/=", b"+/!!!")  # what belongs to standard base64 only becomes foreign
FROM_STANDARD: Final = bytes.maketrans(b"+/", b"-_")


def encode(data: bytes) -> str:
    return b2a_base64(data, newline=False).translate(FROM_STANDARD, b"=").decode()


def decode(text: str) -> bytes:
    """The bytes of canonical unpadded base64url `text`. Raises Malformed."""
    rest = len(text) % 4
    padding = PADDING[rest]
    if padding is None or (rest and text[-1] not in LAST[rest]):
        raise Malformed("invalid_request", "not base64url, or spare bits set")
    try:
        return a2b_base64(text.encode().translate(TO_STANDARD) + padding, strict_mode=True)
    except (Error, UnicodeEncodeError):
        raise Malformed("invalid_request", "not base64url") from None
