"""Compact JWS: one algorithm, explicit types, one written form; and the traps that libraries were seen to fall into."""

import hmac
import json
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric.utils import encode_dss_signature
from hypothesis import given, settings
from hypothesis import strategies as st

from sinwon.core import base64url
from sinwon.core.limits import MAX_JWT
from sinwon.core.refusal import Malformed, Refusal, Untrusted
from sinwon.formats.jose.jws import parse_jws, sign_jws, sign_with_chain, verify_jws
from sinwon.keys.jwk import ORDER, parse_public_jwk
from tests.world import issuer_signer, key

SIGNER = key("signer")
PUBLIC = parse_public_jwk(SIGNER.public_jwk)
CLAIMS = {"iss": "https://issuer.example", "name": "홍길동"}
TOKEN = sign_jws({"typ": "test+jwt"}, CLAIMS, SIGNER)


def raw(header: bytes, payload: bytes = b"{}") -> str:
    """Signed over whatever is given."""
    signed = f"{base64url.encode(header)}.{base64url.encode(payload)}"
    return f"{signed}.{base64url.encode(SIGNER.sign(signed.encode()))}"


def with_header(**members: Any) -> str:
    return raw(json.dumps({"alg": "ES256", "typ": "test+jwt", **members}).encode())


def with_signature(signature: bytes) -> str:
    return TOKEN[: TOKEN.rindex(".") + 1] + base64url.encode(signature)


def verify(token: str, typ: str = "test+jwt") -> dict[str, Any]:
    jws = parse_jws(token)
    verify_jws(jws, PUBLIC, typ=typ)
    return jws.claims()


def test_what_we_sign_verifies() -> None:
    assert verify(TOKEN) == CLAIMS


def test_example_of_rfc_7515_a_3() -> None:
    token = (
        "eyJhbGciOiJFUzI1NiJ9.eyJpc3MiOiJqb2UiLA0KICJleHAiOjEzMDA4MTkzODAsDQogImh0dHA6Ly9leGFtcGxlLmNvbS9pc19yb290Ijp0cnVlfQ."
        "DtEhU3ljbEg8L38VWAfUAqOyKAM6-Xx-F4GawxaepmXFCgfTjDxw5djxLa8ISlSApmWQxfKTUJqPP3-Kg6NU1Q"
    )
    jws = parse_jws(token)
    public = {
        "kty": "EC",
        "crv": "P-256",
        "x": "f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU",
        "y": "x_FEzRu9m36HLN_tue659LNpXW6pCyStikYjKIWI5a0",
    }
    parse_public_jwk(public).verify(jws.signature, jws.signed)
    assert jws.claims()["iss"] == "joe"
    assert jws.typ is None
    with pytest.raises(Untrusted):
        verify_jws(jws, parse_public_jwk(public), typ="JWT")


@pytest.mark.parametrize(
    "alg",
    ["HS256", "none", "None", "nOnE", "NONE", "", "es256", "ES256K", "ES384", "PS256", "RS256", "EdDSA", None, 5, ["ES256"]],
)
def test_another_algorithm(alg: object) -> None:
    with pytest.raises(Malformed, match="ES256"):
        parse_jws(with_header(alg=alg))


def unsigned(header: bytes) -> str:
    return f"{base64url.encode(header)}.{base64url.encode(b'{}')}"


def test_hs256_with_the_public_key_as_secret() -> None:
    secret = json.dumps(dict(SIGNER.public_jwk)).encode()
    signed = unsigned(b'{"alg":"HS256","typ":"test+jwt"}')
    with pytest.raises(Malformed):
        parse_jws(f"{signed}.{base64url.encode(hmac.digest(secret, signed.encode(), 'sha256'))}")


@pytest.mark.parametrize("header", [b'{"alg":"none"}', b'{"alg":"ES256"}', b"{}"])
def test_an_empty_signature(header: bytes) -> None:
    with pytest.raises(Refusal):
        verify(unsigned(header) + ".")


@pytest.mark.parametrize(
    "header",
    [
        b'{"alg":"none","alg":"ES256","typ":"test+jwt"}',
        b'{"alg":"ES256","typ":"x","typ":"test+jwt"}',
        b'\xef\xbb\xbf{"alg":"ES256","typ":"test+jwt"}',
        b'{"alg":"ES256","typ":"test+jwt","x":NaN}',
        b'["alg","ES256"]',
        b'"ES256"',
        b"",
        b"{}",
        b'{"alg":"ES256","typ":"\xff"}',
        b'{"alg":"ES256","x":' + b"[" * 3000 + b"]" * 3000 + b"}",
    ],
)
def test_a_header_lenient_parsers_accept(header: bytes) -> None:
    with pytest.raises(Malformed):
        parse_jws(raw(header))


@pytest.mark.parametrize(
    "members", [{"crit": []}, {"crit": ["b64"], "b64": False}, {"b64": False}, {"crit": ["exp"]}, {"crit": None}]
)
def test_critical_extensions(members: dict[str, object]) -> None:
    with pytest.raises(Malformed):
        parse_jws(with_header(**members))


def test_unknown_header_members_are_ignored() -> None:
    assert verify(with_header(kid="../../key", new=1)) == {}


@pytest.mark.parametrize(
    "payload",
    [
        b'{"exp":1,"exp":9999999999}',
        b'{"exp":NaN}',
        b'{"exp":1e400}',
        b"[]",
        b"",
        b"\xef\xbb\xbf{}",
        b"[" * 3000 + b"]" * 3000,
        b'{"a":' * 3000 + b"1" + b"}" * 3000,
    ],
)
def test_a_payload_lenient_parsers_accept(payload: bytes) -> None:
    with pytest.raises(Malformed):
        verify(raw(b'{"alg":"ES256","typ":"test+jwt"}', payload))


@pytest.mark.parametrize("typ", ["JWT", "TEST+JWT", "test+jwt ", "", "application/test", "other+jwt", None, 5])
def test_another_typ(typ: object) -> None:
    with pytest.raises(Untrusted):
        verify(with_header(typ=typ))


@pytest.mark.parametrize("typ", ["application/test+jwt", "Application/test+jwt"])
def test_typ_with_a_media_type_prefix(typ: str) -> None:
    verify(with_header(typ=typ))


@pytest.mark.parametrize(
    "token",
    [
        TOKEN + "=",
        TOKEN + "==",
        TOKEN + "\n",
        " " + TOKEN,
        TOKEN + ".",
        "." + TOKEN,
        TOKEN.replace(".", ".."),
        TOKEN.rsplit(".", 1)[0],
        "",
        "..",
        TOKEN[:-1] + ("x" if TOKEN[-1] != "x" else "y"),
    ],
)
def test_another_written_form(token: str) -> None:
    with pytest.raises(Malformed):
        parse_jws(token)


def test_signature_of_the_high_twin_verifies_so_replay_is_not_left_to_it() -> None:
    """(r, n − s) is the same signature: nonces and identifiers must stop a replay, the bytes do not."""
    signature = parse_jws(TOKEN).signature
    s = int.from_bytes(signature[32:])
    assert verify(with_signature(signature[:32] + (ORDER - s).to_bytes(32))) == CLAIMS


def test_signatures_that_are_none() -> None:
    signature = parse_jws(TOKEN).signature
    r, s = int.from_bytes(signature[:32]), int.from_bytes(signature[32:])
    zero, order = bytes(32), ORDER.to_bytes(32)
    for spoilt in (
        b"",
        zero + zero,
        signature[:32] + zero,
        zero + signature[32:],
        order + signature[32:],
        signature[:32] + order,
        signature[:-1],
        signature + b"\x00",
        b"\x00" + signature[:-1],
        encode_dss_signature(r, s),
        signature[32:] + signature[:32],
    ):
        with pytest.raises(Untrusted):
            verify(with_signature(spoilt))


def test_another_key() -> None:
    with pytest.raises(Untrusted):
        verify_jws(parse_jws(TOKEN), parse_public_jwk(key("other").public_jwk), typ="test+jwt")


def test_longest() -> None:
    room = MAX_JWT - len(sign_jws({"typ": "test+jwt"}, b"", SIGNER))
    assert parse_jws(sign_jws({"typ": "test+jwt"}, b"x" * (room * 3 // 4), SIGNER))
    with pytest.raises(Malformed):
        parse_jws(sign_jws({"typ": "test+jwt"}, b"x" * (room * 3 // 4 + 4), SIGNER))


def test_a_chain_in_the_header() -> None:
    jws = parse_jws(sign_with_chain("test+jwt", {}, issuer_signer()))
    assert jws.header.keys() == {"alg", "typ", "x5c"}
    assert len(jws.header["x5c"]) == len(issuer_signer().chain)


def test_a_parsed_header_cannot_be_changed_for_the_next_one() -> None:
    header: Any = parse_jws(TOKEN).header
    with pytest.raises(TypeError):
        header["alg"] = "none"


@settings(max_examples=100, deadline=None)
@given(at=st.integers(0, len(TOKEN) - 1), to=st.characters(max_codepoint=0x7F))
def test_any_changed_character_is_refused(at: int, to: str) -> None:
    if TOKEN[at] != to:
        with pytest.raises(Refusal):
            verify(TOKEN[:at] + to + TOKEN[at + 1 :])


@settings(max_examples=50, deadline=None)
@given(st.text(max_size=60))
def test_never_anything_but_a_refusal(text: str) -> None:
    with pytest.raises(Refusal):
        verify(text)
