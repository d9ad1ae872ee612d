"""Metadata of the authorization server, attested wallets, their challenges and refresh tokens: 11 to 16, 23 and 28."""

import re
from collections import Counter
from math import log2
from typing import Any

import pytest

from sinwon.core import base64url
from sinwon.keys.software import generate_key
from sinwon.protocols.vci.configurations import IDENTITY_SD_JWT
from tests import world
from tests.authorizing import Attested, Authorizing, with_wallets
from tests.bound_wallet import BoundWallet, Headers
from tests.issuing import PIN, Issuing, code_of, refused

CODES = ("invalid_client", "invalid_request", "invalid_client_attestation", "use_fresh_attestation")
SAFE = re.compile(r"[A-Za-z0-9_\-.~]{16,512}\Z")


@pytest.fixture
def wallet(issuing: Issuing) -> Attested:
    return Attested(with_wallets(issuing))


def shannon(text: str) -> float:
    counts = Counter(text)
    return -sum(n * log2(n / len(text)) for n in counts.values())


def metadata(wallet: Authorizing) -> dict[str, Any]:
    answer = wallet.issuing.client.get("/.well-known/oauth-authorization-server")
    assert (answer.status_code, answer.headers["content-type"]) == (200, "application/json")
    return dict(answer.json())


# --- 11 to 13: what the server says of itself ---


def test_C11_it_is_the_issuer_and_all_is_https(wallet: Attested) -> None:
    """The metadata have the credential issuer's own identifier, and every endpoint is https."""
    body = metadata(wallet)
    issuer = wallet.issuing.client.get("/.well-known/openid-credential-issuer").json()
    assert body["issuer"] == issuer["credential_issuer"]
    assert body["issuer"] in issuer.get("authorization_servers", [body["issuer"]])
    endpoints = [value for name, value in body.items() if name.endswith("_endpoint")]
    assert len(endpoints) >= 4
    assert all(value.startswith("https://") for value in endpoints)


def test_C12_attested_clients_and_the_algorithms(wallet: Attested) -> None:
    """Attestation is among the methods of client authentication, with algorithms for it and for its proof."""
    body = metadata(wallet)
    assert "attest_jwt_client_auth" in body["token_endpoint_auth_methods_supported"]
    assert body["client_attestation_signing_alg_values_supported"] == ["ES256"]
    assert body["client_attestation_pop_signing_alg_values_supported"] == ["ES256"]


def test_C13_proofs_challenges_of_codes_and_grants(wallet: Attested) -> None:
    """DPoP has an algorithm of FAPI 2.0, PKCE is S256, and the authorization code grant is named."""
    body = metadata(wallet)
    assert body["dpop_signing_alg_values_supported"] == ["ES256"]
    assert body["code_challenge_methods_supported"] == ["S256"]
    assert "authorization_code" in body["grant_types_supported"]


# --- 14, 15: challenges ---


def test_C14_a_challenge_is_given_to_anybody(wallet: Attested) -> None:
    """The challenge endpoint answers an empty POST with a fresh challenge that nobody may store, and nothing else."""
    path = metadata(wallet)["challenge_endpoint"].removeprefix(world.ISSUER)
    answers = [wallet.issuing.client.post(path) for _twice in range(2)]
    for answer in answers:
        assert (answer.status_code, answer.headers["content-type"]) == (200, "application/json")
        assert answer.headers["cache-control"] == "no-store"
        assert answer.json().keys() == {"attestation_challenge"}
    assert answers[0].json() != answers[1].json()
    assert wallet.issuing.client.get(path).status_code == 405


def challenged(wallet: Attested, challenge: str) -> Headers:
    return [
        ("OAuth-Client-Attestation", wallet.wallet_attestation()),
        ("OAuth-Client-Attestation-PoP", wallet.pop(challenge=challenge)),
    ]


@pytest.mark.parametrize("required", [False, True])
def test_C15_a_refused_request_brings_the_next_challenge(issuing: Issuing, required: bool) -> None:
    """Where a challenge is missing or old the answer's header has one of legal characters, and the next request may use it."""
    wallet = Attested(with_wallets(issuing, client_challenges=required))
    old = wallet.issuing.client.post("/challenge").json()["attestation_challenge"]
    wallet.issuing.clock.move(301)
    answers = [wallet.push(headers=challenged(wallet, old))]
    answers += [wallet.push()] if required else []
    for answer in answers:
        refused(answer, 400, "use_attestation_challenge")
        given = answer.headers.get_list("oauth-client-attestation-challenge")
        assert len(given) == 1
        assert SAFE.match(given[0])
        assert wallet.push(headers=challenged(wallet, given[0])).status_code == 201


@pytest.mark.parametrize("path", ["/par", "/token"])
def test_C15_a_wallet_in_a_browser_reads_it_too(issuing: Issuing, path: str) -> None:
    """Scripts of any origin may send both headers, and read the challenge and the nonce of an answer, a refusal too."""
    client = with_wallets(issuing, client_challenges=True).client
    origin = {"Origin": "https://wallet.example", "Access-Control-Request-Method": "POST"}
    preflight = client.options(path, headers={**origin, "Access-Control-Request-Headers": "oauth-client-attestation"})
    allowed = {name.strip().lower() for name in preflight.headers["access-control-allow-headers"].split(",")}
    assert {"oauth-client-attestation", "oauth-client-attestation-pop", "dpop"} <= allowed
    wallet = Attested(with_wallets(issuing, client_challenges=True))
    answer = client.post(path, data={"client_id": wallet.client_id}, headers=wallet.headers())
    refused(answer, 400, "use_attestation_challenge")
    exposed = {name.strip().lower() for name in answer.headers["access-control-expose-headers"].split(",")}
    assert {"oauth-client-attestation-challenge", "dpop-nonce"} <= exposed


# --- 16: attestations that must not count ---


def spoiled(wallet: Attested, fault: str) -> Headers:
    now, stranger = wallet.issuing.clock.now, generate_key()
    attestation, pop = wallet.wallet_attestation(), wallet.pop()
    turned = {"attestation-signature": attestation, "pop-signature": pop}.get(fault, "")
    if turned:
        body, _, signature = turned.rpartition(".")
        raw = bytearray(base64url.decode(signature))
        raw[-1] ^= 1
        turned = f"{body}.{base64url.encode(bytes(raw))}"
    faults = {
        "attestation-signature": (turned, pop),
        "pop-signature": (attestation, turned),
        "expired": (wallet.wallet_attestation(exp=now - 1), pop),
        "no-sub": (wallet.wallet_attestation(sub=None), pop),
        "pop-audience": (attestation, wallet.pop(aud="https://other.example")),
        "pop-audience-token-endpoint": (attestation, wallet.pop(aud=world.ISSUER + "/token")),
        "pop-key": (attestation, wallet.pop(signer=stranger)),
        "cnf": (wallet.wallet_attestation(key=stranger), pop),
    }
    one, other = faults[fault]
    return [("OAuth-Client-Attestation", one), ("OAuth-Client-Attestation-PoP", other)]


FAULTS = [
    "attestation-signature",
    "pop-signature",
    "expired",
    "no-sub",
    "pop-audience",
    "pop-audience-token-endpoint",
    "pop-key",
    "cnf",
]


@pytest.mark.parametrize("fault", FAULTS)
def test_C16_at_the_pushed_request(wallet: Attested, fault: str) -> None:
    """A bad attestation or proof of possession is refused as JSON where requests are pushed."""
    answer = wallet.push(headers=spoiled(wallet, fault))
    refused(answer, answer.status_code, *CODES)
    assert answer.status_code in {400, 401}


@pytest.mark.parametrize("fault", FAULTS)
def test_C16_at_the_token_endpoint(wallet: Attested, fault: str) -> None:
    """The same at the token endpoint, and the code is still good."""
    code = wallet.new_code()
    answer = wallet.redeem(code, headers=spoiled(wallet, fault))
    refused(answer, answer.status_code, *CODES)
    assert answer.status_code in {400, 401}
    assert wallet.redeem(code).status_code == 200


def test_C16_control_an_attested_wallet_gets_its_credential(wallet: Attested) -> None:
    """With a good attestation and proof at each step the wallet is given tokens, and copies for them."""
    given = wallet.start()
    assert wallet.bound.request(given["access_token"]).status_code == 200


# --- 23: tokens ---


def test_C23_what_a_token_response_has(wallet: Attested) -> None:
    """Tokens nobody guesses, of legal characters, with a numeric end, no id_token, and unknown parameters ignored."""
    answer = wallet.redeem(wallet.new_code(), x_unknown="1", resource=world.ISSUER)
    body = answer.json()
    assert (answer.status_code, answer.headers["content-type"]) == (200, "application/json")
    assert answer.headers["cache-control"] == "no-store"
    for token in (body["access_token"], body["refresh_token"]):
        assert re.fullmatch(r"[A-Za-z0-9\-._~+/]+=*", token)
        assert len(token) * 6 >= 128
        assert shannon(token) > 96
    assert type(body["expires_in"]) is int
    assert 1 <= body["expires_in"] <= 31_536_000
    assert "id_token" not in body
    assert body["scope"] == IDENTITY_SD_JWT


# --- 28: refresh tokens ---


def test_C28_bound_to_the_instance(wallet: Attested) -> None:
    """A refresh token is worth nothing for another instance of the same wallet, and still good for its own."""
    given = wallet.start()["refresh_token"]
    other = Attested(wallet.issuing)
    other.bound = wallet.bound
    refused(other.refresh(given), 400, "invalid_grant")
    assert wallet.refresh(given).status_code == 200


def test_C28_bound_to_the_key(wallet: Attested) -> None:
    """A refresh token is worth nothing with another DPoP key."""
    given = wallet.start()["refresh_token"]
    refused(wallet.refresh(given, proof=BoundWallet(wallet.issuing).proof("/token")), 400, "invalid_grant")
    assert wallet.refresh(given).status_code == 200


def test_C28_with_client_authentication(wallet: Attested) -> None:
    """A client's refresh token needs the client's authentication, and is none of another client's."""
    given = wallet.start()["refresh_token"]
    refused(wallet.refresh(given, headers=[]), 400, "invalid_grant")
    other = Authorizing(wallet.issuing)
    other.bound = wallet.bound
    refused(other.refresh(given), 400, "invalid_grant")
    assert wallet.refresh(given).status_code == 200


def test_C28_the_previous_one_works_half_a_minute_later(wallet: Attested) -> None:
    """After a renewal the token before still works 30 seconds later, for whoever lost the answer."""
    given = wallet.start()["refresh_token"]
    assert wallet.refresh(given).status_code == 200
    wallet.issuing.clock.move(30)
    assert wallet.refresh(given).status_code == 200


# --- 29: the pre-authorized code with client authentication ---


def test_C29_client_authentication_may_come_along(wallet: Attested) -> None:
    """The pre-authorized code grant takes client authentication and DPoP, and binds what it gives to both."""
    code = code_of(wallet.issuing.open(wallet.issuing.make_offer()))
    form = {"grant_type": "urn:ietf:params:oauth:grant-type:pre-authorized_code", "pre-authorized_code": code, "tx_code": PIN}
    answer = wallet.bound.token(form, [("DPoP", wallet.bound.proof("/token")), *wallet.headers()])
    assert answer.status_code == 200, answer.text
    refused(wallet.refresh(answer.json()["refresh_token"], headers=[]), 400, "invalid_grant")
    assert wallet.refresh(answer.json()["refresh_token"]).status_code == 200


def test_C29_where_wallets_must_say_who_they_are(issuing: Issuing) -> None:
    """Without anonymous access a pre-authorized code is refused to whoever does not authenticate, and the metadata say so."""
    wallet = Attested(with_wallets(issuing, anonymous_wallets=False))
    body = metadata(wallet)
    assert "none" not in body["token_endpoint_auth_methods_supported"]
    assert not body.get("pre-authorized_grant_anonymous_access_supported", False)
    code = wallet.issuing.new_code()
    refused(wallet.issuing.redeem(code), 401, "invalid_client")
    form = {"grant_type": "urn:ietf:params:oauth:grant-type:pre-authorized_code", "pre-authorized_code": code, "tx_code": PIN}
    assert wallet.bound.token(form, wallet.headers()).status_code == 200
