"""The catalogue of reasons: complete, in order, in both languages, without loose placeholders."""

from string import Formatter

from sinwon.services.enrolment.checks import POLICY
from sinwon.services.enrolment.reasons import NEUTRAL_CODE, REASONS, TABLE, Kind, Text

CODES = [
    "NOT_REGISTERED",
    "DEREGISTERED",
    "RRN_MISSING",
    "RRN_X000000",
    "RRN_INVALID",
    "PASSPORT_MISSING",
    "PASSPORT_NOT_EPASSPORT",
    "PASSPORT_EXPIRED",
    "PASSPORT_LOST_OR_CANCELLED",
    "PASSPORT_CHIP_UNREADABLE",
    "PASSPORT_CHIP_REJECTED",
    "IDENTITY_MISMATCH",
    "FACE_MISMATCH",
    "UNDER_14",
    "PROXY_NOT_ALLOWED",
    "WRONG_JURISDICTION",
    "MISSION_NOT_OPEN",
    "DUPLICATE_ACTIVE",
    "PHONE_NOT_PROVEN",
    "CONSENT_MISSING",
    "NATIONALITY_LOST",
    "DECEASED",
    "REGISTRY_UNAVAILABLE",
]
OFFICERS = {
    "RRN_INVALID",
    "PASSPORT_MISSING",
    "PASSPORT_CHIP_UNREADABLE",
    "IDENTITY_MISMATCH",
    "FACE_MISMATCH",
    "WRONG_JURISDICTION",
    "DUPLICATE_ACTIVE",
    "PHONE_NOT_PROVEN",
    "CONSENT_MISSING",
}


def test_the_23_codes_stand_in_table_order() -> None:
    assert [reason.code for reason in TABLE] == CODES


def test_each_has_exactly_one_check() -> None:
    assert [check.code for check in POLICY] == CODES


def test_classes() -> None:
    assert {reason.code for reason in TABLE if reason.kind is Kind.OFFICER} == OFFICERS
    assert [reason.code for reason in TABLE if reason.kind is Kind.RETRY] == ["REGISTRY_UNAVAILABLE"]


def test_texts_are_complete_in_both_languages() -> None:
    for reason in TABLE:
        for text in (reason.text, reason.next_step, *([reason.for_officer] if reason.for_officer else [])):
            assert any("가" <= letter <= "힣" for letter in text.ko), reason.code
            assert text.ko.endswith("."), reason.code
            assert text.en.isprintable(), reason.code
            assert text.en.endswith("."), reason.code
            assert _names(text.ko) == _names(text.en) <= {"date", "mission"}, reason.code


def test_placeholders_are_filled() -> None:
    values = {"date": "2029-04-17", "mission": "X"}
    for reason in TABLE:
        filled: Text = reason.next_step.filled(values, values)
        assert "{" not in filled.ko + filled.en


def test_three_reasons_are_neutral_to_the_applicant() -> None:
    neutral = {reason.code for reason in TABLE if reason.applicant_code == NEUTRAL_CODE}
    assert neutral == {"DECEASED", "PASSPORT_CHIP_REJECTED", "PASSPORT_LOST_OR_CANCELLED"}
    assert all(REASONS[code].for_officer for code in neutral)


def _names(text: str) -> set[str]:
    return {name for _, name, _, _ in Formatter().parse(text) if name}
