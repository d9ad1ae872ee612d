"""The issuance PIN: what a thief tries first is refused; nobody sees it again."""

from datetime import date

import pytest

from sinwon.core.refusal import Malformed, Refusal, Unmet
from sinwon.protocols.roles.pin import check_pin
from sinwon.services.enrolment.application import State
from sinwon.services.enrolment.choose_pin import choose_pin
from sinwon.services.enrolment.decide import approve_application
from sinwon.services.enrolment.offer import obtain_offer
from sinwon.store.consulate.applications import find_application
from sinwon.store.engine import reading
from tests.counter import PIN, Counter, people

BORN = date(1984, 6, 11)


@pytest.mark.parametrize(
    "pin",
    ["000000", "777777", "121212", "123123", "123456", "567890", "987654", "210987", "840611", "110684", "061184", "198406"],
)
def test_simple_ones(pin: str) -> None:
    with pytest.raises(Unmet, match="pin_too_simple"):
        check_pin(pin, BORN)


@pytest.mark.parametrize("pin", ["", "72940", "7294031", "72940a", "７２９４０３", " 729403", "729403\n", "+72940"])
def test_not_six_digits(pin: str) -> None:
    with pytest.raises(Malformed):
        check_pin(pin, BORN)


@pytest.mark.parametrize("pin", ["729403", "000001", "112233"])
def test_good_ones(pin: str) -> None:
    check_pin(pin, BORN)


def test_it_may_be_chosen_again_until_the_decision(desk: Counter) -> None:
    made = desk.apply(people()[0])
    assert choose_pin(desk.consulate, made.application, made.secret, pin="302958") is State.PIN_SET
    assert choose_pin(desk.consulate, made.application, made.secret, pin=PIN) is State.PIN_SET


def test_it_reaches_the_issuer_and_is_wiped(desk: Counter) -> None:
    officer = desk.officer()
    made = desk.ready(people()[0], officer)
    approve_application(desk.consulate, officer, made.application, {})
    obtain_offer(desk.consulate, officer, made.application)
    assert [message.tx_code for message in desk.issuer.asked] == [PIN]
    with reading(desk.consulate.engine) as connection:
        row = find_application(connection, made.application)
    assert row is not None
    assert (row.pin, row.person) == (None, None)
    with pytest.raises(Refusal, match="wrong_state"):
        choose_pin(desk.consulate, made.application, made.secret, pin=PIN)
