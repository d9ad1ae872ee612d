"""Hostile encryption of credential requests, rows I29 and I30 of the threat catalogue, over HTTP, each beside its control."""

import json
from collections.abc import Callable
from time import perf_counter
from typing import Any

import httpx2
import pytest

from sinwon.core import base64url
from sinwon.core.limits import MAX_FORM
from sinwon.keys.software import generate_key
from sinwon.protocols.vci.configurations import AGE_SD_JWT
from sinwon.protocols.vci.credential_request import MAX_REQUEST
from sinwon.store.issuer.tables import COPIES, PENDINGS
from tests.encrypting import EncryptingWallet, deflated, seal
from tests.issuing import Issuing, refused, rows

CODE = "invalid_encryption_parameters"
SECONDS = 0.05
"""What a refusal may take (the best of a few: the machine has other things to do)."""


def nothing_happened(issuing: Issuing) -> bool:
    return rows(issuing, COPIES) == rows(issuing, PENDINGS) == 0


# --- I29: encryption that is missing, or not ours [OID4VCI 8.2] [OID4VCI 12.2.4] ---


def test_I29_plain_request_where_encryption_is_required(issuing: Issuing) -> None:
    strict = issuing.with_settings(encryption_required=True)
    refused(strict.request(strict.new_token(), strict.proofs()), 400, CODE)
    assert nothing_happened(issuing)


def test_I29_plain_answer_where_encryption_is_required(issuing: Issuing) -> None:
    strict = issuing.with_settings(encryption_required=True)
    wallet = EncryptingWallet(strict)
    refused(wallet.send(strict.new_token(), wallet.body(credential_response_encryption=None)), 400, CODE)
    assert nothing_happened(issuing)


def test_I29_plain_deferred_request_where_encryption_is_required(issuing: Issuing) -> None:
    strict = issuing.with_settings(encryption_required=True, deferred=(AGE_SD_JWT,))
    wallet, token = EncryptingWallet(strict), strict.new_token()
    name = {"transaction_id": wallet.open(wallet.send(token, wallet.body(AGE_SD_JWT)))["transaction_id"]}
    issuing.clock.move(5)
    headers = {"Authorization": f"Bearer {token}"}
    refused(strict.client.post("/deferred-credential", json=name, headers=headers), 400, CODE)
    assert wallet.open(wallet.send(token, name, "/deferred-credential"))["credentials"]


def test_I29_control_encrypted_where_it_is_required(issuing: Issuing) -> None:
    strict = issuing.with_settings(encryption_required=True)
    wallet = EncryptingWallet(strict, zipped=True)
    assert wallet.open(wallet.send(strict.new_token(), wallet.body(count=10)))["credentials"]


@pytest.mark.parametrize("path", ["/credential", "/deferred-credential"])
def test_I29_encrypted_answer_asked_for_in_the_clear(issuing: Issuing, path: str) -> None:
    """Whoever stands between could put another key there."""
    wallet, token = EncryptingWallet(issuing), issuing.new_token()
    body = {**wallet.body(), "transaction_id": "some"}
    answer = issuing.client.post(path, json=body, headers={"Authorization": f"Bearer {token}"})
    refused(answer, 400, CODE)
    assert nothing_happened(issuing)


WISHES: dict[str, dict[str, Any]] = {
    "alg_rsa1_5": {"jwk_alg": "RSA1_5"},
    "alg_dir": {"jwk_alg": "dir"},
    "alg_with_key_wrapping": {"jwk_alg": "ECDH-ES+A128KW"},
    "alg_missing": {"jwk_alg": None},
    "alg_in_an_array": {"jwk_alg": ["ECDH-ES"]},
    "enc_with_cbc": {"enc": "A128CBC-HS256"},
    "enc_missing": {"enc": None},
    "enc_in_an_array": {"enc": ["A128GCM"]},
    "zip_of_another_kind": {"zip": "GZIP"},
    "zip_in_an_array": {"zip": ["DEF"]},
    "private_key": {"jwk_d": base64url.encode(b"\x01" * 32)},
    "symmetric_key": {"jwk_kty": "oct", "jwk_k": base64url.encode(b"\x01" * 32)},
    "key_elsewhere": {"jwk_jku": "https://attacker.example/keys"},
    "another_curve": {"jwk_crv": "P-384"},
    "off_the_curve": {"jwk_y": base64url.encode(b"\x01" * 32)},
    "not_even_a_coordinate": {"jwk_x": "AAAA"},
    "kid_is_a_number": {"jwk_kid": 7},
    "kid_is_long": {"jwk_kid": "k" * 257},
}


@pytest.mark.parametrize("changes", WISHES.values(), ids=WISHES)
def test_I29_answer_key_with_one_fault(issuing: Issuing, changes: dict[str, Any]) -> None:
    wallet = EncryptingWallet(issuing)
    body = wallet.body(credential_response_encryption=wallet.wish(**changes))
    refused(wallet.send(issuing.new_token(), body), 400, CODE)
    assert nothing_happened(issuing)


@pytest.mark.parametrize("wish", [{}, [], "ECDH-ES", 1, True, {"jwk": [], "enc": "A128GCM"}])
def test_I29_answer_key_in_another_shape(issuing: Issuing, wish: object) -> None:
    wallet = EncryptingWallet(issuing)
    refused(wallet.send(issuing.new_token(), wallet.body(credential_response_encryption=wish)), 400, CODE)


@pytest.mark.parametrize("changes", [{}, {"jwk_kid": "k" * 256}, {"jwk_use": None}, {"jwk_x_more": 1, "more": 2}])
def test_I29_control_answer_key(issuing: Issuing, changes: dict[str, Any]) -> None:
    wallet = EncryptingWallet(issuing)
    body = wallet.body(credential_response_encryption=wallet.wish(**changes))
    assert wallet.send(issuing.new_token(), body).status_code == 200


@pytest.mark.parametrize("size", [50_000_000, MAX_REQUEST + 1], ids=["fifty_megabytes", "one_past_the_limit"])
def test_I29_compressed_bomb(issuing: Issuing, size: int) -> None:
    wallet = EncryptingWallet(issuing)
    bomb = seal(deflated(b" " * size), wallet.issuer_key, zip="DEF")
    assert len(bomb) < 100_000
    refused(quickly(lambda: wallet.post("any", bomb)), 400, CODE)


def test_I29_control_compressed_to_the_limit(issuing: Issuing) -> None:
    wallet = EncryptingWallet(issuing, zipped=True)
    plain = json.dumps(wallet.body()).encode()
    padded = plain + b" " * (MAX_REQUEST - len(plain))
    assert wallet.open(wallet.post(issuing.new_token(), wallet.sealed(padded)))["credentials"]


def test_I29_request_larger_than_any(issuing: Issuing) -> None:
    wallet = EncryptingWallet(issuing)
    refused(wallet.post("any", "a" * (MAX_FORM + 1)), 413, "too_large")


# --- I30: what does not decrypt looks alike [OID4VCI 10] ---


def swapped(token: str, part: int, value: str) -> str:
    parts = token.split(".")
    parts[part] = value
    return ".".join(parts)


def off_curve() -> dict[str, str]:
    jwk = dict(generate_key().public_jwk)
    return {**jwk, "y": jwk["x"]}


ENVELOPES: dict[str, Callable[[EncryptingWallet], str]] = {
    "another_kid": lambda w: w.sealed(w.body(), kid="another"),
    "no_kid": lambda w: w.sealed(w.body(), kid=None),
    "kid_of_our_key_on_another": lambda w: seal(b"{}", {**generate_key().public_jwk, "kid": w.issuer_key["kid"]}),
    "epk_off_the_curve": lambda w: w.sealed(w.body(), epk=off_curve()),
    "epk_missing": lambda w: w.sealed(w.body(), epk=None),
    "epk_of_another_curve": lambda w: w.sealed(w.body(), epk={**generate_key().public_jwk, "crv": "P-384"}),
    "epk_of_another_message": lambda w: w.sealed(w.body(), epk=dict(generate_key().public_jwk)),
    "password_of_a_billion_rounds": lambda w: w.sealed(
        w.body(), alg="PBES2-HS256+A128KW", p2c=1_000_000_000, p2s="AAAAAAAAAAAAAAAA"
    ),
    "p2c_beside_ecdh": lambda w: w.sealed(w.body(), p2c=1_000_000_000),
    "alg_rsa1_5": lambda w: w.sealed(w.body(), alg="RSA1_5"),
    "alg_dir": lambda w: w.sealed(w.body(), alg="dir"),
    "alg_none": lambda w: w.sealed(w.body(), alg="none"),
    "alg_missing": lambda w: w.sealed(w.body(), alg=None),
    "enc_not_the_one_used": lambda w: reheaded(w.sealed(w.body()), enc="A256GCM"),
    "enc_with_cbc": lambda w: reheaded(w.sealed(w.body()), enc="A128CBC-HS256"),
    "critical_extension": lambda w: w.sealed(w.body(), crit=["exp"]),
    "tag_cut_off": lambda w: w.sealed(w.body())[:-4],
    "tag_missing": lambda w: swapped(w.sealed(w.body()), 4, ""),
    "tag_of_zeros": lambda w: swapped(w.sealed(w.body()), 4, "A" * 22),
    "iv_missing": lambda w: swapped(w.sealed(w.body()), 2, ""),
    "ciphertext_missing": lambda w: swapped(w.sealed(w.body()), 3, ""),
    "wrapped_key_where_there_is_none": lambda w: swapped(w.sealed(w.body()), 1, "AAAA"),
    "zip_of_another_kind": lambda w: w.sealed(w.body(), zip="GZIP"),
    "zip_of_what_is_not_compressed": lambda w: w.sealed(w.body(), zip="DEF"),
    "plain_json": lambda w: json.dumps(w.body()),
    "a_signed_token": lambda w: w.issuing.proof(),
    "empty": lambda _w: "",
    "not_ascii": lambda _w: "é.é.é.é.é",
}


def reheaded(token: str, **changes: Any) -> str:
    """The same message under another header."""
    header = json.loads(base64url.decode(token.partition(".")[0]))
    return swapped(token, 0, base64url.encode(json.dumps({**header, **changes}).encode()))


@pytest.mark.parametrize("fault", ENVELOPES)
def test_I30_envelope_with_one_fault(issuing: Issuing, fault: str) -> None:
    """With a good token and good proofs inside: the envelope alone is refused, and always with the same words."""
    wallet, token = EncryptingWallet(issuing), issuing.new_token()
    content = ENVELOPES[fault](wallet)
    answer = quickly(lambda: wallet.post(token, content))
    refused(answer, 400, CODE)
    assert answer.content == refusal_of_garbage(issuing).content
    assert nothing_happened(issuing)


@pytest.mark.parametrize("enc", ["A128GCM", "A256GCM"])
def test_I30_control_envelope(issuing: Issuing, enc: str) -> None:
    wallet = EncryptingWallet(issuing)
    assert wallet.open(wallet.post(issuing.new_token(), wallet.sealed(wallet.body(), enc=enc)))["credentials"]


@pytest.mark.parametrize("content_type", ["application/jose", "text/plain", "application/jwt-not", ""])
def test_I30_another_media_type(issuing: Issuing, content_type: str) -> None:
    wallet = EncryptingWallet(issuing)
    headers = {"Authorization": f"Bearer {issuing.new_token()}", "Content-Type": content_type}
    answer = issuing.client.post("/credential", content=wallet.sealed(wallet.body()), headers=headers)
    refused(answer, 415, "unsupported_media_type")


def refusal_of_garbage(issuing: Issuing) -> httpx2.Response:
    return EncryptingWallet(issuing).post("any", "x")


def quickly(send: Callable[[], httpx2.Response]) -> httpx2.Response:
    """The answer, which took no longer than a refusal may."""
    took = []
    for _try in range(3):
        started = perf_counter()
        answer = send()
        took.append(perf_counter() - started)
    assert min(took) < SECONDS
    return answer
