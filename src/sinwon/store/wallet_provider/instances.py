"""Wallet instances: active from registration, revoked for good. An instance not heard of for long is forgotten."""

from dataclasses import dataclass
from enum import StrEnum

from sqlalchemy import Connection, bindparam, delete, insert, select, update

from sinwon.store.kept import Conflict, Kept
from sinwon.store.names import is_key
from sinwon.store.wallet_provider.tables import INSTANCES


class State(StrEnum):
    ACTIVE = "active"
    REVOKED = "revoked"


@dataclass(frozen=True, slots=True)
class Instance:
    key: str
    """The thumbprint of its key."""
    state: State
    registered_at: int
    seen_at: int
    """When it last asked for something and got it."""
    revoked_at: int | None


_INSERT = Kept(insert(INSTANCES))
_ACTIVE = INSTANCES.c.state == State.ACTIVE.value
_OF = INSTANCES.c.key == bindparam("of")
_SEEN = Kept(update(INSTANCES).where(_OF, _ACTIVE).values(seen_at=bindparam("now")))
_REVOKE = Kept(
    update(INSTANCES)
    .where(_OF, _ACTIVE)
    .values(state=bindparam("revoked"), revoked_at=bindparam("now"), seen_at=bindparam("now"))
)
_FIND = Kept(
    select(INSTANCES.c.key, INSTANCES.c.state, INSTANCES.c.registered_at, INSTANCES.c.seen_at, INSTANCES.c.revoked_at).where(
        _OF
    )
)
_FORGET = Kept(delete(INSTANCES).where(INSTANCES.c.seen_at < bindparam("before")))


def register(connection: Connection, key: str, *, now: int) -> bool:
    """False where the key is known, whatever its state; the transaction must then be rolled back."""
    row = {"key": key, "state": State.ACTIVE.value, "registered_at": now, "seen_at": now, "revoked_at": None}
    try:
        _INSERT.run(connection, row)
    except Conflict:
        return False
    return True


def note_seen(connection: Connection, key: str, *, now: int) -> bool:
    """Whether there is such an instance and it is active. Holds off its revocation until this transaction ends."""
    return bool(_SEEN.run(connection, {"of": key, "now": now}).rowcount == 1)


def revoke(connection: Connection, key: str, *, now: int) -> bool:
    """Whether it was active until now."""
    return bool(_REVOKE.run(connection, {"of": key, "now": now, "revoked": State.REVOKED.value}).rowcount == 1)


def find(connection: Connection, key: str) -> Instance | None:
    row = _FIND.run(connection, {"of": key}).fetchone() if is_key(key) else None
    return None if row is None else Instance(row[0], State(row[1]), *row[2:])


def forget(connection: Connection, *, before: int) -> int:
    """Deletes instances not seen since; how many."""
    return int(_FORGET.run(connection, {"before": before}).rowcount)
