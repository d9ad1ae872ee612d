"""A citizen applies at home, proves a foreign phone, visits the mission, and leaves with an offer the issuer will honour.

The consulate and the issuer are real applications that speak HTTP with each other; only the network is missing.
"""

import io
import json
import logging
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

import httpx2
import msgspec
import pytest
import structlog
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from sinwon.protocols.roles.messages import OfferMade
from tests.counter import CLOSED, PIN, SECRET, THERE, people
from tests.issuing import code_of
from tests.town import PERSON, SEEN, Town, build


@pytest.fixture
def town(tmp_path: Path) -> Iterator[Town]:
    town = build(tmp_path)
    yield town
    town.desk.consulate.engine.dispose()
    town.issuing.issuer.engine.dispose()


def test_from_the_form_to_a_certificate(town: Town) -> None:
    officer = town.officer()
    path, secret = town.apply()
    look = town.get(path, secret).json()
    assert (look["state"], look["steps"]) == ("CHECKED", {"phone": False, "pin": False, "visit": False})
    assert [reason["code"] for reason in look["reasons"]] == ["PHONE_NOT_PROVEN"]
    town.prove(path, secret)
    assert town.get(path, secret).json()["reasons"] == []
    town.post(f"{path}/pin", {"pin": PIN}, secret)

    waiting = town.get("/officer/applications?state=READY", officer).json()["applications"]
    assert [line["name"] for line in waiting] == ["남**리"]
    view = town.post(f"/officer{path}/visit", SEEN, officer).json()
    assert (view["reasons"], view["warnings"]) == ([], ["RRN_CHECK_DIGIT"])
    done = town.post(f"/officer{path}/decision", {"verdict": "approve"}, officer)
    assert done.status_code == 200
    assert done.json()["state"] == "OFFERED"

    offer = town.issuing.open(OfferMade(**done.json()["offer"]))
    token = town.issuing.redeem(code_of(offer), PIN)
    assert token.status_code == 200
    assert town.issuing.issue(2, token=token.json()["access_token"])["credentials"]
    history = [entry["action"] for entry in town.get(f"/officer{path}", officer).json()["history"]]
    assert history == [
        "application.submitted",
        "application.checked",
        "phone.code_sent",
        "application.phone_proven",
        "application.pin_chosen",
        "application.checked",
        "application.approved",
        "application.offered",
    ]


def test_a_second_application_finds_the_active_certificate(town: Town) -> None:
    officer = town.officer()
    town.certificate(officer)
    path, _secret = town.apply()
    view = town.post(f"/officer{path}/visit", SEEN, officer).json()
    assert [reason["code"] for reason in view["reasons"]] == ["DUPLICATE_ACTIVE", "PHONE_NOT_PROVEN"]


def test_a_certificate_issued_in_error_is_revoked(town: Town) -> None:
    officer = town.officer()
    path = town.certificate(officer)
    revoked = town.post(f"/officer{path}/revocation", {"reason": "ISSUED_IN_ERROR"}, officer)
    assert (revoked.status_code, revoked.json()) == (200, {"state": "REVOKED"})
    again, _secret = town.apply()
    view = town.post(f"/officer{again}/visit", SEEN, officer).json()
    assert [reason["code"] for reason in view["reasons"]] == ["PHONE_NOT_PROVEN"]


@pytest.mark.parametrize("cut", ["before", "after"])
def test_an_approval_outlives_an_issuer_that_does_not_answer(town: Town, cut: str) -> None:
    officer = town.officer()
    path, _secret = town.ready(officer)
    town.wire.cut = cut
    done = town.post(f"/officer{path}/decision", {"verdict": "approve"}, officer)
    if cut == "before":  # the issuer could not be asked for an active certificate either
        assert (done.status_code, done.json()["error"]) == (503, "registry_unavailable")
        town.wire.cut = "after"
        done = town.post(f"/officer{path}/decision", {"verdict": "approve"}, officer)
    assert (done.status_code, done.json()["state"], done.json()["offer"]) == (200, "APPROVED", None)
    still = town.post(f"/officer{path}/offer", {}, officer)
    assert (still.status_code, still.json()["error"]) == (503, "issuer_unavailable")
    town.wire.cut = ""
    made = town.post(f"/officer{path}/offer", {}, officer).json()
    again = town.post(f"/officer{path}/offer", {}, officer).json()
    assert made["offer"].pop("revocation_code")  # on the receipt of the first answer only
    assert made == again
    code = code_of(town.issuing.open(OfferMade(**made["offer"], revocation_code="")))
    assert town.issuing.redeem(code, PIN).status_code == 200


def test_refusals_carry_texts_and_next_steps(town: Town) -> None:
    officer = town.officer()
    path, secret = town.apply()
    refusals = [
        (town.get(path, "wrong"), 401, "invalid_token"),
        (town.get("/applications/nothing", secret), 401, "invalid_token"),
        (town.get(path), 401, "invalid_token"),
        (town.get(f"/officer{path}"), 401, "unauthorized"),
        (town.get(f"/officer{path}", secret), 401, "unauthorized"),
        (town.get("/officer/applications/nothing", officer), 404, "not_found"),
        (town.get("/officer/applications?state=NONSENSE", officer), 400, "invalid_request"),
        (town.post("/officer/sessions", {"login": "x", "secret": "y"}), 401, "sign_in_refused"),
        (town.post(f"{path}/pin", {"pin": "123456"}, secret), 400, "pin_too_simple"),
        (town.post(f"{path}/phone", {"number": "12"}, secret), 400, "invalid_phone"),
        (town.post(f"{path}/phone/proof", {"code": "000000"}, secret), 400, "invalid_code"),
        (town.post(f"/officer{path}/decision", {"verdict": "approve"}, officer), 409, "wrong_state"),
        (town.post(f"/officer{path}/revocation", {"reason": "DECEASED"}, officer), 409, "wrong_state"),
        (town.post(f"/officer{path}/phone", {"reason": " "}, officer), 400, "invalid_request"),
    ]
    for answer, status, code in refusals:
        body = answer.json()
        assert (answer.status_code, body["error"]) == (status, code)
        assert answer.headers["cache-control"] == "no-store"
        assert all(body[part][tongue] for part in ("text", "next") for tongue in ("ko", "en"))


@pytest.mark.parametrize(
    ("body", "media_type", "status"),
    [
        (b"{", "application/json", 400),
        (b'{"pin":"729403","pin":"729403"}', "application/json", 400),
        (b'{"pin":729403}', "application/json", 400),
        (b'{"pin":"729403","more":1}', "application/json", 400),
        (b"[" * 100, "application/json", 400),
        (b"pin=729403", "application/x-www-form-urlencoded", 415),
        (b'{"pin":"' + b"7" * 20_000 + b'"}', "application/json", 413),
    ],
    ids=["cut", "twice", "a number", "unknown member", "deep", "a form", "too large"],
)
def test_bodies_are_strict_and_bounded(town: Town, body: bytes, media_type: str, status: int) -> None:
    path, secret = town.apply()
    headers = {"Authorization": f"Bearer {secret}", "Content-Type": media_type}
    answer = town.client.post(f"{path}/pin", content=body, headers=headers)
    assert answer.status_code == status
    assert town.post(f"{path}/pin", {"pin": PIN}, secret).status_code == 200


def test_withdrawing(town: Town) -> None:
    path, secret = town.apply()
    assert town.post(f"{path}/withdrawal", {}, secret).json() == {"state": "WITHDRAWN"}
    assert town.post(f"{path}/withdrawal", {}, secret).status_code == 409


def test_signing_out(town: Town) -> None:
    officer = town.officer()
    headers = {"Authorization": f"Bearer {officer}"}
    assert town.client.delete("/officer/sessions", headers=headers).status_code == 200
    assert town.get("/officer/applications", officer).status_code == 401


def test_a_witnessed_phone_and_a_second_look(town: Town) -> None:
    officer = town.officer()
    town.desk.outage.silent.add("resident")
    path, secret = town.apply()
    assert town.get(path, secret).json()["state"] == "WAITING"
    assert town.post(f"{path}/phone", {}, secret).status_code == 409
    town.desk.outage.silent.clear()
    assert town.post(f"/officer{path}/check", {}, officer).json()["state"] == "CHECKED"
    witnessed = town.post(f"/officer{path}/phone", {"reason": "no message arrives here"}, officer)
    assert witnessed.json() == {"state": "PHONE_PROVEN"}


def test_T09_a_stranger_learns_nothing_of_the_person_they_name(town: Town) -> None:
    """Right number, guessed rest: whether the person is on file, and what for, shows nowhere."""
    born = {"birthdate": "1971-01-01", "name_ko": "아무개", "passport_number": "M00000000"}
    answers = []
    for rrn in (PERSON.form.rrn, "7101011970000"):  # on file, and nobody's
        path, secret = town.apply(**born, rrn=rrn)
        look = town.get(path, secret).json()
        answers.append({name: look[name] for name in ("state", "registers", "reasons", "steps")})
    assert answers[0] == answers[1]
    assert answers[0]["registers"] == "at_the_counter"
    assert [reason["code"] for reason in answers[0]["reasons"]] == ["PHONE_NOT_PROVEN"]


def test_T09_control_who_knows_the_person_is_told(town: Town) -> None:
    path, secret = town.apply(mission=THERE)
    look = town.get(path, secret).json()
    assert look["registers"] == "told"
    assert [reason["code"] for reason in look["reasons"]] == ["WRONG_JURISDICTION", "PHONE_NOT_PROVEN"]
    assert look["reasons"][0]["next"]["ko"] == "관할 공관은 시험 공관 zz-test입니다."


def canaries(form: Mapping[str, Any]) -> list[str]:
    names = ("name_ko", "family_name", "rrn", "passport_number", "phone", "email")
    return [*(str(form[name]) for name in names), *str(form["address"]).split("\n"), PIN]


@pytest.fixture
def logged() -> Iterator[Callable[[], str]]:
    """Everything any logger writes, at every level."""
    stream = io.StringIO()
    handler = logging.StreamHandler(stream)
    root, level = logging.getLogger(), logging.getLogger().level
    root.addHandler(handler)
    root.setLevel(logging.DEBUG)
    kept = structlog.get_config()
    structlog.configure(processors=[structlog.processors.JSONRenderer()], logger_factory=structlog.PrintLoggerFactory(stream))
    yield stream.getvalue
    structlog.configure(**kept)
    root.removeHandler(handler)
    root.setLevel(level)


def test_T10_no_personal_value_reaches_a_log_or_lies_open_in_the_database(
    town: Town, tmp_path: Path, logged: Callable[[], str]
) -> None:
    person = next(person for person in people() if person.form.email)
    form = {**msgspec.to_builtins(person.form), "family_name": "CANARYSURNAME", "address": "9 Canary Street\nCanary Town"}
    officer = town.officer()
    made = town.post("/applications", form).json()
    path, secret = f"/applications/{made['application']}", made["secret"]
    town.post("/applications", {**form, "language": form["rrn"]})
    town.post("/applications", {**form, "passport_number": "X" + form["rrn"][:8]})
    town.post("/applications", {**form, form["rrn"]: 1})
    town.post("/applications", {**form, "phone": form["phone"] + "99"})
    town.prove(path, secret, form["phone"])
    town.post(f"{path}/phone/proof", {"code": form["rrn"]}, secret)
    town.post(f"{path}/pin", {"pin": PIN}, secret)
    town.post(f"/officer{path}/visit", {**SEEN, "chip": form["rrn"]}, officer)
    town.post(f"/officer{path}/visit", SEEN, officer)
    done = town.post(
        f"/officer{path}/decision",
        {"verdict": "approve", "overrides": {"IDENTITY_MISMATCH": f"saw the book of {form['name_ko']}"}},
        officer,
    )
    assert done.json()["state"] == "OFFERED"
    written = logged()
    assert "request" in written
    stored = b"".join(file.read_bytes() for file in tmp_path.glob("consulate.sqlite*"))
    found = [word for word in canaries(form) if word in written or word.encode() in stored]
    assert found == []
    assert secret not in written
    assert secret.encode() not in stored
    assert officer.encode() not in stored
    assert SECRET.encode() not in stored


def test_T10_control_the_canaries_are_where_they_belong(town: Town) -> None:
    officer = town.officer()
    path, _secret = town.apply()
    view = json.dumps(town.get(f"/officer{path}", officer).json(), ensure_ascii=False)
    assert PERSON.form.name_ko in view
    assert PERSON.form.passport_number in view
    assert str(PERSON.form.rrn) not in view


STEPS = ("phone", "pin", "visit", "approve", "stranger", "closed", "refuse", "offer", "withdraw", "check")


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow])
@given(st.lists(st.sampled_from(STEPS), min_size=4, max_size=14))
def test_no_road_to_an_offer_but_the_whole_one(tmp_path_factory: pytest.TempPathFactory, steps: list[str]) -> None:
    town = build(tmp_path_factory.mktemp("road"))
    officers = {"own": town.officer(), "stranger": town.officer(THERE), "closed": town.officer(CLOSED)}
    path, secret = town.apply()
    done = {step for step in steps if _walk(town, path, secret, officers, step)}
    state = town.get(path, secret).json()["state"]
    assert not done & {"stranger", "closed"}
    if state == "OFFERED":
        assert done >= {"phone", "pin", "visit", "approve"}
        assert "withdraw" not in done
    if state not in {"OFFERED", "APPROVED"}:
        assert "approve" not in done
    town.desk.consulate.engine.dispose()
    town.issuing.issuer.engine.dispose()


def _walk(town: Town, path: str, secret: str, officers: dict[str, str], step: str) -> bool:
    town.issuing.clock.move(1)
    desk, own = f"/officer{path}", officers["own"]
    approve = {"verdict": "approve"}
    if step == "phone":
        town.post(f"{path}/phone", {}, secret)
        code = (town.outbox.latest(PERSON.form.phone) or "000000").partition("인증번호 ")[2][:6] or "000000"
        return town.post(f"{path}/phone/proof", {"code": code}, secret).status_code == 200
    requests: dict[str, Callable[[], httpx2.Response]] = {
        "pin": lambda: town.post(f"{path}/pin", {"pin": PIN}, secret),
        "visit": lambda: town.post(f"{desk}/visit", SEEN, own),
        "approve": lambda: town.post(f"{desk}/decision", approve, own),
        "stranger": lambda: town.post(f"{desk}/decision", approve, officers["stranger"]),
        "closed": lambda: town.post(f"{desk}/decision", approve, officers["closed"]),
        "refuse": lambda: town.post(f"{desk}/decision", {"verdict": "refuse", "reason": "asked to"}, own),
        "offer": lambda: town.post(f"{desk}/offer", {}, own),
        "withdraw": lambda: town.post(f"{path}/withdrawal", {}, secret),
        "check": lambda: town.post(f"{desk}/check", {}, own),
    }
    return requests[step]().status_code == 200
