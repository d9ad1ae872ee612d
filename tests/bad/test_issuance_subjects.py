"""Copies for the wrong person, or of what nobody granted: row I36. A token leads to one certificate, whatever is named."""

from typing import Any

import pytest
from msgspec.structs import replace
from sqlalchemy import select

from sinwon.formats.sdjwt.disclosures import process
from sinwon.formats.sdjwt.parse import parse_sd_jwt
from sinwon.protocols.roles.person import Linkage
from sinwon.protocols.vci.configurations import AGE_SD_JWT, IDENTITY_SD_JWT
from sinwon.store.issuer.tables import CERTIFICATES, COPIES
from tests.issuing import PERSON, Issuing, code_of, refused, rows

OTHER = replace(PERSON, name_ko="김영희", linkage=Linkage("9505052000003"))


def other_names(issuing: Issuing) -> dict[str, str]:
    """By which the other person's data are known at this issuer."""
    offer = issuing.make_offer(person=OTHER)
    application = f"application-{issuing.applications}"
    with issuing.issuer.engine.connect() as connection:
        found = connection.execute(select(CERTIFICATES).where(CERTIFICATES.c.application == application)).one()
    return {"certificate": found.id, "person_id": found.person_id, "application": application, "offer": offer.offer}


def subject(copy: str) -> tuple[str, str]:
    claims = process(parse_sd_jwt(copy))
    return claims["name_ko"], claims["person_id"]


@pytest.mark.parametrize("name", ["certificate", "person_id", "application", "offer"])
def test_I36_the_data_of_another_person_by_identifier(issuing: Issuing, name: str) -> None:
    token, other = issuing.new_token(), other_names(issuing)[name]
    body = {"credential_identifier": other, "proofs": {"jwt": issuing.proofs()}}
    refused(issuing.send(token, body), 400, "unknown_credential_identifier")
    assert rows(issuing, COPIES) == 0


def test_I36_the_data_of_another_person_named_beside_the_configuration(issuing: Issuing) -> None:
    token, names = issuing.new_token(), other_names(issuing)
    more: dict[str, Any] = {**names, "sub": names["person_id"], "authorization_details": [{"credential_identifiers": [*names]}]}
    answer = issuing.request(token, issuing.proofs(), IDENTITY_SD_JWT, **more)
    assert answer.status_code == 200
    name, person_id = subject(answer.json()["credentials"][0]["credential"])
    assert name == PERSON.name_ko
    assert person_id != names["person_id"]


def test_I36_a_type_that_was_not_granted(issuing: Issuing) -> None:
    token = issuing.with_settings(configurations=(AGE_SD_JWT,)).new_token()
    refused(issuing.request(token, issuing.proofs(), IDENTITY_SD_JWT), 403, "insufficient_scope")
    assert rows(issuing, COPIES) == 0


def test_I36_control_each_with_their_own_token(issuing: Issuing) -> None:
    for person in (PERSON, OTHER):
        code = code_of(issuing.open(issuing.make_offer(person=person)))
        token = str(issuing.redeem(code).json()["access_token"])
        copy = issuing.issue(configuration=IDENTITY_SD_JWT, token=token)["credentials"][0]["credential"]
        assert subject(copy)[0] == person.name_ko
