"""Challenges that were answered: kept, as digests, until they could no longer pass."""

from sqlalchemy import Connection, bindparam, delete, insert

from sinwon.core.ids import digest
from sinwon.store.kept import Conflict, Kept
from sinwon.store.wallet_provider.tables import USED_CHALLENGES

_CONSUME = Kept(insert(USED_CHALLENGES))
_FORGET = Kept(delete(USED_CHALLENGES).where(USED_CHALLENGES.c.expires_at < bindparam("now")))


def consume(connection: Connection, challenge: str, *, expires_at: int) -> bool:
    """Whether this is the first use. After False the transaction must be rolled back."""
    try:
        _CONSUME.run(connection, {"challenge": digest(challenge), "expires_at": expires_at})
    except Conflict:
        return False
    return True


def forget(connection: Connection, *, now: int) -> int:
    return int(_FORGET.run(connection, {"now": now}).rowcount)
