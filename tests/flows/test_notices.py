"""Notices to the holder: in their language and time, once, to whom they concern, and with nothing of theirs left behind."""

import json
import logging
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, Literal

import msgspec
import pytest
from sqlalchemy import select

from sinwon.adapters.outbox import MailOutbox, Outbox
from sinwon.core.clock import DAY
from sinwon.core.refusal import Fault
from sinwon.protocols.roles.messages import CHANGE, Change, ChangeReason
from sinwon.protocols.trust.catalogue import Catalogue
from sinwon.services.issuance.clean_up import NOTICES_KEPT, clean_up
from sinwon.services.issuance.issuer import Issuer
from sinwon.services.lifecycle.deliver import AGAIN, AT_ONCE, FAILURES, Routes, deliver
from sinwon.services.lifecycle.notices import notify
from sinwon.services.notify.message import Mail, Message, MessageNotSent
from sinwon.services.notify.notice import Facts, NoticeKind
from sinwon.store.engine import writing
from sinwon.store.issuer import lives
from sinwon.store.issuer.tables import AUDIT, CERTIFICATES, NOTICES
from tests import world
from tests.issuing import PERSON, RRN, Issuing

Replaced = msgspec.structs.replace
EMAIL, PHONE = "hong@mail.example", "+4915100000001"
CANARIES = (
    PERSON.name_ko,
    PERSON.family_name,
    str(PERSON.given_name),
    PERSON.birthdate,
    PERSON.passport.number,
    PERSON.registration.number,
    RRN,
    EMAIL,
    PHONE,
    "Example Strasse",
)


@dataclass
class Post:
    """Both routes; either may be down."""

    mails: list[Mail] = field(default_factory=list)
    messages: list[Message] = field(default_factory=list)
    mail_down: bool = False
    phone_down: bool = False

    @property
    def routes(self) -> Routes:
        post = self

        class MailRoute:
            def send(self, mail: Mail) -> None:
                if post.mail_down:
                    raise MessageNotSent("down")
                post.mails.append(mail)

        class PhoneRoute:
            def send(self, message: Message) -> None:
                if post.phone_down:
                    raise MessageNotSent("down")
                post.messages.append(message)

        return Routes(MailRoute(), PhoneRoute())


@pytest.fixture
def post() -> Post:
    return Post()


def stop(issuing: Issuing, reason: ChangeReason = "LOSS_REPORTED", action: Literal["raise", "release"] = "raise") -> None:
    change = Change(action, reason, "officer-1", application="application-1")
    assert issuing.ask(CHANGE, change).status_code == 200


def rows(issuing: Issuing) -> list[Any]:
    with issuing.issuer.engine.connect() as connection:
        return list(connection.execute(select(NOTICES).order_by(NOTICES.c.created_at)))


# --- what it says ---


@pytest.mark.parametrize(
    ("language", "words", "reason", "here", "seoul"),
    [
        ("ko", "정지되었습니다", "분실 신고", "2026년 9월 21일 16:13 (Europe/Berlin)", "2026년 9월 21일 23:13 (한국 시각)"),
        ("en", "was suspended", "loss reported", "21 Sep 2026 16:13 (Europe/Berlin)", "21 Sep 2026 23:13 (Korean time)"),
    ],
)
def test_in_the_holders_language_and_both_times(
    issuing: Issuing, post: Post, language: str, words: str, reason: str, here: str, seoul: str
) -> None:
    issuing.make_offer(language=language)
    stop(issuing)
    assert deliver(issuing.issuer, post.routes) == 1
    (mail,), (message,) = post.mails, post.messages
    assert (mail.to, message.to, mail.language) == (EMAIL, PHONE, language)
    for text in (mail.text, message.text):
        assert all(part in text for part in (words, reason, here, seoul))
    assert f"{world.ISSUER}/lost" in mail.text
    assert not any(canary in mail.text + mail.subject + message.text for canary in CANARIES)


def test_in_korean_time_alone_where_the_mission_is_not_known(issuing: Issuing, post: Post) -> None:
    def no_catalogue() -> Catalogue:
        raise Fault("no catalogue")

    issuing.make_offer()
    tell(replace(issuing.issuer, catalogue=no_catalogue), NoticeKind.SUSPENDED, {"at": world.NOW, "reason": "LOSS_REPORTED"})
    deliver(issuing.issuer, post.routes)
    assert "23:13 (한국 시각)" in post.mails[0].text
    assert "Berlin" not in post.mails[0].text


def test_a_link_goes_with_the_notice_and_stays_nowhere(issuing: Issuing, post: Post) -> None:
    issuing.make_offer()
    tell(issuing.issuer, NoticeKind.LINK_ASKED, {"at": world.NOW}, secret="/lost/a-secret-path")
    assert b"a-secret-path" not in rows(issuing)[0].sealed_to
    deliver(issuing.issuer, post.routes)
    for text in (post.mails[0].text, post.messages[0].text):
        assert f"{world.ISSUER}/lost/a-secret-path" in text
    assert rows(issuing)[0].sealed_to is None


def tell(issuer: Issuer, kind: NoticeKind, facts: Facts, secret: str | None = None) -> None:
    with writing(issuer.engine) as connection:
        certificate = connection.execute(select(CERTIFICATES.c.id)).scalar_one()
        row = lives.lock(connection, certificate)
        assert row is not None
        assert notify(issuer, connection, row, kind, facts, now=issuer.clock(), secret=secret)


# --- to whom ---


def test_what_is_not_urgent_goes_to_the_first_address(issuing: Issuing, post: Post) -> None:
    issuing.make_offer()
    stop(issuing, "ADDRESS_CHANGED")
    deliver(issuing.issuer, post.routes)
    assert (len(post.mails), len(post.messages)) == (1, 0)


def test_without_an_email_the_telephone_is_told(issuing: Issuing, post: Post) -> None:
    issuing.make_offer(person=Replaced(PERSON, contact=Replaced(PERSON.contact, email=None)))
    stop(issuing, "ADDRESS_CHANGED")
    assert deliver(issuing.issuer, post.routes) == 1
    assert (len(post.mails), len(post.messages)) == (0, 1)


def test_the_last_notice_reaches_a_person_who_is_erased(issuing: Issuing, post: Post) -> None:
    issuing.issue()
    issuing.revoke()
    with issuing.issuer.engine.connect() as connection:
        assert connection.execute(select(CERTIFICATES.c.person)).scalar_one() is None
    deliver(issuing.issuer, post.routes)
    assert (post.mails[0].to, post.messages[0].to) == (EMAIL, PHONE)
    assert rows(issuing)[0].sealed_to is None


# --- once, and again ---


def test_sent_once_and_its_addresses_are_gone(issuing: Issuing, post: Post) -> None:
    issuing.make_offer()
    stop(issuing)
    assert [deliver(issuing.issuer, post.routes) for _ in range(3)] == [1, 0, 0]
    issuing.clock.move(3 * DAY)
    assert deliver(issuing.issuer, post.routes) == 0
    (row,) = rows(issuing)
    assert (row.sealed_to, row.due_at, row.sent_at, row.attempts) == (None, None, world.NOW, 1)
    assert (len(post.mails), len(post.messages)) == (1, 1)


def test_two_processes_send_it_once(issuing: Issuing, post: Post) -> None:
    issuing.make_offer()
    for number in range(6):
        stop(issuing, action="raise" if number % 2 == 0 else "release")
    with ThreadPoolExecutor(8) as pool:
        finished = sum(pool.map(lambda _: deliver(issuing.issuer, post.routes), range(8)))
    assert finished == 6
    assert (len({mail.id for mail in post.mails}), len(post.mails)) == (6, 6)


def test_what_no_route_took_is_tried_again_and_only_there(issuing: Issuing, post: Post) -> None:
    issuing.make_offer()
    stop(issuing)
    post.phone_down = True
    assert deliver(issuing.issuer, post.routes) == 0
    assert deliver(issuing.issuer, post.routes) == 0
    issuing.clock.move(AGAIN[0])
    assert deliver(issuing.issuer, post.routes) == 0
    post.phone_down = False
    issuing.clock.move(AGAIN[1])
    assert deliver(issuing.issuer, post.routes) == 1
    assert (len(post.mails), len(post.messages)) == (1, 1)
    assert rows(issuing)[0].attempts == 3


def test_it_is_given_up_after_the_last_try(issuing: Issuing, post: Post) -> None:
    issuing.make_offer()
    stop(issuing)
    post.mail_down = post.phone_down = True
    for pause in (*AGAIN, AGAIN[-1]):
        deliver(issuing.issuer, post.routes)
        issuing.clock.move(pause)
    (row,) = rows(issuing)
    assert (row.sealed_to, row.due_at, row.sent_at, row.attempts) == (None, None, None, len(AGAIN) + 1)
    with issuing.issuer.engine.connect() as connection:
        (last,) = connection.execute(select(AUDIT.table.c.action).order_by(AUDIT.table.c.number.desc()).limit(1)).scalars()
    assert last == "notice.given_up"
    post.mail_down = False
    issuing.clock.move(30 * DAY)
    assert deliver(issuing.issuer, post.routes) == 0


def test_a_round_ends_where_a_route_is_out_of_order(issuing: Issuing, post: Post) -> None:
    issuing.make_offer()
    for number in range(2 * FAILURES):
        stop(issuing, action="raise" if number % 2 == 0 else "release")
    post.mail_down = True
    deliver(issuing.issuer, post.routes)
    assert sum(row.attempts for row in rows(issuing)) == FAILURES


def test_a_link_that_stops_does_not_wait_behind_reminders(issuing: Issuing, post: Post) -> None:
    """Certificates end together, by the thousand, at midnight in Seoul; a phone is lost whenever it is."""
    issuing.make_offer()
    for _number in range(AT_ONCE + 1):
        tell(issuing.issuer, NoticeKind.EXPIRING, {"valid_until": world.NOW, "days": 90})
    issuing.clock.move(60)
    tell(issuing.issuer, NoticeKind.LINK_ASKED, {"at": world.NOW}, secret="/lost/x")
    deliver(issuing.issuer, post.routes)
    assert "/lost/x" in post.mails[0].text


def test_addresses_that_are_dead_keep_nobody_waiting(issuing: Issuing, post: Post) -> None:
    """What failed in one round comes back in one round, later: after what was never tried."""
    issuing.make_offer()
    for _number in range(FAILURES):
        tell(issuing.issuer, NoticeKind.EXPIRING, {"valid_until": world.NOW, "days": 90})
    post.mail_down = True
    deliver(issuing.issuer, post.routes)
    issuing.clock.move(AGAIN[0] + 1)
    tell(issuing.issuer, NoticeKind.EXPIRED, {"valid_until": world.NOW})
    deliver(issuing.issuer, post.routes)
    tried = sorted((row.kind, row.attempts) for row in rows(issuing))
    assert tried == [("expired", 1), ("expiring", 1), ("expiring", 2), ("expiring", 2)]


def test_a_round_has_an_end(issuing: Issuing, post: Post) -> None:
    issuing.make_offer()
    for _number in range(AT_ONCE + 1):
        tell(issuing.issuer, NoticeKind.EXPIRED, {"valid_until": world.NOW})
    assert [deliver(issuing.issuer, post.routes) for _ in range(3)] == [AT_ONCE, 1, 0]


def test_sent_notices_are_forgotten_and_others_are_not(issuing: Issuing, post: Post) -> None:
    issuing.issue()
    stop(issuing)
    deliver(issuing.issuer, post.routes)
    issuing.clock.move(NOTICES_KEPT)
    stop(issuing, action="release")
    clean_up(issuing.issuer)
    assert len(rows(issuing)) == 2
    issuing.clock.move(1)
    clean_up(issuing.issuer)
    assert [row.kind for row in rows(issuing)] == ["released"]


# --- what stays ---


def test_nothing_personal_is_left_in_trail_facts_or_log(
    issuing: Issuing, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    """The outbox alone holds addresses: it stands for the routes outside."""
    caplog.set_level(logging.DEBUG)
    issuing.issue()
    for reason in ("LOSS_REPORTED", "NAME_CHANGED", "ADDRESS_CHANGED"):
        person = Replaced(PERSON, name_ko="홍길순") if reason == "NAME_CHANGED" else None
        change = Change("raise", reason, "officer-1", application="application-1", person=person)
        assert issuing.ask(CHANGE, change).status_code == 200
    issuing.revoke(reason="DECEASED")
    routes = Routes(MailOutbox(tmp_path / "out", issuing.clock), Outbox(tmp_path / "out2", issuing.clock))
    assert deliver(issuing.issuer, routes) == 4
    with issuing.issuer.engine.connect() as connection:
        kept = json.dumps([list(map(str, row)) for row in connection.execute(select(AUDIT.table))], ensure_ascii=False)
        kept += json.dumps([list(map(str, row)) for row in connection.execute(select(NOTICES))], ensure_ascii=False)
    for canary in (*CANARIES, "홍길순"):
        assert canary not in kept
        assert canary not in caplog.text
    assert len(MailOutbox(tmp_path / "out", issuing.clock).of(EMAIL)) == 4
    everything = b"".join(path.read_bytes() for path in tmp_path.iterdir() if path.name.startswith("issuer.sqlite"))
    for canary in (EMAIL, PHONE, RRN, PERSON.passport.number, PERSON.name_ko):
        assert canary.encode() not in everything
