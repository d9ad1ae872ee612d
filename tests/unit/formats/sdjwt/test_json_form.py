"""JSON Serialization of SD-JWTs: the examples of RFC 9901 §8 and of sd-jwt-python, our own, and what is neither."""

import json
from typing import Any

import pytest

from sinwon.core.limits import MAX_SD_JWT
from sinwon.core.refusal import Malformed, Untrusted
from sinwon.formats.jose.jws import parse_jws, verify_jws
from sinwon.formats.sdjwt.disclosures import process
from sinwon.formats.sdjwt.json_form import MAX_SIGNATURES, parse_json_form, write_flattened, write_general
from sinwon.formats.sdjwt.key_binding import check_key_binding
from sinwon.formats.sdjwt.parse import MAX_DISCLOSURES, parse_sd_jwt
from sinwon.keys.jwk import parse_public_jwk
from tests.unit.formats.sdjwt.forge import issued, presented
from tests.unit.formats.vectors import load, named

RFC9901 = {name: v for name, v in named("sd-jwt/rfc9901-examples.json").items() if "jws_json" in v}
CASES = {name: case for name, case in named("sd-jwt/testcases.json").items() if case["serialization"] == "json"}
KEYS = load("sd-jwt/rfc9901-examples.json")["keys"]
ISSUER_KEY, SECOND_KEY = parse_public_jwk(KEYS["issuer_public_jwk"]), parse_public_jwk(KEYS["issuer_public_jwk_2"])


def test_counts() -> None:
    assert (len(RFC9901), len(CASES)) == (3, 2)


@pytest.mark.parametrize("name", RFC9901)
def test_examples_are_their_compact_equivalents(name: str) -> None:
    vector = RFC9901[name]
    form = parse_json_form(json.dumps(vector["jws_json"]))
    assert form.sd_jwt.raw == vector["compact_equivalent"]
    verify_jws(form.sd_jwt.issuer_signed, ISSUER_KEY, typ="example+sd-jwt")
    if form.sd_jwt.key_binding is not None:
        bound = form.sd_jwt.key_binding.claims()
        holder = parse_public_jwk(process(form.sd_jwt)["cnf"]["jwk"])
        check_key_binding(form.sd_jwt, holder, audience=bound["aud"], nonce="1234567890", now=bound["iat"])


def test_both_signatures_of_the_general_example() -> None:
    form = parse_json_form(json.dumps(RFC9901["json_serialization_general_presentation"]["jws_json"]))
    (second,) = form.others
    verify_jws(second, SECOND_KEY, typ="example+sd-jwt")
    with pytest.raises(Untrusted):
        verify_jws(second, ISSUER_KEY, typ="example+sd-jwt")


@pytest.mark.parametrize("name", CASES)
def test_case_of_sd_jwt_python(name: str) -> None:
    case = CASES[name]
    form = parse_json_form(json.dumps(case["presentation"]))
    verify_jws(form.sd_jwt.issuer_signed, parse_public_jwk(case["issuer_public_keys"][0]), typ="testcase+sd-jwt")
    assert process(form.sd_jwt) == case["expect"]
    everything = process(parse_json_form(json.dumps(case["sd_jwt"])).sd_jwt)
    assert {member: everything[member] for member in case["user_claims"]} == case["user_claims"]


@pytest.mark.parametrize("text", [issued(), presented()])
def test_there_and_back(text: str) -> None:
    sd_jwt = parse_sd_jwt(text)
    other = sd_jwt.issuer_signed
    assert parse_json_form(write_flattened(sd_jwt)).sd_jwt == sd_jwt
    form = parse_json_form(write_general(sd_jwt, [other]))
    assert (form.sd_jwt, form.others) == (sd_jwt, (other,))


def test_the_example_written_again_says_the_same() -> None:
    given = RFC9901["json_serialization_flattened_presentation"]["jws_json"]
    assert json.loads(write_flattened(parse_json_form(json.dumps(given)).sd_jwt)) == given


PRESENTED = parse_sd_jwt(presented())


def flattened(**changed: Any) -> dict[str, Any]:
    message: dict[str, Any] = {**json.loads(write_flattened(PRESENTED)), **changed}
    return {name: member for name, member in message.items() if member is not None}


def unprotected(**changed: Any) -> dict[str, Any]:
    return flattened(header={**flattened()["header"], **changed})


def general(*headers: dict[str, Any] | None, **members: Any) -> dict[str, Any]:
    first = flattened()
    signature = {"protected": first["protected"], "signature": first["signature"]}
    signatures = [signature if header is None else {**signature, "header": header} for header in headers]
    return {"payload": first["payload"], "signatures": signatures, **members}


HEADER = flattened()["header"]
FORMS: dict[str, dict[str, Any]] = {
    "no payload": flattened(payload=None),
    "no signature": flattened(signature=None),
    "no protected header": flattened(protected=None),
    "payload is an object": flattened(payload={}),
    "header is a string": flattened(header="x"),
    "header is null": {**flattened(), "header": None},
    "one signature and several": {**general(HEADER), **flattened()},
    "no signatures": general(),
    "too many signatures": general(HEADER, *[None] * MAX_SIGNATURES),
    "disclosures with the second signature": general(HEADER, {"disclosures": []}),
    "key binding with the second signature": general(HEADER, {"kb_jwt": HEADER["kb_jwt"]}),
    "a signature that is none": flattened(signature="="),
    "a name in both headers": unprotected(alg="ES256"),
    "a name in both headers of the second signature": general(HEADER, {"typ": "x"}),
    "disclosures are a string": unprotected(disclosures="WyJzIiwieCJd"),
    "a disclosure is a number": unprotected(disclosures=[5]),
    "an empty disclosure": unprotected(disclosures=["", *HEADER["disclosures"]]),
    "two disclosures in one": unprotected(disclosures=["~".join(HEADER["disclosures"])]),
    "the key binding hidden behind a tilde": unprotected(kb_jwt=f"WyJzIiwieCJd~{HEADER['kb_jwt']}"),
    "an empty key binding": unprotected(kb_jwt=""),
    "key binding is null": unprotected(kb_jwt=None),
    "a fourth part": flattened(payload=f"{flattened()['payload']}.e30"),
    "too many disclosures": unprotected(disclosures=["WyJzIiwieCJd"] * (MAX_DISCLOSURES + 1)),
}


@pytest.mark.parametrize("fault", FORMS)
def test_not_a_json_form(fault: str) -> None:
    with pytest.raises(Malformed) as refusal:
        parse_json_form(json.dumps(FORMS[fault]))
    assert refusal.value.code == "invalid_credential"


@pytest.mark.parametrize(
    "form",
    [
        flattened(),
        general(HEADER),
        general(HEADER, *[None] * (MAX_SIGNATURES - 1)),
        general(HEADER, {"kid": "2"}),
        unprotected(kid="1"),
        flattened(header=None),
        {**flattened(), "unknown": 5},
    ],
)
def test_control_forms_as_they_should_be(form: dict[str, Any]) -> None:
    assert parse_json_form(json.dumps(form)).sd_jwt.issuer_signed == PRESENTED.issuer_signed


def test_nothing_unprotected_is_believed() -> None:
    form = parse_json_form(json.dumps(unprotected(kid="attacker", x5u="https://attacker.example")))
    assert form.sd_jwt.issuer_signed.header.keys() == {"alg", "typ", "x5c"}


def test_bounded() -> None:
    with pytest.raises(Malformed):
        parse_json_form(b" " * (MAX_SD_JWT + 1))
    with pytest.raises(Malformed):
        parse_json_form('{"payload":"","payload":""}')
    with pytest.raises(Malformed):
        parse_jws(write_flattened(parse_sd_jwt(issued())).decode())
