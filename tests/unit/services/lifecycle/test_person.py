"""A person's data by aspect: what differs, and what is taken."""

import msgspec
import pytest

from sinwon.protocols.roles.person import Linkage, Person
from sinwon.services.lifecycle.machine import Aspect
from sinwon.services.lifecycle.person import BESIDE, FIELDS, changed_aspects, taken
from tests.issuing import PERSON

change = msgspec.structs.replace
OTHERS = {
    Aspect.PASSPORT: change(
        PERSON, passport=change(PERSON.passport, number="M765B4321"), portrait="data:image/jpeg;base64,/9j/5555"
    ),
    Aspect.REGISTRATION: change(PERSON, registration=change(PERSON.registration, mission_code="mission-other")),
    Aspect.NAME: change(PERSON, given_name=None),
    Aspect.RRN: change(PERSON, linkage=Linkage("9001019019919")),
    Aspect.ADDRESS: change(PERSON, residence_country="FR"),
}


def test_every_field_belongs_to_one_aspect_or_is_evidence() -> None:
    named = [field for fields in (*FIELDS.values(), *BESIDE.values()) for field in fields]
    assert sorted([*named, "evidence"]) == sorted(Person.__struct_fields__)


@pytest.mark.parametrize("aspect", list(OTHERS))
def test_what_changed_is_found_and_taken(aspect: Aspect) -> None:
    other = OTHERS[aspect]
    assert changed_aspects(PERSON, other) == {aspect}
    assert taken(PERSON, other, frozenset({aspect})) == other
    assert taken(PERSON, other, frozenset(FIELDS) - {aspect}) == PERSON


def test_the_same_picture_encoded_anew_and_another_visit_are_no_change() -> None:
    other = change(PERSON, portrait=None, evidence=change(PERSON.evidence, date="2026-10-01"))
    assert changed_aspects(PERSON, other) == frozenset()
