"""How often something may happen, by everybody together or for one certificate: counted in windows of fixed length.

One row for each name, one statement for each count. What is refused is not counted: a flood keeps nobody out for longer than
its window.
"""

from dataclasses import dataclass

from sqlalchemy import Connection, bindparam, case, delete, insert, or_, update

from sinwon.store.issuer.tables import CEILINGS
from sinwon.store.kept import Conflict, Kept


@dataclass(frozen=True, slots=True)
class Ceiling:
    """`most` times in `seconds`."""

    name: str
    most: int
    seconds: int


_COUNT = Kept(
    update(CEILINGS)
    .where(
        CEILINGS.c.name == bindparam("of"),
        or_(CEILINGS.c.begun != bindparam("window"), CEILINGS.c.count < bindparam("most")),
    )
    .values(
        count=case((CEILINGS.c.begun == bindparam("window"), CEILINGS.c.count + 1), else_=1),
        begun=bindparam("window"),
    )
)
_FIRST = Kept(insert(CEILINGS))
_FORGET = Kept(delete(CEILINGS).where(CEILINGS.c.begun < bindparam("before")))


def count(connection: Connection, ceiling: Ceiling, *, now: int) -> bool:
    """Counts once more; False where that is once too often."""
    window = now - now % ceiling.seconds
    if _count(connection, ceiling, window):
        return True
    try:
        with connection.begin_nested():
            _FIRST.run(connection, {"name": ceiling.name, "begun": window, "count": 1})
    except Conflict:  # there is a row: it is full, or somebody else began it at this moment
        return _count(connection, ceiling, window)
    return True


def forget(connection: Connection, *, before: int) -> int:
    """Deletes counts of windows that began before `before`; how many."""
    return int(_FORGET.run(connection, {"before": before}).rowcount)


def _count(connection: Connection, ceiling: Ceiling, window: int) -> bool:
    row = {"of": ceiling.name, "window": window, "most": ceiling.most}
    return bool(_COUNT.run(connection, row).rowcount == 1)
