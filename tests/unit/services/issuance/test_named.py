"""By identifier where the token came with some, else by configuration, and never by what was not given."""

import pytest

from sinwon.core.refusal import Refusal
from sinwon.protocols.vci.configurations import AGE_SD_JWT, IDENTITY_SD_JWT
from sinwon.protocols.vci.credential_request import CredentialRequest
from sinwon.services.issuance.issue_credentials import check_named
from sinwon.store.issuer.certificates import CertificateState, Granted
from tests.world import NOW


def granted(*, by_identifier: bool) -> Granted:
    state = CertificateState.ACTIVE
    return Granted("cert", (IDENTITY_SD_JWT,), "person", b"", state, NOW, 0, {}, by_identifier=by_identifier)


def asked(configuration: str, *, by_identifier: bool) -> CredentialRequest:
    return CredentialRequest(configuration, (), by_identifier=by_identifier)


@pytest.mark.parametrize("by_identifier", [False, True])
def test_as_the_token_says(by_identifier: bool) -> None:
    check_named(granted(by_identifier=by_identifier), asked(IDENTITY_SD_JWT, by_identifier=by_identifier))


def test_an_identifier_of_a_token_that_came_without() -> None:
    with pytest.raises(Refusal, match="unknown_credential_identifier"):
        check_named(granted(by_identifier=False), asked(IDENTITY_SD_JWT, by_identifier=True))


def test_an_identifier_that_did_not_come_with_the_token() -> None:
    with pytest.raises(Refusal, match="unknown_credential_identifier"):
        check_named(granted(by_identifier=True), asked(AGE_SD_JWT, by_identifier=True))


def test_a_configuration_where_identifiers_were_given() -> None:
    with pytest.raises(Refusal, match="invalid_credential_request"):
        check_named(granted(by_identifier=True), asked(IDENTITY_SD_JWT, by_identifier=False))
