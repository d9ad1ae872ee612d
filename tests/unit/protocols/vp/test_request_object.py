"""The link that opens a wallet, and what a wallet may add when it fetches by POST."""

from urllib.parse import parse_qsl, urlsplit

import pytest

from sinwon.core.refusal import Malformed
from sinwon.core.strict_json import parse_object
from sinwon.protocols.vp.client_identifier import x509_hash
from sinwon.protocols.vp.request_object import (
    MAX_WALLET_NONCE,
    RequestObject,
    parse_wallet_nonce,
    unsigned_link,
    wallet_link,
)

URI = "https://gateway.example/presentations/abc/request"


@pytest.mark.parametrize(
    ("endpoint", "begin"),
    [
        ("openid4vp://", "openid4vp://?client_id="),
        ("https://wallet.example/open", "https://wallet.example/open?client_id="),
        ("https://wallet.example/open?v=1", "https://wallet.example/open?v=1&client_id="),
    ],
)
def test_the_link_has_client_and_request(endpoint: str, begin: str) -> None:
    link = wallet_link(endpoint, client_id="x509_hash:abc", request_uri=URI)
    assert link.startswith(begin + "x509_hash%3Aabc&request_uri=https%3A%2F%2F")


def test_the_client_identifier_is_the_hash_of_the_whole_certificate() -> None:
    assert x509_hash(b"certificate") == "x509_hash:A9Zt0Ig1wco_EozOrNHzGslBYwlrIPRFroQoW8CDLXI"


def test_the_wallets_nonce_is_bounded() -> None:
    assert parse_wallet_nonce({}) is None
    assert parse_wallet_nonce({"wallet_nonce": "w" * MAX_WALLET_NONCE}) == "w" * MAX_WALLET_NONCE
    for nonce in ("", "w" * (MAX_WALLET_NONCE + 1)):
        with pytest.raises(Malformed):
            parse_wallet_nonce({"wallet_nonce": nonce})


def test_a_link_may_ask_for_a_post() -> None:
    link = wallet_link("openid4vp://", client_id="x509_hash:abc", request_uri=URI, by_post=True)
    assert link.endswith("&request_uri_method=post")


def test_an_unsigned_request_stands_in_its_link_as_text() -> None:
    query = {"credentials": [{"id": "a", "format": "dc+sd-jwt", "meta": {"vct_values": ["urn:a"]}}]}
    client_id = f"redirect_uri:{URI}"
    plain = RequestObject("s" * 43, "n" * 43, URI, query, None, 0, client_id=client_id)
    link = unsigned_link("https://wallet.example/open?v=1", plain, client_id=client_id)
    found = dict(parse_qsl(urlsplit(link).query))
    assert (found.pop("v"), parse_object(found.pop("dcql_query"))) == ("1", query)
    assert parse_object(found.pop("client_metadata")).keys() == {"vp_formats_supported"}
    assert found == {
        "client_id": client_id,
        "response_type": "vp_token",
        "response_mode": "direct_post",
        "response_uri": URI,
        "nonce": "n" * 43,
        "state": "s" * 43,
    }
