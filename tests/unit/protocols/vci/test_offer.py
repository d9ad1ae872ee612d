"""Credential offers: what we write is what we read, and other forms are refused."""

from urllib.parse import parse_qs, quote, urlsplit

import pytest

from sinwon.core.refusal import Malformed
from sinwon.core.strict_json import dump, parse_json
from sinwon.protocols.vci.offer import (
    MAX_OFFER,
    CredentialOffer,
    Grants,
    PreAuthorizedGrant,
    TxCode,
    link_by_reference,
    link_by_value,
    parse_link,
    parse_offer,
)

GRANT = "urn:ietf:params:oauth:grant-type:pre-authorized_code"
OFFER = CredentialOffer(
    "https://issuer.example", ("one", "two"), Grants(PreAuthorizedGrant("code", TxCode("numeric", 6, "PIN 안내")))
)
URI = "https://issuer.example/offers/secret"


def test_an_offer_on_the_wire() -> None:
    assert parse_json(dump(OFFER)) == {
        "credential_issuer": "https://issuer.example",
        "credential_configuration_ids": ["one", "two"],
        "grants": {
            GRANT: {
                "pre-authorized_code": "code",
                "tx_code": {"input_mode": "numeric", "length": 6, "description": "PIN 안내"},
            }
        },
    }


def test_links_lead_back() -> None:
    assert parse_link(link_by_value(OFFER)) == OFFER
    assert parse_link(link_by_reference(URI)) == URI
    assert parse_qs(urlsplit(link_by_reference(URI)).query) == {"credential_offer_uri": [URI]}


def test_an_empty_tx_code_object_means_one_is_required() -> None:
    data = {**parse_json(dump(OFFER)), "grants": {GRANT: {"pre-authorized_code": "c", "tx_code": {}}}, "unknown": 1}
    grant = parse_offer(dump(data)).grants.pre_authorized
    assert grant is not None
    assert grant.tx_code == TxCode()


VALUE = quote(dump(OFFER).decode())


@pytest.mark.parametrize(
    "link",
    [
        f"openid-credential-offer://?credential_offer={VALUE}&credential_offer_uri={quote(URI)}",
        f"openid-credential-offer://?credential_offer_uri={quote(URI)}&credential_offer_uri={quote(URI)}",
        "openid-credential-offer://?other=1",
        "openid-credential-offer://",
        "openid-credential-offer://?credential_offer=%FF",
        f"openid-credential-offer://?credential_offer_uri={'x' * MAX_OFFER}",
    ],
    ids=["both", "twice", "neither", "nothing", "not_utf8", "too_long"],
)
def test_other_links_are_refused(link: str) -> None:
    with pytest.raises(Malformed, match="invalid_offer"):
        parse_link(link)


@pytest.mark.parametrize(
    "data",
    [
        b'{"credential_issuer":"https://i.example","credential_configuration_ids":[]}',
        b'{"credential_issuer":"https://i.example","credential_configuration_ids":["a","a"]}',
        b'{"credential_issuer":"https://i.example","credential_issuer":"x","credential_configuration_ids":["a"]}',
        b'{"credential_configuration_ids":["a"]}',
        b"[]",
    ],
    ids=["no_ids", "same_id_twice", "duplicate_name", "no_issuer", "array"],
)
def test_other_offers_are_refused(data: bytes) -> None:
    with pytest.raises(Malformed, match="invalid_offer"):
        parse_offer(data)
