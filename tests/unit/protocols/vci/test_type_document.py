"""The Type Metadata of our own types says what the issuer's metadata says, and the certificates we issue keep it."""

import json

import pytest

from sinwon.core.fetch import Answer
from sinwon.core.refusal import Untrusted
from sinwon.formats.sdjwt.integrity import check_integrity
from sinwon.formats.sdjwt.issue import issue_sd_jwt
from sinwon.formats.sdjwt.parse import parse_sd_jwt
from sinwon.formats.sdjwt.type_metadata import merge, parse_type_metadata, resolve_type
from sinwon.formats.sdjwt.type_rules import check_issued
from sinwon.protocols.vci.configurations import IDENTITY_SD_JWT, LINKAGE_SD_JWT, configurations
from sinwon.protocols.vci.metadata import Configuration
from sinwon.protocols.vci.type_document import type_document, vct_integrity
from tests.network import Network
from tests.world import SeededRandomness, issuer_signer

SD_JWT = [IDENTITY_SD_JWT, LINKAGE_SD_JWT]


@pytest.mark.parametrize("name", SD_JWT)
def test_says_what_the_issuers_metadata_says(name: str) -> None:
    configuration = configurations()[name]
    document = parse_type_metadata(type_document(configuration), vct=configuration.vct)
    described = configuration.credential_metadata
    assert described is not None
    assert [(claim.path, claim.mandatory is True) for claim in document.claims] == [
        (claim.path, claim.mandatory) for claim in described.claims
    ]
    assert {claim.sd for claim in document.claims} == {"always"}
    assert [[label.label for label in claim.display] for claim in document.claims] == [
        [display.name for display in claim.display] for claim in described.claims
    ]
    assert [label.name for label in document.display] == [display.name for display in described.display]
    assert {label.locale for label in document.display} == {"ko", "en"}
    colours = [
        label.rendering.simple.background_color for label in document.display if label.rendering and label.rendering.simple
    ]
    assert colours == [display.background_color for display in described.display]


def test_a_certificate_keeps_its_type() -> None:
    configuration = configurations()[LINKAGE_SD_JWT]
    kind = merge([parse_type_metadata(type_document(configuration), vct=configuration.vct)])
    hidden = {"linkage": {"rrn": "0000000000000"}}
    text = issue_sd_jwt({"vct": configuration.vct}, hidden, typ="t", by=issuer_signer(), random=SeededRandomness(2))
    check_issued(parse_sd_jwt(text), kind)


def test_found_under_an_https_type_and_bound_by_its_integrity() -> None:
    vct = "https://issuer.example/types/overseas-national/1"
    document = type_document(Configuration("dc+sd-jwt", vct))
    network = Network(pages={vct: Answer(200, {"content-type": "application/json"}, document)})
    assert resolve_type(vct, fetch=network, integrity=vct_integrity(document)).vct == vct
    with pytest.raises(Untrusted):
        check_integrity(document + b"\n", vct_integrity(document))


def test_nothing_is_written_that_says_nothing() -> None:
    assert json.loads(type_document(Configuration("dc+sd-jwt", "urn:x"))) == {"vct": "urn:x"}
