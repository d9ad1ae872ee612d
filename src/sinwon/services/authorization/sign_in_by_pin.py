"""Sign in with the number of an approved application and the issuance PIN that the applicant chose.

The PIN is that of the offer, and tries at it count by the offer's one counter, here and at the token endpoint. A number there
is not, a wrong PIN, an offer that is used, over or dead: all look alike.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from sqlalchemy import Connection

from sinwon.core.refusal import Refusal, Unmet
from sinwon.protocols.roles.application_names import application_names
from sinwon.services.authorization.sign_in import Proven
from sinwon.services.issuance.issuance_pin import count_wrong, is_right
from sinwon.services.issuance.issuer import Issuer
from sinwon.services.issuance.make_offer import MAX_APPLICATION
from sinwon.store.issuer import offers
from sinwon.store.issuer.authorizations import Authorization

WRONG: Final = "wrong_credentials"


@dataclass(frozen=True, slots=True)
class ByPin:
    name: str = "pin"
    prepare: None = None

    def prove(
        self, issuer: Issuer, connection: Connection, _request: Authorization, form: Mapping[str, str], now: int
    ) -> Proven | Refusal:
        application, pin = form.get("application", "").strip(), form.get("pin", "").strip()
        wrong = Unmet(WRONG, "no open offer of this application, or another PIN")
        # 1 an offer that is open [OID4VCI 6.3]
        if not 0 < len(application) <= MAX_APPLICATION or "\x00" in application:
            return wrong
        offer = offers.of_application(connection, application_names(application), now=now)
        if offer is None or offer.tx_code is None:
            return wrong
        # 2 its PIN [OID4VCI 6.3]
        if not is_right(issuer, offer, pin):
            count_wrong(issuer, connection, offer, now)
            return wrong
        return Proven(offer.certificate, offer.configurations, offer.id)
