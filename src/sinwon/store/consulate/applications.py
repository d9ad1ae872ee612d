"""Applications and the decisions on them. Rows as stored: sealed fields stay sealed here.

Every change names the version it was decided on, so that a decision made on old facts is not written.
"""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Any, Final

from sqlalchemy import Connection, Row, bindparam, insert, select, update
from sqlalchemy.exc import IntegrityError

from sinwon.store.consulate.tables import APPLICATIONS, DECISIONS, ENROLLED_PASSPORTS
from sinwon.store.names import is_key

LISTED: Final = 100  # one screen of a list; older ones come up as newer are decided
_A: Final = APPLICATIONS.c
_D: Final = DECISIONS.c
_P: Final = ENROLLED_PASSPORTS.c
_INSERT: Final = insert(APPLICATIONS)
_FIND: Final = select(APPLICATIONS).where(_A.id == bindparam("which"))
_LOCK: Final = _FIND.with_for_update()
_LIST: Final = (
    select(APPLICATIONS)
    .where(_A.mission == bindparam("at_mission"), _A.state.in_(bindparam("states", expanding=True)))
    .order_by(_A.submitted_at, _A.id)
    .limit(LISTED)
)
_OTHERS: Final = select(APPLICATIONS).where(
    _A.person_index == bindparam("of"),
    _A.id != bindparam("which"),
    _A.place.is_(None),
    _A.state.in_(bindparam("states", expanding=True)),
)
_AT: Final = select(_A.id).where(_A.place == bindparam("taken"))
_CHANGE: Final = update(APPLICATIONS).where(_A.id == bindparam("which"), _A.version == bindparam("seen"))
_DECIDE: Final = insert(DECISIONS)
_DECISION: Final = select(DECISIONS).where(_D.application == bindparam("which"))
_ENROL: Final = insert(ENROLLED_PASSPORTS)
_ENROLLED: Final = select(_P.person_index).where(_P.passport_index == bindparam("which"))


@dataclass(frozen=True, slots=True)
class ApplicationRow:
    id: str
    version: int
    state: str
    mission: str
    secret_digest: str
    person_index: str
    place: str | None
    submitted_at: int
    changed_at: int
    form: bytes
    findings: list[dict[str, Any]]
    differences: bytes
    """Sealed: what each source says where they differ, for the officer."""
    told: bool
    """Whether the applicant may read what the registers say of them."""
    phone_proven_at: int | None = None
    witness: bytes | None = None
    """Sealed: why an officer vouched for the phone."""
    pin: bytes | None = None
    visit: bytes | None = None
    visited_at: int | None = None
    person: bytes | None = None
    offer: bytes | None = None
    offered_as: str | None = None
    """The name under which the issuer knows the application."""
    asked_until: int = 0
    """Somebody is asking the issuer for the offer, at most until then."""
    offer_expires_at: int | None = None


@dataclass(frozen=True, slots=True)
class DecisionRow:
    application: str
    at: int
    officer: str
    verdict: str
    codes: list[str]
    overridden: list[str]
    reasons: bytes
    """Sealed: the officer's own words."""
    policy: str
    inputs: dict[str, str]
    """Register → keyed hash of the record the decision saw."""


def insert_application(connection: Connection, row: ApplicationRow) -> None:
    connection.execute(_INSERT, {name: getattr(row, name) for name in ApplicationRow.__dataclass_fields__})


def find_application(connection: Connection, application: str) -> ApplicationRow | None:
    return _one(connection.execute(_FIND, {"which": application}).one_or_none()) if is_key(application) else None


def lock_application(connection: Connection, application: str) -> ApplicationRow | None:
    """As find_application, and nobody else changes it before this transaction ends."""
    return _one(connection.execute(_LOCK, {"which": application}).one_or_none()) if is_key(application) else None


def list_applications(connection: Connection, mission: str, states: Collection[str]) -> tuple[ApplicationRow, ...]:
    """Oldest first, at most LISTED."""
    rows = connection.execute(_LIST, {"at_mission": mission, "states": list(states)})
    return tuple(ApplicationRow(*row) for row in rows)


def other_applications(
    connection: Connection, person_index: str, application: str, states: Collection[str]
) -> tuple[ApplicationRow, ...]:
    """The same person's other applications that have no place at a counter."""
    rows = connection.execute(_OTHERS, {"of": person_index, "which": application, "states": list(states)})
    return tuple(ApplicationRow(*row) for row in rows)


def application_at(connection: Connection, place: str) -> str | None:
    """The id of the application that holds a person's place."""
    return connection.execute(_AT, {"taken": place}).scalar_one_or_none()


def change_application(connection: Connection, row: ApplicationRow, changes: Mapping[str, Any]) -> bool:
    """Writes `changes` if the row is still the version that was read. False if somebody was faster, or took the place."""
    values = {**changes, "version": row.version + 1, "which": row.id, "seen": row.version}
    try:
        with connection.begin_nested():
            return bool(connection.execute(_CHANGE, values).rowcount == 1)
    except IntegrityError:
        return False


def insert_decision(connection: Connection, row: DecisionRow) -> None:
    connection.execute(_DECIDE, {name: getattr(row, name) for name in DecisionRow.__dataclass_fields__})


def find_decision(connection: Connection, application: str) -> DecisionRow | None:
    row = connection.execute(_DECISION, {"which": application}).one_or_none()
    return DecisionRow(*row) if row else None


def enrol_passport(connection: Connection, passport_index: str, person_index: str) -> bool:
    """Binds a passport to its person for good. False if it is another person's."""
    try:
        with connection.begin_nested():
            connection.execute(_ENROL, {"passport_index": passport_index, "person_index": person_index})
    except IntegrityError:
        return bool(connection.execute(_ENROLLED, {"which": passport_index}).scalar_one() == person_index)
    return True


def _one(row: Row[*tuple[Any, ...]] | None) -> ApplicationRow | None:
    return ApplicationRow(*row) if row is not None else None
