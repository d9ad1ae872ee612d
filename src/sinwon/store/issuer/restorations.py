"""What a database brought back from a backup must not do again: the mark that it was, and how far its trail goes.

A restored database has forgotten places it gave, values it consumed and offers it redeemed. Nothing in it can tell; the highest
number of its audit trail, remembered elsewhere, can.
"""

from sqlalchemy import Connection, delete, func, insert, select, update

from sinwon.store.issuer.losses import Purpose
from sinwon.store.issuer.offers import OfferState
from sinwon.store.issuer.tables import AUDIT, AUTHORIZATIONS, CODES, MAILED_SECRETS, OFFERS, PENDINGS, RESTORATIONS, TOKENS

_LAST = select(RESTORATIONS.c.number, RESTORATIONS.c.at).order_by(RESTORATIONS.c.number.desc()).limit(1)
_POSITION = select(func.max(AUDIT.table.c.number))


def last(connection: Connection) -> tuple[int, int]:
    """How often this database was restored, and when last; zeros if never."""
    row = connection.execute(_LAST).first()
    return (row.number, row.at) if row else (0, 0)


def add(connection: Connection, *, now: int) -> int:
    """Marks one more restoration; its number."""
    number = last(connection)[0] + 1
    connection.execute(insert(RESTORATIONS), {"number": number, "at": now})
    return number


def position(connection: Connection) -> int:
    """The number of the last audit entry: it only grows, unless an older database takes this one's place."""
    return connection.execute(_POSITION).scalar() or 0


def close_offers(connection: Connection) -> int:
    """Closes every open offer and forgets all codes, access tokens, authorization requests and issuances to come, some of which
    have served already; how many offers. So may codes that were mailed to release a certificate; links that stop one do no harm
    twice."""
    connection.execute(delete(CODES))
    connection.execute(delete(MAILED_SECRETS).where(MAILED_SECRETS.c.purpose == Purpose.RELEASE.value))
    connection.execute(delete(TOKENS))
    connection.execute(delete(PENDINGS))
    connection.execute(delete(AUTHORIZATIONS))
    closing = update(OFFERS).where(OFFERS.c.state == OfferState.OPEN.value).values(state=OfferState.CLOSED.value)
    return int(connection.execute(closing).rowcount)
