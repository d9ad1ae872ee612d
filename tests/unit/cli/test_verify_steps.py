"""The steps of a check are those of the code that checks: none invented, none forgotten, and the one that refused is found."""

from collections.abc import Callable
from typing import Any

import pytest

from sinwon.cli.verify.check import CHECKS
from sinwon.cli.verify.mdoc import ISSUER_SIGNED, RESPONSE, parse_documents
from sinwon.cli.verify.report import Outcome, Report
from sinwon.cli.verify.sd_jwt import COMPACT, JSON, TYPED
from sinwon.cli.verify.status import CWT, JWT, STATED, check_entry
from sinwon.cli.verify.steps import refusing_step, steps_of
from sinwon.cli.verify.trust import open_trust_list
from sinwon.cli.verify.words import Words
from sinwon.core.refusal import Fault, Refusal, Unmet, Untrusted
from sinwon.formats.mdoc.verify import verify_device_signed, verify_issuer_signed
from sinwon.formats.sdjwt.json_form import parse_json_form
from sinwon.formats.sdjwt.key_binding import check_key_binding
from sinwon.formats.sdjwt.vc import verify_sd_jwt_vc
from sinwon.formats.status import identifiers, token_cwt, token_jwt
from sinwon.protocols.trust.status_lists import StatusLists
from tests.unit.cli.verify_whys import reasons

SHOWN: tuple[Callable[..., Any], ...] = (
    parse_json_form,
    verify_sd_jwt_vc,
    check_key_binding,
    parse_documents,
    verify_issuer_signed,
    verify_device_signed,
    token_jwt.verify_status_list,
    token_cwt.verify_status_list,
    identifiers.verify_identifier_list,
    StatusLists.value,
    check_entry,
    open_trust_list,
)
OPENINGS = (COMPACT, JSON, TYPED, ISSUER_SIGNED, RESPONSE, JWT, CWT, STATED)


def outer(number: int) -> None:
    """Steps within a step, a step after it, and a refusal that is turned into another below all of them."""
    try:
        # 1 small enough [RFC 1]
        inner(number)
        # 2 not three
        if number == 3:
            raise Unmet("outer", "three")
    except Refusal as refusal:
        raise refusal.coded("other") from None


def inner(number: int) -> None:
    # 1 not one [RFC 2 1; RFC 3 4.5]
    if number == 1:
        raise Unmet("inner", "one")
    # 2 not two
    if number == 2:
        raise Untrusted("inner", "two")


@pytest.fixture(autouse=True)
def _these_are_ours(monkeypatch: pytest.MonkeyPatch) -> None:
    """Calls are followed within the program only; here the program is this file."""
    monkeypatch.setattr("sinwon.cli.verify.steps.OURS", ("sinwon.", __name__))


def test_steps_are_read_with_those_below_them() -> None:
    found = [(step.depth, step.text, step.spec) for step in steps_of(outer)]
    assert found == [
        (0, "small enough", "RFC 1"),
        (1, "not one", "RFC 2 1; RFC 3 4.5"),
        (1, "not two", ""),
        (0, "not three", ""),
    ]


@pytest.mark.parametrize(("number", "why"), [(1, "one"), (2, "two"), (3, "three")])
def test_the_step_that_refused_is_found(number: int, why: str) -> None:
    steps = steps_of(outer)
    with pytest.raises(Refusal) as caught:
        outer(number)
    place = refusing_step(steps, caught.value)
    assert place is not None
    assert steps[place].text == f"not {why}"


def test_a_refusal_from_elsewhere_is_at_no_step() -> None:
    assert refusing_step(steps_of(outer), Unmet("x", "y")) is None


def test_what_is_no_function_has_no_steps() -> None:
    with pytest.raises(Fault):
        steps_of(str.upper)
    with pytest.raises(Fault):
        steps_of(eval("lambda: None"))  # noqa: S307 (a function without source)


def test_numbers_and_outcomes() -> None:
    report = Report("sd-jwt")

    def refuse() -> None:
        outer(3)

    report.take("issuer", lambda: outer(0), outer)
    report.take("holder", refuse, outer)
    report.take("status", lambda: outer(0), outer)
    passed, refused, not_done = report.sections
    assert {line.outcome for line in passed.lines} == {Outcome.PASSED}
    assert [line.outcome for line in refused.lines][-1] is Outcome.REFUSED
    assert {line.outcome for line in not_done.lines} == {Outcome.NOT_DONE}
    assert report.exit_code == 1


def test_every_step_has_a_section_of_a_specification_and_korean() -> None:
    korean = Words("ko")
    texts = {step.text for check in SHOWN for step in steps_of(check)} | {opening.text for opening in OPENINGS}
    assert {text for text in texts if korean.step(text) == text} == set()
    assert korean._steps.keys == texts
    without = {step.text for check in SHOWN for step in steps_of(check) if not step.spec}
    assert without == {"newest list we can have", "no part is two in the compact form, or none"}


def test_every_reason_has_korean_and_no_korean_is_left_over() -> None:
    assert Words("ko")._reasons.keys == frozenset(reasons())


def test_what_was_filled_into_a_reason_is_kept() -> None:
    korean = Words("ko")
    assert korean.reason("more than 262144 characters of SD-JWT") == "SD-JWT가 262144자를 넘습니다"
    assert korean.reason("no valid path to an anchor (VerificationError)").endswith("(VerificationError)")
    assert korean.reason("nobody ever wrote this") == "nobody ever wrote this"
    assert Words("en").reason("status 2") == "status 2"


def test_every_kind_has_a_name_in_both_languages() -> None:
    for words in (Words("ko"), Words("en")):
        assert all(words.label(f"kind-{kind}") for kind in CHECKS)
    assert Words("ko").label.keys == Words("en").label.keys
