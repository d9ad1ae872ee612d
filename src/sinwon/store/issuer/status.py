"""Copies and their places in the status lists.

A place is random, unique and never given twice. Neither finding a free place nor finding what is revoked depends on how full
a list is: places are drawn and looked up, revoked copies have an index of their own. `version` grows with every change that
a list's readers can see, so fresh copies (value 0) do not touch it.
"""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import Final

from sqlalchemy import Connection, and_, bindparam, func, insert, or_, select, update
from sqlalchemy.exc import IntegrityError

from sinwon.store.issuer.tables import COPIES, STATUS_LISTS

VALID: Final = 0


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


_TAKEN = select(COPIES.c.list, COPIES.c.place, COPIES.c.key).where(
    or_(
        and_(COPIES.c.list == bindparam("in_list"), COPIES.c.place.in_(bindparam("places", expanding=True))),
        COPIES.c.key.in_(bindparam("keys", expanding=True)),
    )
)
_INSERT = insert(COPIES)
_INSERT_LIST = insert(STATUS_LISTS)
_BY_ID = select(STATUS_LISTS.c.number, STATUS_LISTS.c.id, STATUS_LISTS.c.version).where(STATUS_LISTS.c.id == bindparam("of"))
_NOT_VALID = select(COPIES.c.place, COPIES.c.status).where(COPIES.c.list == bindparam("of"), COPIES.c.status != VALID)
_SET = update(COPIES).where(COPIES.c.certificate == bindparam("of")).values(status=bindparam("to"))
_TOUCH = (
    update(STATUS_LISTS)
    .where(STATUS_LISTS.c.number.in_(select(COPIES.c.list).where(COPIES.c.certificate == bindparam("of"))))
    .values(version=STATUS_LISTS.c.version + 1)
)
_COUNT = select(func.count()).select_from(COPIES).where(COPIES.c.certificate == bindparam("of"))
_RECORD_EVENT = (
    update(COPIES)
    .where(
        COPIES.c.batch == bindparam("of_batch"),
        COPIES.c.certificate == bindparam("of_certificate"),
        or_(COPIES.c.event.is_(None), COPIES.c.event != bindparam("what")),
    )
    .values(event=bindparam("what"))
)
_HAS_BATCH = (
    select(COPIES.c.place)
    .where(COPIES.c.batch == bindparam("of_batch"), COPIES.c.certificate == bindparam("of_certificate"))
    .limit(1)
)


def taken(connection: Connection, number: int, places: Collection[int], keys: Collection[str]) -> Taken:
    rows = connection.execute(_TAKEN, {"in_list": number, "places": list(places), "keys": list(keys)}).all()
    wanted, asked = set(places), set(keys)
    return Taken(
        frozenset(place for of, place, _key in rows if of == number and place in wanted),
        frozenset(key for _list, _place, key in rows if key in asked),
    )


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
        connection.execute(_INSERT, rows)
    except IntegrityError:
        return False
    return True


def open_list(connection: Connection, number: int, list_id: str) -> bool:
    """Whether this call opened list `number`. After False the transaction must be rolled back."""
    try:
        connection.execute(_INSERT_LIST, {"number": number, "id": list_id, "version": 0})
    except IntegrityError:
        return False
    return True


def find_list(connection: Connection, list_id: str) -> StatusList | None:
    row = connection.execute(_BY_ID, {"of": list_id}).one_or_none()
    return StatusList(*row) if row else None


def values_of(connection: Connection, number: int) -> dict[int, int]:
    """Place → value, for all that are not VALID."""
    return {row[0]: row[1] for row in connection.execute(_NOT_VALID, {"of": number})}


def set_all(connection: Connection, certificate: str, value: int) -> int:
    """Gives all copies of a certificate this value and lets their lists' readers know; how many copies."""
    count = connection.execute(_SET, {"of": certificate, "to": value}).rowcount
    connection.execute(_TOUCH, {"of": certificate})
    return count


def count_of(connection: Connection, certificate: str) -> int:
    return connection.execute(_COUNT, {"of": certificate}).scalar_one()


def record_event(connection: Connection, batch: str, certificate: str, event: str) -> bool:
    """Whether the batch (by digest) was not known to have met this event."""
    row = {"of_batch": batch, "of_certificate": certificate, "what": event}
    return connection.execute(_RECORD_EVENT, row).rowcount > 0


def has_batch(connection: Connection, batch: str, certificate: str) -> bool:
    row = {"of_batch": batch, "of_certificate": certificate}
    return connection.execute(_HAS_BATCH, row).one_or_none() is not None
