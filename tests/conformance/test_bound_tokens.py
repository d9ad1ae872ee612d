"""DPoP at the token and the credential endpoint, as a harness tries it: 27 and 31 to 47."""

from typing import Any

import httpx2
import pytest

from sinwon.core import base64url
from sinwon.protocols.oauth.dpop import token_hash
from sinwon.protocols.vci.configurations import IDENTITY_SD_JWT
from sinwon.store.issuer.tables import COPIES
from tests import world
from tests.bound_wallet import BoundWallet, Headers
from tests.issuing import Issuing, refused, rows

HERE = f"{world.ISSUER}/credential"
OFF = {"ten_seconds_old": {"iat": world.NOW - 10}, "ten_seconds_ahead": {"iat": world.NOW + 10}}
MORE: dict[str, dict[str, Any]] = {
    **OFF,
    "nbf_and_exp": {"nbf": world.NOW - 5, "exp": world.NOW + 60},
    "unknown_members": {"h_kid": "1", "h_x_unknown": {"nested": [1]}, "x_unknown": {"nested": [1, 2]}, "iss": "wallet"},
}


@pytest.fixture(params=[False, True], ids=["without_nonces", "with_nonces"])
def wallet(issuing: Issuing, request: pytest.FixtureRequest) -> BoundWallet:
    """A wallet at an issuer that asks for nonces in proofs, and at one that does not."""
    strict = issuing.with_settings(dpop_nonces=request.param)
    return NonceWallet(strict)


class NonceWallet(BoundWallet):
    """Puts the newest nonce into each of its proofs, where the issuer gives any."""

    def proof(self, path: str, token: str | None = None, **changes: Any) -> str:
        nonce = self.issuing.client.post("/nonce").headers.get("dpop-nonce")
        return super().proof(path, token, **{"nonce": nonce, **changes})


def denied(wallet: BoundWallet, answer: httpx2.Response, token: str, *codes: str) -> None:
    """Refused as RFC 9449 says, nothing was issued, and the token is still good for who has its key."""
    refused(answer, 401, *(codes or ("invalid_dpop_proof",)))
    assert "DPoP" in answer.headers["www-authenticate"]
    assert rows(wallet.issuing, COPIES) == 0
    assert wallet.request(token).status_code == 200


def spoiled(wallet: BoundWallet, **changes: Any) -> None:
    token = wallet.start()["access_token"]
    denied(wallet, wallet.request(token, wallet.proof("/credential", token, **changes)), token)


def ask(wallet: BoundWallet, headers: Headers, **options: Any) -> httpx2.Response:
    body = {"credential_configuration_id": IDENTITY_SD_JWT, "proofs": {"jwt": wallet.issuing.proofs()}}
    return wallet.issuing.client.post("/credential", json=body, headers=headers, **options)


# --- 27: what must be accepted ---


@pytest.mark.parametrize("changes", MORE.values(), ids=MORE)
def test_C27_at_the_token_endpoint(wallet: BoundWallet, changes: dict[str, Any]) -> None:
    """Proofs ten seconds off, with nbf and exp or with members nobody knows, are accepted where tokens are given."""
    answer = wallet.redeem(wallet.issuing.new_code(), proof=wallet.proof("/token", **changes))
    assert (answer.status_code, answer.json()["token_type"]) == (200, "DPoP")
    again = wallet.refresh(answer.json()["refresh_token"], proof=wallet.proof("/token", **changes))
    assert again.status_code == 200


@pytest.mark.parametrize("scheme", ["DPoP", "dpop", "DPOP", "dPoP"])
@pytest.mark.parametrize("changes", MORE.values(), ids=MORE)
def test_C27_at_the_credential_endpoint(wallet: BoundWallet, changes: dict[str, Any], scheme: str) -> None:
    """The same where credentials are given, whichever way the scheme is spelt."""
    token = wallet.start()["access_token"]
    assert wallet.request(token, wallet.proof("/credential", token, **changes), scheme=scheme).status_code == 200


# --- 31 to 37: what a proof must be ---


@pytest.mark.parametrize("count", [2, 3])
def test_C31_more_than_one_header(wallet: BoundWallet, count: int) -> None:
    """A request with more than one DPoP header is refused, though each proof is good."""
    token = wallet.start()["access_token"]
    denied(wallet, wallet.request(token, *(wallet.proof("/credential", token) for _each in range(count))), token)


@pytest.mark.parametrize(
    "text", ["not-a-jwt", "a.b", "a.b.c.d", "e30.e30.", "....", "e30.e30.AAAA"], ids=lambda text: f"text_{len(text)}"
)
def test_C32_no_jwt(wallet: BoundWallet, text: str) -> None:
    """What is no JWT is refused as a proof."""
    token = wallet.start()["access_token"]
    denied(wallet, wallet.request(token, text), token)


@pytest.mark.parametrize("name", ["h_typ", "h_jwk", "jti", "htm", "htu", "iat", "ath"])
def test_C33_a_member_is_missing(wallet: BoundWallet, name: str) -> None:
    """A proof that lacks typ, jwk, jti, htm, htu, iat or ath is refused."""
    spoiled(wallet, **{name: None})


def test_C33_no_algorithm(wallet: BoundWallet) -> None:
    """A proof that names no algorithm is refused."""
    token = wallet.start()["access_token"]
    _, claims, signature = wallet.proof("/credential", token).split(".")
    denied(wallet, wallet.request(token, f"eyJ0eXAiOiJkcG9wK2p3dCJ9.{claims}.{signature}"), token)


@pytest.mark.parametrize("typ", ["JWT", "dpop", "at+jwt", "openid4vci-proof+jwt", "dpop+jwt "])
def test_C34_another_type(wallet: BoundWallet, typ: str) -> None:
    """A proof of another type than dpop+jwt is refused."""
    spoiled(wallet, h_typ=typ)


@pytest.mark.parametrize("algorithm", ["none", "RS256", "HS256", "ES384"])
def test_C35_another_algorithm(wallet: BoundWallet, algorithm: str) -> None:
    """A proof whose algorithm is none, RS256 or any that is not listed is refused."""
    spoiled(wallet, h_alg=algorithm)


def test_C35_no_signature(wallet: BoundWallet) -> None:
    """A proof by the algorithm none, with nothing behind the last dot, is refused."""
    token = wallet.start()["access_token"]
    text = wallet.proof("/credential", token, h_alg="none").rpartition(".")[0] + "."
    denied(wallet, wallet.request(token, text), token)


def test_C36_a_bad_signature(wallet: BoundWallet) -> None:
    """A proof is refused when one bit of its signature is another one."""
    token = wallet.start()["access_token"]
    signed, _, signature = wallet.proof("/credential", token).rpartition(".")
    raw = bytearray(base64url.decode(signature))
    raw[-1] ^= 1
    denied(wallet, wallet.request(token, f"{signed}.{base64url.encode(bytes(raw))}"), token)


def test_C36_the_signature_of_another_proof(wallet: BoundWallet) -> None:
    """A proof with the signature of another one by the same key is refused."""
    token = wallet.start()["access_token"]
    signed, other = wallet.proof("/credential", token).rpartition(".")[0], wallet.proof("/credential", token)
    denied(wallet, wallet.request(token, f"{signed}.{other.rpartition('.')[2]}"), token)


def test_C37_a_private_key(wallet: BoundWallet) -> None:
    """A proof that shows the private key is refused."""
    spoiled(wallet, h_jwk={**wallet.signer.public_jwk, "d": "A" * 43})


# --- 38 to 43: for what, when and by whom ---


@pytest.mark.parametrize("method", ["GET", "PUT", "post", ""])
def test_C38_another_method(wallet: BoundWallet, method: str) -> None:
    """A proof for another method is refused."""
    spoiled(wallet, htm=method)


@pytest.mark.parametrize(
    "uri",
    [
        f"{world.ISSUER}/token",
        f"{HERE}/",
        "https://other.example/credential",
        "http://issuer.example/credential",
        "/credential",
    ],
)
def test_C39_another_address(wallet: BoundWallet, uri: str) -> None:
    """A proof for another path, host or scheme, or for half an address, is refused."""
    spoiled(wallet, htu=uri)


@pytest.mark.parametrize("seconds", [-3600, 3600])
def test_C40_an_hour_off(wallet: BoundWallet, seconds: int) -> None:
    """A proof made an hour ago, or in an hour, is refused, with a nonce of ours or without."""
    spoiled(wallet, iat=world.NOW + seconds)


def test_C41_used_before(wallet: BoundWallet) -> None:
    """A proof counts once; so does its jti."""
    token = wallet.start()["access_token"]
    for proof in (wallet.proof("/credential", token), wallet.proof("/credential", token, jti="once")):
        assert wallet.request(token, proof).status_code == 200
        refused(wallet.request(token, proof), 401, "invalid_dpop_proof")
    refused(wallet.request(token, wallet.proof("/credential", token, jti="once")), 401, "invalid_dpop_proof")


@pytest.mark.parametrize("ath", [token_hash("another"), "", "x", 7], ids=["another", "empty", "letter", "number"])
def test_C42_the_hash_of_another_token(wallet: BoundWallet, ath: object) -> None:
    """A proof whose ath is not the hash of the token sent along is refused."""
    spoiled(wallet, ath=ath)


def test_C43_by_another_key(wallet: BoundWallet) -> None:
    """A good proof by a key that the token is not bound to is refused."""
    spoiled(wallet, signer=world.key("thief"))


# --- 44, 45: without, and by the other scheme ---


@pytest.mark.parametrize("path", ["/credential", "/deferred-credential", "/notification"])
def test_C44_no_proof(wallet: BoundWallet, path: str) -> None:
    """A bound token without a proof is refused at every place it would open."""
    token = wallet.start()["access_token"]
    answer = wallet.issuing.client.post(path, json={}, headers=[("Authorization", f"DPoP {token}")])
    denied(wallet, answer, token, "invalid_dpop_proof", "invalid_token")


@pytest.mark.parametrize("with_proof", [False, True])
def test_C45_as_a_bearer_token(wallet: BoundWallet, with_proof: bool) -> None:
    """A bound token is no bearer token, whether a proof comes along or not."""
    token = wallet.start()["access_token"]
    headers = wallet.headers("/credential", token, scheme="Bearer")
    denied(wallet, ask(wallet, headers if with_proof else headers[:1]), token, "invalid_token")


# --- 46, 47: addresses, header names, and where a token may stand ---


@pytest.mark.parametrize(
    "uri",
    [
        f"{HERE}?a=b&c=d",
        f"{HERE}#part",
        f"{HERE}?a=b#part",
        "HTTPS://issuer.example/credential",
        "https://ISSUER.EXAMPLE/credential",
        "https://issuer.example:443/credential",
    ],
)
def test_C46_the_same_address_otherwise_written(wallet: BoundWallet, uri: str) -> None:
    """Query and fragment of htu are ignored; scheme and host in capitals and the default port name the same address."""
    token = wallet.start()["access_token"]
    assert wallet.request(token, wallet.proof("/credential", token, htu=uri)).status_code == 200


@pytest.mark.parametrize("name", ["dpop", "DPOP", "DPoP", "dPoP"])
def test_C46_the_header_however_spelt(wallet: BoundWallet, name: str) -> None:
    """The name of the header is known however it is spelt."""
    token = wallet.start()["access_token"]
    headers = [("AUTHORIZATION", f"DPoP {token}"), (name, wallet.proof("/credential", token))]
    assert ask(wallet, headers).status_code == 200


@pytest.mark.parametrize("with_header", [False, True], ids=["alone", "beside_the_header"])
def test_C47_the_token_in_the_query(wallet: BoundWallet, with_header: bool) -> None:
    """An access token in the query is refused, though body and proof are good, even beside the header."""
    token = wallet.start()["access_token"]
    headers = wallet.headers("/credential", token)
    answer = ask(wallet, headers if with_header else headers[1:], params={"access_token": token})
    refused(answer, answer.status_code, "invalid_request", "invalid_token", "invalid_dpop_proof")
    assert answer.status_code in {400, 401}
    assert rows(wallet.issuing, COPIES) == 0


def test_C47_the_token_of_another_client(wallet: BoundWallet) -> None:
    """The token of one client with the key and the proof of another is refused."""
    other = type(wallet)(wallet.issuing)
    token = other.start()["access_token"]
    refused(wallet.request(token, wallet.proof("/credential", token)), 401, "invalid_dpop_proof")
    assert rows(wallet.issuing, COPIES) == 0
    assert other.request(token).status_code == 200
