"""Mutations: small damage to an input, the same for the same randomness. Of formats it knows a few words only."""

from collections.abc import Callable, Sequence
from random import Random

LONGEST = 1 << 18
TEXTS = (
    *('"', "{", "}", "[", "]", "~", ".", ",", ":", "=", "&", "%00", "%ff", "\\u0000", "\\ud800", "null", "true", "-1", "0"),
    *("1e400", "NaN", "9" * 20, "9" * 40, "_sd", '"..."', "_sd_alg", "__proto__", "https://", "file:///etc", "[::1]", "한"),
)
BYTES = (
    *("0a", "00", "efbbbf", "ffffffff", "1bffffffffffffffff", "d818", "c0", "c2", "d903ec", "9f", "bf", "f97e00", "a1f501"),
    *("5f", "81" * 20),
)
WORDS = (*(word.encode() for word in TEXTS), *map(bytes.fromhex, BYTES))
NUMBERS = (b"-1", b"0", b"1", b"255", b"65536", b"2147483648", b"9223372036854775808", b"1.5", b"253402300800", b"true", b'"1"')
Mutation = Callable[[bytearray, Random, Sequence[bytes]], None]


def mutated(data: bytes, random: Random, others: Sequence[bytes]) -> bytes:
    """`data` after one to six mutations."""
    found = bytearray(data)
    for _ in range(random.choice((1, 1, 1, 2, 3, 6))):
        random.choice(MUTATIONS)(found, random, others)
    return bytes(found[:LONGEST])


def _flip(data: bytearray, random: Random, _: Sequence[bytes]) -> None:
    if data:
        data[random.randrange(len(data))] ^= 1 << random.randrange(8)


def _set(data: bytearray, random: Random, _: Sequence[bytes]) -> None:
    if data:
        data[random.randrange(len(data))] = random.choice((0, 1, 0x1F, 0x7F, 0x80, 0xFF, 0x5F, 0xA0, random.randrange(256)))


def _delete(data: bytearray, random: Random, _: Sequence[bytes]) -> None:
    at = random.randrange(len(data) + 1)
    del data[at : at + random.choice((1, 1, 2, 8, 64))]


def _cut(data: bytearray, random: Random, _: Sequence[bytes]) -> None:
    del data[random.randrange(len(data) + 1) :]


def _word(data: bytearray, random: Random, _: Sequence[bytes]) -> None:
    at = random.randrange(len(data) + 1)
    data[at:at] = random.choice(WORDS)


def _repeat(data: bytearray, random: Random, _: Sequence[bytes]) -> None:
    at = random.randrange(len(data) + 1)
    piece = bytes(data[at : at + random.choice((1, 4, 16, 100))])
    data[at:at] = piece * random.choice((1, 2, 30))


def _splice(data: bytearray, random: Random, others: Sequence[bytes]) -> None:
    other = random.choice(others)
    at, begin = random.randrange(len(data) + 1), random.randrange(len(other) + 1)
    data[at:] = other[begin:]


def _number(data: bytearray, random: Random, _: Sequence[bytes]) -> None:
    """Another number in the place of one."""
    places = [at for at, sign in enumerate(data[:4096]) if 48 <= sign <= 57]
    if places:
        begin = end = random.choice(places)
        while end < len(data) and 48 <= data[end] <= 57:
            end += 1
        data[begin:end] = random.choice(NUMBERS)


MUTATIONS: tuple[Mutation, ...] = (_flip, _flip, _set, _set, _delete, _cut, _word, _word, _repeat, _splice, _number, _number)
