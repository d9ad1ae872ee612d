"""A holder looks at their own certificate: how it stands and how it came to, in codes and times, read from the audit trail."""

from typing import Final

from sqlalchemy import Connection

from sinwon.core.refusal import Fault
from sinwon.protocols.own_certificate import Happening, OpenReason, OwnCertificate
from sinwon.services.issuance.issuer import Issuer
from sinwon.services.lifecycle.proven_device import Claimant, prove_device
from sinwon.store.audit import Entry
from sinwon.store.engine import writing
from sinwon.store.issuer import lives
from sinwon.store.issuer.tables import AUDIT

TOLD: Final = {
    f"certificate.{what}": what
    for what in ("suspended", "released", "needs_renewal", "renewed", "fetched", "moved", "revoked", "expired")
} | {"transfer.offered": "transfer_offered"}
"""Entries of the trail that a holder is told, and as what."""
MOST: Final = 100  # a certificate of three years has a dozen


def own_state(issuer: Issuer, claimant: Claimant) -> OwnCertificate:
    """Raises Refusal as prove_device does."""
    with writing(issuer.engine) as connection:
        return state_of(connection, prove_device(issuer, connection, claimant))


def state_of(connection: Connection, certificate: str) -> OwnCertificate:
    row = lives.find(connection, certificate)
    if row is None:
        raise Fault("a certificate that was proven is gone")
    first = () if row.fetched_at is None else (Happening(row.fetched_at, "issued"),)
    later = tuple(map(_happening, AUDIT.latest(connection, certificate, tuple(TOLD), most=MOST)))
    history = tuple(sorted((*first, *later), key=lambda happening: happening.at))
    holds = tuple(OpenReason(hold.reason, hold.since) for hold in row.holds)
    return OwnCertificate(row.state.value, holds, row.stale is not None, row.valid_until, history)


def _happening(entry: Entry) -> Happening:
    """Who acts is told as a role: an officer is no name to be sent about."""
    reason, to, by = (entry.details.get(name) for name in ("reason", "to", "by"))
    return Happening(
        entry.at,
        TOLD[entry.action],
        reason if isinstance(reason, str) else None,
        to if isinstance(to, str) else None,
        by if isinstance(by, str) else None,
    )
