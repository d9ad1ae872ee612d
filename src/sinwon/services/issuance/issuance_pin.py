"""The issuance PIN: compared as text under a keyed hash, in constant time, and tried only so often, wherever it is asked for.

Tries count per offer, at the token endpoint (OpenID4VCI 1.0 §6.3) and on the sign-in page alike: one counter for both.
"""

from sqlalchemy import Connection

from sinwon.core.ids import same
from sinwon.core.refusal import Refusal, Unmet
from sinwon.protocols.oauth.errors import INVALID_GRANT
from sinwon.protocols.oauth.grants.pre_authorized import MAX_TX_CODE
from sinwon.services.issuance.issuer import Issuer
from sinwon.store.audit import Entry
from sinwon.store.issuer import offers
from sinwon.store.issuer.offers import OfferOfCode
from sinwon.store.issuer.tables import AUDIT


def is_right(issuer: Issuer, offer: OfferOfCode, tx_code: str | None) -> bool:
    """Whether it is the offer's, or there is none and none was asked for."""
    if offer.tx_code is None or tx_code is None:
        return offer.tx_code is None
    bounded = tx_code if len(tx_code) <= MAX_TX_CODE else ""
    return same(issuer.tx_code_index(bounded, offer.id), offer.tx_code)


def count_wrong(issuer: Issuer, connection: Connection, offer: OfferOfCode, now: int) -> Refusal:
    """What to raise once the transaction, which has counted the try, is kept."""
    tries = offers.count_wrong(connection, offer.id, limit=issuer.settings.pin_tries)
    if tries is not None:
        AUDIT.write(connection, Entry(now, "applicant", "offer.pin_wrong", offer.certificate, {"tries": tries}))
    return Unmet(INVALID_GRANT, "tx_code is wrong")
