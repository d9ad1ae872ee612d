"""A file or standard input, bounded, and the bytes in it: binary, or text that stands for bytes."""

import sys
from binascii import unhexlify
from pathlib import Path
from re import compile as pattern
from typing import Final

from sinwon.core import base64url
from sinwon.core.refusal import Malformed
from sinwon.protocols.trust.signed import MAX_DOCUMENT

MAX_INPUT: Final = MAX_DOCUMENT
"""Nothing we speak is larger than the largest published document."""
UNREADABLE: Final = "unreadable"
STANDARD_INPUT: Final = "-"
HEX: Final = pattern(r"(?:[0-9A-Fa-f]{2})+")
WORD: Final = pattern(r"[A-Za-z0-9_-]+")
BLANKS: Final = pattern(r"\s+")
CONTROLS: Final = pattern(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f]")


def read_input(name: str) -> bytes:
    """At most MAX_INPUT bytes. Raises Malformed, OSError."""
    if name == STANDARD_INPUT:
        data = sys.stdin.buffer.read(MAX_INPUT + 1)
    else:
        with Path(name).open("rb") as file:
            data = file.read(MAX_INPUT + 1)
    if len(data) > MAX_INPUT:
        raise Malformed(UNREADABLE, f"more than {MAX_INPUT} bytes")
    if not data.strip():
        raise Malformed(UNREADABLE, "nothing in it")
    return data


def text_of(data: bytes) -> str | None:
    """`data` as text without blanks around it, or None where it is binary."""
    try:
        text = data.decode("utf-8").strip()
    except UnicodeDecodeError:
        return None
    return None if CONTROLS.search(text) else text


def bytes_of(text: str) -> bytes | None:
    """The bytes that hex or unpadded base64url, in lines or not, stands for; None for other text."""
    joined = BLANKS.sub("", text)
    if HEX.fullmatch(joined):
        return unhexlify(joined)
    if not WORD.fullmatch(joined):
        return None
    try:
        return base64url.decode(joined)
    except Malformed:
        return None
