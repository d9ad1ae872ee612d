"""The offer: one stands at any time, however often answers are lost or officers press the button."""

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

import msgspec
import pytest

from sinwon.core.refusal import Refusal, Unmet
from sinwon.core.strict_json import MAX_BYTES
from sinwon.protocols.roles.application_names import NAMES
from sinwon.services.accounts.officer import Officer
from sinwon.services.enrolment.application import State
from sinwon.services.enrolment.decide import approve_application
from sinwon.services.enrolment.offer import obtain_offer
from sinwon.services.enrolment.registers import PassportRegister
from sinwon.services.enrolment.revoke import revoke_certificate
from sinwon.services.enrolment.submit import Submitted
from sinwon.services.enrolment.views import officers_view
from tests.counter import Counter, people


@pytest.fixture
def officer(desk: Counter) -> Officer:
    return desk.officer()


@pytest.fixture
def made(desk: Counter, officer: Officer) -> Submitted:
    made = desk.ready(people()[0], officer)
    approve_application(desk.consulate, officer, made.application, {})
    return made


def state(desk: Counter, officer: Officer, made: Submitted) -> str:
    return str(officers_view(desk.consulate, officer, made.application)["state"])


def test_asked_again_it_is_the_same_but_for_the_revocation_code(desk: Counter, officer: Officer, made: Submitted) -> None:
    first = obtain_offer(desk.consulate, officer, made.application)
    assert first.revocation_code == "0123-4567-89AB"
    again = obtain_offer(desk.consulate, officer, made.application)
    assert again == msgspec.structs.replace(first, revocation_code=None)
    assert officers_view(desk.consulate, officer, made.application)["offer"] == again
    assert len(desk.issuer.asked) == 1


def test_an_issuer_that_is_down_costs_nothing(desk: Counter, officer: Officer, made: Submitted) -> None:
    desk.issuer.down = True
    with pytest.raises(Unmet, match="issuer_unavailable"):
        obtain_offer(desk.consulate, officer, made.application)
    assert state(desk, officer, made) == State.APPROVED
    desk.issuer.down = False
    assert obtain_offer(desk.consulate, officer, made.application)
    assert state(desk, officer, made) == State.OFFERED


@pytest.mark.parametrize("lost", [1, 2, 3])
def test_a_lost_answer_leaves_one_offer_standing(desk: Counter, officer: Officer, made: Submitted, lost: int) -> None:
    desk.issuer.loses_answers = lost
    for _ in range(lost):
        with pytest.raises(Unmet, match="issuer_unavailable"):
            obtain_offer(desk.consulate, officer, made.application)
    offer = obtain_offer(desk.consulate, officer, made.application)
    assert [desk.issuer.offers[name].offer for name in desk.issuer.live] == [offer.offer]


def test_after_too_many_lost_answers_an_operator_must_look(desk: Counter, officer: Officer, made: Submitted) -> None:
    desk.issuer.loses_answers = NAMES
    for _ in range(NAMES):
        with pytest.raises(Unmet, match="issuer_unavailable"):
            obtain_offer(desk.consulate, officer, made.application)
    with pytest.raises(Refusal, match="issuer_refused"):
        obtain_offer(desk.consulate, officer, made.application)
    assert desk.issuer.live == []


def test_fifty_at_once_make_one_offer(desk: Counter, officer: Officer, made: Submitted) -> None:
    def ask(_number: int) -> str:
        try:
            return obtain_offer(desk.consulate, officer, made.application).uri
        except Unmet as refusal:
            return refusal.code

    with ThreadPoolExecutor(50) as pool:
        answers = set(pool.map(ask, range(50)))
    assert answers <= {"openid-credential-offer://?x=1", "changed_meanwhile"}
    assert len(desk.issuer.offers) == 1


def test_revocation_names_the_offer_that_stands(desk: Counter, officer: Officer, made: Submitted) -> None:
    desk.issuer.loses_answers = 1
    with pytest.raises(Unmet):
        obtain_offer(desk.consulate, officer, made.application)
    obtain_offer(desk.consulate, officer, made.application)
    done = revoke_certificate(desk.consulate, officer, made.application, reason="HOLDER_REQUEST")
    assert done is State.REVOKED
    assert desk.issuer.live == []
    assert officers_view(desk.consulate, officer, made.application)["offer"] is None


def test_nothing_is_revoked_unless_the_issuer_says_so(desk: Counter, officer: Officer, made: Submitted) -> None:
    with pytest.raises(Unmet, match="wrong_state"):
        revoke_certificate(desk.consulate, officer, made.application, reason="ISSUED_IN_ERROR")
    obtain_offer(desk.consulate, officer, made.application)
    desk.issuer.down = True
    with pytest.raises(Unmet, match="issuer_unavailable"):
        revoke_certificate(desk.consulate, officer, made.application, reason="ISSUED_IN_ERROR")
    assert state(desk, officer, made) == State.OFFERED


def test_a_person_with_a_large_portrait_gets_the_offer(desk: Counter) -> None:
    """What was sealed at the approval comes out again, beyond the limit for strangers' JSON too."""

    class LargePortraits:
        def __init__(self, register: PassportRegister) -> None:
            self.find = register.find

        def portrait(self, number: str) -> str:
            return f"data:image/jpeg;base64,{number}" + "A" * MAX_BYTES

    registers = desk.consulate.registers
    large = replace(registers, passport=LargePortraits(registers.passport))
    consulate = replace(desk.consulate, registers=large)
    officer = desk.officer()
    made = desk.ready(people()[0], officer)
    approve_application(consulate, officer, made.application, {})
    assert obtain_offer(consulate, officer, made.application).offer == "offer-1"
    assert len(desk.issuer.asked[0].person.portrait or "") > MAX_BYTES
