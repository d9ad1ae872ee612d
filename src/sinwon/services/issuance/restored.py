"""After a backup was restored: nothing that was given once is given again.

What happened between backup and restoration is forgotten, so everything that relies on memory begins anew: places are drawn
from new lists; offers, codes and access tokens are closed; nonces and requests of other roles made before are refused. Lists
go on being published, never under an earlier time than before. Revocations that were lost must be asked for again by the roles
that asked for them; until then the old copies count as valid.

To be declared while the role is not served. A database that was put back without a word is noticed when the role starts:
its trail is shorter than it was (`check_position`).
"""

from dataclasses import dataclass
from typing import Final

from sqlalchemy import Engine

from sinwon.core.refusal import Fault
from sinwon.store.audit import Details, Entry
from sinwon.store.engine import reading, writing
from sinwon.store.issuer import restorations, status
from sinwon.store.issuer.tables import AUDIT

ACTOR: Final = "operator"


@dataclass(frozen=True, slots=True)
class Restored:
    """How many restorations there were, lists that were closed to new copies, and offers that were closed."""

    number: int
    lists: int
    offers: int


def declare_restored(engine: Engine, *, now: int) -> Restored:
    with writing(engine) as connection:
        restored = Restored(
            restorations.add(connection, now=now),
            status.close_all(connection, now=now),
            restorations.close_offers(connection),
        )
        details: Details = {"lists": restored.lists, "offers": restored.offers}
        AUDIT.write(connection, Entry(now, ACTOR, "database.restored", str(restored.number), details))
    return restored


def restored_at(engine: Engine) -> int:
    """When the database was last restored; 0 if never. For Issuer.restored_at."""
    with reading(engine) as connection:
        return restorations.last(connection)[1]


def position(engine: Engine) -> int:
    """How far the trail goes: to be remembered outside the database."""
    with reading(engine) as connection:
        return restorations.position(connection)


def check_position(engine: Engine, remembered: int) -> None:
    """Raises Fault when the database is older than what was remembered."""
    if position(engine) < remembered:
        raise Fault("the issuer's database is older than when it was last served: run `sinwon restored` before serving it")
