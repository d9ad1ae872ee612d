"""The lives of certificates as they are kept: state, open reasons, what events of registers came last.

services.lifecycle decides; this writes. A life is locked when it is read, and written only over what was read. A certificate
that ended keeps no person, no revocation code and no index of its registration.
"""

from dataclasses import dataclass

from sqlalchemy import Connection, bindparam, case, delete, insert, null, select, update

from sinwon.core.refusal import Fault
from sinwon.store.issuer.certificates import IS_NOT_OVER, CertificateState, Found
from sinwon.store.issuer.tables import CERTIFICATES, EVENT_TIMES, HOLDS, PERSONS, REGISTER_EVENTS
from sinwon.store.kept import Conflict, Kept


@dataclass(frozen=True, slots=True)
class Hold:
    reason: str
    since: int
    by: str


@dataclass(frozen=True, slots=True)
class LifeRow:
    id: str
    person_id: str
    mission: str
    state: CertificateState
    stale: str | None
    fetched_at: int | None
    valid_until: int
    issued_at: int
    language: str
    changes: int
    person: bytes | None
    """Sealed."""
    holds: tuple[Hold, ...] = ()


@dataclass(frozen=True, slots=True)
class NewLife:
    """What a change makes of a life."""

    state: CertificateState
    stale: str | None
    fetched_at: int | None
    opened: tuple[Hold, ...] = ()
    closed: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class NewPerson:
    """`person` is sealed; the indices are keyed hashes."""

    person: bytes
    registration_index: str
    rrn_index: str
    valid_until: int


_LIFE = select(
    CERTIFICATES.c.id,
    CERTIFICATES.c.person_id,
    CERTIFICATES.c.mission,
    CERTIFICATES.c.state,
    CERTIFICATES.c.stale,
    CERTIFICATES.c.fetched_at,
    CERTIFICATES.c.valid_until,
    CERTIFICATES.c.issued_at,
    CERTIFICATES.c.language,
    CERTIFICATES.c.changes,
    CERTIFICATES.c.person,
).where(CERTIFICATES.c.id == bindparam("of"))
_FIND, _LOCK = Kept(_LIFE), Kept(_LIFE.with_for_update(key_share=True))
"""Locked against changes, not against rows of other tables that name it: those are written beside it, in whatever order."""
_HOLDS = Kept(
    select(HOLDS.c.reason, HOLDS.c.since, HOLDS.c.by)
    .where(HOLDS.c.certificate == bindparam("of"))
    .order_by(HOLDS.c.since, HOLDS.c.reason)
)
_OF_PERSON = Kept(
    select(CERTIFICATES.c.id, CERTIFICATES.c.state)
    .join(PERSONS, PERSONS.c.person_id == CERTIFICATES.c.person_id)
    .where(PERSONS.c.rrn_index == bindparam("rrn_index"))
    .order_by(IS_NOT_OVER.desc(), CERTIFICATES.c.issued_at.desc(), CERTIFICATES.c.id)
)
_OF_SAME_PERSON = Kept(
    select(CERTIFICATES.c.id)
    .where(
        CERTIFICATES.c.person_id
        == select(CERTIFICATES.c.person_id).where(CERTIFICATES.c.id == bindparam("of")).scalar_subquery(),
        IS_NOT_OVER,
    )
    .order_by(CERTIFICATES.c.id)
)
_BY_CODE = Kept(select(CERTIFICATES.c.id).where(CERTIFICATES.c.revocation_code == bindparam("code"), IS_NOT_OVER))
_BY_REGISTRATION = Kept(
    select(CERTIFICATES.c.id)
    .where(CERTIFICATES.c.registration_index == bindparam("registration_index"), IS_NOT_OVER)
    .order_by(CERTIFICATES.c.id)
)
_PAST_END = select(CERTIFICATES.c.id).where(CERTIFICATES.c.valid_until < bindparam("now"), IS_NOT_OVER).limit(bindparam("most"))
_IS_AS_READ = (CERTIFICATES.c.id == bindparam("of"), CERTIFICATES.c.changes == bindparam("seen"), IS_NOT_OVER)
_WRITE = Kept(
    update(CERTIFICATES)
    .where(*_IS_AS_READ)
    .values(
        state=bindparam("to_state"),
        stale=bindparam("to_stale"),
        fetched_at=bindparam("first_fetch"),
        changes=CERTIFICATES.c.changes + 1,
    )
)
_END = Kept(
    update(CERTIFICATES)
    .where(*_IS_AS_READ)
    .values(
        state=bindparam("to_state"),
        reason=bindparam("because"),
        stale=null(),
        person=null(),
        revocation_code=null(),
        registration_index=null(),
        changes=CERTIFICATES.c.changes + 1,
    )
)
_REPLACE_PERSON = Kept(
    update(CERTIFICATES)
    .where(CERTIFICATES.c.id == bindparam("of"), IS_NOT_OVER)
    .values(
        person=bindparam("sealed"),
        registration_index=bindparam("registration"),
        reminded=case((CERTIFICATES.c.valid_until == bindparam("until"), CERTIFICATES.c.reminded), else_=null()),
        valid_until=bindparam("until"),
    )
)
_MOVE_NUMBER = Kept(
    update(PERSONS)
    .where(PERSONS.c.person_id == bindparam("of_person"), PERSONS.c.rrn_index != bindparam("number"))
    .values(rrn_index=bindparam("number"))
)
_OPEN = Kept(insert(HOLDS))
_CLOSE = Kept(delete(HOLDS).where(HOLDS.c.certificate == bindparam("of"), HOLDS.c.reason == bindparam("because")))
_CLOSE_ALL = Kept(delete(HOLDS).where(HOLDS.c.certificate == bindparam("of")))
_FORGET_TIMES = Kept(delete(EVENT_TIMES).where(EVENT_TIMES.c.certificate == bindparam("of")))
_TIMES = Kept(select(EVENT_TIMES.c.aspect, EVENT_TIMES.c.occurred_at).where(EVENT_TIMES.c.certificate == bindparam("of")))
_LATER = Kept(
    update(EVENT_TIMES)
    .where(EVENT_TIMES.c.certificate == bindparam("of"), EVENT_TIMES.c.aspect == bindparam("about"))
    .values(occurred_at=bindparam("at"))
)
_FIRST_TIME = Kept(insert(EVENT_TIMES))
_ANSWER = Kept(select(REGISTER_EVENTS.c.answer).where(REGISTER_EVENTS.c.event == bindparam("of")))
_ADD_EVENT = Kept(insert(REGISTER_EVENTS))
_ANSWERED = Kept(update(REGISTER_EVENTS).where(REGISTER_EVENTS.c.event == bindparam("of")).values(answer=bindparam("what")))
_FORGET_EVENTS = Kept(delete(REGISTER_EVENTS).where(REGISTER_EVENTS.c.at < bindparam("before")))


def find(connection: Connection, certificate: str) -> LifeRow | None:
    return _read(connection, _FIND, certificate)


def lock(connection: Connection, certificate: str) -> LifeRow | None:
    """The life as it is, and as it stays until this transaction ends or writes it."""
    return _read(connection, _LOCK, certificate)


def of_person(connection: Connection, rrn_index: str) -> tuple[Found, ...]:
    """All certificates of a person: those that are not over first, the newest first among them."""
    rows = _OF_PERSON.run(connection, {"rrn_index": rrn_index}).fetchall()
    return tuple(Found(certificate, CertificateState(state)) for certificate, state in rows)


def of_same_person(connection: Connection, certificate: str) -> tuple[str, ...]:
    """The person's certificates that are not over, this one among them, in the order in which they are to be locked."""
    return tuple(row[0] for row in _OF_SAME_PERSON.run(connection, {"of": certificate}).fetchall())


def has_revocation_code(connection: Connection, certificate: str, code: str) -> bool:
    """Whether this is the certificate's own (by keyed hash)."""
    return of_revocation_code(connection, code) == certificate


def of_revocation_code(connection: Connection, code: str) -> str | None:
    """The certificate, not over, with this code (by keyed hash)."""
    row = _BY_CODE.run(connection, {"code": code}).fetchone()
    return str(row[0]) if row else None


def of_registration(connection: Connection, registration_index: str) -> tuple[str, ...]:
    """Certificates, not over, of this registration number and birth date (by keyed hash)."""
    return tuple(row[0] for row in _BY_REGISTRATION.run(connection, {"registration_index": registration_index}).fetchall())


def past_end(connection: Connection, *, now: int, most: int) -> tuple[str, ...]:
    """Certificates, not over, whose time is."""
    return tuple(connection.execute(_PAST_END, {"now": now, "most": most}).scalars())


def write(connection: Connection, read: LifeRow, new: NewLife) -> None:
    """The life goes on like this. Raises Fault when it was not locked: nothing may be lost silently."""
    row = {"of": read.id, "seen": read.changes, "to_state": new.state.value, "to_stale": new.stale}
    _one(_WRITE.run(connection, {**row, "first_fetch": new.fetched_at}).rowcount)
    for hold in new.opened:
        _OPEN.run(connection, {"certificate": read.id, "reason": hold.reason, "since": hold.since, "by": hold.by})
    for reason in new.closed:
        _CLOSE.run(connection, {"of": read.id, "because": reason})


def end(connection: Connection, read: LifeRow, state: CertificateState, *, reason: str | None) -> None:
    """The life is over: what was personal is erased. Raises Fault when it was not locked."""
    row = {"of": read.id, "seen": read.changes, "to_state": state.value, "because": reason}
    _one(_END.run(connection, row).rowcount)
    _CLOSE_ALL.run(connection, {"of": read.id})
    _FORGET_TIMES.run(connection, {"of": read.id})


def replace_person(connection: Connection, read: LifeRow, new: NewPerson) -> bool:
    """Whether the resident number is nobody else's; the person keeps their id. After False the transaction must be rolled
    back. Reminders begin anew when the end moved."""
    row = {"of": read.id, "sealed": new.person, "registration": new.registration_index, "until": new.valid_until}
    _one(_REPLACE_PERSON.run(connection, row).rowcount)
    try:
        _MOVE_NUMBER.run(connection, {"of_person": read.person_id, "number": new.rrn_index})
    except Conflict:
        return False
    return True


def event_times(connection: Connection, certificate: str) -> dict[str, int]:
    """For each aspect of the person's data, when what is known of it came to be. Lock the life first."""
    return dict(_TIMES.run(connection, {"of": certificate}).fetchall())


def note_event(connection: Connection, certificate: str, aspect: str, occurred_at: int) -> None:
    """Lock the life first."""
    row = {"of": certificate, "about": aspect, "at": occurred_at}
    if _LATER.run(connection, row).rowcount == 0:
        _FIRST_TIME.run(connection, {"certificate": certificate, "aspect": aspect, "occurred_at": occurred_at})


def answer_of_event(connection: Connection, event: str) -> str | None:
    """What was answered to this event (by digest)."""
    row = _ANSWER.run(connection, {"of": event}).fetchone()
    return str(row[0]) if row else None


def claim_event(connection: Connection, event: str, *, now: int) -> bool:
    """Whether this transaction, and no other, is to act on it; one that is at it already is waited for."""
    try:
        with connection.begin_nested():
            _ADD_EVENT.run(connection, {"event": event, "answer": "", "at": now})
    except Conflict:
        return False
    return True


def answer_event(connection: Connection, event: str, answer: str) -> None:
    _ANSWERED.run(connection, {"of": event, "what": answer})


def forget_events(connection: Connection, *, before: int) -> int:
    """Deletes answers given before `before`; how many."""
    return int(_FORGET_EVENTS.run(connection, {"before": before}).rowcount)


def _read(connection: Connection, statement: Kept, certificate: str) -> LifeRow | None:
    row = statement.run(connection, {"of": certificate}).fetchone()
    if row is None:
        return None
    holds = tuple(Hold(*hold) for hold in _HOLDS.run(connection, {"of": certificate}).fetchall())
    found, person_id, mission, state, stale, fetched_at, valid_until, issued_at, language, changes, person = row
    times = fetched_at, valid_until, issued_at
    return LifeRow(found, person_id, mission, CertificateState(state), stale, *times, language, changes, person, holds)


def _one(count: int) -> None:
    if count != 1:
        raise Fault("a life was written that was not locked")
