"""From the person to the claims of each credential type: what may be disclosed, one by one.

Owns the derived claims too. Ages are judged by the date in Seoul; a 29 February birthday comes on 1 March in common years.
`person_id` is in identity and linkage so that the gateway, and nobody else, can tell that they are about one person.
"""

from datetime import date
from typing import Any, Final

import msgspec

from sinwon.core.clock import seoul_date, start_of_day_in_seoul
from sinwon.protocols.credential_claims import PERSON_ID
from sinwon.protocols.credential_types import CredentialType
from sinwon.protocols.roles.person import Person
from sinwon.services.issuance.validity import years_after

AGE_LIMITS: Final = (14, 18, 19)
ADULT_BY_YEAR_CLAIM: Final = "adult_by_year"
ADULT_BY_YEAR: Final = 19  # 연 나이: the calendar year in which one turns 19


def claims_of(kind: CredentialType, person: Person, person_id: str, *, now: int) -> dict[str, Any]:
    """What a copy of this type may disclose, the same for each copy of a batch and in each format. The type's table says what
    belongs to it."""
    stated: dict[str, Any] = msgspec.to_builtins(person)
    derived = derived_claims(date.fromisoformat(person.birthdate), seoul_date(now))
    known = {**stated, **derived, PERSON_ID: person_id}
    return {name: known[name] for name in kind.top if name in known}


def derived_claims(birthdate: date, today: date) -> dict[str, bool]:
    age = age_on(birthdate, today)
    ages = {f"age_over_{limit}": age >= limit for limit in AGE_LIMITS}
    return {**ages, ADULT_BY_YEAR_CLAIM: today.year - birthdate.year >= ADULT_BY_YEAR, "is_overseas_national": True}


def age_on(birthdate: date, today: date) -> int:
    """만 나이: full years."""
    return today.year - birthdate.year - ((today.month, today.day) < (birthdate.month, birthdate.day))


def derived_until(kind: CredentialType, person: Person, *, now: int) -> int | None:
    """When the next of the type's ages is reached: from that moment in Seoul a copy made now would deny what is true. None if
    nothing will change."""
    if ADULT_BY_YEAR_CLAIM not in kind.top:
        return None
    birthdate, today = date.fromisoformat(person.birthdate), seoul_date(now)
    if today.year - birthdate.year > max(AGE_LIMITS):
        return None
    days = (*(years_after(birthdate, limit) for limit in AGE_LIMITS), date(birthdate.year + ADULT_BY_YEAR, 1, 1))
    coming = [day for day in days if day > today]
    return start_of_day_in_seoul(min(coming)) if coming else None
