"""From person to claims: names, derived ages, and the published table."""

from datetime import date, datetime
from typing import Any

import pytest
from msgspec.structs import replace

from sinwon.core.clock import KST, start_of_day_in_seoul
from sinwon.protocols.credential_types import (
    AGE_TYPE,
    ALL_TYPES,
    IDENTITY_TYPE,
    LINKAGE_TYPE,
    PERSON_ID,
    CredentialType,
)
from sinwon.services.issuance.claims import age_on, claims_of, derived_claims, derived_until
from tests.issuing import PERSON, RRN
from tests.world import NOW


def paths(claims: dict[str, Any], above: str = "") -> set[str]:
    found: set[str] = set()
    for name, value in claims.items():
        found.add(above + name)
        if isinstance(value, dict):
            found |= paths(value, f"{above}{name}.")
    return found


@pytest.mark.parametrize("kind", ALL_TYPES, ids=lambda kind: kind.vct)
def test_the_table_lists_what_is_issued_and_nothing_else(kind: CredentialType) -> None:
    claims = claims_of(kind, PERSON, "person-1", now=NOW)
    assert paths(claims) == {claim.path for claim in kind.claims}


def test_identity_holds_nothing_that_links_across_services() -> None:
    claims = claims_of(IDENTITY_TYPE, PERSON, "person-1", now=NOW)
    assert RRN not in str(claims)
    assert claims[PERSON_ID] == "person-1"


def test_linkage_holds_the_number_and_the_person_id_only() -> None:
    assert claims_of(LINKAGE_TYPE, PERSON, "person-1", now=NOW) == {PERSON_ID: "person-1", "linkage": {"rrn": RRN}}


def test_age_holds_flags_and_nothing_that_says_who() -> None:
    flags = ("age_over_14", "age_over_18", "age_over_19", "adult_by_year")
    assert claims_of(AGE_TYPE, PERSON, "person-1", now=NOW) == dict.fromkeys(flags, True)


@pytest.mark.parametrize(
    ("born", "today", "age"),
    [
        (date(2012, 9, 22), date(2026, 9, 21), 13),
        (date(2012, 9, 21), date(2026, 9, 21), 14),
        (date(2008, 2, 29), date(2027, 2, 28), 18),
        (date(2008, 2, 29), date(2027, 3, 1), 19),
        (date(2008, 2, 29), date(2028, 2, 29), 20),
    ],
)
def test_age_in_full_years(born: date, today: date, age: int) -> None:
    assert age_on(born, today) == age


@pytest.mark.parametrize(
    ("born", "flags"),
    [
        (date(2007, 12, 31), (True, True, False, True)),
        (date(2008, 1, 1), (True, True, False, False)),
        (date(2012, 9, 22), (False, False, False, False)),
    ],
)
def test_derived_flags(born: date, flags: tuple[bool, ...]) -> None:
    claims = derived_claims(born, date(2026, 9, 21))
    assert (claims["age_over_14"], claims["age_over_18"], claims["age_over_19"], claims["adult_by_year"]) == flags
    assert claims["is_overseas_national"] is True


@pytest.mark.parametrize(
    ("born", "now", "until"),
    [
        pytest.param("1990-01-01", datetime(2026, 9, 21, tzinfo=KST), None, id="an_adult_stays_one"),
        pytest.param("2007-09-21", datetime(2026, 9, 20, 23, 59, 59, tzinfo=KST), date(2026, 9, 21), id="tomorrow_19"),
        pytest.param("2007-09-21", datetime(2026, 9, 21, tzinfo=KST), None, id="today_19"),
        pytest.param("2008-09-21", datetime(2026, 9, 22, tzinfo=KST), date(2027, 1, 1), id="an_adult_by_year_in_january"),
        pytest.param("2008-09-21", datetime(2027, 1, 1, tzinfo=KST), date(2027, 9, 21), id="then_19"),
        pytest.param("2008-09-23", datetime(2026, 9, 22, tzinfo=KST), date(2026, 9, 23), id="tomorrow_18"),
        pytest.param("2012-09-30", datetime(2026, 9, 22, tzinfo=KST), date(2026, 9, 30), id="soon_14"),
        pytest.param("2008-02-29", datetime(2027, 2, 28, tzinfo=KST), date(2027, 3, 1), id="born_on_a_leap_day"),
    ],
)
def test_what_is_said_about_an_age_holds_until_the_next_one(born: str, now: datetime, until: date | None) -> None:
    """By the date in Seoul; at that moment the flag turns, and not a second before."""
    person, at = replace(PERSON, birthdate=born), int(now.timestamp())
    for kind in (IDENTITY_TYPE, AGE_TYPE):
        end = derived_until(kind, person, now=at)
        assert end == (until and start_of_day_in_seoul(until))
        if end is not None:
            said = [claims_of(AGE_TYPE, person, "x", now=moment) for moment in (at, end - 1, end)]
            assert said[0] == said[1] != said[2]
    assert derived_until(LINKAGE_TYPE, person, now=at) is None
