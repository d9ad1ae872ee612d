"""Choosing places in a status list: random and free, with work that does not grow with the list.

A handful of places is drawn and looked up. When half of them are taken the list is full enough, and the next one is opened;
at a third taken that is rare, so lists end between a third and a half, and a random place is always found at once.
"""

from typing import Final

from sqlalchemy import Connection

from sinwon.core.ids import Randomness, new_id
from sinwon.formats.status.token import Kind
from sinwon.store.issuer import status

SAMPLE: Final = 8  # the smallest one that judges how full a list is
OVERSIZE: Final = 2  # drawn for each one needed: with fewer than half of them taken, enough are free
DRAW_BYTES: Final = 4


def draw_places(count: int, *, size: int, random: Randomness) -> tuple[int, ...]:
    """Distinct random places to choose from; `size` is a power of two, so every place is equally likely."""
    wanted = max(SAMPLE, OVERSIZE * count)
    data = random(DRAW_BYTES * wanted)
    starts = range(0, len(data), DRAW_BYTES)
    return tuple(dict.fromkeys(int.from_bytes(data[start : start + DRAW_BYTES]) % size for start in starts))


def choose_places(drawn: tuple[int, ...], taken: frozenset[int], count: int) -> tuple[int, ...] | None:
    """The first `count` free ones; None when the list is full enough."""
    free = tuple(place for place in drawn if place not in taken)
    if len(free) < count or 2 * len(taken) >= len(drawn):
        return None
    return free[:count]


def open_next_list(connection: Connection, kind: Kind, full: int | None, random: Randomness, *, now: int) -> int | None:
    """The number of the list of this kind that follows `full`; None when another was faster (roll back and look again)."""
    if status.newest(connection, kind) != full:
        return None
    number = status.highest(connection) + 1
    return number if status.open_list(connection, number, new_id(random), kind, now=now) else None
