"""The one door for CBOR, both ways: RFC 8949 as strict as we can make it, bounded before it is used.

Refuses indefinite lengths; integers, tags and byte strings written longer than necessary, unless a signature covers them
(parse_each) or they stand around what is embedded (parse_frame); duplicate keys, and keys that are not integers, text or bytes;
bytes after the item; nesting deeper than MAX_DEPTH; more than MAX_ITEMS items; bignums nobody needs. No tag becomes a foreign
object: three that we speak come out as `Encoded`, `FullDate`, `DateTime`, a bignum as an integer, all others as `Tagged`.
Longer lengths of text, arrays and maps are accepted, for a common encoder writes them, and so is any order of a map: what
was hashed or signed is kept as bytes and never written again to be compared. A boolean equals 1 in Python: callers ask for
`type(x) is int`.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from datetime import date, datetime
from decimal import Decimal
from fractions import Fraction
from functools import lru_cache
from io import BytesIO
from itertools import islice
from re import compile as pattern
from typing import Any, Final, NoReturn, final

import cbor2
from msgspec import Struct

from sinwon.core.clock import utc
from sinwon.core.refusal import Fault, Malformed

MAX_DEPTH: Final = 16  # every structure we speak stays below 10
MAX_ITEMS: Final = 20_000  # a device response with all elements of two certificates has about 400
MAX_BYTES: Final = 64 * 1024  # unless the caller knows its message may be larger
MAX_BIGNUM: Final = 64  # bytes; no number we meet is longer than a P-521 coordinate
CODE: Final = "invalid_request"
WIDTHS: Final = {24: 1, 25: 2, 26: 4, 27: 8}
"""Bytes of the argument that follows an initial byte with this additional information (RFC 8949 §3)."""
LONG_WIDTHS: Final = ((25, 2), (26, 4), (27, 8))
SHORTER: Final = {1: 24, 2: 1 << 8, 4: 1 << 16, 8: 1 << 32}
"""Arguments below this would have fitted in less."""
ONE_FORM: Final = (0, 1, 2, 6)
"""Integers, byte strings and tags: so an `Encoded` was received exactly as `tagged` says."""
STRINGS: Final = (2, 3)
KEYS: Final = frozenset({int, str, bytes})
DATE_TIME: Final = pattern(r"[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}Z")
DATE: Final = pattern(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
CACHE_MOMENTS: Final = 1024
TAG_DATE_TIME: Final = 0
TAG_ENCODED: Final = 24
TAG_FULL_DATE: Final = 1004
TAGGED: Final = b"\xd8\x18"
UNREADABLE: Final = (cbor2.CBORError, TypeError, ValueError, RecursionError, OverflowError, MemoryError)


class Tagged(Struct, frozen=True):
    """A tag we give no meaning to."""

    number: int
    value: Any


class FullDate(Struct, frozen=True):
    """`full-date`, tag 1004: a calendar date as text (RFC 8943)."""

    text: str

    @property
    def date(self) -> date:
        """Raises Malformed."""
        if DATE.fullmatch(self.text) is None:
            raise Malformed(CODE, "not a full-date")
        try:
            return date.fromisoformat(self.text)
        except ValueError:
            raise Malformed(CODE, "not a date of the calendar") from None


class DateTime(Struct, frozen=True):
    """`tdate`, tag 0: a moment as text."""

    text: str

    @property
    def seconds(self) -> int:
        """Seconds since 1970, for the one form that mdoc allows: UTC as `Z`, no fractions. Raises Malformed."""
        return _seconds(self.text)


@lru_cache(CACHE_MOMENTS)
def _seconds(text: str) -> int:
    """Kept by its text: copies are dated by the hour, so that a few texts come again and again."""
    if DATE_TIME.fullmatch(text) is None:
        raise Malformed(CODE, "not a tdate in UTC without fractions")
    try:
        return int(datetime.fromisoformat(text).timestamp())
    except ValueError:
        raise Malformed(CODE, "not a moment of the calendar") from None


def date_time(seconds: int) -> DateTime:
    """The moment `seconds` after 1970 as a tdate."""
    return DateTime(utc(seconds).strftime("%Y-%m-%dT%H:%M:%SZ"))


@final
class Encoded(Struct, frozen=True):
    """CBOR within CBOR, tag 24: the bytes as they came."""

    raw: bytes

    @property
    def value(self) -> Any:
        """What the bytes say, parsed whenever it is asked for. Raises Malformed."""
        return parse_each((self.raw,), limit=len(self.raw))[0]

    @property
    def tagged(self) -> bytes:
        """With tag 24 in front, as it is hashed and signed."""
        return tagged(self.raw)

    def __repr__(self) -> str:
        return f"Encoded({self.raw.hex()})"


def encode(value: object) -> Encoded:
    """`value` written once, to be hashed, signed or sent as it now is."""
    return Encoded(dump_cbor(value))


def parse_cbor(data: bytes, *, limit: int = MAX_BYTES, code: str = CODE) -> Any:
    """The one item that `data`, of at most `limit` bytes, is: lists, dicts and plain values. Raises Malformed."""
    if len(data) > limit:
        raise Malformed(code, f"more than {limit} bytes of CBOR")
    _check_items(data, code)
    try:
        value = cbor2.loads(data, max_depth=MAX_DEPTH, **PROFILE)
    except UNREADABLE as error:
        raise _malformed(error, code) from None
    if _written(value) != data:
        _check_form(data, code)
    return value


def parse_each(parts: Sequence[bytes], *, limit: int = MAX_BYTES, code: str = CODE) -> list[Any]:
    """The one item that each of `parts` is, of at most `limit` bytes together: for what a signature or a digest covers as it
    is, so that the length of heads is nobody's to choose and is not looked at. Raises Malformed."""
    data = b"".join(parts)
    if len(data) > limit:
        raise Malformed(code, f"more than {limit} bytes of CBOR")
    _check_items(data, code)
    source, values, end = BytesIO(data), [], 0
    decode = cbor2.CBORDecoder(source, max_depth=MAX_DEPTH, **PROFILE).decode
    for part in parts:
        try:
            values.append(decode())
        except UNREADABLE as error:
            raise _malformed(error, code) from None
        end += len(part)
        if source.tell() != end:
            raise Malformed(code, "an item ends where its bytes do not")
    return values


def parse_frame(data: bytes, *, limit: int = MAX_BYTES, code: str = CODE) -> Any:
    """As parse_cbor, for a message whose contents are embedded: its tags are to be opened by `opened`. Only there heads are
    looked at: nothing else in a frame is ever written again. Raises Malformed."""
    if len(data) > limit:
        raise Malformed(code, f"more than {limit} bytes of CBOR")
    _check_items(data, code)
    source = BytesIO(data)
    try:
        value = cbor2.CBORDecoder(source, max_depth=MAX_DEPTH, **FRAME).decode()
    except UNREADABLE as error:
        raise _malformed(error, code) from None
    if source.tell() != len(data):
        raise Malformed(code, "bytes after the CBOR item")
    return value


def opened(tags: Iterable[object], frame: bytes, *, code: str = CODE) -> list[Encoded]:
    """Each of `tags`, which follow each other in the bytes of `frame`, if it is tag 24 around bytes and stands there as
    `tagged` writes it: so what is hashed is what was received. Raises Malformed."""
    found, at = [], 0
    for tag in tags:
        if type(tag) is not cbor2.CBORTag or tag.tag != TAG_ENCODED or type(tag.value) is not bytes:
            raise Malformed(code, "not tag 24 around bytes")
        written = tagged(tag.value)
        if not frame.startswith(written, at):
            at = frame.find(written, at)
        if at < 0:
            raise Malformed(code, "a CBOR head longer than necessary")
        at += len(written)
        found.append(Encoded(tag.value))
    return found


def parse_encoded(data: bytes, *, code: str = CODE) -> Encoded:
    """`data` that is tag 24 and nothing else, to be parsed when it is wanted. Raises Malformed."""
    raw = data[3 + WIDTHS.get(data[2] & 31, 0) :] if len(data) > 2 else b""
    if data[: len(data) - len(raw)] != TAGGED + head(2, len(raw)):
        raise Malformed(code, "not tag 24 around bytes")
    return Encoded(raw)


def tagged(raw: bytes) -> bytes:
    """`raw` as a CBOR byte string under tag 24."""
    return TAGGED + byte_string(raw)


def dump_cbor(value: object) -> bytes:
    """`value` in definite lengths, each as short as possible, maps in the order they have. Raises Fault for foreign types."""
    try:
        return cbor2.dumps(value, encoders=ENCODERS)
    except cbor2.CBORError:
        raise Fault("a value that has no CBOR form of ours") from None


def byte_string(data: bytes) -> bytes:
    """`data` as a CBOR byte string."""
    length = len(data)
    return (BYTES_HEADS[length] if length < SHORT else head(2, length)) + data


def text_string(text: str) -> bytes:
    """`text` as a CBOR text string. Raises Fault for an unpaired surrogate."""
    try:
        data = text.encode()
    except UnicodeEncodeError:
        raise Fault("a value that has no CBOR form of ours") from None
    length = len(data)
    return (TEXT_HEADS[length] if length < SHORT else head(3, length)) + data


def head(major: int, argument: int) -> bytes:
    """The initial bytes of an item of type `major`: for those who write a structure once and splice it often (RFC 8949 §3)."""
    first = major << 5
    if argument < 24:
        return bytes((first | argument,))
    if argument < 1 << 8:
        return bytes((first | 24, argument))
    for low, width in LONG_WIDTHS:
        if argument < 1 << 8 * width:
            return bytes((first | low,)) + argument.to_bytes(width)
    raise Fault("more than CBOR can count")


SHORT: Final = 256
BYTES_HEADS: Final = tuple(head(2, length) for length in range(SHORT))
TEXT_HEADS: Final = tuple(head(3, length) for length in range(SHORT))
"""By length, for the strings that are written all the time."""


def _check_items(data: bytes, code: str) -> None:
    """Counts items without building any, where there could be too many: each takes a byte."""
    if len(data) > MAX_ITEMS and sum(1 for _ in islice(_heads(data), MAX_ITEMS + 1)) > MAX_ITEMS:
        raise Malformed(code, f"more than {MAX_ITEMS} CBOR items")


def _check_form(data: bytes, code: str) -> None:
    """Asked only where writing gave other bytes than reading, as the order of maps, floats and some lengths may."""
    source = BytesIO(data)
    try:
        cbor2.CBORDecoder(source, max_depth=MAX_DEPTH, **PROFILE).decode()
    except UNREADABLE as error:
        raise _malformed(error, code) from None
    if source.tell() != len(data):
        raise Malformed(code, "bytes after the CBOR item")
    for major, argument, width in _heads(data):
        if major in ONE_FORM and width and argument < SHORTER[width]:
            raise Malformed(code, "a CBOR head longer than necessary")


def _heads(data: bytes) -> Iterator[tuple[int, int, int]]:
    """Major type, argument and width of each item in turn; contents are skipped. Stops where the data do."""
    at, end = 0, len(data)
    while at < end:
        first = data[at]
        major, argument = first >> 5, first & 31
        at += 1
        width = WIDTHS.get(argument, 0)
        if width:
            argument = int.from_bytes(data[at : at + width])
            at += width
        if major in STRINGS:
            at += argument
        yield major, argument, width


def _malformed(error: BaseException, code: str) -> Malformed:
    """Our own reason if a callback gave one. Never the library's text: it repeats values."""
    cause = error.__cause__
    return Malformed(code, cause.why if isinstance(cause, Malformed) else "not strict CBOR")


def _checked_map(value: Mapping[Any, Any], _immutable: bool) -> Mapping[Any, Any]:
    """True and 1 are one key in Python, NaN is never twice the same one: only plain keys are known."""
    for key in value:
        if type(key) not in KEYS:
            raise Malformed(CODE, "a map key that is not an integer, text or bytes")
    return value


def _tagged(tag: cbor2.CBORTag, _immutable: bool) -> Tagged:
    return Tagged(tag.tag, _thawed(tag.value))


def _thawed(value: Any) -> Any:
    """Lists and dicts again, which the decoder freezes within a tag."""
    if type(value) is tuple or type(value) is list:
        return [_thawed(member) for member in value]
    if isinstance(value, Mapping):
        return {key: _thawed(member) for key, member in value.items()}
    return value


def _neutral(number: int) -> Callable[[Any, bool], Tagged]:
    return lambda value, _immutable: Tagged(number, _thawed(value))


def _encoded(value: object, _immutable: bool) -> Encoded:
    if type(value) is not bytes:
        raise Malformed(CODE, "tag 24 without bytes")
    return Encoded(value)


def _full_date(value: object, _immutable: bool) -> FullDate:
    if type(value) is not str:
        raise Malformed(CODE, "tag 1004 without text")
    return FullDate(value)


def _date_time(value: object, _immutable: bool) -> DateTime:
    if type(value) is not str:
        raise Malformed(CODE, "tag 0 without text")
    return DateTime(value)


def _natural(value: object, _immutable: bool) -> int:
    if type(value) is not bytes or not 8 < len(value) <= MAX_BIGNUM or value[0] == 0:
        raise Malformed(CODE, "a bignum too long, or for what an integer could say")
    return int.from_bytes(value)


def _negative(value: object, immutable: bool) -> int:
    return -1 - _natural(value, immutable)


TAGS: Final[Mapping[int, Callable[[Any, bool], Any]]] = {
    **{n: _neutral(n) for n in (1, 4, 5, 25, 28, 29, 30, 35, 36, 37, 52, 54, 100, 256, 258, 260, 261, 43000, 55799)},
    TAG_DATE_TIME: _date_time,
    2: _natural,
    3: _negative,
    TAG_ENCODED: _encoded,
    TAG_FULL_DATE: _full_date,
}
"""All tags that the library would decode by itself: regular expressions, shared and cyclic values, local dates."""


PROFILE: Final[dict[str, Any]] = {
    "tag_hook": _tagged,
    "object_hook": _checked_map,
    "semantic_decoders": TAGS,
    "allow_indefinite": False,
    "allow_duplicate_keys": False,
}
FRAME: Final[dict[str, Any]] = {
    **{name: value for name, value in PROFILE.items() if name != "tag_hook"},
    "semantic_decoders": {number: decode for number, decode in TAGS.items() if number != TAG_ENCODED},
}
"""Tags stay the library's own, which are made without calling us."""


def _written(value: object) -> bytes:
    """What we gave out of the parser, written again: twice as fast as dump_cbor, which also refuses foreign types."""
    return cbor2.dumps(value, default=_write_ours)


def _write_ours(encoder: cbor2.CBOREncoder, value: object) -> None:
    if type(value) is Encoded:
        encoder.encode_semantic(TAG_ENCODED, value.raw)
    else:
        ENCODERS[type(value)](encoder, value)


def _foreign(_encoder: cbor2.CBOREncoder, _value: object) -> NoReturn:
    raise cbor2.CBOREncodeError("a type that parse_cbor never gives")


ENCODERS: Final[Mapping[type, Callable[[cbor2.CBOREncoder, Any], Any]]] = {
    Encoded: lambda encoder, value: encoder.encode_semantic(TAG_ENCODED, value.raw),
    FullDate: lambda encoder, value: encoder.encode_semantic(TAG_FULL_DATE, value.text),
    DateTime: lambda encoder, value: encoder.encode_semantic(TAG_DATE_TIME, value.text),
    Tagged: lambda encoder, value: encoder.encode_semantic(value.number, value.value),
    **dict.fromkeys((date, datetime, Decimal, Fraction, complex, set, frozenset, cbor2.CBORTag), _foreign),
}
