"""Officers' accounts and sessions. A secret is kept as its scrypt hash, a session token as its digest."""

from dataclasses import dataclass
from typing import Final

from sqlalchemy import Connection, bindparam, case, delete, insert, select, update
from sqlalchemy.exc import IntegrityError

from sinwon.store.consulate.tables import OFFICERS, SESSIONS

_O: Final = OFFICERS.c
_S: Final = SESSIONS.c
_INSERT: Final = insert(OFFICERS)
_FIND: Final = select(OFFICERS).where(_O.login_index == bindparam("login"))
_TRY: Final = (
    update(OFFICERS)
    .where(_O.id == bindparam("which"), _O.locked_until <= bindparam("now"))
    .values(
        failures=case((_O.failures >= bindparam("allowed"), 1), else_=_O.failures + 1),
        locked_until=case((_O.failures == bindparam("allowed") - 1, bindparam("until")), else_=0),
    )
)
_FORGIVE: Final = update(OFFICERS).where(_O.id == bindparam("which")).values(failures=0, locked_until=0)
_OPEN: Final = insert(SESSIONS)
_CLOSE: Final = delete(SESSIONS).where(_S.digest == bindparam("token"))
_SWEEP: Final = delete(SESSIONS).where(_S.expires_at <= bindparam("now"))
_HOLDER: Final = (
    select(OFFICERS)
    .join(SESSIONS, _S.officer == _O.id)
    .where(_S.digest == bindparam("token"), _S.expires_at > bindparam("now"))
)


@dataclass(frozen=True, slots=True)
class OfficerRow:
    id: str
    login_index: str
    name: bytes
    """Sealed."""
    mission: str
    secret: str
    failures: int = 0
    locked_until: int = 0


def insert_officer(connection: Connection, row: OfficerRow) -> bool:
    """False if the login is taken."""
    try:
        with connection.begin_nested():
            connection.execute(_INSERT, {name: getattr(row, name) for name in OfficerRow.__dataclass_fields__})
    except IntegrityError:
        return False
    return True


def find_officer(connection: Connection, login_index: str) -> OfficerRow | None:
    row = connection.execute(_FIND, {"login": login_index}).one_or_none()
    return OfficerRow(*row) if row else None


def take_sign_in_try(connection: Connection, officer: str, *, now: int, allowed: int, until: int) -> bool:
    """Counts a failure in advance; the `allowed`th locks the account. False while it is locked."""
    values = {"which": officer, "now": now, "allowed": allowed, "until": until}
    return connection.execute(_TRY, values).rowcount == 1


def open_session(connection: Connection, digest: str, officer: str, *, now: int, expires_at: int) -> None:
    """Forgets the failures, and every session that has ended."""
    connection.execute(_FORGIVE, {"which": officer})
    connection.execute(_SWEEP, {"now": now})
    connection.execute(_OPEN, {"digest": digest, "officer": officer, "expires_at": expires_at})


def close_session(connection: Connection, digest: str) -> bool:
    return connection.execute(_CLOSE, {"token": digest}).rowcount == 1


def officer_of_session(connection: Connection, digest: str, now: int) -> OfficerRow | None:
    row = connection.execute(_HOLDER, {"token": digest, "now": now}).one_or_none()
    return OfficerRow(*row) if row else None
