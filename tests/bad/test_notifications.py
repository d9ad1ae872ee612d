"""Hostile notifications, row I32 of the threat catalogue, over HTTP, each beside its control."""

from pathlib import Path
from typing import Any

import httpx2
import pytest
from sqlalchemy import select

from sinwon.store.issuer.tables import AUDIT, COPIES
from tests.bound_wallet import BoundWallet
from tests.issuing import Issuing, refused

PATH = "/notification"


def note(issuing: Issuing, token: str, name: object, event: object = "credential_accepted", **more: Any) -> httpx2.Response:
    body = {"notification_id": name, "event": event, **more}
    return issuing.client.post(PATH, json=body, headers={"Authorization": f"Bearer {token}"})


def events(issuing: Issuing) -> list[str | None]:
    with issuing.issuer.engine.connect() as connection:
        return list(connection.execute(select(COPIES.c.event)).scalars())


def noted(issuing: Issuing) -> list[str]:
    with issuing.issuer.engine.connect() as connection:
        actions = connection.execute(select(AUDIT.table.c.action).order_by(AUDIT.table.c.number)).scalars()
        return [action for action in actions if action.startswith("copies.")]


# --- I32: whose, how often, and with what text [OID4VCI 11.1] [OID4VCI 11.3] ---


def test_I32_notification_of_another_certificate(issuing: Issuing) -> None:
    mine, theirs = issuing.new_token(), issuing.new_token()
    name = issuing.issue(token=mine)["notification_id"]
    refused(note(issuing, theirs, name, "credential_deleted"), 400, "invalid_notification_id")
    assert events(issuing) == [None]


@pytest.mark.parametrize("name", ["", "unknown", "A" * 22, "' OR 1=1 --", "신원", "\x00", "a" * 7_000])
def test_I32_guessed_notification(issuing: Issuing, name: str) -> None:
    token = issuing.new_token()
    issuing.issue(token=token)
    refused(note(issuing, token, name), 400, "invalid_notification_id")
    assert events(issuing) == [None]


def test_I32_repeated_notification_changes_nothing(issuing: Issuing) -> None:
    token = issuing.new_token()
    name = issuing.issue(2, token=token)["notification_id"]
    for _time in range(5):
        answer = note(issuing, token, name)
        assert (answer.status_code, answer.content) == (204, b"")
    assert (events(issuing), noted(issuing)) == (["credential_accepted"] * 2, ["copies.credential_accepted"])


TEXTS: dict[str, object] = {
    "line_break": "fine\r\n2026-11-25 level=error forged",
    "terminal_escape": "\x1b[2J\x1b[31mforged",
    "nul": "fine\x00",
    "quotation_mark": 'fine","forged":"yes',
    "backslash": "fine\\n",
    "not_ascii": "괜찮습니다",
    "right_to_left": "\u202egnihtemos",
    "one_past_the_limit": "x" * 1_001,
    "ten_kilobytes": "x" * 10_000,
    "number": 1,
    "object": {"text": "fine"},
}


@pytest.mark.parametrize("text", TEXTS.values(), ids=TEXTS)
def test_I32_description_that_could_forge_a_log(issuing: Issuing, text: object, capsys: pytest.CaptureFixture[str]) -> None:
    token = issuing.new_token()
    name = issuing.issue(token=token)["notification_id"]
    refused(note(issuing, token, name, event_description=text), 400, "invalid_notification_request")
    assert (events(issuing), noted(issuing)) == ([None], [])
    captured = capsys.readouterr()
    assert "forged" not in captured.out + captured.err


@pytest.mark.parametrize("event", ["", "credential_lost", "CREDENTIAL_ACCEPTED", None, 1, ["credential_accepted"]])
def test_I32_unknown_event(issuing: Issuing, event: object) -> None:
    token = issuing.new_token()
    name = issuing.issue(token=token)["notification_id"]
    refused(note(issuing, token, name, event), 400, "invalid_notification_request")


@pytest.mark.parametrize("name", [None, 1, [], {}])
def test_I32_name_in_another_shape(issuing: Issuing, name: object) -> None:
    refused(note(issuing, issuing.new_token(), name), 400, "invalid_notification_request")


def test_I32_without_the_token_or_its_proof(issuing: Issuing) -> None:
    wallet = BoundWallet(issuing)
    token = wallet.start()["access_token"]
    name = wallet.request(token).json()["notification_id"]
    refused(note(issuing, "unknown", name), 401, "invalid_token")
    refused(note(issuing, token, name), 401, "invalid_token")
    assert events(issuing) == [None]


@pytest.mark.parametrize("event", ["credential_accepted", "credential_failure", "credential_deleted"])
def test_I32_control_notification_with_a_description(
    issuing: Issuing, event: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """As long as it may be; nobody needs it, so it is neither kept nor logged."""
    token, text = issuing.new_token(), "every allowed sign, " + "x" * 980
    name = issuing.issue(token=token)["notification_id"]
    assert note(issuing, token, name, event, event_description=text, unknown=1).status_code == 204
    assert (events(issuing), noted(issuing)) == ([event], [f"copies.{event}"])
    captured = capsys.readouterr()
    stored = b"".join(path.read_bytes() for path in tmp_path.iterdir())
    assert text not in captured.out + captured.err
    assert text.encode() not in stored
