"""Notices on their way: written in the transaction of what they tell, sent afterwards, their addresses wiped then.

A notice is claimed before it is sent and due again later unless it was finished: after a crash it goes out twice at worst,
never not at all.
"""

from collections.abc import Collection, Mapping
from dataclasses import dataclass

from sqlalchemy import Connection, bindparam, delete, insert, null, or_, select, update

from sinwon.core.strict_json import dump
from sinwon.store.issuer.certificates import HELD
from sinwon.store.issuer.tables import CERTIFICATES, NOTICES
from sinwon.store.kept import Kept


@dataclass(frozen=True, slots=True)
class NewNotice:
    """`sealed_to` holds the addresses, and what only their owner may read."""

    id: str
    certificate: str
    kind: str
    facts: Mapping[str, str | int]
    language: str
    zone: str | None
    sealed_to: bytes


@dataclass(frozen=True, slots=True)
class DueNotice(NewNotice):
    attempts: int
    """How often it was tried."""


@dataclass(frozen=True, slots=True)
class Ending:
    """A certificate whose end is near, and how near it was when its holder was last told (days)."""

    certificate: str
    valid_until: int
    reminded: int | None


_INSERT = Kept(insert(NOTICES))
_DUE = (
    select(
        NOTICES.c.id,
        NOTICES.c.certificate,
        NOTICES.c.kind,
        NOTICES.c.facts,
        NOTICES.c.language,
        NOTICES.c.zone,
        NOTICES.c.sealed_to,
        NOTICES.c.attempts,
    )
    .where(NOTICES.c.due_at.is_not(None), NOTICES.c.due_at <= bindparam("now"))
    .order_by(NOTICES.c.kind.not_in(bindparam("first", expanding=True)), NOTICES.c.attempts, NOTICES.c.due_at, NOTICES.c.id)
    .limit(bindparam("most"))
)
_CLAIM = Kept(
    update(NOTICES)
    .where(
        NOTICES.c.id == bindparam("of"),
        NOTICES.c.attempts == bindparam("seen"),
        NOTICES.c.due_at.is_not(None),
        NOTICES.c.due_at <= bindparam("now"),
    )
    .values(attempts=NOTICES.c.attempts + 1, due_at=bindparam("again_at"))
)
_KEEP = Kept(
    update(NOTICES).where(NOTICES.c.id == bindparam("of"), NOTICES.c.due_at.is_not(None)).values(sealed_to=bindparam("left"))
)
_FINISH = Kept(
    update(NOTICES)
    .where(NOTICES.c.id == bindparam("of"), NOTICES.c.due_at.is_not(None))
    .values(due_at=null(), sealed_to=null(), sent_at=bindparam("at"))
)
_FORGET = delete(NOTICES).where(NOTICES.c.due_at.is_(None), NOTICES.c.created_at < bindparam("before"))
_IS_HELD = or_(*(CERTIFICATES.c.state == state.value for state in HELD))
_ENDING = (
    select(CERTIFICATES.c.id, CERTIFICATES.c.valid_until, CERTIFICATES.c.reminded)
    .where(
        CERTIFICATES.c.valid_until > bindparam("now"),
        CERTIFICATES.c.valid_until <= bindparam("until"),
        _IS_HELD,
        or_(CERTIFICATES.c.reminded.is_(None), CERTIFICATES.c.reminded > bindparam("days")),
    )
    .order_by(CERTIFICATES.c.valid_until, CERTIFICATES.c.id)
    .limit(bindparam("most"))
)
_REMIND = Kept(
    update(CERTIFICATES)
    .where(
        CERTIFICATES.c.id == bindparam("of"),
        CERTIFICATES.c.valid_until == bindparam("until"),
        _IS_HELD,
        or_(CERTIFICATES.c.reminded.is_(None), CERTIFICATES.c.reminded > bindparam("days")),
    )
    .values(reminded=bindparam("days"))
)


def add(connection: Connection, notice: NewNotice, *, now: int) -> None:
    row = {
        "id": notice.id,
        "certificate": notice.certificate,
        "kind": notice.kind,
        "facts": dump(dict(notice.facts)).decode(),
        "language": notice.language,
        "zone": notice.zone,
        "sealed_to": notice.sealed_to,
        "created_at": now,
        "due_at": now,
        "attempts": 0,
        "sent_at": None,
    }
    _INSERT.run(connection, row)


def due(connection: Connection, *, now: int, most: int, first: Collection[str] = ()) -> tuple[DueNotice, ...]:
    """Kinds that go `first`, then the others; of either what was tried least, then what waits longest."""
    return tuple(DueNotice(*row) for row in connection.execute(_DUE, {"now": now, "most": most, "first": list(first)}))


def claim(connection: Connection, notice: DueNotice, *, now: int, again_at: int) -> bool:
    """Whether this call, and no other, may send it now; it is due again at `again_at` unless finished."""
    row = {"of": notice.id, "seen": notice.attempts, "now": now, "again_at": again_at}
    return bool(_CLAIM.run(connection, row).rowcount == 1)


def keep(connection: Connection, notice: str, sealed_to: bytes) -> None:
    """Only these addresses are still to be reached."""
    _KEEP.run(connection, {"of": notice, "left": sealed_to})


def finish(connection: Connection, notice: str, *, sent_at: int | None) -> None:
    """Sent, or given up (None). Nobody's address stays."""
    _FINISH.run(connection, {"of": notice, "at": sent_at})


def forget(connection: Connection, *, before: int) -> int:
    """Deletes what was finished, and written before `before`; how many."""
    return int(connection.execute(_FORGET, {"before": before}).rowcount)


def ending(connection: Connection, *, now: int, until: int, days: int, most: int) -> tuple[Ending, ...]:
    """Certificates on a phone that end by `until`, whose holders were not told so yet at this many days before."""
    values = {"now": now, "until": until, "days": days, "most": most}
    return tuple(Ending(*row) for row in connection.execute(_ENDING, values))


def remind(connection: Connection, ending: Ending, *, days: int) -> bool:
    """Whether this call, and no other, is to tell its holder; false as well when the end moved meanwhile."""
    row = {"of": ending.certificate, "until": ending.valid_until, "days": days}
    return bool(_REMIND.run(connection, row).rowcount == 1)
