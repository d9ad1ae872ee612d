# ruff: noqa: ARG005 (the spoilers of one table share one signature)
"""Hostile answers at the gateway's response endpoint, outside in: V18 (shape) and V19 (encryption)."""

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import pytest

from sinwon.core import base64url
from sinwon.core.strict_json import dump, parse_object
from tests import world
from tests.bad.answers import accepted, flipped, question, refused
from tests.gateway_world import GatewayWorld, Wallet, gateway_world


@pytest.fixture
def here(tmp_path: Path) -> Iterator[GatewayWorld]:
    with gateway_world(tmp_path) as made:
        yield made


V18: dict[str, Callable[[str], Any]] = {
    "a string": lambda one: one,
    "an array": lambda one: [one],
    "null": lambda one: None,
    "a number": lambda one: 1,
    "empty": lambda one: {},
    "an unknown query id": lambda one: {"other": [one]},
    "an unknown query id beside ours": lambda one: {"identity": [one], "other": [one]},
    "a number for a query id": lambda one: {"1": [one]},
    "two presentations": lambda one: {"identity": [one, one]},
    "no presentation": lambda one: {"identity": []},
    "a presentation not in an array": lambda one: {"identity": one},
    "a presentation that is null": lambda one: {"identity": [None]},
    "a presentation that is an object": lambda one: {"identity": [{"sd_jwt": one}]},
}


@pytest.mark.parametrize("shape", V18)
def test_V18_vp_tokens_of_other_shapes(here: GatewayWorld, shape: str) -> None:
    request, wallet = question(here), Wallet(here.clock)
    message = {"vp_token": V18[shape](wallet.present(request)), "state": request["state"]}
    refused(here, request, urlencode({"response": wallet.sealed(request, message)}), "shape")


@pytest.mark.parametrize("fault", ["missing", "duplicate names", "deep", "not an object", "not utf-8", "NaN"])
def test_V18_messages_that_are_no_strict_json_object(here: GatewayWorld, fault: str) -> None:
    request, wallet = question(here), Wallet(here.clock)
    state, token = dump(request["state"]).decode(), dump({"identity": [wallet.present(request)]}).decode()
    message = {
        "missing": f'{{"state":{state}}}'.encode(),
        "duplicate names": f'{{"state":{state},"vp_token":{token},"vp_token":{token}}}'.encode(),
        "deep": f'{{"state":{state},"vp_token":{"[" * 10_000}{"]" * 10_000}}}'.encode(),
        "not an object": f"[{token}]".encode(),
        "not utf-8": f'{{"state":{state},"vp_token":{token},"x":"'.encode() + b'\xff"}',
        "NaN": f'{{"state":{state},"vp_token":{token},"x":NaN}}'.encode(),
    }[fault]
    body = urlencode({"response": wallet.sealed(request, message)})
    refused(here, request, body, "shape" if fault == "missing" else "decryption")


def test_V18_twenty_megabytes(here: GatewayWorld) -> None:
    request, wallet = question(here), Wallet(here.clock)
    assert wallet.post(here.client(), request, "response=" + "A" * 20_000_000).status_code == 413
    assert accepted(here, request)


def test_V18_control_one_presentation_for_the_one_query(here: GatewayWorld) -> None:
    assert accepted(here, question(here))


def header_changed(compact: str, **changes: Any) -> str:
    head, *rest = compact.split(".")
    members = {**parse_object(base64url.decode(head)), **changes}
    return ".".join([base64url.encode(dump({name: value for name, value in members.items() if value is not None})), *rest])


def off_curve(compact: str) -> str:
    epk = parse_object(base64url.decode(compact.split(".")[0]))["epk"]
    return header_changed(compact, epk={**epk, "y": flipped(epk["y"], 5)})


V19: dict[str, tuple[str, Callable[[str], str]]] = {
    "RSA1_5": ("envelope", lambda jwe: header_changed(jwe, alg="RSA1_5")),
    "PBES2 with a huge count": ("envelope", lambda jwe: header_changed(jwe, alg="PBES2-HS256+A128KW", p2c=10**9, p2s="AAAA")),
    "dir": ("envelope", lambda jwe: header_changed(jwe, alg="dir")),
    "zip": ("envelope", lambda jwe: header_changed(jwe, zip="DEF")),
    "epk off the curve": ("envelope", off_curve),
    "epk missing": ("envelope", lambda jwe: header_changed(jwe, epk=None)),
    "enc not offered": ("envelope", lambda jwe: header_changed(jwe, enc="A128CBC-HS256")),
    "no kid": ("decryption", lambda jwe: header_changed(jwe, kid=None)),
    "header changed after encryption": ("decryption", lambda jwe: header_changed(jwe, cty="json")),
    "tag changed": ("decryption", lambda jwe: flipped(jwe, len(jwe) - 10)),
    "four parts": ("envelope", lambda jwe: jwe.rpartition(".")[0]),
    "padding": ("envelope", lambda jwe: jwe + "=="),
    "nested JWS with none": ("envelope", lambda jwe: base64url.encode(b'{"alg":"none"}') + "." + base64url.encode(b"{}") + "."),
}


@pytest.mark.parametrize("fault", V19)
def test_V19_encryption_that_is_not_ours(here: GatewayWorld, fault: str) -> None:
    request, wallet = question(here), Wallet(here.clock)
    step, spoil = V19[fault]
    message = {"vp_token": {"identity": [wallet.present(request)]}, "state": request["state"]}
    refused(here, request, urlencode({"response": spoil(wallet.sealed(request, message))}), step)


@pytest.mark.parametrize("fault", ["another key", "key and kid of another transaction", "kid of another transaction"])
def test_V19_encrypted_to_another_key(here: GatewayWorld, fault: str) -> None:
    request, other, wallet = question(here), question(here), Wallet(here.clock)
    message = {"vp_token": {"identity": [wallet.present(request)]}, "state": request["state"]}
    foreign = other["client_metadata"]["jwks"]["keys"][0]
    if fault == "another key":
        sealed = wallet.sealed(request, message, **world.key("stranger").public_jwk)
    elif fault == "kid of another transaction":
        sealed = wallet.sealed(request, message, kid=foreign["kid"])
    else:
        sealed = wallet.sealed(other, message)
    refused(here, request, urlencode({"response": sealed}), "decryption")


def test_V19_in_the_clear_though_encryption_is_required(here: GatewayWorld) -> None:
    request, wallet = question(here), Wallet(here.clock)
    token = dump({"identity": [wallet.present(request)]}).decode()
    refused(here, request, urlencode({"vp_token": token, "state": request["state"]}), "envelope")


def test_V19_a_signed_message_inside_the_encryption(here: GatewayWorld) -> None:
    request, wallet = question(here), Wallet(here.clock)
    unsigned = base64url.encode(b'{"alg":"none"}') + "." + base64url.encode(dump({"state": request["state"]})) + "."
    refused(here, request, urlencode({"response": wallet.sealed(request, unsigned.encode())}), "decryption")


@pytest.mark.parametrize("enc", ["A128GCM", "A256GCM"])
def test_V19_control_both_offered_encryptions(here: GatewayWorld, enc: str) -> None:
    request, wallet = question(here), Wallet(here.clock)
    message = {"vp_token": {"identity": [wallet.present(request)]}, "state": request["state"]}
    body = urlencode({"response": wallet.sealed(request, message, enc=enc)})
    assert wallet.post(here.client(), request, body).status_code == 200
