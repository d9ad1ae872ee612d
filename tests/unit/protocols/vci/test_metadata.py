"""Issuer and authorization server metadata: conformance of form, and the claim table against the claims."""

from itertools import chain
from typing import Any

import pytest

from sinwon.core.refusal import Unmet
from sinwon.core.strict_json import dump, parse_json
from sinwon.protocols.attestation.key_assurance import PIN_AND_PASSKEY
from sinwon.protocols.oauth.metadata import parse_metadata, well_known_path, well_known_url
from sinwon.protocols.vci.configurations import ALL, ISSUED, configurations
from sinwon.protocols.vci.metadata import IssuerMetadata, parse_issuer_metadata
from tests.world import ISSUER

METADATA = IssuerMetadata(ISSUER, f"{ISSUER}/credential", configurations())


def test_every_configuration_is_complete() -> None:
    written = parse_json(dump(METADATA), limit=1 << 20)["credential_configurations_supported"]
    assert set(written) == set(ALL)
    for name, configuration in written.items():
        issued = ISSUED[name]
        assert configuration["format"] == issued.format
        if issued.format == "mso_mdoc":
            assert (configuration["doctype"], "vct" in configuration) == (issued.type.doctype, False)
            assert configuration["credential_signing_alg_values_supported"] == [-7]
            assert configuration["cryptographic_binding_methods_supported"] == ["cose_key"]
        else:
            assert (configuration["vct"], "doctype" in configuration) == (issued.type.vct, False)
            assert configuration["credential_signing_alg_values_supported"] == ["ES256"]
            assert configuration["cryptographic_binding_methods_supported"] == ["jwk"]
        required = {"key_attestations_required": {"user_authentication": [PIN_AND_PASSKEY]}} if issued.attested else {}
        proof_type = {"proof_signing_alg_values_supported": ["ES256"], **required}
        assert configuration["proof_types_supported"] == {"jwt": proof_type, "attestation": proof_type}
        assert configuration["scope"] == name


def test_claims_of_an_mdoc_are_a_namespace_and_an_element() -> None:
    for name, configuration in configurations().items():
        if ISSUED[name].format == "mso_mdoc" and configuration.credential_metadata:
            paths = [claim.path for claim in configuration.credential_metadata.claims]
            assert {path[0] for path in paths} == {configuration.doctype}
            assert {len(path) for path in paths} == {2}


def test_every_text_is_there_in_both_languages_once() -> None:
    for configuration in parse_json(dump(METADATA), limit=1 << 20)["credential_configurations_supported"].values():
        described: dict[str, Any] = configuration["credential_metadata"]
        for display in chain([described["display"]], (claim["display"] for claim in described["claims"])):
            assert [each["locale"] for each in display] == ["ko", "en"]
            assert all(each["name"] for each in display)
        paths = [tuple(claim["path"]) for claim in described["claims"]]
        assert len(set(paths)) == len(paths)


def test_metadata_is_read_back_and_must_speak_for_the_issuer_asked() -> None:
    assert parse_issuer_metadata(dump(METADATA), issuer=ISSUER) == METADATA
    for other in (f"{ISSUER}/", "https://Issuer.example", f"{ISSUER}:443"):
        with pytest.raises(Unmet, match="invalid_metadata"):
            parse_issuer_metadata(dump(METADATA), issuer=other)


def test_well_known_is_inserted_between_host_and_path() -> None:
    assert well_known_url(ISSUER, "x") == f"{ISSUER}/.well-known/x"
    assert well_known_url("https://h.example:8/a/b", "x") == "https://h.example:8/.well-known/x/a/b"
    assert well_known_path("https://h.example/a/", "x") == "/.well-known/x/a"


def test_authorization_server_metadata_must_speak_for_the_issuer_asked() -> None:
    data = dump({"issuer": ISSUER, "token_endpoint": f"{ISSUER}/token", "response_types_supported": []})
    assert parse_metadata(data, issuer=ISSUER).token_endpoint == f"{ISSUER}/token"
    with pytest.raises(Unmet, match="invalid_metadata"):
        parse_metadata(data, issuer="https://other.example")
