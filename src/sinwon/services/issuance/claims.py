"""From the person to the claims of each credential type: what may be disclosed, one by one.

Owns the derived claims too. Ages are judged by the date in Seoul; a 29 February birthday comes on 1 March in common years.
`person_id` is in both types so that the gateway, and nobody else, can tell that they are about one person.
"""

from collections.abc import Mapping
from datetime import date
from typing import Any, Final

import msgspec

from sinwon.core.clock import seoul_date
from sinwon.protocols.credential_types import PERSON_ID, PERSONAL_IN_LINKAGE
from sinwon.protocols.roles.person import Person
from sinwon.protocols.vci.configurations import IDENTITY_SD_JWT, LINKAGE_SD_JWT

AGES: Final = (14, 18, 19)
ADULT_BY_YEAR: Final = 19  # 연 나이: the calendar year in which one turns 19


def claims_of(configuration: str, person: Person, person_id: str, *, now: int) -> dict[str, Any]:
    """The hidden claims of one configuration, the same for each copy of a batch."""
    if configuration == IDENTITY_SD_JWT:
        return identity_claims(person, person_id, seoul_date(now))
    if configuration == LINKAGE_SD_JWT:
        return linkage_claims(person, person_id)
    raise KeyError(configuration)


def identity_claims(person: Person, person_id: str, today: date) -> dict[str, Any]:
    members: Mapping[str, Any] = msgspec.to_builtins(person)
    stated = {name: value for name, value in members.items() if name not in PERSONAL_IN_LINKAGE}
    return {**stated, **derived_claims(date.fromisoformat(person.birthdate), today), PERSON_ID: person_id}


def linkage_claims(person: Person, person_id: str) -> dict[str, Any]:
    return {"linkage": msgspec.to_builtins(person.linkage), PERSON_ID: person_id}


def derived_claims(birthdate: date, today: date) -> dict[str, bool]:
    age = age_on(birthdate, today)
    ages = {f"age_over_{limit}": age >= limit for limit in AGES}
    return {**ages, "adult_by_year": today.year - birthdate.year >= ADULT_BY_YEAR, "is_overseas_national": True}


def age_on(birthdate: date, today: date) -> int:
    """만 나이: full years."""
    return today.year - birthdate.year - ((today.month, today.day) < (birthdate.month, birthdate.day))
