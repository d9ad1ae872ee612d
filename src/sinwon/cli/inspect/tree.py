"""What is shown: a tree of names and values, as text for people and as plain values for programs. It is made while it is shown
and ends at MAX_ROWS, so that no file makes more of it. Nothing in it can move a terminal's cursor: what is not printable is
written as its code."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import islice
from typing import Any, Final

LONGEST: Final = 160
"""Characters of one value, unless all is asked for."""
MAX_ROWS: Final = 20_000
INDENT: Final = "  "
MORE: Final = "…"


@dataclass(frozen=True, slots=True)
class Node:
    """`below` may be gone through once."""

    name: str
    value: str = ""
    below: Iterable["Node"] = ()


def as_text(node: Node, *, longest: int | None = LONGEST) -> str:
    """At most MAX_ROWS lines, and one that says that there are more."""
    rows = list(islice(_rows(node, 0), MAX_ROWS + 1))
    lines = [_line(depth, one, longest) for depth, one in rows[:MAX_ROWS]]
    return "\n".join(lines if len(rows) <= MAX_ROWS else [*lines, MORE])


def as_plain(node: Node) -> dict[str, Any]:
    """For JSON, values in full. At most MAX_ROWS names, and one that says that there are more."""
    root: dict[str, Any] = {}
    path = [root]
    for count, (depth, one) in enumerate(islice(_rows(node, 0), MAX_ROWS + 1)):
        plain = {"name": MORE} if count == MAX_ROWS else {"name": one.name, **({"value": one.value} if one.value else {})}
        if depth == 0:
            root.update(plain)
            continue
        path[depth - 1].setdefault("below", []).append(plain)
        path[depth:] = [plain]
    return root


def printable(text: str) -> str:
    """Controls, bidirectional overrides, surrogates and the like as \\u escapes: they are seen, and do nothing."""
    return text if text.isprintable() else "".join(sign if sign.isprintable() else _escaped(sign) for sign in text)


def _rows(node: Node, depth: int) -> Iterator[tuple[int, Node]]:
    yield depth, node
    for one in node.below:
        yield from _rows(one, depth + 1)


def _line(depth: int, node: Node, longest: int | None) -> str:
    value = printable(node.value if longest is None else node.value[:longest])
    cut = f"{MORE} ({len(node.value)} characters)" if longest is not None and len(node.value) > longest else ""
    return INDENT * depth + printable(node.name) + (f": {value}{cut}" if value else "")


def _escaped(sign: str) -> str:
    return "\\n" if sign == "\n" else f"\\u{ord(sign):04x}" if ord(sign) < 1 << 16 else f"\\U{ord(sign):08x}"
