"""From person to claims: names, derived ages, and the published table."""

from datetime import date
from typing import Any

import pytest

from sinwon.protocols.credential_types import PERSON_ID
from sinwon.protocols.vci.configurations import IDENTITY_CLAIMS, IDENTITY_SD_JWT, LINKAGE_CLAIMS, LINKAGE_SD_JWT
from sinwon.services.issuance.claims import age_on, claims_of, derived_claims
from tests.issuing import PERSON, RRN
from tests.world import NOW


def paths(claims: dict[str, Any], above: str = "") -> set[str]:
    found: set[str] = set()
    for name, value in claims.items():
        found.add(above + name)
        if isinstance(value, dict):
            found |= paths(value, f"{above}{name}.")
    return found


@pytest.mark.parametrize(("configuration", "table"), [(IDENTITY_SD_JWT, IDENTITY_CLAIMS), (LINKAGE_SD_JWT, LINKAGE_CLAIMS)])
def test_the_published_table_lists_what_is_issued(configuration: str, table: tuple[tuple[str, ...], ...]) -> None:
    claims = claims_of(configuration, PERSON, "person-1", now=NOW)
    assert paths(claims) - {PERSON_ID} == {row[0] for row in table}


def test_identity_holds_nothing_that_links_across_services() -> None:
    claims = claims_of(IDENTITY_SD_JWT, PERSON, "person-1", now=NOW)
    assert RRN not in str(claims)
    assert claims[PERSON_ID] == "person-1"


def test_linkage_holds_the_number_and_the_person_id_only() -> None:
    assert claims_of(LINKAGE_SD_JWT, PERSON, "person-1", now=NOW) == {"linkage": {"rrn": RRN}, PERSON_ID: "person-1"}


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
