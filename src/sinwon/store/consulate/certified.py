"""Whose certificate an application led to: found by keyed hashes of the numbers by which registers name people."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from sqlalchemy import Connection, bindparam, insert, or_, select, update

from sinwon.store.consulate.tables import CERTIFIED, ENROLLED_PASSPORTS

_C: Final = CERTIFIED.c
_P: Final = ENROLLED_PASSPORTS.c
_INSERT: Final = insert(CERTIFIED)
_FIND: Final = select(CERTIFIED).where(_C.application == bindparam("of"))
_ABOUT: Final = (
    select(CERTIFIED)
    .where(
        or_(
            _C.rrn_index == bindparam("rrn"),
            _C.passport_index == bindparam("passport"),
            _C.registration_index == bindparam("registration"),
        )
    )
    .order_by(_C.application)
)
_CHANGE: Final = update(CERTIFIED).where(_C.application == bindparam("of"))
_REBIND: Final = update(ENROLLED_PASSPORTS).where(_P.person_index == bindparam("old")).values(person_index=bindparam("new"))


@dataclass(frozen=True, slots=True)
class CertifiedRow:
    application: str
    rrn_index: str
    passport_index: str
    registration_index: str
    numbers: bytes
    """Sealed: the numbers themselves, to ask the registers with."""
    known: Mapping[str, str]


def insert_certified(connection: Connection, row: CertifiedRow) -> None:
    connection.execute(_INSERT, {name: getattr(row, name) for name in CertifiedRow.__dataclass_fields__})


def find_certified(connection: Connection, application: str) -> CertifiedRow | None:
    row = connection.execute(_FIND, {"of": application}).one_or_none()
    return CertifiedRow(*row) if row else None


def certified_about(
    connection: Connection, *, rrn: str = "", passport: str = "", registration: str = ""
) -> tuple[CertifiedRow, ...]:
    """Everything of the person with this number (by keyed hash)."""
    rows = connection.execute(_ABOUT, {"rrn": rrn, "passport": passport, "registration": registration})
    return tuple(CertifiedRow(*row) for row in rows)


def change_certified(connection: Connection, application: str, changes: Mapping[str, Any]) -> None:
    if changes:
        connection.execute(_CHANGE, {**changes, "of": application})


def rebind_passports(connection: Connection, old: str, new: str) -> None:
    """The person's passports stay the person's under another resident number."""
    connection.execute(_REBIND, {"old": old, "new": new})
