"""The link that opens a wallet, and what a wallet may add when it fetches by POST."""

import pytest

from sinwon.core.refusal import Malformed
from sinwon.protocols.vp.client_identifier import x509_hash
from sinwon.protocols.vp.request_object import MAX_WALLET_NONCE, parse_wallet_nonce, wallet_link

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
