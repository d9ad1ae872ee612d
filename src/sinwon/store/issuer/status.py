"""Copies and their places in the status lists.

A list has a kind: JWT lists say 0 to 3, CWT lists only valid and invalid. A place is random, unique and never given twice.
Nothing here costs more when a list fills or when more of it is revoked: places are drawn and looked up, and what changed
since a publisher last looked has an index of its own. `sequence` counts a list's changes; `version` is the time of the last
one, moved on by a second when several fall into one, but never by more than MAX_AHEAD before the clock. Fresh copies (value
0) touch neither.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Final

from sqlalchemy import Connection, and_, bindparam, case, exists, func, insert, or_, select, update

from sinwon.formats.status.token import INVALID, VALID, Kind
from sinwon.store.issuer.tables import COPIES, STATUS_LISTS
from sinwon.store.kept import Conflict, Kept
from sinwon.store.names import is_key

MAX_AHEAD: Final = 30  # seconds; half of what verifiers allow a clock to differ by


@dataclass(frozen=True, slots=True)
class NewCopy:
    """`key` is the holder key's thumbprint, `batch` the digest of the notification id."""

    list: int
    place: int
    certificate: str
    configuration: str
    key: str
    batch: str
    expires_at: int


@dataclass(frozen=True, slots=True)
class Taken:
    """Which of the drawn places, and which of the keys, are in use."""

    places: frozenset[int]
    keys: frozenset[str]


@dataclass(frozen=True, slots=True)
class Unexpired:
    """How many copies of a certificate have not expired, and how many of them a verifier would accept now: not stopped."""

    all: int
    living: int


@dataclass(frozen=True, slots=True)
class StatusList:
    number: int
    id: str
    kind: Kind
    sequence: int
    """How often it changed."""
    version: int
    """When it last changed; later than for any earlier sequence, as far as MAX_AHEAD allows."""


_INSERT = Kept(insert(COPIES))
_INSERT_LIST = Kept(insert(STATUS_LISTS))
_BY_ID = Kept(
    select(
        STATUS_LISTS.c.number, STATUS_LISTS.c.id, STATUS_LISTS.c.kind, STATUS_LISTS.c.sequence, STATUS_LISTS.c.version
    ).where(STATUS_LISTS.c.id == bindparam("of"))
)
_HIGHEST = Kept(select(func.max(STATUS_LISTS.c.number)))
_NEWEST = Kept(
    select(func.max(STATUS_LISTS.c.number)).where(
        STATUS_LISTS.c.kind == bindparam("of_kind"), STATUS_LISTS.c.closed_at.is_(None)
    )
)
_CLOSE_ALL = Kept(
    update(STATUS_LISTS)
    .where(STATUS_LISTS.c.closed_at.is_(None))
    .values(
        closed_at=bindparam("now"),
        version=case((STATUS_LISTS.c.version < bindparam("now"), bindparam("now")), else_=STATUS_LISTS.c.version),
    )
)
_CHANGES = Kept(
    select(COPIES.c.place, COPIES.c.status).where(COPIES.c.list == bindparam("of"), COPIES.c.changed > bindparam("since"))
)
_LISTS_OF = Kept(
    select(STATUS_LISTS.c.number, STATUS_LISTS.c.kind)
    .where(STATUS_LISTS.c.number.in_(select(COPIES.c.list).where(COPIES.c.certificate == bindparam("of"))))
    .order_by(STATUS_LISTS.c.number)
)
_LOCK_LISTS = (
    select(STATUS_LISTS.c.number)
    .where(
        STATUS_LISTS.c.number.in_(
            select(COPIES.c.list).where(COPIES.c.certificate.in_(bindparam("certificates", expanding=True)))
        )
    )
    .order_by(STATUS_LISTS.c.number)
    .with_for_update(key_share=True)
)
_CHANGES_STATUS = and_(
    COPIES.c.certificate == bindparam("of_certificate"),
    COPIES.c.list + 0 == bindparam("in_list"),  # a certificate has few copies, a list many: not to be found by its list
    COPIES.c.status.not_in([INVALID, bindparam("to")]),
)
_VERSION = STATUS_LISTS.c.version
_TOUCH = Kept(
    update(STATUS_LISTS)
    .where(STATUS_LISTS.c.number == bindparam("in_list"), exists().where(_CHANGES_STATUS))
    .values(
        sequence=STATUS_LISTS.c.sequence + 1,
        version=case(
            (bindparam("now") > _VERSION, bindparam("now")),
            (bindparam("latest") > _VERSION, _VERSION + 1),
            else_=_VERSION,
        ),
    )
    .returning(STATUS_LISTS.c.sequence)
)
_SET = Kept(update(COPIES).where(_CHANGES_STATUS).values(status=bindparam("to"), changed=bindparam("sequence")))
_COUNT = Kept(select(func.count()).select_from(COPIES).where(COPIES.c.certificate == bindparam("of")))
_COUNT_UNEXPIRED = Kept(
    select(func.count(), func.count(case((COPIES.c.status == VALID, 1))))
    .select_from(COPIES)
    .where(COPIES.c.certificate == bindparam("of"), COPIES.c.expires_at > bindparam("now"))
)
_RECORD_EVENT = Kept(
    update(COPIES)
    .where(
        COPIES.c.batch == bindparam("of_batch"),
        COPIES.c.certificate == bindparam("of_certificate"),
        or_(COPIES.c.event.is_(None), COPIES.c.event != bindparam("what")),
    )
    .values(event=bindparam("what"))
)
_HAS_BATCH = Kept(
    select(COPIES.c.place)
    .where(COPIES.c.batch == bindparam("of_batch"), COPIES.c.certificate == bindparam("of_certificate"))
    .limit(1)
)


def taken(connection: Connection, number: int, places: Sequence[int], keys: Sequence[str]) -> Taken:
    values: dict[str, object] = {"in_list": number}
    values.update({f"place_{at}": place for at, place in enumerate(places)})
    values.update({f"key_{at}": key for at, key in enumerate(keys)})
    rows = _taken_statement(len(places), len(keys)).run(connection, values).fetchall()
    wanted, asked = set(places), set(keys)
    return Taken(
        frozenset(place for of, place, _key in rows if of == number and place in wanted),
        frozenset(key for _list, _place, key in rows if key in asked),
    )


@cache
def _taken_statement(places: int, keys: int) -> Kept:
    """One statement for each pair of counts: batches have few sizes."""
    in_list = and_(
        COPIES.c.list == bindparam("in_list"), COPIES.c.place.in_([bindparam(f"place_{at}") for at in range(places)])
    )
    with_key = COPIES.c.key.in_([bindparam(f"key_{at}") for at in range(keys)])
    return Kept(select(COPIES.c.list, COPIES.c.place, COPIES.c.key).where(or_(in_list, with_key)))


def add(connection: Connection, copies: Sequence[NewCopy]) -> bool:
    """Whether every place and key was free. After False the transaction must be rolled back."""
    rows = [
        {
            "list": copy.list,
            "place": copy.place,
            "certificate": copy.certificate,
            "configuration": copy.configuration,
            "key": copy.key,
            "batch": copy.batch,
            "event": None,
            "expires_at": copy.expires_at,
            "status": VALID,
            "changed": None,
        }
        for copy in copies
    ]
    try:
        _INSERT.run_many(connection, rows)
    except Conflict:
        return False
    return True


def open_list(connection: Connection, number: int, list_id: str, kind: Kind, *, now: int) -> bool:
    """Whether this call opened list `number`. After False the transaction must be rolled back."""
    row = {"number": number, "id": list_id, "kind": kind.value, "sequence": 0, "version": now, "closed_at": None}
    try:
        _INSERT_LIST.run(connection, row)
    except Conflict:
        return False
    return True


def highest(connection: Connection) -> int:
    """The number of the last list opened, of whatever kind; 0 before the first."""
    return int(_HIGHEST.run(connection, {}).fetchone()[0] or 0)


def newest(connection: Connection, kind: Kind) -> int | None:
    """The number of the list that places of this kind are drawn from."""
    number = _NEWEST.run(connection, {"of_kind": kind.value}).fetchone()[0]
    return None if number is None else int(number)


def close_all(connection: Connection, *, now: int) -> int:
    """No more places are drawn from the lists there are, which go on being published; how many."""
    return int(_CLOSE_ALL.run(connection, {"now": now}).rowcount)


def find_list(connection: Connection, list_id: str) -> StatusList | None:
    row = _BY_ID.run(connection, {"of": list_id}).fetchone() if is_key(list_id) else None
    return StatusList(row[0], row[1], Kind(row[2]), row[3], row[4]) if row else None


def changes_since(connection: Connection, number: int, sequence: int) -> Iterable[tuple[int, int]]:
    """Place and present value of what changed after `sequence`, perhaps more than once; from 0 on, all that ever did. Costs
    what these are, however many others there are. Read it with the connection."""
    found: Iterable[tuple[int, int]] = _CHANGES.run(connection, {"of": number, "since": sequence})
    return found


def lock_lists(connection: Connection, certificates: Sequence[str]) -> None:
    """Takes the lists of all these certificates' copies, in the order of their numbers: for whoever will call set_all more than
    once. Lock the lives first."""
    connection.execute(_LOCK_LISTS, {"certificates": list(certificates)}).all()


def set_all(connection: Connection, certificate: str, value: int, *, now: int) -> int:
    """Gives all copies of a certificate this value and lets their lists' readers know; how many copies changed.

    INVALID is for good: such a copy never changes again, whatever is asked. A copy on a CWT list becomes INVALID with any value
    but VALID, since that is all an mdoc reader understands; VALID therefore never brings it back, fresh copies do. Setting
    what is set already changes nothing and publishes nothing. Lists are taken in the order of their numbers, so that two
    transactions never wait for each other.
    """
    changed = 0
    for number, kind in _LISTS_OF.run(connection, {"of": certificate}).fetchall():
        to = INVALID if kind == Kind.CWT and value != VALID else value
        changed += _set_in(connection, {"of_certificate": certificate, "in_list": number, "to": to}, now)
    return changed


def _set_in(connection: Connection, which: dict[str, object], now: int) -> int:
    """The list's row is taken first and kept until the end: sequences become visible in their order."""
    touched = _TOUCH.run(connection, {**which, "now": now, "latest": now + MAX_AHEAD}).fetchall()
    if not touched:
        return 0
    return int(_SET.run(connection, {**which, "sequence": touched[0][0]}).rowcount)


def count_of(connection: Connection, certificate: str) -> int:
    return int(_COUNT.run(connection, {"of": certificate}).fetchone()[0])


def count_unexpired(connection: Connection, certificate: str, *, now: int) -> Unexpired:
    return Unexpired(*_COUNT_UNEXPIRED.run(connection, {"of": certificate, "now": now}).fetchone())


def record_event(connection: Connection, batch: str, certificate: str, event: str) -> bool:
    """Whether the batch (by digest) was not known to have met this event."""
    row = {"of_batch": batch, "of_certificate": certificate, "what": event}
    return bool(_RECORD_EVENT.run(connection, row).rowcount > 0)


def has_batch(connection: Connection, batch: str, certificate: str) -> bool:
    row = {"of_batch": batch, "of_certificate": certificate}
    return _HAS_BATCH.run(connection, row).fetchone() is not None
