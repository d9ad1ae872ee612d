"""What registers told and has yet to be passed on, how far their feeds were read, and which of their requests were used.

An event counts once, by the keyed hash of its name: the row stays when something came of it, without what was told. Whoever
works on one takes it for a while; a worker that dies loses nothing, another takes it later.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from sqlalchemy import Connection, bindparam, delete, insert, null, select, update
from sqlalchemy.exc import IntegrityError

from sinwon.store.consulate.tables import REGISTER_CURSORS, REGISTER_EVENTS, USED_REQUESTS

_E: Final = REGISTER_EVENTS.c
_R: Final = REGISTER_CURSORS.c
_INSERT: Final = insert(REGISTER_EVENTS)
_KNOWN: Final = select(_E.event).where(_E.event.in_(bindparam("events", expanding=True)))
_BACKLOG: Final = select(_E.event).where(_E.due_at.is_not(None)).offset(bindparam("most")).limit(1)
_DUE: Final = (
    select(REGISTER_EVENTS).where(_E.due_at <= bindparam("now")).order_by(_E.occurred_at, _E.event).limit(bindparam("most"))
)
_TAKE: Final = (
    update(REGISTER_EVENTS)
    .where(_E.event == bindparam("which"), _E.due_at == bindparam("seen"))
    .values(due_at=bindparam("until"), attempts=_E.attempts + 1)
)
_POSTPONE: Final = (
    update(REGISTER_EVENTS).where(_E.event == bindparam("which"), _E.due_at.is_not(None)).values(due_at=bindparam("until"))
)
_FINISH: Final = (
    update(REGISTER_EVENTS).where(_E.event == bindparam("which")).values(outcome=bindparam("how"), due_at=null(), told=null())
)
_FORGET: Final = delete(REGISTER_EVENTS).where(_E.due_at.is_(None), _E.received_at < bindparam("before"))
_CURSOR: Final = select(_R.cursor).where(_R.register == bindparam("of"))
_ADVANCE: Final = (
    update(REGISTER_CURSORS)
    .where(_R.register == bindparam("of"), _R.cursor == bindparam("seen"))
    .values(cursor=bindparam("next"), read_at=bindparam("now"))
)
_FIRST: Final = insert(REGISTER_CURSORS)
_USE: Final = insert(USED_REQUESTS)
_FORGET_REQUESTS: Final = delete(USED_REQUESTS).where(USED_REQUESTS.c.expires_at < bindparam("now"))


@dataclass(frozen=True, slots=True)
class EventRow:
    event: str
    """Keyed hash of register and event id."""
    register: str
    kind: str
    occurred_at: int
    received_at: int
    told: bytes | None
    """Sealed."""
    attempts: int = 0
    due_at: int | None = None
    outcome: str | None = None


def insert_events(connection: Connection, rows: Sequence[EventRow]) -> int:
    """Keeps those that were not told before; how many."""
    known = set(connection.execute(_KNOWN, {"events": [row.event for row in rows]}).scalars())
    return sum(_insert(connection, row) for row in rows if row.event not in known)


def is_backlogged(connection: Connection, most: int) -> bool:
    """Whether more than `most` events wait."""
    return connection.execute(_BACKLOG, {"most": most}).first() is not None


def due_events(connection: Connection, *, now: int, most: int) -> tuple[EventRow, ...]:
    """In the order in which they happened."""
    return tuple(EventRow(*row) for row in connection.execute(_DUE, {"now": now, "most": most}))


def take_event(connection: Connection, row: EventRow, *, until: int) -> bool:
    """Whether it is ours to work on until then."""
    values = {"which": row.event, "seen": row.due_at, "until": until}
    return connection.execute(_TAKE, values).rowcount == 1


def postpone_event(connection: Connection, event: str, *, until: int) -> None:
    connection.execute(_POSTPONE, {"which": event, "until": until})


def finish_event(connection: Connection, event: str, outcome: str) -> None:
    """Wipes what was told."""
    connection.execute(_FINISH, {"which": event, "how": outcome})


def cursor_of(connection: Connection, register: str) -> str | None:
    return connection.execute(_CURSOR, {"of": register}).scalar_one_or_none()


def advance_cursor(connection: Connection, register: str, *, seen: str | None, to: str, now: int) -> bool:
    """False when somebody else read on from `seen`."""
    if seen is not None:
        return connection.execute(_ADVANCE, {"of": register, "seen": seen, "next": to, "now": now}).rowcount == 1
    try:
        with connection.begin_nested():
            connection.execute(_FIRST, {"register": register, "cursor": to, "read_at": now})
    except IntegrityError:
        return False
    return True


def use_request(connection: Connection, request: str, *, expires_at: int) -> bool:
    """Whether this is its first use (by digest)."""
    try:
        with connection.begin_nested():
            connection.execute(_USE, {"request": request, "expires_at": expires_at})
    except IntegrityError:
        return False
    return True


def forget_events(connection: Connection, *, before: int) -> int:
    """Deletes what is done and was told before then; how many."""
    return connection.execute(_FORGET, {"before": before}).rowcount


def forget_requests(connection: Connection, *, now: int) -> int:
    return connection.execute(_FORGET_REQUESTS, {"now": now}).rowcount


def _insert(connection: Connection, row: EventRow) -> bool:
    try:
        with connection.begin_nested():
            connection.execute(_INSERT, {name: getattr(row, name) for name in EventRow.__dataclass_fields__})
    except IntegrityError:
        return False
    return True
