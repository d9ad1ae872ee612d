"""Approval and refusal: who may, on what, and what is kept of it."""

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

import msgspec
import pytest

from sinwon.core.refusal import Refusal, Unmet
from sinwon.services.accounts.officer import Officer
from sinwon.services.enrolment.application import State
from sinwon.services.enrolment.checks import POLICY
from sinwon.services.enrolment.choose_pin import choose_pin
from sinwon.services.enrolment.consulate import Settings
from sinwon.services.enrolment.decide import approve_application, refuse_application
from sinwon.services.enrolment.eligibility import policy_version
from sinwon.services.enrolment.offer import obtain_offer
from sinwon.services.enrolment.recheck import recheck_application
from sinwon.services.enrolment.submit import Submitted, submit_application
from sinwon.services.enrolment.views import applicants_view, officers_list, officers_view
from sinwon.services.enrolment.visit import record_visit
from sinwon.services.enrolment.withdraw import withdraw_application
from sinwon.store.consulate.applications import DecisionRow, find_decision
from sinwon.store.engine import reading
from tests.counter import CLOSED, HERE, PIN, SEEN, THERE, Counter, counter, people

change = msgspec.structs.replace


def decision_of(desk: Counter, made: Submitted) -> DecisionRow | None:
    with reading(desk.consulate.engine) as connection:
        return find_decision(connection, made.application)


def refusal(code: str) -> "pytest.RaisesExc[Refusal]":
    return pytest.raises(Refusal, match=f"^{code}:")


def test_a_ready_application_is_approved_once_and_its_decision_kept(desk: Counter) -> None:
    officer = desk.officer()
    made = desk.ready(people()[0], officer)
    assert approve_application(desk.consulate, officer, made.application, {}).state is State.APPROVED
    decision = decision_of(desk, made)
    assert decision is not None
    assert (decision.officer, decision.verdict, decision.at) == (officer.id, "approve", desk.clock.now)
    assert decision.policy == policy_version(POLICY)
    assert set(decision.inputs) == {"form", "visit", "registration", "resident", "passport"}
    assert all(len(hashed) == 43 for hashed in decision.inputs.values())
    with refusal("wrong_state"):
        approve_application(desk.consulate, officer, made.application, {})


def test_parallel_approvals_decide_once(desk: Counter) -> None:
    officer = desk.officer()
    made = desk.ready(people()[0], officer)

    def approve(_number: int) -> bool:
        try:
            return bool(approve_application(desk.consulate, officer, made.application, {}))
        except Unmet as refused:
            return refused.code not in {"wrong_state", "changed_meanwhile"}

    with ThreadPoolExecutor(50) as pool:
        assert sum(pool.map(approve, range(50))) == 1


def test_another_missions_officer_sees_and_decides_nothing(desk: Counter) -> None:
    officer, stranger = desk.officer(), desk.officer(THERE, "stranger")
    made = desk.ready(people()[0], officer)
    for attempt in (
        lambda: approve_application(desk.consulate, stranger, made.application, {}),
        lambda: refuse_application(desk.consulate, stranger, made.application, reason="no"),
        lambda: record_visit(desk.consulate, stranger, made.application, SEEN),
        lambda: officers_view(desk.consulate, stranger, made.application),
        lambda: obtain_offer(desk.consulate, stranger, made.application),
    ):
        with refusal("not_found"):
            attempt()
    assert officers_list(desk.consulate, stranger, frozenset(State)) == []


def test_an_officer_of_a_closed_mission_cannot_approve(desk: Counter) -> None:
    person = replace(people()[0], form=change(people()[0].form, mission=CLOSED))
    officer = desk.officer(CLOSED)
    made = desk.ready(person, officer)
    with refusal("not_eligible"):
        approve_application(desk.consulate, officer, made.application, {"MISSION_NOT_OPEN": "please"})


def test_no_approval_without_visit_phone_or_pin(desk: Counter) -> None:
    officer, person = desk.officer(), people()[0]
    made = desk.apply(person)
    with refusal("wrong_state"):
        approve_application(desk.consulate, officer, made.application, {"PHONE_NOT_PROVEN": "known to me"})
    desk.prove_phone(person, made)
    choose_pin(desk.consulate, made.application, made.secret, pin=PIN)
    with refusal("visit_missing"):
        approve_application(desk.consulate, officer, made.application, {})


def test_class_o_needs_a_reason_that_is_kept_and_sealed(desk: Counter) -> None:
    officer, person = desk.officer(), people()[0]
    made = desk.ready(person, officer, change(SEEN, chip="unreadable"))
    for overrides in ({}, {"PASSPORT_CHIP_UNREADABLE": "  "}, {"FACE_MISMATCH": "other"}):
        with refusal("not_eligible"):
            approve_application(desk.consulate, officer, made.application, overrides)
    words = "checked under ultraviolet light"
    done = approve_application(desk.consulate, officer, made.application, {"PASSPORT_CHIP_UNREADABLE": words})
    assert done.codes == ("PASSPORT_CHIP_UNREADABLE",)
    decision = decision_of(desk, made)
    assert decision is not None
    assert decision.overridden == ["PASSPORT_CHIP_UNREADABLE"]
    assert words.encode() not in decision.reasons
    shown = officers_view(desk.consulate, officer, made.application)["decision"]
    assert shown["words"] == {"PASSPORT_CHIP_UNREADABLE": words}


def test_class_h_stops_whatever_the_officer_writes(desk: Counter) -> None:
    officer = desk.officer()
    made = desk.ready(people()[0], officer, change(SEEN, chip="rejected"))
    with refusal("not_eligible"):
        approve_application(desk.consulate, officer, made.application, {"PASSPORT_CHIP_REJECTED": "looks fine"})
    done = refuse_application(desk.consulate, officer, made.application, reason=None)
    assert (done.state, done.codes) == (State.REFUSED, ("PASSPORT_CHIP_REJECTED",))


def test_everything_is_looked_up_again_at_the_decision(desk: Counter) -> None:
    officer, person = desk.officer(), people()[0]
    made = desk.ready(person, officer)
    assert person.form.rrn
    desk.issuer.active.add(person.form.rrn)
    with refusal("not_eligible"):
        approve_application(desk.consulate, officer, made.application, {})
    shown = officers_view(desk.consulate, officer, made.application)
    assert [reason["code"] for reason in shown["reasons"]] == ["DUPLICATE_ACTIVE"]


@pytest.mark.parametrize("register", ["registration", "resident", "passport"])
def test_a_silent_register_keeps_the_application_until_it_answers(desk: Counter, register: str) -> None:
    officer, person = desk.officer(), people()[0]
    desk.outage.silent.add(register)
    made = desk.apply(person)
    assert made.state is State.WAITING
    seen = applicants_view(desk.consulate, made.application, made.secret)
    assert "REGISTRY_UNAVAILABLE" in [reason["code"] for reason in seen["reasons"]]
    assert recheck_application(desk.consulate, officer, made.application) is State.WAITING
    desk.outage.silent.clear()
    assert recheck_application(desk.consulate, officer, made.application) is State.CHECKED


def test_a_register_silent_at_the_decision_refuses_nothing(desk: Counter) -> None:
    officer = desk.officer()
    made = desk.ready(people()[0], officer)
    desk.outage.silent.add("resident")
    with refusal("registry_unavailable"):
        approve_application(desk.consulate, officer, made.application, {"REGISTRY_UNAVAILABLE": "I know them"})
    desk.outage.silent.clear()
    desk.issuer.down = True
    with refusal("registry_unavailable"):
        approve_application(desk.consulate, officer, made.application, {})
    desk.issuer.down = False
    assert approve_application(desk.consulate, officer, made.application, {}).state is State.APPROVED


def test_a_refusal_has_a_finding_or_words(desk: Counter) -> None:
    officer = desk.officer()
    made = desk.ready(people()[0], officer)
    with refusal("reason_missing"):
        refuse_application(desk.consulate, officer, made.application, reason=None)
    assert refuse_application(desk.consulate, officer, made.application, reason="asked to stop").state is State.REFUSED


def test_the_visit_gives_the_persons_one_place(desk: Counter) -> None:
    officer, person = desk.officer(), people()[0]
    strangers, own = desk.apply(person), desk.apply(person)  # anybody may have made the first
    assert strangers.state is own.state is State.CHECKED
    record_visit(desk.consulate, officer, own.application, SEEN)
    assert applicants_view(desk.consulate, strangers.application, strangers.secret)["state"] == "WITHDRAWN"
    later = desk.apply(person)
    with refusal("place_taken"):
        record_visit(desk.consulate, officer, later.application, SEEN)
    withdraw_application(desk.consulate, own.application, own.secret)
    record_visit(desk.consulate, officer, later.application, SEEN)


def test_a_proxy_takes_nobodys_place(desk: Counter) -> None:
    officer, person = desk.officer(), people()[0]
    first, second = desk.apply(person), desk.apply(person)
    record_visit(desk.consulate, officer, first.application, change(SEEN, presence="proxy"))
    record_visit(desk.consulate, officer, second.application, SEEN)
    assert officers_view(desk.consulate, officer, second.application)["steps"]["visit"]


def test_E16_a_passport_belongs_to_one_person(desk: Counter) -> None:
    """A second person with the same book is refused even where every other reason was resolved."""
    officer, one, other = desk.officer(), people()[0], people()[1]
    made = desk.ready(one, officer)
    approve_application(desk.consulate, officer, made.application, {})
    form = change(other.form, passport_number=one.form.passport_number)
    again = submit_application(desk.consulate, form)
    desk.prove_phone(other, again)
    choose_pin(desk.consulate, again.application, again.secret, pin=PIN)
    record_visit(desk.consulate, officer, again.application, SEEN)
    with refusal("passport_enrolled"):
        approve_application(desk.consulate, officer, again.application, {"IDENTITY_MISMATCH": "says so"})


def test_E16_control_the_same_person_comes_again_with_the_same_passport(desk: Counter) -> None:
    officer, person = desk.officer(), people()[0]
    for overrides in ({}, {"DUPLICATE_ACTIVE": "new phone"}):
        made = desk.ready(person, officer)
        approve_application(desk.consulate, officer, made.application, overrides)
        obtain_offer(desk.consulate, officer, made.application)
        assert person.form.rrn
        desk.issuer.active.add(person.form.rrn)
        desk.clock.move(31)


def test_without_a_reader_no_evidence_claims_a_chip(desk: Counter) -> None:
    officer = desk.officer()
    assert evidence(desk, officer, 0) == "not_read"
    reader = replace(desk.consulate.settings, chip_reader=True)
    assert evidence(replace(desk, consulate=replace(desk.consulate, settings=reader)), officer, 1) == "verified"


def evidence(desk: Counter, officer: Officer, number: int) -> str:
    made = desk.ready(people()[number], officer, change(SEEN, chip="verified"))
    approve_application(desk.consulate, officer, made.application, {})
    obtain_offer(desk.consulate, officer, made.application)
    return desk.issuer.asked[-1].person.evidence.chip


def test_a_deployments_policy_decides(desk: Counter) -> None:
    lax = Settings(policy=tuple(c for c in POLICY if c.code != "FACE_MISMATCH"), cost=desk.consulate.settings.cost)
    changed = counter(desk.consulate.engine, settings=lax)
    officer = changed.officer()
    made = changed.ready(people()[0], officer, change(SEEN, face="not_compared"))
    approve_application(changed.consulate, officer, made.application, {})
    decision = decision_of(changed, made)
    assert decision is not None
    assert decision.policy == policy_version(lax.policy) != policy_version(POLICY)


def test_the_person_sent_is_what_the_registers_hold(desk: Counter) -> None:
    officer, person = desk.officer(), people()[4]
    made = desk.ready(person, officer)
    approve_application(desk.consulate, officer, made.application, {})
    obtain_offer(desk.consulate, officer, made.application)
    sent = desk.issuer.asked[0]
    assert person.registration is not None
    assert (sent.mission, sent.officer, sent.application) == (HERE, officer.id, made.application)
    assert sent.person.name_ko == person.registration.name_ko
    assert sent.person.given_name == person.form.given_name
    assert sent.person.linkage.rrn == person.registration.rrn
    assert sent.person.registration.mission_name == "시험 공관 zz-test"
    assert sent.person.contact.phone_number == person.form.phone
    assert sent.person.evidence.kind == "consular_visit"
    assert sent.person.portrait is not None
    assert officer.name not in str(sent)
