"""How many instances register in a minute, all together: what is refused is not counted, so that a flood keeps nobody out for
longer than its minute.
"""

from typing import Final

from sqlalchemy import Connection, bindparam, delete, insert, update

from sinwon.store.kept import Conflict, Kept
from sinwon.store.wallet_provider.tables import REGISTRATIONS

MINUTE: Final = 60
_COUNT = Kept(
    update(REGISTRATIONS)
    .where(REGISTRATIONS.c.minute == bindparam("of"), REGISTRATIONS.c.count < bindparam("most"))
    .values(count=REGISTRATIONS.c.count + 1)
)
_FIRST = Kept(insert(REGISTRATIONS))
_FORGET = Kept(delete(REGISTRATIONS).where(REGISTRATIONS.c.minute < bindparam("before")))


def count(connection: Connection, *, most: int, now: int) -> bool:
    """Counts once more; False where that is once too often."""
    minute = now // MINUTE
    if _count(connection, minute, most):
        return True
    try:
        with connection.begin_nested():
            _FIRST.run(connection, {"minute": minute, "count": 1})
    except Conflict:  # it is full, or somebody else began it at this moment
        return _count(connection, minute, most)
    return True


def forget(connection: Connection, *, now: int) -> int:
    """Deletes counts of minutes that are over; how many."""
    return int(_FORGET.run(connection, {"before": now // MINUTE}).rowcount)


def _count(connection: Connection, minute: int, most: int) -> bool:
    return bool(_COUNT.run(connection, {"of": minute, "most": most}).rowcount == 1)
