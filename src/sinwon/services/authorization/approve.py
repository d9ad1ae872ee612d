"""The citizen says yes or no: the wallet gets a code, or hears that access was denied (RFC 6749 §4.1.2, RFC 9207)."""

from typing import Final

from sinwon.core.ids import digest, new_secret
from sinwon.core.refusal import Unmet
from sinwon.protocols.oauth.errors import ACCESS_DENIED, INVALID_REQUEST_URI
from sinwon.protocols.oauth.grants.authorization_code import CODE_SECONDS
from sinwon.services.authorization.open_request import SHOWN, SentBack, Visit, own_request, send_back
from sinwon.services.authorization.sign_in import end_request
from sinwon.services.issuance.issuer import Issuer
from sinwon.store.audit import Entry
from sinwon.store.engine import writing
from sinwon.store.issuer import authorizations
from sinwon.store.issuer.authorizations import Progress
from sinwon.store.issuer.tables import AUDIT

APPROVED: Final = "authorization.approved"


def approve(issuer: Issuer, visit: Visit) -> SentBack:
    """Raises Unmet for a request that nobody signed in for, here."""
    code, now = new_secret(issuer.random), issuer.clock()
    with writing(issuer.engine) as connection:
        request = own_request(issuer, connection, visit, frozenset({Progress.SIGNED_IN}), now=now)
        browser, until = digest(visit.browser), now + CODE_SECONDS
        if not authorizations.approve(connection, visit.request, browser, code=digest(code), until=until, now=now):
            raise Unmet(INVALID_REQUEST_URI, "request was just answered")
        AUDIT.write(connection, Entry(now, "applicant", APPROVED, request.certificate or "", {"request": visit.request}))
    return send_back(issuer, request, code=code)


def cancel(issuer: Issuer, visit: Visit) -> SentBack:
    """At whatever step. Raises Unmet for a request that is not open here."""
    now = issuer.clock()
    with writing(issuer.engine) as connection:
        request = own_request(issuer, connection, visit, SHOWN, now=now)
        return end_request(issuer, connection, visit, request, ACCESS_DENIED, "CANCELLED", now)
