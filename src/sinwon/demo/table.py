"""Tables for a terminal, aligned although Hangul takes two columns."""

from collections.abc import Sequence
from unicodedata import combining, east_asian_width


def width(text: str) -> int:
    """Columns of `text` in a terminal."""
    return sum(0 if combining(sign) else 2 if east_asian_width(sign) in "WF" else 1 for sign in text)


def fit(text: str, columns: int) -> str:
    """`text` padded, or cut with an ellipsis, to exactly `columns`."""
    if width(text) > columns:
        while text and width(text) > columns - 1:
            text = text[:-1]
        text += "…"
    return text + " " * (columns - width(text))


def table(head: Sequence[str], rows: Sequence[Sequence[str]], *, widest: int = 38) -> str:
    """Rows under a head, columns two spaces apart."""
    columns = [min(widest, max(width(row[place]) for row in [head, *rows])) for place in range(len(head))]
    rule = ["─" * column for column in columns]
    return "\n".join(
        "  ".join(fit(cell, c) for cell, c in zip(row, columns, strict=True)).rstrip() for row in [head, rule, *rows]
    )
