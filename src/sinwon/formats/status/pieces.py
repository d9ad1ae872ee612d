"""A big list that changes: packed entries kept with their compressed pieces, so that a change costs one piece, not the list.

The stream is one legal zlib stream (RFC 1950): each piece of PIECE packed bytes is compressed on its own and ends on a byte
(full flush), an empty last block closes the stream, and the checksum of the whole is combined from those of the pieces.

Pieces are compressed by run lengths alone. Statuses are scattered entries between zeros; looking for other repetitions finds
next to nothing and costs 20 to 100 times as much (32 KiB of 2-bit entries, 1 % and 10 % of them set: 2.1 kB in 0.1 ms and
9.1 kB in 0.5 ms; zlib's level 9: 1.9 kB in 12 ms and 10.0 kB in 45 ms).
"""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final
from zlib import DEFLATED, Z_FULL_FLUSH, Z_RLE, adler32, compressobj

from sinwon.core.refusal import Fault
from sinwon.formats.status.encode import WIDTHS

PIECE: Final = 32 * 1024  # packed bytes; the window of DEFLATE
ALIGNED: Final = 9  # bytes: what base64 inside base64 turns into whole groups
EMPTY: Final = b"\x00\x00\x00\xff\xff"  # an empty stored block, where a block begins on a byte
HEADER: Final = b"\x78\xda"
HEAD: Final = HEADER + EMPTY * 5
LAST: Final = b"\x03\x00"  # an empty block, marked as the last one
ADLER: Final = 65_521
RAW: Final = -15  # neither header nor checksum


@dataclass(frozen=True, slots=True)
class Deflated:
    """A zlib stream in parts. All but the last are a multiple of ALIGNED long and stay the same objects while their
    entries do, so that whoever encodes them further can keep what comes out."""

    parts: tuple[bytes, ...]

    def joined(self) -> bytes:
        return b"".join(self.parts)


class PackedList:
    """`size` entries of `bits` each, all 0 until put. Has one owner: two threads must not use it at once."""

    __slots__ = ("_bits", "_packed", "_pieces", "_stale", "_sums", "size")

    def __init__(self, *, size: int, bits: int) -> None:
        """Raises Fault."""
        if bits not in WIDTHS or size <= 0 or size * bits % 8:
            raise Fault("a status list has whole bytes of 1, 2, 4 or 8 bit entries")
        self.size = size
        self._bits = bits
        self._packed = bytearray(size * bits // 8)
        count = -(-len(self._packed) // PIECE)
        self._pieces = [b""] * count
        self._sums = [1] * count
        self._stale = set(range(count))

    def put(self, values: Iterable[tuple[int, int]]) -> None:
        """Index and value, the later one of two for one index. Raises Fault for what does not fit."""
        bits, packed, stale, per_byte, mask = self._bits, self._packed, self._stale, 8 // self._bits, (1 << self._bits) - 1
        for index, value in values:
            if not 0 <= index < self.size or not 0 <= value <= mask:
                raise Fault("status entry out of range")
            at, shift = index // per_byte, index % per_byte * bits
            packed[at] = packed[at] & ~(mask << shift) | value << shift
            stale.add(at // PIECE)

    def deflated(self) -> Deflated:
        """All entries as they are now. Compresses what changed since the last time."""
        for number in self._stale:
            piece = bytes(self._packed[number * PIECE : (number + 1) * PIECE])
            self._pieces[number], self._sums[number] = _compressed(piece), adler32(piece)
        self._stale.clear()
        return Deflated((HEAD, *self._pieces, LAST + self._checksum().to_bytes(4)))

    def _checksum(self) -> int:
        total, rest = 1, len(self._packed)
        for checksum in self._sums:
            total = adler32_combine(total, checksum, min(PIECE, rest))
            rest -= PIECE
        return total


def adler32_combine(first: int, second: int, length: int) -> int:
    """The checksum of two strings one after the other, from theirs and the `length` of the second (RFC 1950 §8.2)."""
    low = (first & 0xFFFF) - 1
    high = (first >> 16) + (second >> 16) + length * low
    return high % ADLER << 16 | (low + (second & 0xFFFF)) % ADLER


def _compressed(piece: bytes) -> bytes:
    """On its own, on a byte, and a multiple of ALIGNED long: empty blocks of five bytes fill it up."""
    packer = compressobj(9, DEFLATED, RAW, 9, Z_RLE)
    data = packer.compress(piece) + packer.flush(Z_FULL_FLUSH)
    return data + EMPTY * (-2 * len(data) % ALIGNED)
