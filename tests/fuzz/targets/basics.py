"""JSON, base64url, CBOR: the doors through which everything else comes."""

from typing import Any

from sinwon.core import base64url
from sinwon.core.cbor import DateTime, Encoded, FullDate, Tagged, dump_cbor, parse_cbor
from sinwon.core.strict_json import dump, parse_json

LIMIT = 1 << 20


def text_of(data: bytes) -> str:
    """Any bytes as text that a socket could have given us: UTF-8, and what is none as surrogates."""
    return data.decode("utf-8", "surrogateescape")


def strict_json(data: bytes) -> object:
    value = parse_json(data, limit=LIMIT)
    assert parse_json(dump(value), limit=8 * LIMIT) == value
    return value


def strict_json_text(data: bytes) -> object:
    return parse_json(text_of(data), limit=LIMIT)


def base64(data: bytes) -> object:
    text = text_of(data)
    found = base64url.decode(text)
    assert base64url.encode(found) == text
    return found


def cbor(data: bytes) -> object:
    value = parse_cbor(data, limit=LIMIT)
    dump_cbor(value)
    open_all(value)
    return value


def open_all(value: Any, depth: int = 0) -> None:
    """Everything that is parsed only when asked for."""
    if isinstance(value, Encoded) and depth < 4:
        assert Encoded(value.raw).tagged == value.tagged
        open_all(value.value, depth + 1)
    elif isinstance(value, Tagged):
        open_all(value.value, depth)
    elif isinstance(value, FullDate):
        assert value.date
    elif isinstance(value, DateTime):
        assert isinstance(value.seconds, int)
    elif isinstance(value, list | dict):
        for member in value.values() if isinstance(value, dict) else value:
            open_all(member, depth)


TARGETS = {"strict_json": strict_json, "strict_json_text": strict_json_text, "base64url": base64, "cbor": cbor}
