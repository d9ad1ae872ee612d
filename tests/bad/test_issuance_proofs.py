"""Hostile credential requests, rows I22–I25 and I28 of the threat catalogue, over HTTP, each beside its control."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from hmac import digest as hmac_digest
from typing import Any

import httpx2
import pytest
from cryptography.hazmat.primitives.asymmetric import ec

from sinwon.core import base64url
from sinwon.core.strict_json import dump
from sinwon.keys.jwk import certificate_text
from sinwon.keys.software import generate_key
from sinwon.protocols.vci.configurations import AGE_SD_JWT, IDENTITY_SD_JWT, LINKAGE_SD_JWT
from sinwon.store.issuer.tables import COPIES
from tests import world
from tests.attesting import new_keys
from tests.issuing import Issuing, client_of, refused, rows

PARALLEL = 50


# --- I22: what is asked for [OID4VCI 8.2] [OID4VCI 6.2] ---

NAMES: dict[str, tuple[dict[str, str], str]] = {
    "both": (
        {"credential_configuration_id": IDENTITY_SD_JWT, "credential_identifier": "one"},
        "invalid_credential_request",
    ),
    "neither": ({}, "invalid_credential_request"),
    "unknown_configuration": ({"credential_configuration_id": "driving-licence"}, "unknown_credential_configuration"),
    "unknown_identifier": ({"credential_identifier": "one"}, "unknown_credential_identifier"),
}


@pytest.mark.parametrize(("names", "code"), NAMES.values(), ids=NAMES)
def test_I22_wrong_names(issuing: Issuing, names: dict[str, str], code: str) -> None:
    token = issuing.new_token()
    refused(issuing.send(token, {**names, "proofs": {"jwt": issuing.proofs()}}), 400, code)
    assert rows(issuing, COPIES) == 0


def test_I22_configuration_the_token_does_not_cover(issuing: Issuing) -> None:
    token = issuing.with_settings(configurations=(IDENTITY_SD_JWT,)).new_token()
    answer = issuing.request(token, issuing.proofs(), LINKAGE_SD_JWT)
    refused(answer, 403, "insufficient_scope")
    assert answer.headers["www-authenticate"] == 'Bearer error="insufficient_scope"'
    assert rows(issuing, COPIES) == 0


def test_I22_control_configuration_the_token_covers(issuing: Issuing) -> None:
    token = issuing.with_settings(configurations=(IDENTITY_SD_JWT,)).new_token()
    assert issuing.request(token, issuing.proofs(), IDENTITY_SD_JWT, unknown_member=1).status_code == 200


# --- I23: how many proofs, and in which shape [OID4VCI 8.2] [OID4VCI 8.2, 12.2.4] ---

SHAPES: dict[str, Callable[[str], dict[str, Any]]] = {
    "two_types": lambda proof: {"proofs": {"jwt": [proof], "attestation": [proof]}},
    "empty_array": lambda _proof: {"proofs": {"jwt": []}},
    "no_type": lambda _proof: {"proofs": {}},
    "unknown_type": lambda proof: {"proofs": {"di_vp": [proof]}},
    "legacy_singular": lambda proof: {"proof": {"proof_type": "jwt", "jwt": proof}},
    "missing": lambda _proof: {},
    "text_for_array": lambda proof: {"proofs": {"jwt": proof}},
    "array_for_object": lambda proof: {"proofs": [proof]},
    "numbers": lambda _proof: {"proofs": {"jwt": [1]}},
    "ten_thousand": lambda _proof: {"proofs": {"jwt": ["e30.e30.e30"] * 10_000}},
    "nested_deeply": lambda _proof: {"proofs": {"jwt": [[[[[[[[[[[[[[[[[[]]]]]]]]]]]]]]]]]]}},
}


@pytest.mark.parametrize("shape", SHAPES.values(), ids=SHAPES)
def test_I23_proofs_in_another_shape(issuing: Issuing, shape: Callable[[str], dict[str, Any]]) -> None:
    body = {"credential_configuration_id": IDENTITY_SD_JWT, **shape(issuing.proof())}
    refused(issuing.send(issuing.new_token(), body), 400, "invalid_proof", "invalid_credential_request")
    assert rows(issuing, COPIES) == 0


def test_I23_one_more_than_the_batch_size(issuing: Issuing) -> None:
    proofs = issuing.proofs(issuing.issuer.settings.batch_size + 1)
    refused(issuing.request(issuing.new_token(), proofs), 400, "invalid_proof")
    assert rows(issuing, COPIES) == 0


def test_I23_control_a_full_batch(issuing: Issuing) -> None:
    size = issuing.issuer.settings.batch_size
    assert len(issuing.issue(size)["credentials"]) == size
    assert rows(issuing, COPIES) == size


# --- I24: the proof itself [OID4VCI F.1] [OID4VCI F.4] ---


def re_headed(proof: str, header: dict[str, Any], signature: Callable[[bytes], bytes]) -> str:
    """The claims of `proof` under another header and signature."""
    signed = f"{base64url.encode(dump(header))}.{proof.split('.')[1]}"
    return f"{signed}.{base64url.encode(signature(signed.encode()))}"


def alg_none(bottle: Issuing) -> str:
    header = {"alg": "none", "typ": "openid4vci-proof+jwt", "jwk": dict(generate_key().public_jwk)}
    return re_headed(bottle.proof(), header, lambda _signed: b"")


def hs256_with_the_public_key(bottle: Issuing) -> str:
    jwk = dict(generate_key().public_jwk)
    header = {"alg": "HS256", "typ": "openid4vci-proof+jwt", "jwk": jwk}
    return re_headed(bottle.proof(), header, lambda signed: hmac_digest(dump(jwk), signed, "sha256"))


def alg_of_another_key_type(bottle: Issuing) -> str:
    return bottle.proof(h_jwk={"kty": "RSA", "n": "AQAB", "e": "AQAB"})


def private_key_in_jwk(bottle: Issuing) -> str:
    signer = generate_key()
    number = signer.private.private_numbers().private_value
    return bottle.proof(signer, h_jwk={**signer.public_jwk, "d": base64url.encode(number.to_bytes(32))})


def another_curve(bottle: Issuing) -> str:
    numbers = ec.generate_private_key(ec.SECP256K1()).public_key().public_numbers()
    x, y = (base64url.encode(number.to_bytes(32)) for number in (numbers.x, numbers.y))
    return bottle.proof(h_jwk={"kty": "EC", "crv": "P-256K", "x": x, "y": y})


def point_off_the_curve(bottle: Issuing) -> str:
    jwk = dict(generate_key().public_jwk)
    return bottle.proof(h_jwk={**jwk, "x": jwk["y"], "y": jwk["x"]})


def untrusted_x5c(bottle: Issuing) -> str:
    chain = [certificate_text(world.authority("stranger").certificate)]
    return bottle.proof(h_jwk=None, h_x5c=chain)


def signed_by_another_key(bottle: Issuing) -> str:
    return bottle.proof(h_jwk=dict(generate_key().public_jwk))


DAY = 86_400
PROOFS: dict[str, Callable[[Issuing], str]] = {
    "alg_none": alg_none,
    "hs256_with_the_public_key": hs256_with_the_public_key,
    "alg_of_another_key_type": alg_of_another_key_type,
    "typ_missing": lambda bottle: bottle.proof(h_typ=None),
    "typ_of_a_plain_jwt": lambda bottle: bottle.proof(h_typ="JWT"),
    "audience_is_another_issuer": lambda bottle: bottle.proof(aud="https://other.example"),
    "audience_with_a_slash": lambda bottle: bottle.proof(aud=f"{world.ISSUER}/"),
    "audience_array_with_extras": lambda bottle: bottle.proof(aud=[world.ISSUER, "https://other.example"]),
    "audience_missing": lambda bottle: bottle.proof(aud=None),
    "iat_of_yesterday": lambda bottle: bottle.proof(iat=world.NOW - DAY),
    "iat_of_tomorrow": lambda bottle: bottle.proof(iat=world.NOW + DAY),
    "iat_just_too_old": lambda bottle: bottle.proof(iat=world.NOW - 301),
    "iat_missing": lambda bottle: bottle.proof(iat=None),
    "iat_as_text": lambda bottle: bottle.proof(iat=str(world.NOW)),
    "iat_true": lambda bottle: bottle.proof(iat=True),
    "private_key_in_jwk": private_key_in_jwk,
    "kid_and_jwk": lambda bottle: bottle.proof(h_kid="one"),
    "kid_only": lambda bottle: bottle.proof(h_jwk=None, h_kid="did:key:one"),
    "no_key": lambda bottle: bottle.proof(h_jwk=None),
    "untrusted_x5c": untrusted_x5c,
    "another_curve": another_curve,
    "point_off_the_curve": point_off_the_curve,
    "signed_by_another_key": signed_by_another_key,
    "unknown_critical_extension": lambda bottle: bottle.proof(h_crit=["exp"], h_exp=1),
    "longer_than_any_proof": lambda bottle: bottle.proof(padding="x" * 8_192),
    "not_a_jws": lambda _bottle: "not a jws",
}


@pytest.mark.parametrize("make", PROOFS.values(), ids=PROOFS)
def test_I24_proof_with_one_fault(issuing: Issuing, make: Callable[[Issuing], str]) -> None:
    token = issuing.new_token()
    refused(issuing.request(token, [make(issuing)]), 400, "invalid_proof")
    assert rows(issuing, COPIES) == 0
    # The token survives bad proofs.
    assert issuing.request(token, issuing.proofs()).status_code == 200


def test_I24_same_key_twice_in_a_batch(issuing: Issuing) -> None:
    signer, nonce = generate_key(), issuing.nonce()
    proofs = [issuing.proof(signer, nonce=nonce), issuing.proof(signer, nonce=nonce)]
    refused(issuing.request(issuing.new_token(), proofs), 400, "invalid_proof")
    assert rows(issuing, COPIES) == 0


@pytest.mark.parametrize("configuration", [IDENTITY_SD_JWT, LINKAGE_SD_JWT])
def test_I24_key_of_an_earlier_copy(issuing: Issuing, configuration: str) -> None:
    signer, token = generate_key(), issuing.new_token()
    assert issuing.request(token, [issuing.proof(signer)]).status_code == 200
    refused(issuing.request(token, [issuing.proof(signer)], configuration), 400, "invalid_proof")
    assert rows(issuing, COPIES) == 1


@pytest.mark.parametrize("moved", [-300, 0, 300])
def test_I24_control_valid_proof(issuing: Issuing, moved: int) -> None:
    assert issuing.request(issuing.new_token(), [issuing.proof(iat=world.NOW + moved)]).status_code == 200


# --- I25: the nonce [OID4VCI F.4] ---


def foreign_nonce(_bottle: Issuing) -> str:
    return base64url.encode(b"\x01" * 40)


def nonce_of_another_tenant(bottle: Issuing) -> str:
    other = replace(bottle.issuer, origin="https://other.example")
    return Issuing(other, bottle.clock, client_at(other)).nonce()


def altered_nonce(bottle: Issuing) -> str:
    raw = bytearray(base64url.decode(bottle.nonce()))
    raw[10] ^= 1
    return base64url.encode(bytes(raw))


def client_at(issuer: Any) -> Any:
    client = client_of(issuer)
    client.base_url = httpx2.URL(issuer.origin)
    return client


NONCES: dict[str, Callable[[Issuing], object]] = {
    "foreign": foreign_nonce,
    "of_another_tenant": nonce_of_another_tenant,
    "altered": altered_nonce,
    "short": lambda _bottle: "abc",
    "not_base64url": lambda _bottle: "nonce with spaces",
    "ten_kilobytes": lambda _bottle: "A" * 5_000,
}


@pytest.mark.parametrize("make", NONCES.values(), ids=NONCES)
def test_I25_nonce_that_is_not_ours(issuing: Issuing, make: Callable[[Issuing], str]) -> None:
    token = issuing.new_token()
    refused(issuing.request(token, [issuing.proof(nonce=make(issuing))]), 400, "invalid_nonce")
    assert rows(issuing, COPIES) == 0
    # The client may try again with a fresh one.
    assert issuing.request(token, issuing.proofs()).status_code == 200


@pytest.mark.parametrize("value", [None, 7, ["x"]], ids=["absent", "number", "array"])
def test_I25_absent_nonce_is_a_fault_of_the_proof(issuing: Issuing, value: object) -> None:
    refused(issuing.request(issuing.new_token(), [issuing.proof(nonce=value)]), 400, "invalid_proof")
    assert rows(issuing, COPIES) == 0


def test_I25_expired_nonce(issuing: Issuing) -> None:
    nonce = issuing.nonce()
    issuing.clock.move(300)
    refused(issuing.request(issuing.new_token(), [issuing.proof(nonce=nonce)]), 400, "invalid_nonce")


def test_I25_nonce_reused_after_success(issuing: Issuing) -> None:
    token, nonce = issuing.new_token(), issuing.nonce()
    assert issuing.request(token, [issuing.proof(nonce=nonce)]).status_code == 200
    refused(issuing.request(token, [issuing.proof(nonce=nonce)]), 400, "invalid_nonce")
    refused(issuing.request(token, [issuing.proof(nonce=nonce)], AGE_SD_JWT), 400, "invalid_nonce")
    refused(issuing.request_attested(token, issuing.attest(new_keys(1), nonce)), 400, "invalid_nonce")
    assert rows(issuing, COPIES) == 1


def test_I25_of_fifty_parallel_uses_one_wins(issuing: Issuing) -> None:
    token, nonce = issuing.new_token(), issuing.nonce()
    bodies = [
        {"credential_configuration_id": IDENTITY_SD_JWT, "proofs": {"jwt": [issuing.proof(nonce=nonce)]}}
        for _number in range(PARALLEL)
    ]
    headers = {"Authorization": f"Bearer {token}"}
    with ThreadPoolExecutor(PARALLEL) as pool:
        answers = list(pool.map(lambda body: client_of(issuing.issuer).post("/credential", json=body, headers=headers), bodies))
    assert sum(answer.status_code == 200 for answer in answers) == 1
    assert {answer.json()["error"] for answer in answers if answer.status_code != 200} == {"invalid_nonce"}
    assert rows(issuing, COPIES) == 1


def test_I25_two_nonces_in_one_batch(issuing: Issuing) -> None:
    proofs = [issuing.proof(), issuing.proof()]
    refused(issuing.request(issuing.new_token(), proofs), 400, "invalid_nonce")


def test_I25_control_one_nonce_serves_a_batch(issuing: Issuing) -> None:
    nonce = issuing.nonce()
    issuing.clock.move(299)
    proofs = [issuing.proof(nonce=nonce) for _number in range(3)]
    assert issuing.request(issuing.new_token(), proofs).status_code == 200


def test_I25_control_nonce_of_a_refused_request_stays_usable(issuing: Issuing) -> None:
    token, nonce = issuing.new_token(), issuing.nonce()
    refused(issuing.request(token, [issuing.proof(nonce=nonce, aud="https://other.example")]), 400, "invalid_proof")
    assert issuing.request(token, [issuing.proof(nonce=nonce)]).status_code == 200


# --- I28: all or nothing ---


@pytest.mark.parametrize("position", [0, 4, 9])
def test_I28_one_bad_proof_in_a_full_batch(issuing: Issuing, position: int) -> None:
    token, nonce = issuing.new_token(), issuing.nonce()
    proofs = [issuing.proof(nonce=nonce) for _number in range(10)]
    proofs[position] = issuing.proof(nonce=nonce, h_jwk=dict(generate_key().public_jwk))
    refused(issuing.request(token, proofs), 400, "invalid_proof")
    assert rows(issuing, COPIES) == 0
    assert issuing.request(token, [proof for proof in proofs if proof != proofs[position]]).status_code == 200


def test_I28_control_all_proofs_good(issuing: Issuing) -> None:
    assert len(issuing.issue(10)["credentials"]) == 10
