"""What a consulate says of a person is refused when the offer is asked for, not when copies are made."""

import msgspec
import pytest

from sinwon.core.refusal import Malformed
from sinwon.protocols.roles.person import Person
from sinwon.services.issuance.check_person import check_person
from tests.issuing import PERSON

WITH_PORTRAIT = msgspec.structs.replace(PERSON, portrait="data:image/jpeg;base64,/9j/4AAQ")


def _with(**changes: object) -> Person:
    return msgspec.structs.replace(WITH_PORTRAIT, **changes)


def test_a_person_with_and_without_a_portrait_is_taken() -> None:
    check_person(WITH_PORTRAIT)
    check_person(_with(portrait=None))


@pytest.mark.parametrize(
    "portrait",
    [
        "",
        "/9j/4AAQ",
        "data:image/png;base64,/9j/4AAQ",
        "data:image/jpeg;base64,",
        "data:image/jpeg;base64,iVBORw0K",
        "data:image/jpeg;base64,/9j/4A Q",
    ],
)
def test_a_portrait_that_is_no_jpeg_is_refused(portrait: str) -> None:
    with pytest.raises(Malformed):
        check_person(_with(portrait=portrait))


@pytest.mark.parametrize("day", ["", "2025-2-3", "2025-02-30", "20250203"])
def test_days_are_days(day: str) -> None:
    passport, evidence = WITH_PORTRAIT.passport, WITH_PORTRAIT.evidence
    spoiled = (
        _with(birthdate=day),
        _with(passport=msgspec.structs.replace(passport, issue_date=day)),
        _with(passport=msgspec.structs.replace(passport, expiry_date=day)),
        _with(evidence=msgspec.structs.replace(evidence, date=day)),
    )
    for person in spoiled:
        with pytest.raises(Malformed):
            check_person(person)
