"""What a status list holds: how wide its entries are, how many, and how often each value is among them."""

from collections.abc import Mapping
from typing import Any, Final

from sinwon.cli.inspect.tree import Node
from sinwon.core import base64url
from sinwon.core.refusal import Malformed, Refusal
from sinwon.formats.status.reference import CODE
from sinwon.formats.status.token import read_entries

NAMES: Final = {0: "valid", 1: "invalid", 2: "suspended", 3: "needs renewal"}


def json_list(status_list: object) -> Node:
    """Of a JWT's claims: `lst` is base64url."""
    try:
        lst = _member(status_list, "lst")
        return _list(status_list, base64url.decode(lst) if isinstance(lst, str) else lst)
    except Refusal as refusal:
        return Node("status list", refusal.why)


def cbor_list(status_list: object) -> Node:
    """Of a CWT's claims: `lst` is bytes."""
    try:
        return _list(status_list, _member(status_list, "lst"))
    except Refusal as refusal:
        return Node("status list", refusal.why)


def _list(status_list: object, lst: object) -> Node:
    if not isinstance(lst, bytes):
        raise Malformed(CODE, "no entries")
    bits, packed = read_entries(_member(status_list, "bits"), lst)
    counts = count_values(packed, bits)
    values = tuple(Node(f"{value} {NAMES.get(value, '')}".rstrip(), str(count)) for value, count in sorted(counts.items()))
    head = (Node("bits", str(bits)), Node("entries", str(len(packed) * 8 // bits)), Node("compressed", f"{len(lst)} bytes"))
    return Node("status list", "", (*head, Node("values", "", values)))


def count_values(packed: bytes, bits: int) -> Mapping[int, int]:
    """How many entries have each value that is there; bytes are counted first, entries in 256 kinds of them after."""
    counts: dict[int, int] = {}
    mask = (1 << bits) - 1
    for byte in range(256):
        times = packed.count(byte)
        for shift in range(0, 8 if times else 0, bits):
            value = byte >> shift & mask
            counts[value] = counts.get(value, 0) + times
    return counts


def _member(status_list: object, name: str) -> Any:
    return status_list.get(name) if isinstance(status_list, dict) else None
