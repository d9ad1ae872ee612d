"""Which holder keys were shown a moment ago: keyed hashes, for as long as it takes to notice a copied one.

A copy is shown once, by one phone. The same key in two presentations at once is a copied key, or a wallet that shows a copy
twice: nobody is refused for it, but it is noted. A row lives for a minute or two and names a presentation, no person and no
service.
"""

from collections.abc import Collection
from typing import Final

from sqlalchemy import BigInteger, Column, Connection, PrimaryKeyConstraint, String, Table, bindparam, delete, insert, select

from sinwon.store.gateway.metadata import METADATA
from sinwon.store.kept import Kept

SHOWN_KEYS: Final = Table(
    "shown_keys",
    METADATA,
    Column("key", String(43), nullable=False),
    Column("presentation", String(43), nullable=False),
    Column("at", BigInteger, nullable=False),
    PrimaryKeyConstraint("key", "presentation"),
    sqlite_with_rowid=False,
)
_INSERT = Kept(insert(SHOWN_KEYS))
_OTHERS = Kept(
    select(SHOWN_KEYS.c.presentation)
    .where(
        SHOWN_KEYS.c.key == bindparam("of"),
        SHOWN_KEYS.c.at >= bindparam("since"),
        SHOWN_KEYS.c.presentation != bindparam("but"),
    )
    .order_by(SHOWN_KEYS.c.at)
)
_FORGET = delete(SHOWN_KEYS).where(SHOWN_KEYS.c.at < bindparam("before"))


def note_shown(connection: Connection, keys: Collection[str], presentation: str, *, since: int, now: int) -> tuple[str, ...]:
    """Notes that this presentation (by reference) showed these keys (keyed hashes); the others that did since then."""
    _INSERT.run_many(connection, [{"key": key, "presentation": presentation, "at": now} for key in keys])
    rows = [row for key in keys for row in _OTHERS.run(connection, {"of": key, "since": since, "but": presentation}).fetchall()]
    return tuple(dict.fromkeys(other for (other,) in rows))


def forget_shown(connection: Connection, *, before: int) -> int:
    return int(connection.execute(_FORGET, {"before": before}).rowcount)
