"""Hostile client attestations, rows I17 and I18 of the threat catalogue, and refresh tokens in other instances' hands (I21),
over HTTP, each beside its control."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from sinwon.core import base64url
from sinwon.core.strict_json import dump
from sinwon.keys.software import generate_key
from sinwon.protocols.oauth.client_authentication.attestation import CHALLENGE_LIFETIME, MAX_ATTESTATION, MAX_JTI
from sinwon.store.issuer.tables import AUTHORIZATIONS
from tests import world
from tests.authorizing import Attested, Authorizing, with_wallets
from tests.bad.test_key_attestations import STATES, STATUS, with_status
from tests.bound_wallet import Headers
from tests.issuing import Issuing, client_of, refused, rows

CODES = ("invalid_client", "invalid_client_attestation", "use_attestation_challenge", "use_fresh_attestation")
ONE, OTHER = "OAuth-Client-Attestation", "OAuth-Client-Attestation-PoP"


@pytest.fixture
def wallet(issuing: Issuing) -> Attested:
    return Attested(with_wallets(issuing))


def pair(attestation: str, pop: str) -> Headers:
    return [(ONE, attestation), (OTHER, pop)]


def attested(**changes: Any) -> Callable[[Attested], Headers]:
    """A good proof for an attestation with claims changed."""
    return lambda wallet: pair(wallet.wallet_attestation(**changes), wallet.pop())


def proven(**changes: Any) -> Callable[[Attested], Headers]:
    """A proof with claims changed for a good attestation."""
    return lambda wallet: pair(wallet.wallet_attestation(), wallet.pop(**changes))


def headed(part: int, algorithm: str) -> Callable[[Attested], Headers]:
    """One of the two with another algorithm in its header."""

    def spoil(wallet: Attested) -> Headers:
        texts = [wallet.wallet_attestation(), wallet.pop()]
        texts[part] = ".".join([base64url.encode(dump({"alg": algorithm})), *texts[part].split(".")[1:]])
        return pair(*texts)

    return spoil


def turned(part: int) -> Callable[[Attested], Headers]:
    """One of the two with one bit of its signature turned."""

    def spoil(wallet: Attested) -> Headers:
        texts = [wallet.wallet_attestation(), wallet.pop()]
        body, _, signature = texts[part].rpartition(".")
        raw = bytearray(base64url.decode(signature))
        raw[0] ^= 1
        texts[part] = f"{body}.{base64url.encode(bytes(raw))}"
        return pair(*texts)

    return spoil


def private(wallet: Attested) -> Headers:
    return pair(wallet.wallet_attestation(cnf={"jwk": {**wallet.instance.public_jwk, "d": "A" * 43}}), wallet.pop())


NOW = world.NOW
SPOILS: dict[str, Callable[[Attested], Headers]] = {
    "expired": attested(exp=NOW),
    "no_end": attested(exp=None),
    "end_as_text": attested(exp=str(NOW + 300)),
    "from_the_future": attested(iat=NOW + 61),
    "not_yet": attested(nbf=NOW + 61),
    "no_sub": attested(sub=None),
    "sub_is_a_number": attested(sub=1),
    "sub_of_another_client": attested(sub="wallet-1"),
    "sub_of_nobody": attested(sub="nobody"),
    "no_cnf": attested(cnf=None),
    "cnf_without_key": attested(cnf={"kid": "1"}),
    "cnf_with_a_private_key": private,
    "cnf_of_another_instance": attested(key=generate_key()),
    "typ_of_a_key_attestation": attested(typ="key-attestation+jwt"),
    "status_is_text": attested(status="valid"),
    "long": attested(pad="x" * MAX_ATTESTATION),
    "signature": turned(0),
    "algorithm_none": headed(0, "none"),
    "algorithm_hs256": headed(0, "HS256"),
    "algorithm_rs256": headed(0, "RS256"),
    "proof_signature": turned(1),
    "proof_algorithm_none": headed(1, "none"),
    "proof_algorithm_hs256": headed(1, "HS256"),
    "proof_by_another_key": proven(signer=generate_key()),
    "proof_for_the_token_endpoint": proven(aud=world.ISSUER + "/token"),
    "proof_for_another_server": proven(aud="https://other.example"),
    "proof_for_many_servers": proven(aud=[world.ISSUER, "https://other.example"]),
    "proof_for_nobody": proven(aud=None),
    "proof_of_another_client": proven(iss="wallet-1"),
    "proof_too_old": proven(iat=NOW - 61),
    "proof_from_the_future": proven(iat=NOW + 61),
    "proof_without_time": proven(iat=None),
    "proof_without_jti": proven(jti=None),
    "proof_with_a_long_jti": proven(jti="j" * (MAX_JTI + 1)),
    "proof_typ": proven(typ="dpop+jwt"),
    "proof_for_a_challenge_of_nobody": proven(challenge="A" * 54),
    "proof_for_a_challenge_that_is_a_number": proven(challenge=1),
    "attestation_twice": lambda wallet: [(ONE, wallet.wallet_attestation()), *wallet.headers()],
    "proof_twice": lambda wallet: [*wallet.headers(), (OTHER, wallet.pop())],
    "attestation_alone": lambda wallet: [(ONE, wallet.wallet_attestation())],
    "proof_alone": lambda wallet: [(OTHER, wallet.pop())],
    "joined": lambda wallet: [(ONE, f"{wallet.wallet_attestation()}~{wallet.pop()}")],
    "joined_beside_a_proof": lambda wallet: pair(f"{wallet.wallet_attestation()}~{wallet.pop()}", wallet.pop()),
    "swapped": lambda wallet: pair(wallet.pop(), wallet.wallet_attestation()),
    "no_jwt": lambda _wallet: pair("x", "y"),
}


@pytest.mark.parametrize("fault", SPOILS)
def test_I17_an_attestation_that_must_not_count(wallet: Attested, fault: str) -> None:
    """At both endpoints, and nothing is kept of it."""
    code = wallet.new_code()
    before = rows(wallet.issuing, AUTHORIZATIONS)
    for answer in (wallet.push(headers=SPOILS[fault](wallet)), wallet.redeem(code, headers=SPOILS[fault](wallet))):
        said = refused(answer, answer.status_code, *CODES)
        assert answer.status_code == (401 if said == "invalid_client" else 400)
    assert rows(wallet.issuing, AUTHORIZATIONS) == before
    assert wallet.redeem(code).status_code == 200


def test_I17_a_proof_used_again(wallet: Attested) -> None:
    headers = wallet.headers()
    assert wallet.push(headers=headers).status_code == 201
    refused(wallet.push(headers=headers), 401, "invalid_client")


def test_I17_a_challenge_that_is_old(wallet: Attested) -> None:
    challenge = wallet.issuing.client.post("/challenge").json()["attestation_challenge"]
    wallet.issuing.clock.move(CHALLENGE_LIFETIME)
    refused(wallet.push(headers=proven(challenge=challenge)(wallet)), 400, "use_attestation_challenge")


def test_I17_a_nonce_is_no_challenge(wallet: Attested) -> None:
    refused(wallet.push(headers=proven(challenge=wallet.issuing.nonce())(wallet)), 400, "use_attestation_challenge")


def test_I17_two_ways_at_once(wallet: Attested) -> None:
    refused(wallet.push(client_assertion="a.b.c"), 401, "invalid_client")
    refused(wallet.push(client_secret="secret"), 401, "invalid_client")


def test_I17_a_client_that_is_not_attested(wallet: Attested) -> None:
    """A client of another method cannot be attested."""
    wallet.client_id = "wallet-1"
    refused(wallet.push(), 401, "invalid_client")


@pytest.mark.parametrize(
    "make",
    [
        attested(iss=None),
        attested(iat=None, nbf=None),
        attested(iat=NOW + 60, nbf=NOW + 60),
        attested(exp=NOW + 1),
        attested(wallet_name="a wallet", unknown={"a": 1}),
        proven(iss=None, exp=None),
        proven(iat=NOW - 60),
        proven(iat=NOW + 60),
        proven(jti="j" * MAX_JTI),
    ],
)
def test_I17_control_older_and_newer_forms(wallet: Attested, make: Callable[[Attested], Headers]) -> None:
    assert wallet.push(headers=make(wallet)).status_code == 201


def test_I17_control_for_our_challenge(wallet: Attested) -> None:
    challenge = wallet.issuing.client.post("/challenge").json()["attestation_challenge"]
    wallet.issuing.clock.move(CHALLENGE_LIFETIME - 1)
    assert wallet.push(headers=proven(challenge=challenge)(wallet)).status_code == 201


# --- I18: a provider or instance that nobody trusts [HAIP 4.4.1] ---


@pytest.mark.parametrize("authority", ["issuing authority", "status authority", "another wallet authority"])
def test_I18_a_provider_that_is_not_on_the_list(wallet: Attested, authority: str) -> None:
    by = world.certified(authority, "a stranger", world.WALLET_PROVIDER)
    refused(wallet.push(headers=attested(by=by)(wallet)), 401, "invalid_client")


def test_I18_a_certificate_for_another_entity(wallet: Attested) -> None:
    by = world.certified("wallet authority", "somebody else", "https://other.example")
    refused(wallet.push(headers=attested(by=by)(wallet)), 401, "invalid_client")


def watching(issuing: Issuing, **state: Any) -> Attested:
    """The issuer where the wallet provider's status lists are to be had."""
    return Attested(with_wallets(with_status(issuing, **state)))


@pytest.mark.parametrize("state", STATES.values(), ids=STATES)
def test_I18_an_instance_that_was_revoked_or_cannot_be_judged(issuing: Issuing, state: dict[str, Any]) -> None:
    wallet = watching(issuing, **state)
    refused(wallet.push(headers=attested(status=STATUS)(wallet)), 401, "invalid_client")


def test_I18_control_an_instance_that_is_good(issuing: Issuing) -> None:
    wallet = watching(issuing)
    assert wallet.push(headers=attested(status=STATUS)(wallet)).status_code == 201


def test_I18_control_the_provider_on_the_list(wallet: Attested) -> None:
    assert wallet.push().status_code == 201


# --- I21: refresh tokens of another instance [ABCA 10] ---


def test_I21_refresh_by_another_instance_with_the_same_key(wallet: Attested) -> None:
    """It ends nothing: whoever stole the token and even the DPoP key cannot cut the wallet off."""
    given = wallet.start()["refresh_token"]
    thief = Attested(wallet.issuing)
    thief.bound = wallet.bound
    for headers in (thief.headers(), []):
        refused(wallet.refresh(given, headers=headers), 400, "invalid_grant")
    assert wallet.refresh(given).status_code == 200


def test_I21_control_refresh_by_its_own_instance(wallet: Attested) -> None:
    given = wallet.start()["refresh_token"]
    for _ in range(3):
        given = wallet.refresh(given).json()["refresh_token"]
    assert given


def test_I15_a_code_in_another_instance(wallet: Attested) -> None:
    code = wallet.new_code()
    thief = Attested(wallet.issuing)
    thief.bound = wallet.bound
    refused(thief.redeem(code), 400, "invalid_grant")
    assert wallet.redeem(code).status_code == 200


# --- T11: a database that was restored has forgotten which proofs were used ---

LATER = [-60, 0, 60]


def restored_now(wallet: Authorizing) -> Issuing:
    """The same issuer, brought back from a backup at this moment."""
    issuing = wallet.issuing
    issuer = replace(issuing.issuer, restored_at=issuing.clock.now)
    return Issuing(issuer, issuing.clock, client_of(issuer), issuing.applications)


@pytest.mark.parametrize("later", LATER)
def test_T11_client_proof_made_before_the_database_was_restored(wallet: Attested, later: int) -> None:
    """By a clock that may have been a minute ahead."""
    headers = proven(iat=NOW + later)(wallet)
    assert wallet.push(headers=headers).status_code == 201
    wallet.issuing = restored_now(wallet)
    refused(wallet.push(headers=proven(iat=NOW + later)(wallet)), 401, "invalid_client")
    refused(wallet.push(headers=headers), 401, "invalid_client")


@pytest.mark.parametrize("changes", [{"iat": NOW}, {"iat": NOW + 60}, {"iat": None}, {"iat": None, "exp": NOW + 660}], ids=str)
def test_T11_assertion_made_before_the_database_was_restored(wallet: Attested, changes: dict[str, Any]) -> None:
    other = Authorizing(restored_now(wallet))
    refused(other.push(**other.assertion(**changes)), 401, "invalid_client")


def test_T11_control_proofs_made_after_it(wallet: Attested) -> None:
    wallet.issuing = restored_now(wallet)
    other = Authorizing(wallet.issuing)
    wallet.issuing.clock.move(61)
    assert wallet.push().status_code == 201
    assert other.push().status_code == 201
    wallet.issuing.clock.move(600)
    assert other.push(**other.assertion(iat=None)).status_code == 201
