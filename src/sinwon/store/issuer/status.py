"""Copies and their places in the status lists.

A place is random, unique and never given twice. Neither finding a free place nor finding what is revoked depends on how full
a list is: places are drawn and looked up, revoked copies have an index of their own. `version` is the time of the last change
that a list's readers can see, moved on by a second when two fall into one; fresh copies (value 0) do not touch it.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache

from sqlalchemy import Connection, and_, bindparam, case, func, insert, or_, select, update

from sinwon.formats.status.token import VALID
from sinwon.store.issuer.tables import COPIES, STATUS_LISTS
from sinwon.store.kept import Conflict, Kept
from sinwon.store.names import is_key


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
class StatusList:
    number: int
    id: str
    version: int


_INSERT = Kept(insert(COPIES))
_INSERT_LIST = Kept(insert(STATUS_LISTS))
_BY_ID = Kept(
    select(STATUS_LISTS.c.number, STATUS_LISTS.c.id, STATUS_LISTS.c.version).where(STATUS_LISTS.c.id == bindparam("of"))
)
_NOT_VALID = Kept(select(COPIES.c.place, COPIES.c.status).where(COPIES.c.list == bindparam("of"), COPIES.c.status != VALID))
_SET = Kept(update(COPIES).where(COPIES.c.certificate == bindparam("of")).values(status=bindparam("to")))
_TOUCH = Kept(
    update(STATUS_LISTS)
    .where(STATUS_LISTS.c.number.in_(select(COPIES.c.list).where(COPIES.c.certificate == bindparam("of"))))
    .values(version=case((STATUS_LISTS.c.version < bindparam("now"), bindparam("now")), else_=STATUS_LISTS.c.version + 1))
)
_COUNT = Kept(select(func.count()).select_from(COPIES).where(COPIES.c.certificate == bindparam("of")))
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
        }
        for copy in copies
    ]
    try:
        _INSERT.run_many(connection, rows)
    except Conflict:
        return False
    return True


def open_list(connection: Connection, number: int, list_id: str, *, now: int) -> bool:
    """Whether this call opened list `number`. After False the transaction must be rolled back."""
    try:
        _INSERT_LIST.run(connection, {"number": number, "id": list_id, "version": now})
    except Conflict:
        return False
    return True


def find_list(connection: Connection, list_id: str) -> StatusList | None:
    row = _BY_ID.run(connection, {"of": list_id}).fetchone() if is_key(list_id) else None
    return StatusList(*row) if row else None


def values_of(connection: Connection, number: int) -> dict[int, int]:
    """Place → value, for all that are not VALID."""
    return dict(_NOT_VALID.run(connection, {"of": number}).fetchall())


def set_all(connection: Connection, certificate: str, value: int, *, now: int) -> int:
    """Gives all copies of a certificate this value and lets their lists' readers know; how many copies."""
    count = int(_SET.run(connection, {"of": certificate, "to": value}).rowcount)
    _TOUCH.run(connection, {"of": certificate, "now": now})
    return count


def count_of(connection: Connection, certificate: str) -> int:
    return int(_COUNT.run(connection, {"of": certificate}).fetchone()[0])


def record_event(connection: Connection, batch: str, certificate: str, event: str) -> bool:
    """Whether the batch (by digest) was not known to have met this event."""
    row = {"of_batch": batch, "of_certificate": certificate, "what": event}
    return bool(_RECORD_EVENT.run(connection, row).rowcount > 0)


def has_batch(connection: Connection, batch: str, certificate: str) -> bool:
    row = {"of_batch": batch, "of_certificate": certificate}
    return _HAS_BATCH.run(connection, row).fetchone() is not None
