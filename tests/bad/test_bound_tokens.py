"""Hostile use of tokens that are bound to a key, rows I19 and I20 of the threat catalogue, each beside its control."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from typing import Any

import httpx2
import pytest

from sinwon.protocols.oauth.dpop import DpopNonces, token_hash
from sinwon.protocols.vci.configurations import IDENTITY_SD_JWT
from sinwon.store.issuer.tables import COPIES, TOKENS
from tests import world
from tests.bound_wallet import BoundWallet
from tests.issuing import Issuing, client_of, refused, rows

HERE = f"{world.ISSUER}/credential"
CHALLENGE = 'DPoP error="invalid_dpop_proof", algs="ES256"'
PARALLEL = 50


@pytest.fixture
def wallet(issuing: Issuing) -> BoundWallet:
    return BoundWallet(issuing)


# --- I19: proofs [RFC 9449 4.3] ---

SPOILED: dict[str, dict[str, Any]] = {
    "another_host": {"htu": "https://other.example/credential"},
    "another_path": {"htu": f"{world.ISSUER}/token"},
    "another_scheme": {"htu": "http://issuer.example/credential"},
    "another_port": {"htu": "https://issuer.example:8443/credential"},
    "no_address": {"htu": None},
    "another_method": {"htm": "GET"},
    "no_method": {"htm": None},
    "an_hour_old": {"iat": world.NOW - 3600},
    "an_hour_ahead": {"iat": world.NOW + 3600},
    "no_time": {"iat": None},
    "no_jti": {"jti": None},
    "no_token_hash": {"ath": None},
    "the_hash_of_another_token": {"ath": token_hash("another")},
    "a_private_key": {"h_jwk": {**world.key("device").public_jwk, "d": "A" * 43}, "signer": world.key("device")},
    "no_key": {"h_jwk": None},
    "hs256": {"h_alg": "HS256"},
    "none": {"h_alg": "none"},
    "rs256": {"h_alg": "RS256"},
    "typ_of_a_plain_jwt": {"h_typ": "JWT"},
    "no_typ": {"h_typ": None},
    "signed_by_another_key": {"h_jwk": dict(world.key("device").public_jwk)},
    "of_another_key": {"signer": world.key("thief")},
}


@pytest.mark.parametrize("changes", SPOILED.values(), ids=SPOILED)
def test_I19_spoiled_proof_at_the_credential_endpoint(wallet: BoundWallet, changes: dict[str, Any]) -> None:
    token = wallet.start()["access_token"]
    answer = wallet.request(token, wallet.proof("/credential", token, **changes))
    refused(answer, 401, "invalid_dpop_proof")
    assert answer.headers["www-authenticate"] == CHALLENGE
    assert rows(wallet.issuing, COPIES) == 0
    assert wallet.request(token).status_code == 200  # nothing was used up


ONLY_WITH_A_TOKEN = {"no_token_hash", "the_hash_of_another_token", "of_another_key"}
AT_THE_TOKEN_ENDPOINT = {name: changes for name, changes in SPOILED.items() if name not in ONLY_WITH_A_TOKEN}


@pytest.mark.parametrize("changes", AT_THE_TOKEN_ENDPOINT.values(), ids=AT_THE_TOKEN_ENDPOINT)
def test_I19_spoiled_proof_at_the_token_endpoint(wallet: BoundWallet, changes: dict[str, Any]) -> None:
    code, spoiled = wallet.issuing.new_code(), dict(changes)
    if spoiled.get("htu") == f"{world.ISSUER}/token":
        spoiled["htu"] = HERE
    answer = wallet.redeem(code, proof=wallet.proof("/token", **spoiled))
    refused(answer, 400, "invalid_dpop_proof")
    assert "www-authenticate" not in answer.headers
    assert rows(wallet.issuing, TOKENS) == 0
    assert wallet.redeem(code).status_code == 200


@pytest.mark.parametrize("count", [0, 2], ids=["no_header", "two_headers"])
def test_I19_not_exactly_one_header(wallet: BoundWallet, count: int) -> None:
    token = wallet.start()["access_token"]
    headers = wallet.headers("/credential", token, *(wallet.proof("/credential", token) for _ in range(count or 1)))
    body = {"credential_configuration_id": "x", "proofs": {"jwt": []}}
    answer = wallet.issuing.client.post("/credential", json=body, headers=headers if count else headers[:1])
    refused(answer, 401, "invalid_dpop_proof")


def test_I19_two_headers_at_the_token_endpoint(wallet: BoundWallet) -> None:
    form = {"grant_type": "refresh_token", "refresh_token": wallet.start()["refresh_token"]}
    refused(wallet.token(form, [("DPoP", wallet.proof("/token"))] * 2), 400, "invalid_dpop_proof")
    refused(wallet.token(form, []), 400, "invalid_dpop_proof")
    assert wallet.token(form, [("dpop", wallet.proof("/token"))]).status_code == 200


@pytest.mark.parametrize("text", ["", "x", "e30.e30.e30", "A" * 20_000], ids=["empty", "letter", "no_signature", "long"])
def test_I19_what_is_no_jws(wallet: BoundWallet, text: str) -> None:
    token = wallet.start()["access_token"]
    refused(wallet.request(token, text), 401, "invalid_dpop_proof")


def test_I19_proof_used_again_at_the_credential_endpoint(wallet: BoundWallet) -> None:
    token = wallet.start()["access_token"]
    proof = wallet.proof("/credential", token)
    assert wallet.request(token, proof).status_code == 200
    refused(wallet.request(token, proof), 401, "invalid_dpop_proof")
    same_jti = wallet.proof("/credential", token, jti="j")
    assert wallet.request(token, same_jti).status_code == 200
    wallet.issuing.clock.move(1)
    refused(wallet.request(token, wallet.proof("/credential", token, jti="j")), 401, "invalid_dpop_proof")
    assert rows(wallet.issuing, COPIES) == 2


def test_I19_proof_used_again_at_the_token_endpoint(wallet: BoundWallet) -> None:
    proof = wallet.proof("/token")
    answer = wallet.redeem(wallet.issuing.new_code(), proof=proof)
    assert answer.status_code == 200
    code = wallet.issuing.new_code()
    refused(wallet.redeem(code, proof=proof), 400, "invalid_dpop_proof")
    refused(wallet.refresh(answer.json()["refresh_token"], proof=proof), 400, "invalid_dpop_proof")
    assert wallet.redeem(code).status_code == 200


def test_I19_proof_used_again_at_the_notification_endpoint(wallet: BoundWallet) -> None:
    token = wallet.start()["access_token"]
    note = {"notification_id": wallet.request(token).json()["notification_id"], "event": "credential_accepted"}
    headers = wallet.headers("/notification", token)
    assert wallet.issuing.client.post("/notification", json=note, headers=headers).status_code == 204
    refused(wallet.issuing.client.post("/notification", json=note, headers=headers), 401, "invalid_dpop_proof")
    fresh = wallet.headers("/notification", token)
    assert wallet.issuing.client.post("/notification", json=note, headers=fresh).status_code == 204


def test_I19_of_fifty_parallel_uses_of_one_proof_one_wins(wallet: BoundWallet) -> None:
    """The same `jti` in different requests: the nonces of their key proofs do not stop them."""
    token = wallet.start()["access_token"]
    proof = wallet.proof("/credential", token)
    headers = wallet.headers("/credential", token, proof)
    asked = {"credential_configuration_id": IDENTITY_SD_JWT}
    bodies = [{**asked, "proofs": {"jwt": wallet.issuing.proofs()}} for _ in range(PARALLEL)]

    def send(body: dict[str, Any]) -> httpx2.Response:
        return wallet.issuing.client.post("/credential", json=body, headers=headers)

    with ThreadPoolExecutor(10) as pool:
        answers = list(pool.map(send, bodies))
    assert sorted(answer.status_code for answer in answers) == [200] + [401] * (PARALLEL - 1)
    assert rows(wallet.issuing, COPIES) == 1


def test_I19_the_same_jti_of_another_key_is_another_one(wallet: BoundWallet) -> None:
    """Or one wallet could spoil another's proofs beforehand."""
    other = BoundWallet(wallet.issuing)
    for one in (wallet, other):
        token = one.start()["access_token"]
        assert one.request(token, one.proof("/credential", token, jti="1")).status_code == 200


def test_I19_after_thirty_bad_proofs_a_good_one_is_heard(wallet: BoundWallet) -> None:
    token = wallet.start()["access_token"]
    for _ in range(30):
        refused(wallet.request(token, wallet.proof("/credential", token, htm="GET")), 401, "invalid_dpop_proof")
    assert wallet.request(token).status_code == 200


LEGAL: dict[str, dict[str, Any]] = {
    "as_it_is": {},
    "with_a_query": {"htu": f"{HERE}?a=b"},
    "with_a_fragment": {"htu": f"{HERE}#a"},
    "with_the_default_port": {"htu": "https://issuer.example:443/credential"},
    "in_capitals": {"htu": "HTTPS://ISSUER.EXAMPLE/credential"},
    "ten_seconds_old": {"iat": world.NOW - 10},
    "ten_seconds_ahead": {"iat": world.NOW + 10},
    "with_other_members": {"nbf": world.NOW, "exp": world.NOW + 60, "h_kid": "one", "anything": {"a": [1]}},
}


@pytest.mark.parametrize("changes", LEGAL.values(), ids=LEGAL)
@pytest.mark.parametrize("scheme", ["DPoP", "dpop", "DPOP"])
def test_I19_control_legal_proof(wallet: BoundWallet, changes: dict[str, Any], scheme: str) -> None:
    token = wallet.start()["access_token"]
    assert wallet.request(token, wallet.proof("/credential", token, **changes), scheme=scheme).status_code == 200


# --- T11: a database that was restored has forgotten which proofs were used ---


@pytest.mark.parametrize("later", [-60, 0, 60])
def test_T11_proof_made_before_the_database_was_restored(wallet: BoundWallet, later: int) -> None:
    """By a clock that may have been a minute ahead."""
    code = wallet.issuing.new_code()
    restored = restored_now(wallet)
    refused(restored.redeem(code, proof=restored.proof("/token", iat=world.NOW + later)), 400, "invalid_dpop_proof")
    restored.issuing.clock.move(61)
    assert restored.redeem(code).status_code == 200


def test_T11_control_refresh_tokens_outlive_a_restoration(wallet: BoundWallet) -> None:
    token = wallet.refresh(wallet.start()["refresh_token"]).json()["refresh_token"]
    restored = restored_now(wallet)
    restored.issuing.clock.move(61)
    assert restored.refresh(token).status_code == 200


def restored_now(wallet: BoundWallet) -> BoundWallet:
    """The same device at the same issuer, which was brought back from a backup at this moment."""
    issuing = wallet.issuing
    issuer = replace(issuing.issuer, restored_at=issuing.clock.now)
    return BoundWallet(Issuing(issuer, issuing.clock, client_of(issuer), issuing.applications), wallet.signer)


# --- I19: nonces, where they are required [RFC 9449 8] [RFC 9449 8, 9] ---

FOREIGN = DpopNonces(b"\x01" * 32, world.ISSUER)
NONCES: dict[str, Callable[[Issuing], str | None]] = {
    "missing": lambda _issuing: None,
    "foreign": lambda issuing: FOREIGN.make(now=issuing.clock.now, random=issuing.issuer.random),
    "of_another_purpose": lambda issuing: issuing.nonce(),
    "of_ten_minutes_ago": lambda issuing: made(issuing, issuing.clock.now - 600),
}


def made(issuing: Issuing, now: int) -> str:
    nonces = issuing.issuer.dpop_nonces
    assert nonces is not None
    return nonces.make(now=now, random=issuing.issuer.random)


@pytest.mark.parametrize("nonce", NONCES.values(), ids=NONCES)
def test_I19_without_the_nonce_that_is_required(issuing: Issuing, nonce: Callable[[Issuing], str | None]) -> None:
    strict = issuing.with_settings(dpop_nonces=True)
    wallet, code = BoundWallet(strict), strict.new_code()
    answer = wallet.redeem(code, proof=wallet.proof("/token", nonce=nonce(strict)))
    refused(answer, 400, "use_dpop_nonce")
    answer = wallet.redeem(code, proof=wallet.proof("/token", nonce=answer.headers["dpop-nonce"]))
    assert answer.status_code == 200
    token, given = answer.json()["access_token"], answer.headers["dpop-nonce"]
    answer = wallet.request(token, wallet.proof("/credential", token, nonce=nonce(strict)))
    refused(answer, 401, "use_dpop_nonce")
    assert answer.headers["www-authenticate"] == 'DPoP error="use_dpop_nonce", algs="ES256"'
    assert answer.headers["access-control-expose-headers"] == "WWW-Authenticate, DPoP-Nonce"
    for known in (answer.headers["dpop-nonce"], given):
        assert wallet.request(token, wallet.proof("/credential", token, nonce=known)).status_code == 200


def test_I19_control_no_nonce_is_given_where_none_is_required(wallet: BoundWallet) -> None:
    answer = wallet.redeem(wallet.issuing.new_code())
    assert (answer.status_code, "dpop-nonce" in answer.headers) == (200, False)
    assert "dpop-nonce" not in wallet.issuing.client.post("/nonce").headers
    strict = wallet.issuing.with_settings(dpop_nonces=True)
    assert strict.client.post("/nonce").headers["dpop-nonce"]


# --- I20: the scheme of the token [RFC 9449 7.1, 7.2] ---


@pytest.mark.parametrize("path", ["/credential", "/notification"])
@pytest.mark.parametrize("proofs", [True, False], ids=["with_proof", "without"])
def test_I20_bound_token_as_a_bearer_token(wallet: BoundWallet, path: str, proofs: bool) -> None:
    token = wallet.start()["access_token"]
    headers = wallet.headers(path, token, scheme="Bearer")
    note = {"notification_id": "n", "event": "credential_accepted"}
    ask = {"credential_configuration_id": IDENTITY_SD_JWT, "proofs": {"jwt": wallet.issuing.proofs()}}
    body = ask if path == "/credential" else note
    answer = wallet.issuing.client.post(path, json=body, headers=headers if proofs else headers[:1])
    refused(answer, 401, "invalid_token")
    assert answer.headers["www-authenticate"] == 'Bearer error="invalid_token", DPoP algs="ES256"'


def test_I20_bearer_token_as_a_bound_one(wallet: BoundWallet) -> None:
    token = wallet.issuing.new_token()
    answer = wallet.request(token)
    refused(answer, 401, "invalid_token")
    assert answer.headers["www-authenticate"] == 'DPoP error="invalid_token", algs="ES256"'


@pytest.mark.parametrize("scheme", ["Basic", "Token", "DPoP2", ""])
def test_I20_unknown_scheme(wallet: BoundWallet, scheme: str) -> None:
    token = wallet.start()["access_token"]
    refused(wallet.request(token, scheme=scheme), 401, "invalid_token")


def test_I20_token_in_the_query_or_the_body(wallet: BoundWallet) -> None:
    token, client = wallet.start()["access_token"], wallet.issuing.client
    body = {"credential_configuration_id": "x", "proofs": {"jwt": wallet.issuing.proofs()}, "access_token": token}
    headers = [("DPoP", wallet.proof("/credential", token))]
    refused(client.post(f"/credential?access_token={token}", json=body, headers=headers), 401, "invalid_token")
    form = {"access_token": token}
    refused(client.post("/credential", data=form, headers=headers), 401, "invalid_token")
    twice = [("Authorization", f"DPoP {token}"), ("Authorization", f"Bearer {token}"), *headers]
    refused(client.post("/credential", json=body, headers=twice), 401, "invalid_token")
    assert rows(wallet.issuing, COPIES) == 0


def test_I20_control_each_token_under_its_own_scheme(wallet: BoundWallet) -> None:
    assert wallet.request(wallet.start()["access_token"]).status_code == 200
    bearer = wallet.issuing.new_token()
    assert wallet.issuing.request(bearer, wallet.issuing.proofs()).status_code == 200
    # A DPoP header beside a bearer token says nothing about that token.
    assert wallet.request(bearer, "x", scheme="Bearer").status_code == 200
