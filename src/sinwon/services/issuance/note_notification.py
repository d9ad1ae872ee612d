"""The notification endpoint (OpenID4VCI 1.0 §11): the wallet says what became of a batch. Idempotent."""

from sinwon.core.ids import digest
from sinwon.core.refusal import Unmet
from sinwon.protocols.oauth.dpop import VerifiedDpop
from sinwon.protocols.oauth.errors import INVALID_TOKEN
from sinwon.protocols.vci.errors import INVALID_NOTIFICATION_ID
from sinwon.protocols.vci.notification import Notification
from sinwon.services.issuance.bound_tokens import check_bound, consume_proof
from sinwon.services.issuance.issuer import Issuer
from sinwon.store.audit import Entry
from sinwon.store.engine import writing
from sinwon.store.issuer import certificates, status
from sinwon.store.issuer.tables import AUDIT


def note_notification(issuer: Issuer, token: str, notification: Notification, dpop: VerifiedDpop | None = None) -> None:
    """Raises Refusal("invalid_token" | "invalid_dpop_proof" | "invalid_notification_id")."""
    now = issuer.clock()
    batch = digest(notification.notification_id)
    with writing(issuer.engine) as connection:
        found = certificates.of_token(connection, digest(token), now=now)
        if found is None:
            raise Unmet(INVALID_TOKEN, "access token is unknown or expired")
        check_bound(found.key, dpop)
        consume_proof(connection, dpop)
        certificate = found.certificate
        if status.record_event(connection, batch, certificate, notification.event):
            AUDIT.write(connection, Entry(now, "applicant", f"copies.{notification.event}", certificate))
        elif not status.has_batch(connection, batch, certificate):
            raise Unmet(INVALID_NOTIFICATION_ID, "no such batch of this token's certificate")
