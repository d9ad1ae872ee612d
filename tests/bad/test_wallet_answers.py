"""What an issuer may answer to trick or tire a wallet: answers in the open, promises out of shape, nonces without end."""

import json
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from sinwon.core.fetch import Answer
from sinwon.core.refusal import Refusal
from sinwon.formats.jose.jwe import encrypt
from sinwon.holder.issuer import MAX_INTERVAL
from sinwon.protocols.vci.configurations import IDENTITY_SD_JWT
from tests import world
from tests.code_world import CodeWorld, code_world
from tests.encrypting import deflated, seal
from tests.network import json_page, with_body

METADATA = "/.well-known/openid-credential-issuer"
ONE = (IDENTITY_SD_JWT,)
Change = Callable[[Answer], Answer]


@pytest.fixture
def here(tmp_path: Path) -> Iterator[CodeWorld]:
    with code_world(tmp_path) as made:
        yield made


def refused(here: CodeWorld, *codes: str, **more: Any) -> None:
    wallet = here.wallet(**more)
    with pytest.raises(Refusal) as refusal:
        wallet.ask_issuer(world.ISSUER, ONE, copies=1)
    assert refusal.value.code in codes
    assert not wallet.copies.unused()


def received(here: CodeWorld, **more: Any) -> None:
    assert sum(here.wallet(**more).ask_issuer(world.ISSUER, ONE, copies=1).values()) == 1


def in_the_open(answer: Answer) -> Answer:
    return json_page(json.dumps({"credentials": [{"credential": "x"}]}).encode())


ANSWERS: dict[str, Change] = {
    "in_the_open": in_the_open,
    "in_the_open_but_called_encrypted": lambda answer: replace(in_the_open(answer), headers=answer.headers),
    "to_another_key": lambda answer: with_body(
        answer, encrypt(b"{}", world.key("attacker").public_jwk, enc="A256GCM").encode()
    ),
    "one_bit_changed": lambda answer: with_body(
        answer, answer.body[:-3] + (b"A" if answer.body[-3:-2] != b"A" else b"B") + answer.body[-2:]
    ),
    "not_text": lambda answer: with_body(answer, b"\xff" * 40),
    "bomb": lambda answer: with_body(
        answer, seal(deflated(bytes(1 << 25)), world.key("attacker").public_jwk, zip="DEF").encode()
    ),
}


@pytest.mark.parametrize("fault", ANSWERS)
def test_an_answer_that_was_to_be_encrypted_and_is_not_ours_is_refused(here: CodeWorld, fault: str) -> None:
    here.network.tampering["/credential"] = ANSWERS[fault]
    refused(here, "answer_not_encrypted", "invalid_request", encrypts=True)


def test_control_encrypted_answers_are_taken(here: CodeWorld) -> None:
    received(here, encrypts=True)


def says(here: CodeWorld, **changes: Any) -> None:
    def tamper(answer: Answer) -> Answer:
        found = {**json.loads(answer.body), **changes}
        return with_body(answer, json.dumps({name: value for name, value in found.items() if value is not None}).encode())

    here.network.tampering[METADATA] = tamper


REQUIRED = {"alg_values_supported": ["ECDH-ES"], "enc_values_supported": ["A128GCM"], "encryption_required": True}
JWK = {**world.key("encryption").public_jwk, "kid": "k", "alg": "ECDH-ES", "use": "enc"}
TO = {"jwks": {"keys": [JWK]}, "enc_values_supported": ["A128GCM"], "encryption_required": False}
ENCRYPTION: dict[str, dict[str, Any]] = {
    "no_key_to_say_it_to": {"credential_request_encryption": None, "credential_response_encryption": REQUIRED},
    "a_key_to_sign_with": {
        "credential_request_encryption": {**TO, "encryption_required": True, "jwks": {"keys": [{**JWK, "use": "sig"}]}}
    },
    "a_key_of_another_algorithm": {
        "credential_request_encryption": {**TO, "encryption_required": True, "jwks": {"keys": [{**JWK, "alg": "RSA-OAEP"}]}}
    },
    "a_private_key": {
        "credential_request_encryption": {**TO, "encryption_required": True, "jwks": {"keys": [{**JWK, "d": JWK["x"]}]}}
    },
    "no_cipher_of_ours": {
        "credential_request_encryption": {**TO, "encryption_required": True, "enc_values_supported": ["A128CBC-HS256"]}
    },
    "no_agreement_of_ours": {
        "credential_request_encryption": TO,
        "credential_response_encryption": {**REQUIRED, "alg_values_supported": ["RSA-OAEP"]},
    },
}


@pytest.mark.parametrize("fault", ENCRYPTION)
def test_encryption_that_cannot_be_is_not_gone_without(here: CodeWorld, fault: str) -> None:
    says(here, **ENCRYPTION[fault])
    refused(here, "invalid_metadata", "invalid_key")
    assert here.sent("/credential") == 0


def test_control_without_encryption_on_offer_there_is_none(here: CodeWorld) -> None:
    says(here, credential_request_encryption=None, credential_response_encryption=None)
    received(here, encrypts=True)


def promise(**changes: Any) -> Change:
    message = {"transaction_id": "t" * 43, "interval": 5, **changes}
    body = json.dumps({name: value for name, value in message.items() if value is not None}).encode()
    return lambda _answer: json_page(body, 202)


PROMISES = {
    "no_id": promise(transaction_id=None),
    "empty_id": promise(transaction_id=""),
    "at_once": promise(interval=0),
    "in_the_past": promise(interval=-5),
    "never": promise(interval=MAX_INTERVAL + 1),
    "in_words": promise(interval="5"),
}


@pytest.mark.parametrize("fault", PROMISES)
def test_promises_out_of_shape_are_none(here: CodeWorld, fault: str) -> None:
    here.network.tampering["/credential"] = PROMISES[fault]
    refused(here, "issuer_refused", "invalid_request")
    assert here.wallet().waiting == ()


@pytest.mark.parametrize("interval", [1, 2.5, MAX_INTERVAL])
def test_control_promises_in_shape_are_kept(here: CodeWorld, interval: float) -> None:
    here.network.tampering["/credential"] = promise(interval=interval)
    wallet = here.wallet()
    assert wallet.ask_issuer(world.ISSUER, ONE, copies=1) == {}
    assert wallet.waiting[0].ask_at >= world.NOW + interval


@pytest.mark.parametrize("code", ["invalid_transaction_id", "credential_request_denied", "invalid_token"])
def test_a_promise_that_is_taken_back_is_forgotten(here: CodeWorld, code: str) -> None:
    wallet = promised(here)
    here.network.tampering["/deferred-credential"] = lambda _answer: json_page(json.dumps({"error": code}).encode(), 400)
    with pytest.raises(Refusal, match=code):
        wallet.resume()
    assert wallet.waiting == ()


def test_a_promise_is_kept_over_a_bad_day(here: CodeWorld) -> None:
    wallet = promised(here)
    here.network.pages[f"{world.ISSUER}/deferred-credential"] = json_page(b"", 503)
    with pytest.raises(Refusal):
        wallet.resume()
    here.network.pages.clear()
    assert sum(wallet.resume().values()) == 1


def test_what_was_promised_is_looked_at_as_closely(here: CodeWorld) -> None:
    wallet = promised(here)
    here.network.tampering["/deferred-credential"] = lambda _answer: json_page(
        b'{"credentials": [{"credential": "x"}], "notification_id": "n"}'
    )
    with pytest.raises(Refusal):
        wallet.resume()
    assert json.loads(here.network.bodies[-1]) == {"notification_id": "n", "event": "credential_failure"}
    assert (wallet.waiting, wallet.copies.unused()) == ((), ())


def promised(here: CodeWorld) -> Any:
    here.serve(deferred=ONE)
    wallet = here.wallet()
    wallet.ask_issuer(world.ISSUER, ONE, copies=1)
    here.clock.move(6)
    return wallet


@pytest.mark.parametrize("path", ["/token", "/credential"])
def test_a_server_that_is_never_content_with_a_nonce_is_left(here: CodeWorld, path: str) -> None:
    status = 401 if path == "/credential" else 400
    headers = {"content-type": "application/json", "dpop-nonce": "n" * 22}
    here.network.tampering[path] = lambda _answer: Answer(status, headers, b'{"error": "use_dpop_nonce"}')
    refused(here, "use_dpop_nonce")
    assert here.sent(path) == 2


@pytest.mark.parametrize("token_type", ["Bearer", "bearer", "MAC", ""])
def test_a_token_that_is_not_bound_to_our_key_is_refused(here: CodeWorld, token_type: str) -> None:
    here.network.tampering["/token"] = lambda answer: with_body(
        answer, json.dumps({**json.loads(answer.body), "token_type": token_type}).encode()
    )
    refused(here, "issuer_refused")
    assert here.sent("/credential") == 0


@pytest.mark.parametrize("token_type", ["DPoP", "dpop", "DPOP"])
def test_control_a_bound_token_by_any_letters_without_an_end_is_taken(here: CodeWorld, token_type: str) -> None:
    def tamper(answer: Answer) -> Answer:
        said = {**json.loads(answer.body), "token_type": token_type}
        del said["expires_in"]
        return with_body(answer, json.dumps(said).encode())

    here.network.tampering["/token"] = tamper
    received(here)
