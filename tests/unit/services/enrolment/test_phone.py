"""The proof of the telephone: limits that hold under parallel use, and answers that tell nothing apart."""

from concurrent.futures import ThreadPoolExecutor

import phonenumbers
import pytest

from sinwon.core.refusal import Malformed, Refusal, Unmet
from sinwon.services.enrolment.application import State
from sinwon.services.enrolment.choose_pin import choose_pin
from sinwon.services.enrolment.phone import CODE_LIFETIME, CODE_TRIES, prove_phone, send_phone_code, witness_phone
from sinwon.services.enrolment.phone_number import masked_phone, parse_phone_number
from sinwon.services.enrolment.submit import Submitted
from sinwon.services.notify.message import MessageNotSent
from tests.counter import PIN, THERE, Counter, people


def applied(desk: Counter, number: int = 0) -> Submitted:
    return desk.apply(people()[number])


def send(desk: Counter, made: Submitted, number: str | None = None) -> None:
    send_phone_code(desk.consulate, made.application, made.secret, number=number)


def refused(desk: Counter, made: Submitted, code: str) -> str:
    with pytest.raises(Refusal) as caught:
        prove_phone(desk.consulate, made.application, made.secret, code=code)
    return caught.value.code


def wrong(code: str) -> str:
    return f"{(int(code) + 1) % 1_000_000:06d}"


def test_the_right_code_proves_the_phone_once(desk: Counter) -> None:
    made = applied(desk)
    assert desk.prove_phone(people()[0], made) is State.PHONE_PROVEN
    assert refused(desk, made, desk.route.code(people()[0].form.phone)) == "wrong_state"


def test_a_number_chosen_later_replaces_the_one_in_the_form(desk: Counter) -> None:
    made = applied(desk)
    send(desk, made, "+1 213 555 0177")
    assert prove_phone(desk.consulate, made.application, made.secret, code=desk.route.code("+12135550177"))


def test_causes_are_not_told_apart(desk: Counter) -> None:
    made, phone = applied(desk), people()[0].form.phone
    causes = [refused(desk, made, "123456")]  # never sent
    send(desk, made)
    first = desk.route.code(phone)
    causes.append(refused(desk, made, wrong(first)))
    desk.clock.move(31)
    send(desk, made)
    causes.append(refused(desk, made, first))  # replaced by a newer one
    second = desk.route.code(phone)
    desk.clock.move(CODE_LIFETIME)
    causes.append(refused(desk, made, second))  # too late
    assert set(causes) == {"invalid_code"}


def test_a_code_is_good_until_its_last_second(desk: Counter) -> None:
    made = applied(desk)
    send(desk, made)
    desk.clock.move(CODE_LIFETIME - 1)
    code = desk.route.code(people()[0].form.phone)
    assert prove_phone(desk.consulate, made.application, made.secret, code=code) is State.PHONE_PROVEN


def test_the_sixth_try_fails_even_with_the_right_code(desk: Counter) -> None:
    made = applied(desk)
    send(desk, made)
    code = desk.route.code(people()[0].form.phone)
    for _ in range(CODE_TRIES):
        assert refused(desk, made, wrong(code)) == "invalid_code"
    assert refused(desk, made, code) == "invalid_code"


def test_the_fifth_try_may_still_succeed(desk: Counter) -> None:
    made = applied(desk)
    send(desk, made)
    code = desk.route.code(people()[0].form.phone)
    for _ in range(CODE_TRIES - 1):
        refused(desk, made, wrong(code))
    assert prove_phone(desk.consulate, made.application, made.secret, code=code) is State.PHONE_PROVEN


def test_fifty_parallel_right_answers_prove_once(desk: Counter) -> None:
    made = applied(desk)
    send(desk, made)
    code = desk.route.code(people()[0].form.phone)

    def attempt(_number: int) -> bool:
        try:
            return bool(prove_phone(desk.consulate, made.application, made.secret, code=code))
        except Unmet:
            return False

    with ThreadPoolExecutor(50) as pool:
        assert sum(pool.map(attempt, range(50))) == 1


def test_sends_are_spaced_and_counted_per_application(desk: Counter) -> None:
    made = applied(desk)
    numbers = [f"+1213555018{digit}" for digit in range(6)]
    send(desk, made, numbers[0])
    with pytest.raises(Unmet, match="too_many_requests"):
        send(desk, made, numbers[1])
    for number in numbers[1:5]:
        desk.clock.move(30)
        send(desk, made, number)
    desk.clock.move(30)
    with pytest.raises(Unmet, match="too_many_requests"):
        send(desk, made, numbers[5])
    desk.clock.move(3600)
    send(desk, made, numbers[5])


def test_sends_are_counted_per_number_over_all_applications(desk: Counter) -> None:
    number = "+12135550190"
    for index in range(5):
        send(desk, applied(desk, index), number)
        desk.clock.move(30)
    with pytest.raises(Unmet, match="too_many_requests"):
        send(desk, applied(desk, 5), number)
    send(desk, applied(desk, 6), "+12135550191")


def test_a_refused_send_leaves_no_trace_on_the_other_count(desk: Counter) -> None:
    """The count of the number must not be used up by an application that may not send."""
    made = applied(desk)
    send(desk, made, "+12135550192")
    with pytest.raises(Unmet):
        send(desk, made, "+12135550193")
    send(desk, applied(desk, 1), "+12135550193")


def test_a_route_that_is_down_is_said_and_the_counter_helps(desk: Counter) -> None:
    made, officer = applied(desk), desk.officer()
    desk.route.down = True
    with pytest.raises(MessageNotSent):
        send(desk, made)
    assert witness_phone(desk.consulate, officer, made.application, reason="QR opened on the phone") is State.PHONE_PROVEN


def test_another_missions_officer_witnesses_nothing(desk: Counter) -> None:
    made, stranger = applied(desk), desk.officer(THERE)
    with pytest.raises(Unmet, match="not_found"):
        witness_phone(desk.consulate, stranger, made.application, reason="seen")


def test_phone_and_pin_come_in_any_order(desk: Counter) -> None:
    made = applied(desk)
    assert choose_pin(desk.consulate, made.application, made.secret, pin=PIN) is State.PIN_SET
    assert desk.prove_phone(people()[0], made) is State.READY


@pytest.mark.parametrize("text", ["213 555 0123", "+1 213 555 01", "+1 900 555 1234", "+44 20 7946 0000 x12", "", "+1" * 15])
def test_what_is_no_personal_number(text: str) -> None:
    with pytest.raises(Malformed, match="invalid_phone"):
        parse_phone_number(text)


def test_any_country_is_good_and_a_korean_number_is_only_one_of_them() -> None:
    for region in ("US", "DE", "BR", "KG", "MG", "BN", "KR"):
        example = phonenumbers.example_number_for_type(region, phonenumbers.PhoneNumberType.MOBILE)
        assert example is not None
        written = phonenumbers.format_number(example, phonenumbers.PhoneNumberFormat.INTERNATIONAL)
        assert parse_phone_number(written).startswith(f"+{example.country_code}")


def test_masked() -> None:
    assert masked_phone("+12135550123") == "+1 ••• ••• 0123"
