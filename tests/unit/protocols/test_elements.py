"""One claim set in two ways of writing: names as the table says, and the same values back."""

import pytest

from sinwon.core.cbor import FullDate, dump_cbor, parse_cbor
from sinwon.core.refusal import Fault, Unmet
from sinwon.formats.mdoc.verify import plain
from sinwon.protocols.credential_claims import Form
from sinwon.protocols.credential_types import ALL_TYPES, IDENTITY_TYPE, LINKAGE_TYPE, CredentialType
from sinwon.protocols.elements import from_elements, to_elements
from sinwon.protocols.oidc.claims import keep_claims
from sinwon.services.issuance.claims import claims_of
from tests.issuing import PERSON, RRN
from tests.world import NOW


def test_names_and_values_of_an_identity() -> None:
    elements = to_elements(IDENTITY_TYPE, claims_of(IDENTITY_TYPE, PERSON, "person-1", now=NOW))
    assert elements["birth_date"] == FullDate("1990-01-01")
    assert elements["passport_expiry_date"] == FullDate("2032-03-04")
    assert elements["resident_address"] == "Example Strasse 1\n53111 Bonn"
    assert elements["mission_name"] == "본 분관"
    assert elements["portrait"] == b"\xff\xd8\xff\xe0\x00\x10"
    assert elements["sex"] == 1
    assert elements["age_over_19"] is True
    assert isinstance(elements["evidence"], dict)
    assert elements["evidence"]["date"] == FullDate("2026-09-21")
    assert elements["person_id"] == "person-1"
    assert RRN not in str(elements)


def test_linkage_is_flat() -> None:
    assert to_elements(LINKAGE_TYPE, {"linkage": {"rrn": RRN}, "person_id": "p"}) == {"person_id": "p", "rrn": RRN}


@pytest.mark.parametrize("kind", ALL_TYPES, ids=lambda kind: kind.vct)
def test_what_is_written_is_read_back(kind: CredentialType) -> None:
    """Through CBOR, as a verifier gets it: the same claims by dotted path out of either format."""
    claims = claims_of(kind, PERSON, "person-1", now=NOW)
    received = plain(parse_cbor(dump_cbor(to_elements(kind, claims)), limit=1 << 16))
    read = from_elements(kind, received)
    paths = [claim.steps for claim in kind.by_element.values() if claim.path != "person_id"]
    assert {name: value for name, value in read.items() if name != "person_id"} == keep_claims(claims, paths)
    assert read.get("person_id") == claims.get("person_id")


@pytest.mark.parametrize("kind", ALL_TYPES, ids=lambda kind: kind.vct)
def test_every_claim_is_an_element_or_within_one_or_above_some(kind: CredentialType) -> None:
    elements = {claim.steps for claim in kind.claims if claim.element is not None}
    for claim in kind.claims:
        within = any(claim.steps[:length] in elements for length in range(1, len(claim.steps) + 1))
        assert within or any(steps[: len(claim.steps)] == claim.steps for steps in elements)
    assert len(kind.by_element) == len(elements)
    assert len(kind.by_path) == len(kind.claims)


def test_unknown_elements_are_left_out() -> None:
    assert from_elements(IDENTITY_TYPE, {"name_ko": "홍길동", "shoe_size": 42}) == {"name_ko": "홍길동"}


def test_an_image_has_its_form() -> None:
    assert IDENTITY_TYPE.by_element["portrait"].form is Form.IMAGE
    with pytest.raises(Fault):
        to_elements(IDENTITY_TYPE, {"portrait": "https://pictures.example/1.jpg"})
    with pytest.raises(Unmet):
        from_elements(IDENTITY_TYPE, {"portrait": "not bytes"})
