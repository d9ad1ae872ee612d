"""Mail over SMTP, to a real server in this process: encrypted, to one address, and never silently lost."""

import socket
import ssl
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from sinwon.adapters import smtp as module
from sinwon.adapters.smtp import Smtp
from sinwon.core.refusal import Fault
from sinwon.services.notify.message import LONGEST_MAIL, Mail, MessageNotSent
from tests.smtp_server import HOST, SmtpServer
from tests.world import NOW, StandingClock

TO = "hong@mail.example"
SENDER = "notice@issuer.example"
TEXT = "모바일 재외국민증이 정지되었습니다.\n.\nA line that begins with a dot.\n" + "긴 줄 " * 300


def mail(**changes: str) -> Mail:
    given = {"id": "notice-1", "to": TO, "subject": "[모바일 재외국민증] 정지되었습니다", "text": TEXT, "language": "ko"}
    return Mail(**{**given, **changes})


def client(server: SmtpServer, **changes: Any) -> Smtp:
    given: dict[str, Any] = {
        "host": HOST,
        "port": server.port,
        "sender": SENDER,
        "clock": StandingClock(),
        "security": server.security,
        "context": server.client_context,
    }
    return Smtp(**{**given, **changes})


@pytest.fixture(params=["starttls", "tls"])
def server(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[SmtpServer]:
    with SmtpServer(tmp_path, request.param).running() as running:
        yield running


def test_a_mail_arrives_whole_and_encrypted(server: SmtpServer) -> None:
    client(server).send(mail())
    (taken,) = server.taken
    assert (taken.sender, taken.to, taken.was_encrypted, taken.login) == (SENDER, [TO], True, None)
    message = taken.message
    assert message["Subject"] == "[모바일 재외국민증] 정지되었습니다"
    assert (message["From"], message["To"], message["Message-ID"]) == (SENDER, TO, "<notice-1@issuer.example>")
    assert (message["Auto-Submitted"], message["Content-Language"]) == ("auto-generated", "ko")
    assert message["Date"].datetime.timestamp() == NOW
    assert message.get_content().splitlines() == TEXT.splitlines()


def test_the_password_is_read_anew_and_sent_encrypted_only(server: SmtpServer) -> None:
    passwords = iter(["first", "second"])
    sending = client(server, user="sinwon", password=lambda: next(passwords))
    sending.send(mail())
    sending.send(mail(id="notice-2"))
    assert [taken.login for taken in server.taken] == ["\0sinwon\0first", "\0sinwon\0second"]
    assert all(taken.was_encrypted for taken in server.taken)


def test_a_server_that_nobody_vouches_for_gets_nothing(server: SmtpServer) -> None:
    with pytest.raises(MessageNotSent, match="SSLCertVerificationError"):
        client(server, context=ssl.create_default_context()).send(mail())
    assert server.taken == []


@pytest.mark.parametrize("verb", ["MAIL", "RCPT", "DATA"])
def test_a_refusal_is_told_without_the_address(server: SmtpServer, verb: str) -> None:
    server.refuses = verb
    with pytest.raises(MessageNotSent) as told:
        client(server).send(mail())
    assert TO not in str(told.value)
    assert server.taken == []


def test_encryption_is_not_given_up_when_the_server_has_none(tmp_path: Path) -> None:
    with SmtpServer(tmp_path, "none").running() as server:
        server.refuses = "STARTTLS"
        with pytest.raises(MessageNotSent):
            client(server, security="starttls").send(mail())
        assert server.taken == []
        client(server, security="none").send(mail())
    assert [taken.was_encrypted for taken in server.taken] == [False]


def test_a_server_that_hangs_is_left(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "TIMEOUT", 0.2)
    with SmtpServer(tmp_path, "none", hangs="MAIL").running() as server, pytest.raises(MessageNotSent):
        client(server).send(mail())


def test_a_mail_that_was_taken_is_sent_whatever_is_said_to_the_goodbye(server: SmtpServer) -> None:
    server.refuses = "QUIT"
    client(server).send(mail())
    assert len(server.taken) == 1
    server.then = "451 later"
    with pytest.raises(MessageNotSent):
        client(server).send(mail())


def test_nobody_there(tmp_path: Path) -> None:
    with socket.create_server((HOST, 0)) as listener:
        port = listener.getsockname()[1]
    server = SmtpServer(tmp_path, port=port)
    server.write_certificate()
    with pytest.raises(MessageNotSent, match="ConnectionRefusedError"):
        client(server).send(mail())


@pytest.mark.parametrize(
    "to",
    [
        "",
        "nobody",
        "a@b.example, c@d.example",
        "a@b.example\r\nBcc: c@d.example",
        "<a@b.example>",
        "a b@c.example",
        "a@b@c.example",
        "a@" + "b" * 191,
        "a" * 65 + "@b.example",
        "a..b@c.example",
        ".a@b.example",
        "a@b..example",
        "a@[127.0.0.1",
        "(a)@b.example",
    ],
)
def test_what_is_not_one_plain_address_gets_nothing(server: SmtpServer, to: str) -> None:
    with pytest.raises(MessageNotSent):
        client(server).send(mail(to=to))
    assert server.taken == []


def test_a_subject_cannot_add_a_header(server: SmtpServer) -> None:
    with pytest.raises(MessageNotSent):
        client(server).send(mail(subject="hello\r\nBcc: c@d.example"))
    assert server.taken == []


def test_the_longest_mail_and_one_sign_more(server: SmtpServer) -> None:
    client(server).send(mail(text="x" * LONGEST_MAIL))
    with pytest.raises(MessageNotSent):
        client(server).send(mail(text="x" * (LONGEST_MAIL + 1)))
    assert len(server.taken) == 1


def test_without_encryption_only_to_loopback_and_without_a_password() -> None:
    with pytest.raises(Fault):
        Smtp("mail.example", 25, SENDER, StandingClock(), security="none")
    with pytest.raises(Fault):
        Smtp(HOST, 25, SENDER, StandingClock(), security="none", user="sinwon")
