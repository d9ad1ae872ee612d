"""Issuances to come: copies that were asked for, and are fetched later with a transaction id (OpenID4VCI 1.0 §9).

Only the digest of the id is kept. Fetching is one conditional DELETE: of those who ask at once one gets the copies, and nothing
of the request stays. What it holds is sealed by the caller, who opens it under `seal_context`.
"""

from dataclasses import dataclass

from sqlalchemy import Connection, bindparam, delete, func, insert, select, update

from sinwon.store.issuer.tables import PENDINGS
from sinwon.store.kept import Kept


@dataclass(frozen=True, slots=True)
class Pending:
    id: str
    """The digest of the transaction id."""
    certificate: str
    configuration: str
    key: str | None
    """The thumbprint of the key of the token it was asked for with; None for a bearer token."""
    sealed: bytes
    due_at: int
    expires_at: int


_COLUMNS = tuple(PENDINGS.c[name] for name in Pending.__slots__)
_INSERT = Kept(insert(PENDINGS))
_FIND = Kept(
    select(*_COLUMNS).where(
        PENDINGS.c.id == bindparam("of"), PENDINGS.c.certificate == bindparam("whose"), PENDINGS.c.expires_at > bindparam("now")
    )
)
_COUNT = Kept(
    select(func.count())
    .select_from(PENDINGS)
    .where(PENDINGS.c.certificate == bindparam("whose"), PENDINGS.c.expires_at > bindparam("now"))
)
_RESEAL = Kept(update(PENDINGS).where(PENDINGS.c.id == bindparam("of")).values(sealed=bindparam("anew")))
_TAKE = Kept(delete(PENDINGS).where(PENDINGS.c.id == bindparam("of"), PENDINGS.c.expires_at > bindparam("now")))
_FORGET = Kept(delete(PENDINGS).where(PENDINGS.c.expires_at <= bindparam("now")))


def seal_context(pending: str) -> str:
    """What a pending request is sealed under, by the digest of its id."""
    return f"pendings.sealed:{pending}"


def add(connection: Connection, pending: Pending) -> None:
    _INSERT.run(connection, {name: getattr(pending, name) for name in Pending.__slots__})


def find(connection: Connection, pending: str, certificate: str, *, now: int) -> Pending | None:
    """The living one with this digest, of this certificate."""
    row = _FIND.run(connection, {"of": pending, "whose": certificate, "now": now}).fetchone()
    return Pending(*row) if row else None


def count_of(connection: Connection, certificate: str, *, now: int) -> int:
    """How many of this certificate are still to be fetched."""
    return int(_COUNT.run(connection, {"whose": certificate, "now": now}).fetchone()[0])


def reseal(connection: Connection, pending: str, sealed: bytes) -> bool:
    """Whether it was there to be changed."""
    return bool(_RESEAL.run(connection, {"of": pending, "anew": sealed}).rowcount == 1)


def take(connection: Connection, pending: str, *, now: int) -> bool:
    """Whether this call is the one that fetches it; it is gone then. After False the transaction must be rolled back."""
    return bool(_TAKE.run(connection, {"of": pending, "now": now}).rowcount == 1)


def forget_expired(connection: Connection, *, now: int) -> int:
    """How many nobody fetched in time."""
    return int(_FORGET.run(connection, {"now": now}).rowcount)
