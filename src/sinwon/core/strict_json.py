"""The one door for JSON from outside: RFC 8259 as strict as we can make it, bounded before it is used.

Refuses duplicate names, NaN and Infinity, numbers beyond a float, a byte order mark, invalid UTF-8, unpaired surrogates,
nesting deeper than MAX_DEPTH and more names than the caller allows. `parse_json` gives plain values, `parse_as` a typed message
(msgspec Struct): unknown members are ignored there unless the type forbids them, as the protocols ask.
"""

from collections.abc import Iterable
from re import compile as pattern
from typing import Any, Final, TypeVar

import msgspec

from sinwon.core.refusal import Malformed

MAX_DEPTH: Final = 16  # standards of every protocol we speak stay below 10
MAX_NAMES: Final = 2_000  # a credential with a portrait and 40 claims has about 150
MAX_BYTES: Final = 64 * 1024  # unless the caller knows its message may be larger
STRING_OR_BRACKET: Final = pattern(rb'"[^"\\]*+(?:\\.[^"\\]*+)*+"?|[{}\[\]]')
STRING_OR_COLON: Final = pattern(rb'"[^"\\]*+(?:\\.[^"\\]*+)*+"?|:')
CONTAINERS: Final = (dict, list)
ENCODER: Final = msgspec.json.Encoder()
DECODER: Final = msgspec.json.Decoder()
"""Strict by itself about UTF-8, surrogates, byte order marks, numbers and what follows the value; not about duplicate names."""
PLACE: Final = pattern(r" - at `(\$(?:\.[A-Za-z_]+|\[\.\.\.\])*)`\Z")
T = TypeVar("T")


def parse_json(data: bytes | str, *, limit: int = MAX_BYTES, names: int = MAX_NAMES) -> Any:
    """Plain values of one JSON document of at most `limit` bytes and `names` names. Raises Malformed."""
    if len(data) > limit:
        raise Malformed("invalid_request", f"more than {limit} bytes of JSON")
    raw = data if isinstance(data, bytes) else _utf8(data)
    objects = raw.count(b"{")
    if objects + raw.count(b"[") > MAX_DEPTH:
        _check_depth(raw)
    try:
        value = DECODER.decode(raw)
    except (msgspec.DecodeError, ValueError, RecursionError):
        raise Malformed("invalid_request", "not JSON") from None
    if objects:
        _check_names(raw, value, names)
    return value


def parse_object(data: bytes | str, *, limit: int = MAX_BYTES) -> dict[str, Any]:
    """As parse_json, for a document that must be an object."""
    value = parse_json(data, limit=limit)
    if not isinstance(value, dict):
        raise Malformed("invalid_request", "not a JSON object")
    return value


def parse_as(data: bytes | str, shape: type[T], *, limit: int = MAX_BYTES, names: int = MAX_NAMES) -> T:
    """One JSON document as the message type `shape`. Raises Malformed, whose `why` names the path, not the value."""
    return convert(parse_json(data, limit=limit, names=names), shape)


def convert(value: object, shape: type[T]) -> T:
    """Plain values, already from parse_json, as the message type `shape`. Raises Malformed."""
    try:
        return msgspec.convert(value, shape)
    except msgspec.ValidationError as error:
        raise Malformed("invalid_request", f"wrong shape{_place(error)}") from None


def _place(error: msgspec.ValidationError) -> str:
    """Where it failed. Never what stood there: the library's own text repeats values and unknown names."""
    found = PLACE.search(str(error))
    return f" at {found[1]}" if found else ""


def dump(value: object) -> bytes:
    """Compact JSON of plain values or message types."""
    return ENCODER.encode(value)


def dump_lines(values: Iterable[object]) -> bytes:
    """Compact JSON of each value, each ended by a line end."""
    return ENCODER.encode_lines(values)


def _utf8(text: str) -> bytes:
    try:
        return text.encode()
    except UnicodeEncodeError:
        raise Malformed("invalid_request", "unpaired surrogate") from None


def _check_depth(raw: bytes) -> None:
    """Stops deep nesting before the recursive parser sees it. Counts brackets outside strings."""
    depth = 0
    for match in STRING_OR_BRACKET.finditer(raw):
        sign = match.group()
        depth += (sign in b"{[") - (sign in b"}]")
        if depth > MAX_DEPTH:
            raise Malformed("invalid_request", "JSON nested too deeply")


def _check_names(raw: bytes, value: object, most: int) -> None:
    """At most `most` names, and none twice in an object, where the decoder would keep the last one.

    What comes out the same when written again has none twice. Anything else, blanks for example, has as many colons outside
    strings as names are written, and these must be as many as were kept.
    """
    if ENCODER.encode(value) != raw:
        written = sum(mark == b":" for mark in STRING_OR_COLON.findall(raw))
        if written != _names_in(value):
            raise Malformed("invalid_request", "duplicate JSON name")
    if raw.count(b":") > most and _names_in(value) > most:
        raise Malformed("invalid_request", "too many JSON names")


def _names_in(value: Any) -> int:
    count, waiting = 0, [value] if type(value) in CONTAINERS else []
    while waiting:
        one = waiting.pop()
        if type(one) is dict:
            count += len(one)
            one = one.values()
        waiting += [member for member in one if type(member) in CONTAINERS]
    return count
