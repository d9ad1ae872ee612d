"""Revocation: final. All copies of the certificate become INVALID, the sealed person is erased, an open offer closes.

Asking again changes nothing and answers the same: the first answer may have been lost.
"""

from sqlalchemy import Connection

from sinwon.core.refusal import Unmet
from sinwon.protocols.roles.messages import REVOKE, Revoke, Revoked
from sinwon.services.issuance.issuer import Issuer
from sinwon.services.issuance.role_request import consume_request, verify_request
from sinwon.services.lifecycle.change import change
from sinwon.services.lifecycle.machine import Actor, Raise, Reason
from sinwon.store.engine import writing
from sinwon.store.issuer import certificates, status


def revoke(issuer: Issuer, token: str) -> Revoked:
    """Raises Refusal("unauthorized" | "invalid_request" | "unknown_application")."""
    request, message = verify_request(issuer, token, REVOKE, Revoke)
    with writing(issuer.engine) as connection:
        consume_request(connection, request)
        return _revoke(issuer, connection, message, now=issuer.clock())


def _revoke(issuer: Issuer, connection: Connection, message: Revoke, *, now: int) -> Revoked:
    found = certificates.of_application(connection, message.application)
    if found is None:
        raise Unmet("unknown_application", "no certificate for this application")
    copies = status.count_of(connection, found.id)
    change(
        issuer,
        connection,
        found.id,
        Raise(Reason(message.reason)),
        by=Actor.OFFICER,
        actor=message.officer,
        now=now,
        facts={"copies": copies},
    )
    return Revoked(found.id, copies)
