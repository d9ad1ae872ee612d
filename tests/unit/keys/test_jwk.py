"""Public keys of strangers: P-256 or nothing."""

import json
from hashlib import sha256
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.utils import encode_dss_signature

from sinwon.core import base64url
from sinwon.core.refusal import Malformed, Untrusted
from sinwon.keys.jwk import (
    ES256,
    ORDER,
    PublicKey,
    certificate_text,
    der_signature,
    parse_public_jwk,
    public_key_of,
    raw_signature,
)
from tests.world import key

SIGNER = key("signer")
JWK: dict[str, Any] = dict(SIGNER.public_jwk)
MESSAGE = b"message"


def test_minimal_and_with_company() -> None:
    assert parse_public_jwk(JWK) == parse_public_jwk({**JWK, "kid": "1", "alg": "ES256", "use": "sig", "x5c": []})
    assert parse_public_jwk(JWK).jwk == JWK
    assert hash(parse_public_jwk(JWK)) == hash(parse_public_jwk(JWK))
    assert parse_public_jwk(JWK) != parse_public_jwk(key("other").public_jwk)


@pytest.mark.parametrize(
    "changed",
    [
        *({name: "AAAA"} for name in ("d", "p", "q", "dp", "dq", "qi", "oth", "k")),
        {"d": None},
        {"x5u": "https://attacker.example"},
        {"jku": "https://attacker.example"},
        {"kty": "RSA"},
        {"kty": "ec"},
        {"kty": None},
        {"crv": "P-384"},
        {"crv": "secp256k1"},
        {"crv": "P-256 "},
        {"crv": ["P-256"]},
        {"x": None},
        {"x": 5},
        {"x": ""},
        {"x": base64url.encode(bytes(31))},
        {"x": base64url.encode(bytes(33))},
        {"x": JWK["x"] + "="},
        {"x": JWK["x"][:-1] + "B"},
        {"x": "+" + JWK["x"][1:]},
        {"y": JWK["x"]},
        {"x": base64url.encode(bytes(32)), "y": base64url.encode(bytes(32))},
        {"x": base64url.encode(b"\xff" * 32)},
    ],
)
def test_not_a_public_key_we_use(changed: dict[str, object]) -> None:
    with pytest.raises(Malformed) as refusal:
        parse_public_jwk({**JWK, **changed})
    assert refusal.value.code == "invalid_key"


def test_thumbprint_is_of_rfc_7638() -> None:
    canonical = json.dumps(dict(sorted(JWK.items())), separators=(",", ":")).encode()
    assert parse_public_jwk(JWK).thumbprint == sha256(canonical).digest()


def test_signatures() -> None:
    public = parse_public_jwk(JWK)
    signature = SIGNER.sign(MESSAGE)
    public.verify(signature, MESSAGE)
    for message in (b"", b"messagf", MESSAGE + b"\x00"):
        with pytest.raises(Untrusted):
            public.verify(signature, message)


@pytest.mark.parametrize("r", [0, 1, ORDER - 1, ORDER, ORDER + 1, 2**256 - 1])
@pytest.mark.parametrize("s", [0, 1, ORDER - 1, ORDER, 2**256 - 1])
def test_extreme_signatures(r: int, s: int) -> None:
    with pytest.raises(Untrusted):
        parse_public_jwk(JWK).verify(r.to_bytes(32) + s.to_bytes(32), MESSAGE)


@pytest.mark.parametrize("length", [0, 1, 63, 65, 70, 72, 128])
def test_signatures_of_another_length(length: int) -> None:
    with pytest.raises(Untrusted):
        parse_public_jwk(JWK).verify((SIGNER.sign(MESSAGE) * 2)[:length], MESSAGE)


def test_der_and_raw_signatures() -> None:
    der = SIGNER.private.sign(MESSAGE, ES256)
    assert len(raw_signature(der)) == 64
    parse_public_jwk(JWK).verify(raw_signature(der), MESSAGE)
    with pytest.raises(Untrusted):
        parse_public_jwk(JWK).verify(der, MESSAGE)


@pytest.mark.parametrize("r", [1, 127, 128, 255, 256, 2**248 - 1, 2**255 - 1, 2**255, ORDER - 1])
@pytest.mark.parametrize("s", [1, 128, 2**247, 2**248, ORDER - 1])
def test_der_is_written_and_read_as_the_library_does(r: int, s: int) -> None:
    der = encode_dss_signature(r, s)
    assert der_signature(r, s) == der
    assert raw_signature(der) == r.to_bytes(32) + s.to_bytes(32)


def test_a_loaded_key() -> None:
    assert public_key_of(SIGNER.private.public_key()) == parse_public_jwk(JWK)
    with pytest.raises(Malformed):
        public_key_of(ec.generate_private_key(ec.SECP384R1()).public_key())


def test_a_key_is_not_equal_to_something_else() -> None:
    assert parse_public_jwk(JWK) != JWK
    assert isinstance(parse_public_jwk(JWK), PublicKey)


def test_certificates_travel_in_padded_standard_base64() -> None:
    assert certificate_text(b"\xfb\xff") == "+/8="
