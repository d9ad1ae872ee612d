"""PyPI sd-jwt as an independent voice: what we issue it reads, what it issues we read. Its JSON Serialization is an older
draft's; for that, the examples of the RFC speak (test_json_form)."""

import json
import warnings
from typing import Any

import pytest

with warnings.catch_warnings():
    warnings.simplefilter("ignore")
    from jwcrypto.jwk import JWK
    from sd_jwt.common import SDObj
    from sd_jwt.holder import SDJWTHolder
    from sd_jwt.issuer import SDJWTIssuer
    from sd_jwt.verifier import SDJWTVerifier

from sinwon.core import base64url
from sinwon.core.refusal import Unmet
from sinwon.formats.jose.jws import verify_jws
from sinwon.formats.sdjwt.disclosures import process
from sinwon.formats.sdjwt.hide import Hide
from sinwon.formats.sdjwt.issue import issue_sd_jwt, prepare
from sinwon.formats.sdjwt.key_binding import check_key_binding
from sinwon.formats.sdjwt.parse import parse_sd_jwt
from sinwon.formats.sdjwt.present import select
from sinwon.keys.jwk import parse_public_jwk
from sinwon.keys.software import SoftwareKey
from tests.unit.formats.sdjwt.forge import AUDIENCE, HIDDEN, HOLDER, NONCE, issued, presented, visible
from tests.world import SeededRandomness, issuer_signer, key


def theirs(ours: SoftwareKey) -> Any:
    """Our key as theirs, private part included."""
    scalar = ours.private.private_numbers().private_value.to_bytes(32)
    return JWK.from_json(json.dumps({**ours.public_jwk, "d": base64url.encode(scalar)}))


def issuer_key(_issuer: str, _header: object) -> Any:
    return JWK.from_json(json.dumps(dict(issuer_signer().signer.public_jwk)))


def test_they_read_what_we_issue() -> None:
    payload = SDJWTVerifier(issued(), issuer_key).get_verified_payload()
    assert {name: payload[name] for name in HIDDEN} == HIDDEN
    assert payload["vct"] == visible()["vct"]


def test_they_read_what_we_present() -> None:
    payload = SDJWTVerifier(presented(), issuer_key, AUDIENCE, NONCE).get_verified_payload()
    assert payload["name_ko"] == HIDDEN["name_ko"]
    assert payload["passport"] == {"number": "M12345567"}
    assert "birthdate" not in payload


def test_they_present_what_we_issued_and_we_read_it() -> None:
    holder = SDJWTHolder(issued())
    holder.create_presentation({"birthdate": True}, NONCE, AUDIENCE, theirs(HOLDER))
    sd_jwt = parse_sd_jwt(holder.sd_jwt_presentation)
    assert sd_jwt.key_binding is not None
    now = sd_jwt.key_binding.claims()["iat"]
    check_key_binding(sd_jwt, parse_public_jwk(HOLDER.public_jwk), audience=AUDIENCE, nonce=NONCE, now=now)
    assert process(sd_jwt)["birthdate"] == HIDDEN["birthdate"]
    with pytest.raises(Unmet):
        check_key_binding(sd_jwt, parse_public_jwk(HOLDER.public_jwk), audience=AUDIENCE, nonce="other", now=now)


@pytest.mark.parametrize("decoys", [False, True])
def test_we_read_what_they_issue(decoys: bool) -> None:
    claims = {
        SDObj("name_ko"): "홍길동",
        "iss": "https://other.example",
        SDObj("address"): {SDObj("city"): "리마", "country": "PE"},
        "nationalities": [SDObj("KR"), "PE"],
    }
    issuer = SDJWTIssuer(claims, theirs(key("their issuer")), add_decoy_claims=decoys)
    sd_jwt = parse_sd_jwt(issuer.sd_jwt_issuance)
    verify_jws(sd_jwt.issuer_signed, parse_public_jwk(key("their issuer").public_jwk), typ="example+sd-jwt")
    assert process(sd_jwt) == {
        "name_ko": "홍길동",
        "iss": "https://other.example",
        "address": {"city": "리마", "country": "PE"},
        "nationalities": ["KR", "PE"],
    }


TEMPLATE = {
    "address": {"country": "PE", "city": Hide("리마"), "lines": [Hide("Av. Ñ 1"), "2"]},
    "nationalities": [Hide("KR"), Hide("PE")],
    "degrees": Hide([Hide({"kind": Hide("B.A."), "year": 1990}), {"kind": "M.A."}]),
}


@pytest.mark.parametrize("decoys", [0, 5])
def test_they_read_what_we_issue_in_every_structure(decoys: int) -> None:
    text = issue_sd_jwt({"iss": "x"}, prepare(TEMPLATE, decoys=decoys), typ="t", by=issuer_signer(), random=SeededRandomness(6))
    payload = SDJWTVerifier(text, issuer_key).get_verified_payload()
    assert payload == process(parse_sd_jwt(text))
    assert payload["degrees"] == [{"kind": "B.A.", "year": 1990}, {"kind": "M.A."}]
    shown = select(parse_sd_jwt(text), [("nationalities", 1), ("degrees", 0, "kind"), ("address", "lines", None)])
    payload = SDJWTVerifier(shown, issuer_key).get_verified_payload()
    assert payload == process(parse_sd_jwt(shown))
    assert payload["nationalities"] == ["PE"]
    assert payload["address"] == {"country": "PE", "lines": ["Av. Ñ 1", "2"]}


def test_we_read_what_they_issue_with_recursion_through_arrays() -> None:
    claims = {"baz": [SDObj([SDObj("orange"), SDObj("purple")]), SDObj({SDObj("x"): [SDObj(None)]})]}
    sd_jwt = parse_sd_jwt(SDJWTIssuer(claims, theirs(key("their issuer")), add_decoy_claims=True).sd_jwt_issuance)
    assert process(sd_jwt) == {"baz": [["orange", "purple"], {"x": [None]}]}
    assert process(parse_sd_jwt(select(sd_jwt, [("baz", 0, 1)]))) == {"baz": [["purple"]]}
