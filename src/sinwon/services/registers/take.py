"""Taking events in: from a register's signed message, or from its feed. Kept first, passed on later (registers.forward).

An event counts once, by the register's name for it. What a register cannot know, a time that has not come, counts as now. Too
many that wait stop the intake, not the work: the register keeps them and tells them again.
"""

from collections.abc import Iterable
from typing import Final

from sqlalchemy import Connection

from sinwon.core.ids import digest
from sinwon.core.limits import CLOCK_SKEW
from sinwon.core.refusal import Refusal, Unmet
from sinwon.protocols.roles.register_events import (
    MAX_EVENTS,
    REGISTER_EVENTS,
    NewsTaken,
    RegisterEvent,
    RegisterName,
    RegisterNews,
    check_event,
)
from sinwon.protocols.roles.request import verify_role_request
from sinwon.services.enrolment.consulate import Consulate
from sinwon.services.enrolment.registers import RegisterFeed, RegisterUnavailable
from sinwon.store.audit import Entry
from sinwon.store.consulate.register_events import (
    EventRow,
    advance_cursor,
    cursor_of,
    insert_events,
    is_backlogged,
    use_request,
)
from sinwon.store.consulate.tables import AUDIT, CURSOR
from sinwon.store.engine import reading, writing

TOLD: Final = "register_events.told"
BACKLOG: Final = 100_000  # events that wait; a day on which everything happens at once is a tenth of it
PAGES: Final = 20  # of one feed in one round: the next minute brings the next


def take_news(consulate: Consulate, token: str) -> NewsTaken:
    """A register's message. Raises Refusal("unauthorized" | "invalid_request"), or ("too_many_requests"): too much waits."""
    now = consulate.clock()
    request = verify_role_request(
        token, action=REGISTER_EVENTS, audience=consulate.origin, keys=consulate.register_keys, now=now
    )
    news = request.message(RegisterNews)
    for event in news.events:
        check_event(event, request.sender)
    name = digest(f"{request.sender}\0{request.jti}")
    with writing(consulate.engine) as connection:
        _check_room(connection)
        if not use_request(connection, name, expires_at=request.expires_at + CLOCK_SKEW):
            raise Unmet("unauthorized", "request used before")
        return _keep(consulate, connection, request.sender, news.events)


def read_feeds(consulate: Consulate) -> int:
    """How many new events the feeds brought. A register that does not answer is asked again next time."""
    return sum(_read_feed(consulate, register, feed) for register, feed in consulate.registers.feeds.items())


def _read_feed(consulate: Consulate, register: RegisterName, feed: RegisterFeed) -> int:
    taken = 0
    for _ in range(PAGES):
        found = _read_page(consulate, register, feed)
        if found is None:
            break
        taken += found
    return taken


def _read_page(consulate: Consulate, register: RegisterName, feed: RegisterFeed) -> int | None:
    """New events of the next page; None when there is nothing more to be had now."""
    with reading(consulate.engine) as connection:
        cursor = cursor_of(connection, register)
        if is_backlogged(connection, BACKLOG):
            return None
    try:
        page = feed.since(cursor)
    except RegisterUnavailable:
        return None
    if not page.events or len(page.cursor) > CURSOR:
        return None
    events = [event for event in page.events if _is_in_order(event, register)]
    with writing(consulate.engine) as connection:
        if not advance_cursor(connection, register, seen=cursor, to=page.cursor, now=consulate.clock()):
            return None
        return _keep(consulate, connection, register, events).taken


def _is_in_order(event: RegisterEvent, register: str) -> bool:
    """One that is not must not stop the feed."""
    try:
        check_event(event, register)
    except Refusal:
        return False
    return True


def _check_room(connection: Connection) -> None:
    if is_backlogged(connection, BACKLOG):
        raise Unmet("too_many_requests", "too many events wait")


def _keep(consulate: Consulate, connection: Connection, register: str, events: Iterable[RegisterEvent]) -> NewsTaken:
    now = consulate.clock()
    rows: dict[str, EventRow] = {}
    for event in events:
        row = _row(consulate, event, now)
        rows.setdefault(row.event, row)
    told = list(rows.values())
    taken = sum(insert_events(connection, told[at : at + MAX_EVENTS]) for at in range(0, len(told), MAX_EVENTS))
    if taken:
        AUDIT.write(connection, Entry(now, "consulate", "register.told", register, {"events": taken}))
    return NewsTaken(taken, len(told) - taken)


def _row(consulate: Consulate, event: RegisterEvent, now: int) -> EventRow:
    name = consulate.seal.index(f"{event.register}:{event.id}", "register_events.event")
    return EventRow(
        event=name,
        register=event.register.value,
        kind=event.kind.value,
        occurred_at=min(event.occurred_at, now),
        received_at=now,
        told=consulate.sealed(event, TOLD, name),
        due_at=now,
    )
