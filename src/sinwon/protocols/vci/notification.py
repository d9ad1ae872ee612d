"""The notification endpoint's message (OpenID4VCI 1.0 §11.1): what became of the credentials.

Owns the shape. `event_description` is checked for shape and then dropped: it is a stranger's free text and nobody needs it.
"""

from re import compile as pattern
from typing import Final, Literal

import msgspec

from sinwon.core.refusal import Malformed, Refusal
from sinwon.core.strict_json import parse_as
from sinwon.protocols.vci.errors import INVALID_NOTIFICATION_REQUEST

MAX_REQUEST: Final = 8 * 1024
DESCRIPTION: Final = pattern(r"[\x20-\x21\x23-\x5B\x5D-\x7E]{0,1000}\Z")  # the characters of [OID4VCI 11.1]
Event = Literal["credential_accepted", "credential_failure", "credential_deleted"]


class Notification(msgspec.Struct, frozen=True):
    notification_id: str
    event: Event
    event_description: str | None = None


def parse_notification(data: bytes) -> Notification:
    """Raises Malformed("invalid_notification_request")."""
    try:
        notification = parse_as(data, Notification, limit=MAX_REQUEST)
    except Refusal as refusal:
        raise Malformed(INVALID_NOTIFICATION_REQUEST, refusal.why) from None
    if notification.event_description is not None and not DESCRIPTION.match(notification.event_description):
        raise Malformed(INVALID_NOTIFICATION_REQUEST, "event_description has other characters than allowed")
    return notification
