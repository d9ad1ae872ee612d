"""The outbox: private files, the newest message of a number, bounded."""

import stat
from pathlib import Path

import pytest

from sinwon.adapters import outbox as module
from sinwon.adapters.outbox import MailOutbox, Outbox
from sinwon.services.notify.message import LONGEST_MAIL, LONGEST_TEXT, Mail, Message, MessageNotSent
from tests.world import StandingClock

TO = "+12135550123"


def message(number: int, to: str = TO, text: str = "") -> Message:
    return Message(f"id-{number}", to, text or f"text {number}", 0)


def test_the_latest_message_of_a_number(tmp_path: Path) -> None:
    box = Outbox(tmp_path / "out", StandingClock())
    assert box.latest(TO) is None
    for number in range(12):
        box.send(message(number, to=TO if number % 2 else "+4917299000001"))
    assert box.latest(TO) == "text 11"
    assert box.latest("+4917299000001") == "text 10"
    assert box.latest("+819010000101") is None


def test_files_are_the_owners_and_carry_no_number_in_their_name(tmp_path: Path) -> None:
    box = Outbox(tmp_path / "out", StandingClock())
    box.send(message(1))
    (path,) = (tmp_path / "out").iterdir()
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert stat.S_IMODE((tmp_path / "out").stat().st_mode) == 0o700
    assert "2135550123" not in path.name


def test_only_the_newest_stay(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "KEPT", 3)
    box = Outbox(tmp_path, StandingClock())
    for number in range(5):
        box.send(message(number))
    assert len(list(tmp_path.iterdir())) == 3
    assert box.latest(TO) == "text 4"


def test_what_cannot_be_kept_is_not_sent(tmp_path: Path) -> None:
    box = Outbox(tmp_path, StandingClock())
    box.send(message(1, text="x" * LONGEST_TEXT))
    with pytest.raises(MessageNotSent):
        box.send(message(2, text="x" * (LONGEST_TEXT + 1)))
    (tmp_path / "file").write_text("")
    with pytest.raises(MessageNotSent):
        Outbox(tmp_path / "file", StandingClock()).send(message(3))


def test_mail_lies_beside_its_address_and_not_in_a_name(tmp_path: Path) -> None:
    box, to = MailOutbox(tmp_path / "mail", StandingClock()), "hong@mail.example"
    for number in range(3):
        box.send(Mail(f"id-{number}", to if number else "other@mail.example", f"subject {number}", "text", "ko"))
    assert [mail.subject for mail in box.of(to)] == ["subject 1", "subject 2"]
    assert not any("hong" in path.name for path in (tmp_path / "mail").iterdir())
    box.send(Mail("id-3", to, "subject", "x" * LONGEST_MAIL, "ko"))
    with pytest.raises(MessageNotSent):
        box.send(Mail("id-4", to, "subject", "x" * (LONGEST_MAIL + 1), "ko"))
