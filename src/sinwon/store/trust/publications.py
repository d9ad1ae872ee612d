"""What was published: both documents under one number, each number once."""

from dataclasses import dataclass
from typing import Final

from sqlalchemy import Connection, insert, select
from sqlalchemy.exc import IntegrityError

from sinwon.store.trust.tables import PUBLICATIONS


@dataclass(frozen=True, slots=True)
class Publication:
    sequence: int
    issued_at: int
    next_update: int
    trust_list: str
    catalogue: str


_COLUMNS: Final = tuple(PUBLICATIONS.c[name] for name in ("sequence", "issued_at", "next_update", "trust_list", "catalogue"))
_ADD: Final = insert(PUBLICATIONS)
_LATEST: Final = select(*_COLUMNS).order_by(PUBLICATIONS.c.sequence.desc()).limit(1)


def add_publication(connection: Connection, publication: Publication) -> bool:
    """Whether its number was still free. After False the transaction must be rolled back."""
    try:
        connection.execute(_ADD, {name: getattr(publication, name) for name in Publication.__slots__})
    except IntegrityError:
        return False
    return True


def latest_publication(connection: Connection) -> Publication | None:
    row = connection.execute(_LATEST).one_or_none()
    return None if row is None else Publication(*row)
