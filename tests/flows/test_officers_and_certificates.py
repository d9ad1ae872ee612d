"""An officer and a certificate that was issued here: seen, stopped, released, renewed with the passport on the table."""

from collections.abc import Iterator
from datetime import date
from pathlib import Path
from typing import Any, get_args

import httpx2
import pytest

from sinwon.adapters.registers.happenings import Deregistered, NameChanged, PassportIssued, PassportLost
from sinwon.services.enrolment.certificate import ReleaseReason, StopReason
from sinwon.services.enrolment.revoke import OfficersReason
from sinwon.services.lifecycle.machine import RULES, Actor, Effect, Reason
from tests.counter import THERE, people
from tests.town import PERSON, Town, build

NEW_BOOK = PassportIssued("M765B4321", date(2026, 9, 1), date(2036, 9, 1))


@pytest.fixture
def town(tmp_path: Path) -> Iterator[Town]:
    town = build(tmp_path)
    yield town
    town.desk.consulate.engine.dispose()
    town.issuing.issuer.engine.dispose()


@pytest.fixture
def officer(town: Town) -> str:
    return town.officer()


@pytest.fixture
def path(town: Town, officer: str) -> str:
    return f"/officer{town.certificate(officer)}"


def certificate(town: Town, officer: str, path: str) -> dict[str, Any]:
    return dict(town.get(path, officer).json()["certificate"])


def refused(answer: httpx2.Response, status: int, code: str) -> None:
    body = answer.json()
    assert (answer.status_code, body["error"]) == (status, code)
    assert all(body[part][tongue] for part in ("text", "next") for tongue in ("ko", "en"))


def test_the_revocation_code_is_on_the_receipt_and_nowhere_else(town: Town, officer: str) -> None:
    made, _secret = town.ready(officer)
    done = town.post(f"/officer{made}/decision", {"verdict": "approve"}, officer).json()
    code = done["offer"]["revocation_code"]
    assert [len(group) for group in code.split("-")] == [4, 4, 4]
    assert code not in town.get(f"/officer{made}", officer).text
    assert code not in town.post(f"/officer{made}/offer", {}, officer).text


def test_an_officer_sees_how_it_stands(town: Town, officer: str, path: str) -> None:
    seen = certificate(town, officer, path)
    assert (seen["state"], seen["holds"], seen["stale"]) == ("active", [], False)
    now = town.issuing.clock.now
    town.post(f"{path}/suspension", {"reason": "LOSS_REPORTED"}, officer)
    assert certificate(town, officer, path)["holds"] == [{"reason": "LOSS_REPORTED", "since": now, "by": "officer"}]
    town.wire.cut = "before"
    assert town.get(path, officer).json()["certificate"] is None


@pytest.mark.parametrize("reason", get_args(StopReason))
def test_stopped_and_released(town: Town, officer: str, path: str, reason: str) -> None:
    stopped = town.post(f"{path}/suspension", {"reason": reason}, officer)
    assert (stopped.status_code, stopped.json()) == (200, {"state": "suspended", "holds": [reason], "stale": False})
    assert town.post(f"{path}/suspension", {"reason": reason}, officer).json() == stopped.json()
    released = town.post(f"{path}/release", {"reason": reason}, officer)
    assert (released.status_code, released.json()) == (200, {"state": "active", "holds": [], "stale": False})
    history = [entry["action"] for entry in town.get(path, officer).json()["history"]]
    assert history[8:] == ["certificate.suspended", "certificate.suspended", "certificate.released"]


def test_releasing_one_reason_leaves_the_other(town: Town, officer: str, path: str) -> None:
    town.post(f"{path}/suspension", {"reason": "LOSS_REPORTED"}, officer)
    town.post(f"{path}/suspension", {"reason": "PIN_LOCKED"}, officer)
    left = town.post(f"{path}/release", {"reason": "LOSS_REPORTED"}, officer).json()
    assert (left["state"], left["holds"]) == ("suspended", ["PIN_LOCKED"])


def test_a_new_passport_on_the_table(town: Town, officer: str, path: str) -> None:
    town.desk.state.happen(PERSON.id, PassportLost(), at=town.issuing.clock.now)
    town.post(f"{path}/suspension", {"reason": "PASSPORT_LOST"}, officer)
    town.desk.state.happen(PERSON.id, NEW_BOOK, at=town.issuing.clock.now)
    renewed = town.post(f"{path}/renewal", {"passport_number": NEW_BOOK.number}, officer)
    assert (renewed.status_code, renewed.json()) == (200, {"state": "needs_renewal", "holds": [], "stale": True})
    again = town.post(f"{path}/renewal", {"passport_number": NEW_BOOK.number}, officer)
    assert again.json() == renewed.json()


def test_renewal_believes_the_registers_only(town: Town, officer: str, path: str) -> None:
    refused(town.post(f"{path}/renewal", {"passport_number": "M00000000"}, officer), 409, "record_missing")
    stranger = people()[5].form.passport_number
    refused(town.post(f"{path}/renewal", {"passport_number": stranger}, officer), 409, "registers_differ")
    refused(town.post(f"{path}/renewal", {"passport_number": "'; --"}, officer), 400, "invalid_request")
    town.desk.state.happen(PERSON.id, NameChanged("홍새롬"), at=town.issuing.clock.now)
    refused(town.post(f"{path}/renewal", {}, officer), 409, "registers_differ")
    town.desk.state.happen(PERSON.id, PassportLost(), at=town.issuing.clock.now)
    refused(town.post(f"{path}/renewal", {}, officer), 409, "passport_unusable")
    town.desk.outage.silent.add("passport")
    refused(town.post(f"{path}/renewal", {}, officer), 503, "registry_unavailable")
    assert certificate(town, officer, path)["state"] == "active"


@pytest.mark.parametrize(
    ("step", "body"),
    [("suspension", {"reason": "LOSS_REPORTED"}), ("release", {"reason": "LOSS_REPORTED"}), ("renewal", {})],
)
def test_who_may_not(town: Town, officer: str, path: str, step: str, body: dict[str, str]) -> None:
    refused(town.post(f"{path}/{step}", body, town.officer(THERE)), 404, "not_found")
    refused(town.post(f"{path}/{step}", body), 401, "unauthorized")
    refused(town.post(f"{path}/{step}", {**body, "more": 1}, officer), 400, "invalid_request")
    open_one, _secret = town.apply()
    refused(town.post(f"/officer{open_one}/{step}", body, officer), 409, "wrong_state")
    town.wire.cut = "before"
    refused(town.post(f"{path}/{step}", body, officer), 503, "issuer_unavailable")
    town.wire.cut = ""
    assert town.post(f"{path}/{step}", body, officer).status_code == 200


@pytest.mark.parametrize("reason", sorted({reason.value for reason in Reason} - set(get_args(StopReason))))
def test_other_reasons_stop_nothing(town: Town, officer: str, path: str, reason: str) -> None:
    refused(town.post(f"{path}/suspension", {"reason": reason}, officer), 400, "invalid_request")


def test_what_has_ended_stays_ended(town: Town, officer: str, path: str) -> None:
    """Also when the consulate has not heard of it: the holder ended it, say."""
    assert town.issuing.revoke(path.removeprefix("/officer/applications/")).status_code == 200
    for step in ("suspension", "release"):
        refused(town.post(f"{path}/{step}", {"reason": "LOSS_REPORTED"}, officer), 409, "certificate_ended")
    assert certificate(town, officer, path)["state"] == "revoked"
    town.post(f"{path}/revocation", {"reason": "HOLDER_REQUEST"}, officer)
    refused(town.post(f"{path}/suspension", {"reason": "LOSS_REPORTED"}, officer), 409, "wrong_state")


def test_officers_have_the_reasons_that_the_issuer_grants_them() -> None:
    may_raise = {reason.value for reason, rule in RULES.items() if Actor.OFFICER in rule.raised_by}
    stops = {reason.value for reason, rule in RULES.items() if rule.effect is Effect.SUSPENDS}
    ends = {reason.value for reason, rule in RULES.items() if rule.effect is Effect.ENDS}
    assert set(get_args(StopReason)) == may_raise & stops
    assert set(get_args(OfficersReason)) == may_raise & ends
    assert set(get_args(ReleaseReason)) == {r.value for r, rule in RULES.items() if Actor.OFFICER in rule.released_by}


def test_deregistration_seen_at_the_counter_needs_no_event(town: Town, officer: str, path: str) -> None:
    town.desk.state.happen(PERSON.id, Deregistered(), at=town.issuing.clock.now)
    stopped = town.post(f"{path}/suspension", {"reason": "DEREGISTERED"}, officer)
    assert stopped.json()["holds"] == ["DEREGISTERED"]
