"""A wallet takes new copies: what that does to the certificate's life, in the transaction that adds them.

The usual case is one statement. A certificate that needs renewal is looked at: copies of newer data make an end of those that
showed older ones, and copies of a certificate whose data are doubted say so from the start.
"""

from sqlalchemy import Connection

from sinwon.formats.status.token import VALID, Kind
from sinwon.services.issuance.issuer import Issuer
from sinwon.services.lifecycle.change import change
from sinwon.services.lifecycle.machine import Actor, Fetch, status_of
from sinwon.store.issuer import certificates, lives
from sinwon.store.issuer.certificates import CertificateState, Granted


def begin_fetch(issuer: Issuer, connection: Connection, granted: Granted, *, now: int) -> int | None:
    """The status that all copies are to have once the new ones are added; None when the certificate is no longer what
    `granted` says: look again. Whatever else would change it waits for this transaction."""
    if certificates.activate(connection, granted.certificate, granted.changes, now=now):
        return VALID
    if granted.state is not CertificateState.NEEDS_RENEWAL:
        return None
    row = lives.lock(connection, granted.certificate)
    if row is None or row.changes != granted.changes:
        return None
    life = change(issuer, connection, granted.certificate, Fetch(), by=Actor.HOLDER, actor="applicant", now=now)
    return status_of(life, Kind.JWT)
