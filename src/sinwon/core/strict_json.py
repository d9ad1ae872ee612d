"""The one door for JSON from outside: RFC 8259 as strict as we can make it, bounded before it is used.

Refuses duplicate names, NaN and Infinity, numbers beyond a float, a byte order mark, invalid UTF-8, unpaired surrogates,
nesting deeper than MAX_DEPTH and more than MAX_NAMES names. `parse_json` gives plain values; `parse_as` a typed message
(msgspec Struct): unknown members are ignored there unless the type forbids them, as the protocols ask.
"""

import json
from collections.abc import Mapping
from re import compile as pattern
from typing import Any, Final, TypeVar

import msgspec

from sinwon.core.refusal import Malformed

MAX_DEPTH: Final = 16  # standards of every protocol we speak stay below 10
MAX_NAMES: Final = 2_000  # a credential with a portrait and 40 claims has about 150
MAX_BYTES: Final = 64 * 1024  # unless the caller knows its message may be larger
STRING_OR_BRACKET: Final = pattern(r'"(?:[^"\\]|\\.)*+"?|[{}\[\]]')
STRING_OR_COLON: Final = pattern(r'"(?:[^"\\]|\\.)*+"?|:')
T = TypeVar("T")


def parse_json(data: bytes | str, *, limit: int = MAX_BYTES, names: int = MAX_NAMES) -> Any:
    """Plain values of one JSON document of at most `limit` bytes and `names` names. Raises Malformed."""
    text = _text(data, limit)
    _check_depth(text)
    _check_names(text, names)
    try:
        value = DECODER.decode(text)
    except (ValueError, RecursionError):
        raise Malformed("invalid_request", "not JSON") from None
    if "\\u" in text:
        _check_surrogates(value)
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
        raise Malformed("invalid_request", str(error)) from None


def dump(value: object) -> bytes:
    """Compact JSON of plain values or message types."""
    return msgspec.json.encode(value)


def _text(data: bytes | str, limit: int) -> str:
    if len(data) > limit:
        raise Malformed("invalid_request", f"more than {limit} bytes of JSON")
    try:
        text = data if isinstance(data, str) else data.decode("utf-8")
        if isinstance(data, str):
            text.encode("utf-8")
    except UnicodeError:
        raise Malformed("invalid_request", "not UTF-8") from None
    if text.startswith("\ufeff"):
        raise Malformed("invalid_request", "byte order mark")
    return text


def _check_depth(text: str) -> None:
    """Stops deep nesting before the recursive parser sees it. Counts brackets outside strings."""
    if text.count("{") + text.count("[") <= MAX_DEPTH:
        return
    depth = 0
    for token in STRING_OR_BRACKET.finditer(text):
        sign = token.group()
        depth += (sign in "{[") - (sign in "}]")
        if depth > MAX_DEPTH:
            raise Malformed("invalid_request", "JSON nested too deeply")


def _check_names(text: str, most: int) -> None:
    """At most `most` names. Each is followed by a colon, so only a text with more colons is looked at closely."""
    if text.count(":") > most and sum(mark == ":" for mark in STRING_OR_COLON.findall(text)) > most:
        raise Malformed("invalid_request", "too many JSON names")


def _collect(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) != len(pairs):
        raise Malformed("invalid_request", "duplicate JSON name")
    return found


def _constant(name: str) -> float:
    raise Malformed("invalid_request", f"{name} is not JSON")


def _float(text: str) -> float:
    value = float(text)
    if value in (float("inf"), float("-inf")):
        raise Malformed("invalid_request", "number out of range")
    return value


DECODER: Final = json.JSONDecoder(object_pairs_hook=_collect, parse_constant=_constant, parse_float=_float)
"""Built once: making one costs as much as parsing a disclosure."""


def _check_surrogates(value: object) -> None:
    if isinstance(value, str):
        try:
            value.encode("utf-8")
        except UnicodeEncodeError:
            raise Malformed("invalid_request", "unpaired surrogate") from None
    elif isinstance(value, Mapping):
        for name, member in value.items():
            _check_surrogates(name)
            _check_surrogates(member)
    elif isinstance(value, list):
        for member in value:
            _check_surrogates(member)
