"""Values that count once: `jti` of role requests and of DPoP proofs, nonces of key proofs. Kept, as digests, until they could
no longer pass.
"""

from sqlalchemy import Connection, bindparam, delete, insert

from sinwon.core.ids import digest
from sinwon.store.issuer.tables import CODES, TOKENS, USED_ONCE
from sinwon.store.kept import Conflict, Kept

_CONSUME = Kept(insert(USED_ONCE))
_FORGET = tuple(delete(table).where(table.c.expires_at < bindparam("now")) for table in (USED_ONCE, CODES, TOKENS))


def consume(connection: Connection, kind: str, value: str, *, expires_at: int) -> bool:
    """Whether this is the first use. After False the transaction must be rolled back."""
    try:
        _CONSUME.run(connection, {"value": digest(f"{kind}\x00{value}"), "expires_at": expires_at})
    except Conflict:
        return False
    return True


def forget_expired(connection: Connection, *, now: int) -> int:
    """Deletes used values, codes and tokens whose time is over; how many."""
    return sum(connection.execute(statement, {"now": now}).rowcount for statement in _FORGET)
