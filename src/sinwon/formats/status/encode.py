"""Packing and compressing status values (Token Status List §4.1): entries of 1, 2, 4 or 8 bits, lowest bits first, zlib.

Owns the bytes both ways. Inflating is bounded before it is done.
"""

from collections.abc import Mapping
from typing import Final
from zlib import compress, decompressobj, error

from sinwon.core.refusal import Fault, Malformed
from sinwon.formats.status.reference import CODE

WIDTHS: Final = frozenset({1, 2, 4, 8})
MAX_COMPRESSED: Final = 2 * 1024 * 1024  # ten million entries, a tenth of them set, need 1.3 MB
MAX_INFLATED: Final = 16 * 1024 * 1024  # sixty-four million entries of two bits
LEVEL: Final = 9


def pack(values: Mapping[int, int], *, size: int, bits: int) -> bytes:
    """`size` entries of `bits` each, `values` by index, the others 0. Raises Fault for what does not fit."""
    if bits not in WIDTHS or size <= 0 or size * bits % 8:
        raise Fault("a status list has whole bytes of 1, 2, 4 or 8 bit entries")
    packed = bytearray(size * bits // 8)
    per_byte = 8 // bits
    for index, value in values.items():
        if not 0 <= index < size or not 0 <= value < 1 << bits:
            raise Fault("status entry out of range")
        packed[index // per_byte] |= value << index % per_byte * bits
    return bytes(packed)


def deflate(packed: bytes) -> bytes:
    """DEFLATE in zlib format, smallest: written once, fetched by everybody."""
    return compress(packed, LEVEL)


def inflate(data: bytes) -> bytes:
    """The packed entries. Stops at MAX_INFLATED whatever the ratio. Raises Malformed."""
    if len(data) > MAX_COMPRESSED:
        raise Malformed(CODE, "status list too large")
    stream = decompressobj()
    try:
        packed = stream.decompress(data, MAX_INFLATED + 1)
    except error:
        raise Malformed(CODE, "status list is not zlib") from None
    if len(packed) > MAX_INFLATED:
        raise Malformed(CODE, "status list inflates beyond the limit")
    if not stream.eof or stream.unused_data:
        raise Malformed(CODE, "status list cut off or followed by something else")
    return packed


def entry(packed: bytes, index: int, bits: int) -> int:
    """The value at `index`, which is within the list."""
    per_byte = 8 // bits
    return packed[index // per_byte] >> index % per_byte * bits & (1 << bits) - 1
