"""The notification endpoint (OpenID4VCI 1.0 §11): the wallet says what became of a batch. Idempotent."""

from sinwon.core.ids import digest
from sinwon.core.refusal import Unmet
from sinwon.protocols.oauth.errors import INVALID_TOKEN
from sinwon.protocols.vci.errors import INVALID_NOTIFICATION_ID
from sinwon.protocols.vci.notification import Notification
from sinwon.services.issuance.issuer import Issuer
from sinwon.store.audit import Entry
from sinwon.store.engine import writing
from sinwon.store.issuer import certificates, status
from sinwon.store.issuer.tables import AUDIT


def note_notification(issuer: Issuer, token: str, notification: Notification) -> None:
    """Raises Refusal("invalid_token" | "invalid_notification_id")."""
    now = issuer.clock()
    batch = digest(notification.notification_id)
    with writing(issuer.engine) as connection:
        certificate = certificates.of_token(connection, digest(token), now=now)
        if certificate is None:
            raise Unmet(INVALID_TOKEN, "access token is unknown or expired")
        if status.record_event(connection, batch, certificate, notification.event):
            AUDIT.write(connection, Entry(now, "applicant", f"copies.{notification.event}", certificate))
        elif not status.has_batch(connection, batch, certificate):
            raise Unmet(INVALID_NOTIFICATION_ID, "no such batch of this token's certificate")
