"""What the issuer forgets: values whose time is over, and persons of certificates that nobody fetched or that have ended.

Run every minute by whoever serves the role. What stays is listed in sinwon.store.issuer.tables.
"""

from dataclasses import dataclass

from sinwon.services.issuance.issuer import Issuer
from sinwon.store.audit import Entry
from sinwon.store.engine import writing
from sinwon.store.issuer import certificates, devices, offers, once, refreshes
from sinwon.store.issuer.certificates import CertificateState
from sinwon.store.issuer.tables import AUDIT


@dataclass(frozen=True, slots=True)
class CleanedUp:
    forgotten: int
    lapsed: int
    expired: int


def clean_up(issuer: Issuer) -> CleanedUp:
    """A code minted in the last moment of the window and its token are let live to their end."""
    now = issuer.clock()
    grace = issuer.settings.code_lifetime + issuer.settings.token_lifetime
    with writing(issuer.engine) as connection:
        forgotten = once.forget_expired(connection, now=now)
        over = dict.fromkeys(certificates.expired(connection, now=now), CertificateState.EXPIRED)
        never_fetched = offers.lapsed(connection, before=now - grace)
        over |= dict.fromkeys(never_fetched, CertificateState.LAPSED)
        for certificate, state in over.items():
            certificates.end(connection, certificate, state, reason=None)
            offers.close(connection, certificate)
            refreshes.forget(connection, certificate)
            devices.forget(connection, certificate)
            AUDIT.write(connection, Entry(now, "issuer", f"certificate.{state}", certificate))
    return CleanedUp(forgotten, len(never_fetched), len(over) - len(never_fetched))
