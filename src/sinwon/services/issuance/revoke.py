"""Revocation: final. All copies of the certificate become INVALID, the sealed person is erased, an open offer closes.

Asking again changes nothing and answers the same: the first answer may have been lost.
"""

from sqlalchemy import Connection

from sinwon.core.refusal import Unmet
from sinwon.formats.status.token import INVALID
from sinwon.protocols.roles.messages import REVOKE, Revoke, Revoked
from sinwon.services.issuance.issuer import Issuer
from sinwon.services.issuance.role_request import consume_request, verify_request
from sinwon.store.audit import Details, Entry
from sinwon.store.engine import writing
from sinwon.store.issuer import certificates, devices, offers, refreshes, status
from sinwon.store.issuer.certificates import CertificateState
from sinwon.store.issuer.tables import AUDIT


def revoke(issuer: Issuer, token: str) -> Revoked:
    """Raises Refusal("unauthorized" | "invalid_request" | "unknown_application")."""
    request, message = verify_request(issuer, token, REVOKE, Revoke)
    with writing(issuer.engine) as connection:
        consume_request(connection, request)
        return _revoke(connection, message, now=issuer.clock())


def _revoke(connection: Connection, message: Revoke, *, now: int) -> Revoked:
    found = certificates.of_application(connection, message.application)
    if found is None:
        raise Unmet("unknown_application", "no certificate for this application")
    if not certificates.end(connection, found.id, CertificateState.REVOKED, reason=message.reason):
        return Revoked(found.id, status.count_of(connection, found.id))
    offers.close(connection, found.id)
    refreshes.forget(connection, found.id)
    devices.forget(connection, found.id)
    status.set_all(connection, found.id, INVALID, now=now)
    copies = status.count_of(connection, found.id)
    details: Details = {"reason": message.reason, "copies": copies}
    AUDIT.write(connection, Entry(now, message.officer, "certificate.revoked", found.id, details))
    return Revoked(found.id, copies)
