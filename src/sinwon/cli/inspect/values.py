"""Plain JSON and CBOR values as trees; moments and bytes so that a person can read them."""

from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from typing import Any, Final

from sinwon.cli.inspect.tree import Node
from sinwon.core.cbor import DateTime, Encoded, FullDate, Tagged
from sinwon.core.refusal import Malformed

MOMENTS: Final = frozenset({"iat", "exp", "nbf", "auth_time", "updated_at", "issued_at", "next_update", "expires_at"})
"""Members whose integers are seconds since 1970."""
CWT_MOMENTS: Final = frozenset({4, 5, 6})
MAX_OPENED: Final = 8  # a response holds elements and signed objects, one within the other
MAX_SECONDS: Final = 253_402_300_799  # 9999-12-31


def json_tree(name: str, value: Any) -> Node:
    if isinstance(value, Mapping):
        return Node(name, _count(value, "{}"), (json_tree(str(key), member) for key, member in value.items()))
    if isinstance(value, list):
        return Node(name, _count(value, "[]"), (json_tree(f"[{at}]", member) for at, member in enumerate(value)))
    if name in MOMENTS and type(value) is int:
        return Node(name, moment(value))
    return Node(name, _scalar(value))


def cbor_tree(name: str, value: Any, opened: int = 0) -> Node:
    """As diagnostic notation says it, one item a line; CBOR in CBOR is opened, MAX_OPENED times within each other."""
    if isinstance(value, Mapping):
        pairs = ((key_text(key), member) for key, member in value.items())
        return Node(name, _count(value, "{}"), (cbor_tree(key, member, opened) for key, member in pairs))
    if isinstance(value, list):
        return Node(name, _count(value, "[]"), (cbor_tree(f"[{at}]", member, opened) for at, member in enumerate(value)))
    if isinstance(value, Tagged):
        return Node(name, f"{value.number}(…)", (cbor_tree("value", value.value, opened),))
    if isinstance(value, Encoded):
        return Node(name, f"24(<<…>>), {len(value.raw)} bytes", _opened(value, opened))
    return Node(name, _scalar(value))


def bytes_text(data: bytes) -> str:
    return f"h'{data.hex()}', {len(data)} bytes" if len(data) > 8 else f"h'{data.hex()}'"


def key_text(key: object) -> str:
    return bytes_text(key) if isinstance(key, bytes) else str(key)


def moment(seconds: int) -> str:
    if not 0 <= seconds <= MAX_SECONDS:
        return str(seconds)
    return f"{seconds} ({datetime.fromtimestamp(seconds, UTC):%Y-%m-%d %H:%M:%S} UTC)"


def _opened(value: Encoded, opened: int) -> Iterator[Node]:
    if opened == MAX_OPENED:
        return
    try:
        yield cbor_tree("value", value.value, opened + 1)
    except Malformed as refusal:
        yield Node("not CBOR", refusal.why)


def _count(value: Any, brackets: str) -> str:
    return "" if value else brackets


def _scalar(value: Any) -> str:
    if isinstance(value, bytes):
        return bytes_text(value)
    if isinstance(value, FullDate | DateTime):
        return f'{1004 if isinstance(value, FullDate) else 0}("{value.text}")'
    if isinstance(value, str):
        return f'"{value}"'
    return {True: "true", False: "false", None: "null"}[value] if value is None or type(value) is bool else str(value)
