"""What happens to a certificate afterwards, as its consulate reports it: over HTTP, with copies, lists and notices."""

from concurrent.futures import ThreadPoolExecutor
from datetime import date
from typing import Any

import httpx2
import msgspec
import pytest
from sqlalchemy import select

from sinwon.core.clock import DAY, HOUR
from sinwon.formats.status.token import INVALID, NEEDS_RENEWAL, SUSPENDED, VALID
from sinwon.protocols.roles.messages import CHANGE, Change, OfferMade
from sinwon.protocols.roles.person import Linkage, Person
from sinwon.services.issuance.clean_up import clean_up
from sinwon.services.issuance.validity import certificate_end
from sinwon.services.lifecycle.change import change
from sinwon.services.lifecycle.machine import Actor, Raise, Reason
from sinwon.services.lifecycle.remind import remind
from sinwon.store.engine import writing
from sinwon.store.issuer import lives
from sinwon.store.issuer.tables import AUDIT, CERTIFICATES, COPIES, HOLDS, NOTICES
from tests import world
from tests.issuing import PERSON, RRN, Issuing, code_of, refused

Replaced = msgspec.structs.replace
RENAMED = Replaced(PERSON, name_ko="홍길순", given_name="GILSUN")
NEW_BOOK = Replaced(
    PERSON, passport=Replaced(PERSON.passport, number="M765B4321", issue_date="2026-09-20", expiry_date="2036-09-20")
)
ELSEWHERE = Replaced(PERSON, contact=Replaced(PERSON.contact, address="Example Road 2\nLondon", email="gil@mail.example"))


def send(issuing: Issuing, action: Any, reason: Any, **more: Any) -> httpx2.Response:
    given: dict[str, Any] = {"officer": "officer-1", **more}
    if "rrn" not in given:
        given.setdefault("application", "application-1")
    return issuing.ask(CHANGE, Change(action=action, reason=reason, **given))


def told(issuing: Issuing, action: str, reason: str, **more: Any) -> dict[str, Any]:
    answer = send(issuing, action, reason, **more)
    assert answer.status_code == 200, answer.text
    return dict(answer.json())


def event(number: int, ago: int = 0, **more: Any) -> dict[str, Any]:
    return {"event_id": f"event-{number}", "occurred_at": world.NOW - ago, "rrn": RRN, "officer": "passport", **more}


def statuses(issuing: Issuing) -> list[int]:
    with issuing.issuer.engine.connect() as connection:
        return list(connection.execute(select(COPIES.c.status).order_by(COPIES.c.expires_at, COPIES.c.status)).scalars())


def column(issuing: Issuing, of: Any) -> list[Any]:
    with issuing.issuer.engine.connect() as connection:
        return list(connection.execute(select(of)).scalars())


def entries(issuing: Issuing) -> list[str]:
    return [name for name in column(issuing, AUDIT.table.c.action) if name.split(".")[0] in ("certificate", "event")]


def person_of(issuing: Issuing) -> Person:
    with issuing.issuer.engine.connect() as connection:
        row = connection.execute(select(CERTIFICATES.c.id, CERTIFICATES.c.person)).one()
    plain = issuing.issuer.seal.open(row.person, f"certificates.person:{row.id}")
    return msgspec.json.decode(plain, type=Person)


# --- stopped and released ---


def test_an_officer_stops_and_releases(issuing: Issuing) -> None:
    issuing.issue(2)
    stopped = told(issuing, "raise", "LOSS_REPORTED")
    assert (stopped["state"], stopped["holds"], stopped["certificates"]) == ("suspended", ["LOSS_REPORTED"], 1)
    assert statuses(issuing) == [SUSPENDED, SUSPENDED]
    assert told(issuing, "raise", "LOSS_REPORTED") == stopped
    released = told(issuing, "release", "LOSS_REPORTED")
    assert (released["state"], released["holds"], released["stale"]) == ("active", [], False)
    assert statuses(issuing) == [VALID, VALID]
    assert told(issuing, "release", "LOSS_REPORTED") == released
    assert entries(issuing) == ["certificate.issued", "certificate.suspended", "certificate.released"]
    assert column(issuing, NOTICES.c.kind) == ["suspended", "released"]


def test_a_stopped_certificate_gives_no_copies_until_released(issuing: Issuing) -> None:
    token = issuing.new_token()
    told(issuing, "raise", "PASSPORT_LOST")
    refused(issuing.request(token, issuing.proofs()), 400, "credential_request_denied")
    told(issuing, "release", "PASSPORT_LOST")
    issuing.issue(token=token)
    assert statuses(issuing) == [VALID]


def test_copies_fetched_while_the_data_are_doubted_say_so(issuing: Issuing) -> None:
    token = issuing.new_token()
    issuing.issue(1, token=token)
    told(issuing, "raise", "PASSPORT_EXPIRED")
    issuing.issue(2, token=token)
    assert statuses(issuing) == [NEEDS_RENEWAL] * 3
    told(issuing, "release", "PASSPORT_EXPIRED")
    assert statuses(issuing) == [VALID] * 3


def test_two_stops_need_two_releases(issuing: Issuing) -> None:
    issuing.issue()
    told(issuing, "raise", "LOSS_REPORTED")
    told(issuing, "raise", "PASSPORT_CANCELLED")
    assert told(issuing, "release", "LOSS_REPORTED")["holds"] == ["PASSPORT_CANCELLED"]
    assert statuses(issuing) == [SUSPENDED]


# --- events of registers ---


def test_an_event_told_again_is_answered_as_before(issuing: Issuing) -> None:
    issuing.issue()
    first = told(issuing, "raise", "PASSPORT_LOST", **event(1))
    told(issuing, "release", "PASSPORT_LOST")
    assert told(issuing, "raise", "PASSPORT_LOST", **event(1)) == first
    assert column(issuing, HOLDS.c.reason) == []
    assert entries(issuing).count("certificate.suspended") == 1


def test_an_older_event_of_the_same_aspect_changes_nothing(issuing: Issuing) -> None:
    issuing.issue()
    told(issuing, "release", "PASSPORT_LOST", **event(2, ago=10), person=NEW_BOOK)
    late = told(issuing, "raise", "PASSPORT_LOST", **event(1, ago=20), person=PERSON)
    assert late["holds"] == []
    assert person_of(issuing).passport == NEW_BOOK.passport
    assert "event.stale" in entries(issuing)
    assert told(issuing, "raise", "DEREGISTERED", **event(3, ago=30))["holds"] == ["DEREGISTERED"]


def test_what_is_known_of_one_aspect_is_not_replaced_by_something_older(issuing: Issuing) -> None:
    issuing.issue()
    told(issuing, "raise", "ADDRESS_CHANGED", **event(1, ago=10), person=ELSEWHERE)
    told(issuing, "raise", "NAME_CHANGED", **event(2, ago=20), person=RENAMED)
    person = person_of(issuing)
    assert (person.name_ko, person.contact.address) == (RENAMED.name_ko, ELSEWHERE.contact.address)


def test_what_an_officer_released_does_not_hide_what_happened_before(issuing: Issuing) -> None:
    """Registers tell at night what happened by day. An officer who let something go on saw one document, not all registers."""
    issuing.make_offer()
    told(issuing, "raise", "PASSPORT_EXPIRED")
    told(issuing, "release", "PASSPORT_EXPIRED")
    assert told(issuing, "raise", "PASSPORT_LOST", **event(1, ago=3_600))["state"] == "suspended"


def test_what_an_officer_stopped_is_not_released_by_something_older(issuing: Issuing) -> None:
    issuing.make_offer()
    told(issuing, "raise", "PASSPORT_LOST")
    assert told(issuing, "release", "PASSPORT_LOST", **event(1, ago=3_600))["state"] == "suspended"
    older = told(issuing, "release", "PASSPORT_EXPIRED", **event(2, ago=1_800), person=NEW_BOOK)
    assert (older["state"], person_of(issuing).passport) == ("suspended", PERSON.passport)
    assert told(issuing, "release", "PASSPORT_LOST", **event(3))["state"] == "offered"


def test_what_an_officer_noted_is_not_cleared_by_older_data(issuing: Issuing) -> None:
    issuing.make_offer()
    told(issuing, "raise", "NAME_CHANGED")
    assert told(issuing, "raise", "NAME_CHANGED", **event(1, ago=60), person=RENAMED)["holds"] == ["NAME_CHANGED"]
    assert told(issuing, "raise", "NAME_CHANGED", **event(2), person=RENAMED)["holds"] == []
    assert person_of(issuing).name_ko == RENAMED.name_ko


def test_a_death_reported_late_ends_the_certificate_all_the_same(issuing: Issuing) -> None:
    issuing.issue()
    told(issuing, "raise", "PASSPORT_LOST", **event(2))
    ended = told(issuing, "raise", "DECEASED", **event(1, ago=1000 * DAY))
    assert (ended["state"], ended["holds"]) == ("revoked", [])
    assert statuses(issuing) == [INVALID]
    assert column(issuing, CERTIFICATES.c.person) == [None]
    assert told(issuing, "raise", "NATIONALITY_LOST", **event(3))["state"] == "revoked"


def test_an_event_is_about_all_that_the_person_has(issuing: Issuing) -> None:
    issuing.issue()
    issuing.issue()
    assert told(issuing, "raise", "DECEASED", **event(1))["certificates"] == 2
    assert column(issuing, CERTIFICATES.c.state) == ["revoked", "revoked"]
    assert told(issuing, "raise", "DECEASED", **event(2))["certificates"] == 1


def test_parallel_reports_of_one_event_act_once(issuing: Issuing) -> None:
    issuing.issue()
    with ThreadPoolExecutor(10) as pool:
        answers = list(pool.map(lambda _: told(issuing, "raise", "PASSPORT_LOST", **event(1)), range(10)))
    assert all(answer == answers[0] for answer in answers)
    assert column(issuing, NOTICES.c.kind) == ["suspended"]


# --- new data ---


def test_a_renewed_passport_releases_what_was_about_the_old_one(issuing: Issuing) -> None:
    token = issuing.new_token()
    issuing.issue(1, token=token)
    told(issuing, "raise", "PASSPORT_LOST", **event(1, ago=20))
    told(issuing, "raise", "PASSPORT_EXPIRED", **event(2, ago=15))
    renewed = told(issuing, "release", "PASSPORT_LOST", **event(3, ago=10), person=NEW_BOOK)
    assert (renewed["state"], renewed["holds"], renewed["stale"]) == ("needs_renewal", [], True)
    assert statuses(issuing) == [NEEDS_RENEWAL]
    issuing.issue(1, token=token)
    assert sorted(statuses(issuing)) == [VALID, INVALID]
    assert column(issuing, CERTIFICATES.c.state) == ["active"]


def test_old_copies_are_over_for_good_once_newer_ones_were_fetched(issuing: Issuing) -> None:
    token = issuing.new_token()
    issuing.issue(1, token=token)
    told(issuing, "raise", "NAME_CHANGED", person=RENAMED)
    issuing.issue(1, token=token)
    told(issuing, "raise", "LOSS_REPORTED")
    told(issuing, "release", "LOSS_REPORTED")
    assert sorted(statuses(issuing)) == [VALID, INVALID]


def test_a_new_address_leaves_old_copies_valid_and_needs_no_reason_open(issuing: Issuing) -> None:
    token = issuing.new_token()
    issuing.issue(1, token=token)
    noted = told(issuing, "raise", "ADDRESS_CHANGED", person=ELSEWHERE)
    assert (noted["state"], noted["holds"], noted["stale"]) == ("needs_renewal", [], True)
    assert statuses(issuing) == [VALID]
    issuing.issue(1, token=token)
    assert statuses(issuing) == [VALID, VALID]
    assert entries(issuing) == [
        "certificate.issued",
        "certificate.renewed",
        "certificate.fetched",
        "certificate.issued",
    ]
    assert column(issuing, NOTICES.c.kind) == ["renewed"]


def test_a_reason_that_new_data_answer_is_not_opened_when_they_are_known_already(issuing: Issuing) -> None:
    issuing.issue()
    assert told(issuing, "raise", "NAME_CHANGED", **event(1, ago=20))["holds"] == ["NAME_CHANGED"]
    assert told(issuing, "raise", "NAME_CHANGED", **event(2, ago=10), person=RENAMED)["holds"] == []
    again = told(issuing, "raise", "NAME_CHANGED", **event(3), person=RENAMED)
    assert (again["holds"], again["renewed"]) == ([], [])
    assert told(issuing, "raise", "PASSPORT_EXPIRED", **event(4), person=RENAMED)["holds"] == ["PASSPORT_EXPIRED"]


def test_the_end_follows_the_new_passport_but_never_passes_three_years(issuing: Issuing) -> None:
    short = Replaced(PERSON, passport=Replaced(PERSON.passport, expiry_date="2027-03-04"))
    issuing.make_offer(person=short)
    before = column(issuing, CERTIFICATES.c.valid_until)
    issuing.clock.move(100 * DAY)
    told(issuing, "release", "PASSPORT_EXPIRED", person=NEW_BOOK)
    (after,) = column(issuing, CERTIFICATES.c.valid_until)
    assert before < [after]
    assert after == certificate_end(date(2036, 9, 20), years=3, now=world.NOW)


def test_a_changed_number_stays_the_same_person(issuing: Issuing) -> None:
    issuing.issue()
    number = "9001019019919"
    told(issuing, "raise", "RRN_CHANGED", **event(1), person=Replaced(PERSON, linkage=Linkage(number)))
    (before,) = column(issuing, CERTIFICATES.c.person_id)
    assert refused(send(issuing, "raise", "PASSPORT_LOST", **event(2)), 404, "unknown_person")
    assert told(issuing, "raise", "PASSPORT_LOST", **event(3, rrn=number))["state"] == "suspended"
    issuing.make_offer(person=Replaced(PERSON, linkage=Linkage(number)))
    assert set(column(issuing, CERTIFICATES.c.person_id)) == {before}


def test_somebody_elses_number_is_not_taken(issuing: Issuing) -> None:
    issuing.issue()
    other = Linkage("9001019019919")
    issuing.make_offer(person=Replaced(PERSON, linkage=other))
    refused(send(issuing, "raise", "RRN_CHANGED", **event(1), person=Replaced(PERSON, linkage=other)), 409, "number_taken")
    assert person_of_first(issuing).linkage == PERSON.linkage


def person_of_first(issuing: Issuing) -> Person:
    with issuing.issuer.engine.connect() as connection:
        row = connection.execute(
            select(CERTIFICATES.c.id, CERTIFICATES.c.person).where(CERTIFICATES.c.application == "application-1")
        ).one()
    return msgspec.json.decode(issuing.issuer.seal.open(row.person, f"certificates.person:{row.id}"), type=Person)


# --- refused ---


def test_what_is_not_for_registers_or_for_anybody_is_refused(issuing: Issuing) -> None:
    issuing.issue()
    refused(send(issuing, "raise", "HOLDER_REQUEST", **event(1)), 403, "not_allowed")
    refused(send(issuing, "release", "LOSS_REPORTED", **event(2)), 403, "not_allowed")
    refused(send(issuing, "release", "DECEASED"), 403, "not_allowed")
    assert told(issuing, "raise", "PASSPORT_LOST", **event(1))["state"] == "suspended"


def test_nothing_is_changed_that_is_over(issuing: Issuing) -> None:
    issuing.issue()
    issuing.revoke()
    refused(send(issuing, "raise", "LOSS_REPORTED"), 409, "certificate_ended")
    refused(send(issuing, "release", "LOSS_REPORTED"), 409, "certificate_ended")
    assert told(issuing, "raise", "DECEASED")["state"] == "revoked"


@pytest.mark.parametrize(
    "changes",
    [
        {"rrn": RRN, "application": "application-1"},
        {"application": None},
        {"rrn": "900101"},
        {"event_id": "event-1"},
        {"event_id": "", "occurred_at": world.NOW},
        {"occurred_at": world.NOW + 3_600},
        {"occurred_at": -1},
        {"person": Replaced(PERSON, birthdate="1990-1-1")},
        {"person": Replaced(PERSON, linkage=Linkage("900101-9019902"))},
    ],
)
def test_reports_that_contradict_themselves_are_refused(issuing: Issuing, changes: dict[str, Any]) -> None:
    issuing.issue()
    refused(send(issuing, "raise", "PASSPORT_LOST", **changes), 400, "invalid_request")
    assert told(issuing, "raise", "PASSPORT_LOST", occurred_at=world.NOW + 30)["state"] == "suspended"


def test_unknown_certificates_are_said_to_be_unknown(issuing: Issuing) -> None:
    refused(send(issuing, "raise", "LOSS_REPORTED"), 404, "unknown_application")
    refused(send(issuing, "raise", "DECEASED", **event(1)), 404, "unknown_person")


def test_an_expired_passport_renews_nothing(issuing: Issuing) -> None:
    issuing.issue()
    over = Replaced(PERSON, passport=Replaced(PERSON.passport, expiry_date="2026-01-01"))
    refused(send(issuing, "release", "PASSPORT_EXPIRED", person=over), 400, "passport_expired")


def test_a_report_counts_once(issuing: Issuing) -> None:
    issuing.issue()
    token = issuing.role_token(CHANGE, Change("raise", "LOSS_REPORTED", "officer-1", application="application-1"))
    headers = {"Content-Type": "application/jwt"}
    assert issuing.client.post("/roles/certificates/change", content=token, headers=headers).status_code == 200
    refused(issuing.client.post("/roles/certificates/change", content=token, headers=headers), 401, "unauthorized")


# --- T06: an end is an end ---


@pytest.mark.parametrize("reason", ["LOSS_REPORTED", "PASSPORT_LOST", "NAME_CHANGED"])
def test_T06_nothing_brings_a_revoked_certificate_back(issuing: Issuing, reason: str) -> None:
    token = issuing.new_token()
    issuing.issue(2, token=token)
    told(issuing, "raise", reason)
    issuing.revoke()
    for action in ("release", "raise"):
        refused(send(issuing, action, reason, person=PERSON), 409, "certificate_ended")
        refused(send(issuing, action, "PASSPORT_LOST", **event(1)), 409, "certificate_ended")
    refused(issuing.request(token, issuing.proofs()), 400, "credential_request_denied")
    issuing.clock.move(4 * 366 * DAY)
    clean_up(issuing.issuer)
    assert (column(issuing, CERTIFICATES.c.state), statuses(issuing)) == (["revoked"], [INVALID, INVALID])


@pytest.mark.parametrize("reason", ["LOSS_REPORTED", "PASSPORT_LOST", "NAME_CHANGED"])
def test_T06_control_what_was_not_revoked_comes_back(issuing: Issuing, reason: str) -> None:
    token = issuing.new_token()
    issuing.issue(2, token=token)
    told(issuing, "raise", reason)
    assert told(issuing, "release", reason)["state"] == "active"
    assert statuses(issuing) == [VALID, VALID]
    issuing.issue(1, token=token)


# --- what is told, and what is kept ---


def test_a_move_ends_the_copies_and_not_the_certificate(issuing: Issuing) -> None:
    token = issuing.new_token()
    issuing.issue(2, token=token)
    told(issuing, "raise", "PHONE_CHANGED")
    assert statuses(issuing) == [INVALID, INVALID]
    issuing.issue(1, token=token)
    assert sorted(statuses(issuing)) == [VALID, INVALID, INVALID]
    assert column(issuing, NOTICES.c.kind) == ["moved"]


def test_the_revocation_code_is_given_once_and_kept_as_a_hash(issuing: Issuing) -> None:
    made: OfferMade = issuing.make_offer()
    assert len(made.revocation_code) == 14
    (kept,) = column(issuing, CERTIFICATES.c.revocation_code)
    assert kept == issuing.issuer.revocation_index(made.revocation_code)
    with writing(issuing.issuer.engine) as connection:
        found = lives.of_revocation_code(connection, kept)
        assert found is not None
        change(issuing.issuer, connection, found, Raise(Reason.LOSS_REPORTED), by=Actor.PUBLIC, actor="public", now=world.NOW)
    issuing.revoke()
    assert column(issuing, CERTIFICATES.c.revocation_code) == [None]


def test_reminders_come_once_each_and_anew_after_a_renewal(issuing: Issuing) -> None:
    short = Replaced(PERSON, passport=Replaced(PERSON.passport, expiry_date="2027-03-04"))
    code = code_of(issuing.open(issuing.make_offer(person=short)))
    (end,) = column(issuing, CERTIFICATES.c.valid_until)

    def reminded(days: int) -> int:
        issuing.clock.now = end - days * DAY + 60
        return remind(issuing.issuer)

    assert reminded(60) == 0  # nobody has it yet
    issuing.clock.now = world.NOW
    issuing.issue(1, token=str(issuing.redeem(code).json()["access_token"]))
    assert [reminded(days) for days in (120, 91, 90, 89, 31, 30, 8, 7, 6, 2, 1, 1)] == [0, 0, 1, 0, 0, 1, 0, 1, 0, 0, 1, 0]
    assert [facts["days"] for facts in column(issuing, NOTICES.c.facts)] == [90, 30, 7, 1]
    told(issuing, "release", "PASSPORT_EXPIRED", person=NEW_BOOK)
    (end,) = column(issuing, CERTIFICATES.c.valid_until)
    assert [reminded(days) for days in (90, 7, 1)] == [1, 1, 1]


def test_a_late_run_tells_the_nearest_reminder_only(issuing: Issuing) -> None:
    issuing.issue()
    issuing.clock.now = column(issuing, CERTIFICATES.c.valid_until)[0] - 5 * DAY
    assert (remind(issuing.issuer), remind(issuing.issuer)) == (1, 0)
    told(issuing, "raise", "LOSS_REPORTED")
    issuing.clock.move(4 * DAY + HOUR)
    assert (remind(issuing.issuer), remind(issuing.issuer)) == (1, 0)
    assert [facts.get("days") for facts in column(issuing, NOTICES.c.facts)] == [7, None, 1]


def test_a_certificate_that_begins_near_its_end_is_not_reminded_of_what_has_passed(issuing: Issuing) -> None:
    short = Replaced(PERSON, passport=Replaced(PERSON.passport, expiry_date="2026-10-20"))
    code = code_of(issuing.open(issuing.make_offer(person=short)))
    issuing.issue(1, token=str(issuing.redeem(code).json()["access_token"]))
    assert remind(issuing.issuer) == 0
    issuing.clock.now = column(issuing, CERTIFICATES.c.valid_until)[0] - 7 * DAY
    assert remind(issuing.issuer) == 1


def test_every_end_is_told(issuing: Issuing) -> None:
    issuing.make_offer()
    issuing.issue()
    issuing.clock.move(4 * DAY)
    clean_up(issuing.issuer)
    issuing.clock.move(4 * 366 * DAY)
    clean_up(issuing.issuer)
    assert column(issuing, NOTICES.c.kind) == ["lapsed", "expired"]
