"""What a credential request names, and how its answer is to travel."""

from typing import Any

import pytest

from sinwon.core.refusal import Refusal
from sinwon.core.strict_json import dump
from sinwon.protocols.vci.configurations import ALL
from sinwon.protocols.vci.credential_identifiers import configuration_of, credential_identifier
from sinwon.protocols.vci.credential_request import CredentialRequest, parse_credential_request
from sinwon.protocols.vci.encryption import AnswerKey
from sinwon.protocols.vci.proof import sign_proof
from tests import world

KNOWN = frozenset(ALL)
WISH = {"jwk": {**world.key("wallet").public_jwk, "alg": "ECDH-ES", "kid": "one", "use": "enc"}, "enc": "A256GCM"}


def parsed(sealed: bool = False, **members: Any) -> CredentialRequest:
    proof = sign_proof(world.key("holder"), issuer=world.ISSUER, nonce="nonce", now=world.NOW)
    return parse_credential_request(dump({"proofs": {"jwt": [proof]}, **members}), known=KNOWN, batch_size=3, sealed=sealed)


@pytest.mark.parametrize("configuration", ALL)
def test_a_configuration_by_either_name(configuration: str) -> None:
    by_name = parsed(credential_configuration_id=configuration)
    by_identifier = parsed(credential_identifier=credential_identifier(configuration))
    assert (by_name.configuration_id, by_name.by_identifier) == (configuration, False)
    assert (by_identifier.configuration_id, by_identifier.by_identifier) == (configuration, True)


def test_identifiers_lead_back_to_their_configuration() -> None:
    assert [configuration_of(credential_identifier(name)) for name in ALL] == list(ALL)
    assert len({credential_identifier(name) for name in ALL} - KNOWN) == len(ALL)


@pytest.mark.parametrize("identifier", [ALL[0], f"{ALL[0]}.2", f"{ALL[0]}.1.1", ".1", "", "no-such.1"])
def test_an_identifier_that_is_none(identifier: str) -> None:
    with pytest.raises(Refusal, match="unknown_credential_identifier"):
        parsed(credential_identifier=identifier)


@pytest.mark.parametrize(("more", "zipped"), [({}, False), ({"zip": None}, False), ({"zip": "DEF"}, True), ({"x": 1}, False)])
def test_how_the_answer_is_encrypted(more: dict[str, Any], zipped: bool) -> None:
    wish = {**WISH, **more}
    found = parsed(sealed=True, credential_configuration_id=ALL[0], credential_response_encryption=wish).encryption
    assert found == AnswerKey({**world.key("wallet").public_jwk, "kid": "one"}, "A256GCM", zipped)


def test_nothing_asked_is_nothing_encrypted() -> None:
    for sealed in (False, True):
        assert parsed(sealed, credential_configuration_id=ALL[0], credential_response_encryption=None).encryption is None


def test_an_encrypted_answer_is_not_asked_for_in_the_clear() -> None:
    with pytest.raises(Refusal, match="invalid_encryption_parameters"):
        parsed(credential_configuration_id=ALL[0], credential_response_encryption=WISH)
