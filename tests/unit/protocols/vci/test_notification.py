"""The notification message."""

import pytest

from sinwon.core.refusal import Malformed
from sinwon.protocols.vci.notification import Notification, parse_notification


def test_unknown_members_are_ignored() -> None:
    data = b'{"notification_id":"n","event":"credential_accepted","event_description":"fine","more":1}'
    assert parse_notification(data) == Notification("n", "credential_accepted", "fine")


@pytest.mark.parametrize(
    "data",
    [
        b'{"notification_id":"n"}',
        b'{"notification_id":"n","event":"credential_lost"}',
        b'{"notification_id":1,"event":"credential_accepted"}',
        b'{"notification_id":"n","event":"credential_accepted","event_description":"a\\nb"}',
        b'{"notification_id":"n","event":"credential_accepted","event_description":"' + b"x" * 1_001 + b'"}',
        b"not json",
    ],
    ids=["no_event", "unknown_event", "id_not_text", "line_break", "too_long", "not_json"],
)
def test_other_messages_are_refused(data: bytes) -> None:
    with pytest.raises(Malformed, match="invalid_notification_request"):
        parse_notification(data)
