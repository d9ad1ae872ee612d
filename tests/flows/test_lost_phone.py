"""Lost phone at three in the morning: stopped by the printed code or a mailed link, undone by the phone and a second thing."""

from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import NoReturn

import msgspec
import pytest
from sqlalchemy import select

from sinwon.core.clock import DAY, HOUR
from sinwon.core.refusal import Fault, Refusal
from sinwon.formats.status.token import INVALID, SUSPENDED, VALID
from sinwon.protocols.roles.messages import CHANGE, Change
from sinwon.services.issuance.clean_up import clean_up
from sinwon.services.issuance.restored import declare_restored
from sinwon.services.lifecycle.deliver import deliver
from sinwon.store.issuer import lives
from sinwon.store.issuer.tables import AUDIT, CEILINGS, HOLDS, LOSS_ASKS, MAILED_SECRETS, NOTICES
from tests.issuing import PERSON, RRN, rows
from tests.phones import BORN, EMAIL, NUMBER, PHONE, Phones, link_in, phones_in, status_in_the_list, web_copy

WRONG = "0000-0000-0000"
CANARIES = (PERSON.name_ko, PERSON.family_name, BORN, NUMBER, RRN, EMAIL, PHONE)


@pytest.fixture
def phones(tmp_path: Path) -> Iterator[Phones]:
    with phones_in(tmp_path) as made:
        made.receive()
        yield made


def refused(code: str, act: Callable[[], object]) -> None:
    with pytest.raises(Refusal) as refusal:
        act()
    assert refusal.value.code == code


# --- by the printed code ---


@pytest.mark.parametrize("language", ["ko", "en"])
def test_the_page_says_first_that_it_can_be_stopped_now(phones: Phones, language: str) -> None:
    page = phones.browser(language).get("/lost")
    assert page.status_code == 200
    assert page.headers["content-language"] == language
    assert page.text.split("<h1>")[1].startswith(
        {"ko": "지금 바로 정지할 수 있어요", "en": "You can suspend it right now"}[language]
    )
    assert "<script" not in page.text
    assert "script-src 'self'" in page.headers["content-security-policy"]
    assert page.headers["referrer-policy"] == "no-referrer"


def test_the_printed_code_stops_at_once(phones: Phones) -> None:
    copy = web_copy(phones.old)
    assert status_in_the_list(phones, copy) == VALID
    phones.clock.move(1)
    page = phones.type_code(phones.receipt, language="ko")
    assert page.status_code == 200
    assert "정지했어요" in page.text
    assert "2026년 9월 21일 16:13 (Europe/Berlin), 2026년 9월 21일 23:13 (한국 시각)" in page.text
    assert "본 분관" in page.text
    assert status_in_the_list(phones, copy) == SUSPENDED
    assert phones.statuses().keys() == {SUSPENDED, INVALID}
    refused("invalid_grant", lambda: phones.old.refresh(few=11))


@pytest.mark.parametrize("spoil", [str.lower, lambda code: code.replace("-", " "), lambda code: f" {code.replace('-', '')} "])
def test_the_code_is_read_as_people_write_it(phones: Phones, spoil: Callable[[str], str]) -> None:
    assert phones.type_code(spoil(phones.receipt)).status_code == 200
    assert phones.statuses()[VALID] == 0


def test_stopping_twice_keeps_the_time_and_tells_once(phones: Phones) -> None:
    phones.type_code(phones.receipt)
    phones.clock.move(HOUR)
    assert "16:13 (Europe/Berlin)" in phones.type_code(phones.receipt).text
    assert phones.entries("certificate.s") == ["certificate.suspended"]
    assert rows(phones.issuing, NOTICES) == 1


def test_every_certificate_of_the_person_is_stopped(phones: Phones) -> None:
    first = phones.receipt
    phones.receive()
    assert "2 mobile overseas national certificates" in phones.type_code(first).text
    assert rows(phones.issuing, HOLDS) == 2


def test_a_stop_is_told_to_every_contact(phones: Phones) -> None:
    phones.type_code(phones.receipt)
    phones.keep_house()
    assert [mail.to for mail in phones.post.mails] == [EMAIL]
    assert [message.to for message in phones.post.messages] == [PHONE]
    assert "분실 신고" in phones.post.mails[0].text


@pytest.mark.parametrize(
    ("code", "status", "says"),
    [
        (WRONG, 404, "no certificate to suspend with this code"),
        ("12", 400, "12 digits and letters"),
        ("", 400, "12 digits and letters"),
        ("가나다라마바사아자차카타", 400, "12 digits and letters"),
        ("1" * 65, 400, "12 digits and letters"),
    ],
)
def test_a_wrong_code_stops_nothing_and_says_so(phones: Phones, code: str, status: int, says: str) -> None:
    page = phones.type_code(code)
    assert page.status_code == status
    assert says in page.text
    assert "Nothing has been suspended yet" in page.text
    assert code not in page.text or code in {"", "12"}
    assert phones.statuses()[SUSPENDED] == 0


def test_the_code_of_a_certificate_that_ended_is_no_code(phones: Phones) -> None:
    phones.issuing.revoke()
    assert phones.type_code(phones.receipt).status_code == 404


def test_it_works_without_a_catalogue(phones: Phones) -> None:
    """Nobody else has to be up at night: neither the consulate nor the trust site."""

    def down() -> NoReturn:
        raise Fault("no catalogue")

    phones.put(replace(phones.issuer, catalogue=down))
    page = phones.type_code(phones.receipt)
    assert page.status_code == 200
    assert "Any Korean mission can help." in page.text
    assert "21 Sep 2026 23:13 (Korean time)" in page.text


def test_a_flood_of_wrong_codes_is_turned_away_and_keeps_nobody_out(phones: Phones) -> None:
    phones.serve(loss_wrong_codes=3)
    assert [phones.type_code(WRONG).status_code for _ in range(5)] == [404, 404, 404, 429, 429]
    page = phones.type_code(WRONG, language="ko")
    assert "잠시 후 다시 해 주세요" in page.text
    assert page.headers["retry-after"] == "60"
    assert 'href="/lost"' in page.text
    assert phones.type_code(phones.receipt).status_code == 200
    phones.clock.move(60)
    assert phones.type_code(WRONG).status_code == 404


# --- by a link ---


def test_number_and_birth_date_bring_a_link_that_stops(phones: Phones) -> None:
    asked = phones.ask()
    assert asked.status_code == 200
    assert phones.keep_house() == 1
    assert link_in(phones.post.messages[0].text) == phones.link()
    page = phones.browser().get(phones.link())
    assert page.status_code == 200
    assert phones.statuses()[SUSPENDED] == 0
    stopped = phones.browser().post(phones.link(), data={})
    assert stopped.status_code == 200
    assert "It is suspended" in stopped.text
    assert phones.statuses()[SUSPENDED] > 0
    phones.keep_house()
    assert [mail.subject for mail in phones.post.mails][-1].endswith("정지되었습니다")


@pytest.mark.parametrize(
    "born",
    ["1990-01-01", "1990. 1. 1.", "1990년 1월 1일", "19900101", " 1990/01/01 "],
    ids=["iso", "dots", "ko", "plain", "slash"],
)
def test_a_birth_date_is_read_as_people_write_it(phones: Phones, born: str) -> None:
    phones.ask(number=NUMBER.upper().replace("-", " "), birthdate=born)
    assert phones.keep_house() == 1


def test_the_answer_is_the_same_whoever_is_asked_about(phones: Phones) -> None:
    """Byte for byte; and nothing is looked up while somebody waits."""
    answers = [
        phones.ask(),
        phones.ask(birthdate="1990-01-02"),
        phones.ask(number="de-bonn-26-999999-9"),
        phones.ask(),
    ]
    assert {answer.status_code for answer in answers} == {200}
    assert len({answer.text for answer in answers}) == 1
    assert len({tuple(sorted(answer.headers.items())) for answer in answers}) == 1
    assert rows(phones.issuing, LOSS_ASKS) == 4
    assert phones.keep_house() == 2
    assert rows(phones.issuing, LOSS_ASKS) == 0


def test_nobody_is_looked_up_before_the_answer(phones: Phones, monkeypatch: pytest.MonkeyPatch) -> None:
    """So that its time cannot tell who there is."""

    def looked_up(*_asked: object) -> NoReturn:
        raise AssertionError("looked up")

    with monkeypatch.context() as patch:
        patch.setattr(lives, "of_registration", looked_up)
        assert [phones.ask(NUMBER, born).status_code for born in (BORN, "1990-01-02")] == [200, 200]
        with pytest.raises(AssertionError, match="looked up"):
            phones.keep_house()
    assert phones.keep_house() == 1


@pytest.mark.parametrize(
    ("number", "born", "says"),
    [
        ("", BORN, "registration number"),
        ("--", BORN, "registration number"),
        ("1" * 65, BORN, "registration number"),
        (NUMBER, "", "year, month and day"),
        (NUMBER, "1990-02-30", "year, month and day"),
        (NUMBER, "31-01-1990", "year, month and day"),
        (NUMBER, "1" * 33, "year, month and day"),
    ],
)
def test_a_form_that_is_not_filled_in_says_where(phones: Phones, number: str, born: str, says: str) -> None:
    page = phones.ask(number, born)
    assert page.status_code == 400
    assert (
        'role="alert" id="error"><span aria-hidden="true">✕</span><p>Nothing has been suspended yet. Please check' in page.text
    )
    assert says in page.text
    assert page.text.count("aria-invalid") == 1
    assert rows(phones.issuing, LOSS_ASKS) == 0


def test_what_was_typed_stays_in_the_form_and_is_text(phones: Phones) -> None:
    page = phones.ask('"><script>alert(1)</script>7', "someday")
    assert 'name="number" value="&#34;&gt;&lt;script&gt;alert(1)&lt;/script&gt;7"' in page.text
    assert 'name="birthdate" value="someday"' in page.text
    assert "<script" not in page.text
    assert page.headers["cache-control"] == "no-store"


def test_three_links_a_day_for_one_certificate(phones: Phones) -> None:
    for _ in range(5):
        phones.ask()
    assert phones.keep_house() == 3
    phones.ask()
    assert phones.keep_house() == 0
    assert len(phones.post.mails) == 3
    phones.clock.move(DAY)
    phones.ask()
    assert phones.keep_house() == 1


def test_a_flood_of_questions_is_turned_away(phones: Phones) -> None:
    phones.serve(loss_asks=3)
    assert [phones.ask(birthdate="1990-01-02").status_code for _ in range(4)] == [200, 200, 200, 429]
    assert phones.ask().status_code == 429
    assert phones.type_code(phones.receipt).status_code == 200
    phones.clock.move(60)
    assert phones.ask().status_code == 200


def test_a_question_that_nobody_answered_for_an_hour_is_dropped(phones: Phones) -> None:
    phones.ask()
    phones.clock.move(HOUR + 1)
    assert phones.keep_house() == 0
    assert rows(phones.issuing, LOSS_ASKS) == 0


def test_somebody_who_asks_for_all_links_of_a_day_leaves_the_holder_good_ones(phones: Phones) -> None:
    """An ex-partner knows number and birth date, asks in the morning until no more are sent, and takes the phone at night."""
    for _ in range(4):
        phones.ask()
        phones.keep_house()
    phones.clock.move(20 * HOUR)
    phones.ask()
    assert phones.keep_house() == 0
    assert phones.browser().post(phones.link(), data={}).status_code == 200
    assert phones.statuses()[VALID] == 0


def test_a_link_works_once_and_for_a_day(phones: Phones) -> None:
    phones.ask()
    phones.keep_house()
    assert phones.browser().post(phones.link(), data={}).status_code == 200
    again = phones.browser().post(phones.link(), data={})
    assert again.status_code == 410
    assert "Suspending twice does no harm" in again.text
    assert phones.browser().get(phones.link()).status_code == 410
    phones.ask()
    phones.keep_house()
    phones.clock.move(DAY - 1)
    assert phones.browser().get(phones.link()).status_code == 200
    phones.clock.move(1)
    assert phones.browser().get(phones.link()).status_code == 410
    assert phones.browser().post(phones.link(), data={}).status_code == 410


@pytest.mark.parametrize("secret", ["x", "A" * 43, "%00", "가"])
def test_a_link_nobody_made_is_a_page(phones: Phones, secret: str) -> None:
    for answer in (phones.browser().get(f"/lost/{secret}"), phones.browser().post(f"/lost/{secret}", data={})):
        assert answer.status_code == 410
        assert "This link does not work any more" in answer.text


def test_a_link_of_a_certificate_that_ended_stops_nothing(phones: Phones) -> None:
    phones.ask()
    phones.keep_house()
    phones.issuing.revoke()
    assert phones.browser().post(phones.link(), data={}).status_code == 410


# --- who else might send these forms ---


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ({"sec-fetch-site": "cross-site"}, 403),
        ({"sec-fetch-site": "same-site"}, 403),
        ({"origin": "https://evil.example"}, 403),
        ({"sec-fetch-site": "same-origin", "origin": "null"}, 200),
        ({"sec-fetch-site": "none"}, 200),
        ({"origin": "null"}, 200),
        ({"origin": "https://issuer.example"}, 200),
        ({}, 200),
    ],
)
def test_forms_of_other_sites_count_for_nothing(phones: Phones, headers: dict[str, str], status: int) -> None:
    browser = phones.browser()
    browser.headers.pop("sec-fetch-site")
    assert browser.post("/lost", data={"code": phones.receipt}, headers=headers).status_code == status
    assert (phones.statuses()[SUSPENDED] > 0) == (status == 200)


def test_what_is_no_form_is_a_page_too(phones: Phones) -> None:
    browser = phones.browser()
    assert browser.post("/lost", json={"code": phones.receipt}).status_code == 400
    twice = browser.post("/lost", content=b"code=a&code=b", headers={"content-type": "application/x-www-form-urlencoded"})
    assert twice.status_code == 400
    assert "The request cannot be read" in twice.text


# --- undoing it ---


def test_phone_and_printed_code_release(phones: Phones) -> None:
    copy = web_copy(phones.old)
    phones.type_code(phones.receipt)
    phones.clock.move(1)
    assert phones.old.state().state == "suspended"
    assert status_in_the_list(phones, copy) == SUSPENDED
    phones.clock.move(1)
    released = phones.old.release(phones.receipt.lower())
    assert (released.state, released.holds) == ("active", ())
    assert status_in_the_list(phones, copy) == VALID
    phones.clock.move(1)
    valid = phones.statuses()[VALID]
    fetched = sum(phones.old.refresh(few=1, copies=2).values())
    assert fetched > 0
    assert phones.statuses()[VALID] == valid + fetched


def test_mdoc_copies_are_fetched_anew_after_a_release(phones: Phones) -> None:
    """Their list says invalid for good, so the wallet does not show them any more."""
    before = dict(phones.old.left())
    phones.clock.move(1)
    phones.type_code(phones.receipt)
    phones.clock.move(1)
    phones.old.release(phones.receipt)
    assert sum(phones.old.left().values()) == sum(before.values()) // 2
    phones.old.refresh(few=1, copies=2)
    assert dict(phones.old.left()) == before
    phones.clock.move(1)
    assert phones.old.state().state == "active"
    assert dict(phones.old.left()) == before


def test_a_thief_with_the_phone_alone_cannot_release(phones: Phones) -> None:
    phones.type_code(phones.receipt)
    refused("invalid_code", lambda: phones.old.release(WRONG))
    refused("invalid_code", lambda: phones.old.release("0"))
    refused("certificate_suspended", lambda: phones.old.start_transfer("248163"))
    phones.old.ask_release_code()
    deliver(phones.issuer, phones.post.routes)
    assert [len(phones.post.mails), len(phones.post.messages)] == [2, 1]
    assert phones.old.state().state == "suspended"
    assert phones.entries("release") == ["release.refused", "release.asked"]


def test_whoever_has_the_code_and_not_the_phone_cannot_release(phones: Phones) -> None:
    phones.type_code(phones.receipt)
    other = phones.new
    refused("no_certificate", lambda: other.release(phones.receipt))


def test_a_mailed_code_releases_once_within_an_hour(phones: Phones) -> None:
    phones.type_code(phones.receipt)
    phones.old.ask_release_code()
    deliver(phones.issuer, phones.post.routes)
    code = mailed_code(phones)
    assert phones.old.release(code).state == "active"
    phones.type_code(phones.receipt)
    refused("invalid_code", lambda: phones.old.release(code))
    phones.old.ask_release_code()
    deliver(phones.issuer, phones.post.routes)
    phones.clock.move(HOUR)
    refused("invalid_code", lambda: phones.old.release(mailed_code(phones)))


def mailed_code(phones: Phones) -> str:
    asked = [mail.text for mail in phones.post.mails if mail.subject.endswith("정지 해제 요청")]
    return asked[-1].split("\n")[0].rpartition(": ")[2]


def test_T11_a_code_mailed_before_the_database_was_restored_releases_nothing(phones: Phones) -> None:
    """It may have been used since; a link that stops does no harm twice, and stays."""
    phones.ask()
    phones.keep_house()
    phones.type_code(phones.receipt)
    phones.old.ask_release_code()
    phones.keep_house()
    declare_restored(phones.issuer.engine, now=phones.clock.now)
    refused("invalid_code", lambda: phones.old.release(mailed_code(phones)))
    assert phones.browser().post(phones.link(), data={}).status_code == 200


def test_T11_control_a_code_mailed_afterwards_releases(phones: Phones) -> None:
    phones.type_code(phones.receipt)
    declare_restored(phones.issuer.engine, now=phones.clock.now)
    phones.old.ask_release_code()
    phones.keep_house()
    assert phones.old.release(mailed_code(phones)).state == "active"


def test_a_mailed_code_is_for_its_certificate_alone(phones: Phones) -> None:
    phones.new.receive(phones.issuing.make_offer().uri, tx_code="012345", copies=1)
    phones.type_code(phones.receipt)
    phones.old.ask_release_code()
    deliver(phones.issuer, phones.post.routes)
    refused("invalid_code", lambda: phones.new.release(mailed_code(phones)))
    refused("invalid_code", lambda: phones.new.release(phones.receipt))
    assert phones.old.release(mailed_code(phones)).state == "active"
    assert phones.new.state().state == "suspended"


def test_three_codes_a_day_and_only_while_stopped(phones: Phones) -> None:
    refused("not_suspended", phones.old.ask_release_code)
    phones.type_code(phones.receipt)
    for _ in range(3):
        phones.old.ask_release_code()
    refused("too_many_requests", phones.old.ask_release_code)


def test_without_an_e_mail_address_no_code_is_sent(tmp_path: Path) -> None:
    contact = msgspec.structs.replace(PERSON.contact, email=None)
    (tmp_path / "other").mkdir()
    with phones_in(tmp_path / "other") as phones:
        phones.receive(person=msgspec.structs.replace(PERSON, contact=contact))
        phones.type_code(phones.receipt)
        refused("no_mail_address", phones.old.ask_release_code)
        assert rows(phones.issuing, MAILED_SECRETS) == 0


def test_wrong_release_codes_are_bounded(phones: Phones) -> None:
    phones.serve(release_tries=2)
    phones.type_code(phones.receipt)
    refused("invalid_code", lambda: phones.old.release(WRONG))
    refused("invalid_code", lambda: phones.old.release(WRONG))
    refused("too_many_requests", lambda: phones.old.release(WRONG))
    assert phones.entries("release.refused") == ["release.refused"] * 2
    assert phones.old.release(phones.receipt).state == "active"


def test_a_holder_does_not_release_what_a_register_stopped(phones: Phones) -> None:
    phones.issuing.ask(CHANGE, Change("raise", "PASSPORT_LOST", "officer-1", application="application-1"))
    refused("not_suspended", phones.old.ask_release_code)
    phones.type_code(phones.receipt)
    own = phones.old.release(phones.receipt)
    assert (own.state, [hold.reason for hold in own.holds]) == ("suspended", ["PASSPORT_LOST"])


# --- from the phone itself ---


def test_the_phone_stops_and_ends_its_certificate(phones: Phones) -> None:
    own = phones.old.suspend("PIN_LOCKED")
    assert (own.state, [hold.reason for hold in own.holds]) == ("suspended", ["PIN_LOCKED"])
    assert phones.old.suspend("PIN_LOCKED") == own
    refused("invalid_request", lambda: phones.old.suspend("PASSPORT_LOST"))
    ended = phones.old.end()
    assert (ended.state, ended.holds) == ("revoked", ())
    assert phones.statuses().keys() == {INVALID}
    assert phones.old.left() == {}
    refused("no_certificate", phones.old.state)


def test_the_history_is_told_in_codes_and_times(phones: Phones) -> None:
    begun = phones.clock.now
    phones.clock.move(60)
    phones.type_code(phones.receipt)
    phones.clock.move(60)
    phones.old.release(phones.receipt)
    own = phones.old.state()
    assert [(one.at - begun, one.what, one.reason, one.to, one.by) for one in own.history] == [
        (0, "issued", None, None, None),
        (60, "suspended", "LOSS_REPORTED", "suspended", "public"),
        (120, "released", "LOSS_REPORTED", "active", "holder"),
    ]


# --- nothing personal stays anywhere ---


def test_nothing_personal_or_secret_is_logged_audited_or_in_an_address(
    phones: Phones, capsys: pytest.CaptureFixture[str]
) -> None:
    phones.ask()
    phones.keep_house()
    phones.browser().post(phones.link(), data={})
    phones.old.release(phones.receipt)
    phones.type_code(WRONG)
    phones.type_code(phones.receipt)
    phones.ask(birthdate="x")
    secret = phones.link().rpartition("/")[2]
    marks = (*CANARIES, phones.receipt, phones.receipt.replace("-", ""), secret)
    with phones.issuer.engine.connect() as connection:
        written = "\n".join(
            str(tuple(row))
            for table in (AUDIT.table, LOSS_ASKS, MAILED_SECRETS, NOTICES)
            for row in connection.execute(select(table))
        )
    logged = capsys.readouterr().out
    assert "route=/lost/{secret}" in logged
    for mark in marks:
        assert mark not in written
        assert mark not in logged
        assert not any(mark in address for address in phones.network.log)


def test_what_was_counted_and_mailed_is_forgotten(phones: Phones) -> None:
    phones.ask()
    phones.type_code(WRONG)
    phones.keep_house()
    phones.clock.move(3 * DAY)
    clean_up(phones.issuer)
    assert [rows(phones.issuing, table) for table in (MAILED_SECRETS, CEILINGS)] == [0, 0]
