# ruff: noqa: ARG005 (the signers of one table share one signature)
"""Signatures that lie about their algorithm or their shape: V15, V16, V17."""

import hmac
import json
from collections.abc import Callable, Iterator
from hashlib import sha256
from pathlib import Path
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa
from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature, encode_dss_signature
from cryptography.hazmat.primitives.hashes import SHA256, SHA384
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from sinwon.core import base64url
from sinwon.core.refusal import Malformed, Refusal, Untrusted
from sinwon.formats.sdjwt.parse import parse_sd_jwt
from sinwon.formats.sdjwt.vc import VerifiedSdJwtVc, verify_sd_jwt_vc
from sinwon.keys.jwk import ORDER, certificate_text
from tests.bad.answers import question
from tests.gateway_world import GatewayWorld, Wallet, gateway_world
from tests.unit.formats.sdjwt.forge import issued, visible
from tests.world import NOW, issuer_signer, key, trust_anchors

ISSUER_KEY = key("issuer").private
PUBLIC = ISSUER_KEY.public_key()
PEM = PUBLIC.public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)
SPKI = PUBLIC.public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
POINT = PUBLIC.public_bytes(Encoding.X962, PublicFormat.UncompressedPoint)
JWK = json.dumps(dict(key("issuer").public_jwk)).encode()
Sign = Callable[[bytes], bytes]


def verify(credential: str) -> VerifiedSdJwtVc:
    return verify_sd_jwt_vc(parse_sd_jwt(credential), anchors=trust_anchors(), now=NOW)


def credential(alg: object, sign: Sign, **header: object) -> str:
    """A credential whose header names `alg` and our chain, signed by whatever `sign` does."""
    chain = [certificate_text(certificate) for certificate in issuer_signer().chain]
    head = json.dumps({"alg": alg, "typ": "dc+sd-jwt", "x5c": chain, **header}).encode()
    signed = f"{base64url.encode(head)}.{base64url.encode(json.dumps(visible()).encode())}"
    return f"{signed}.{base64url.encode(sign(signed.encode()))}~"


def raw(der: bytes, size: int = 32) -> bytes:
    r, s = decode_dss_signature(der)
    return r.to_bytes(size) + s.to_bytes(size)


def es256(message: bytes) -> bytes:
    return raw(ISSUER_KEY.sign(message, ec.ECDSA(SHA256())))


def mac(secret: bytes) -> Sign:
    return lambda message: hmac.digest(secret, message, "sha256")


# V15 ------------------------------------------------------------------------------------------------------------------

RSA = rsa.generate_private_key(65537, 2048)
K1 = ec.generate_private_key(ec.SECP256K1())
PSS = padding.PSS(padding.MGF1(SHA256()), 32)
CONFUSIONS: dict[str, tuple[object, Sign]] = {
    "hs256_with_the_public_pem": ("HS256", mac(PEM)),
    "hs256_with_the_public_der": ("HS256", mac(SPKI)),
    "hs256_with_the_public_jwk": ("HS256", mac(JWK)),
    "hs256_with_the_public_point": ("HS256", mac(POINT)),
    "hs256_with_the_certificate": ("HS256", mac(issuer_signer().chain[0])),
    "hs256_with_nothing": ("HS256", mac(b"")),
    "none": ("none", lambda message: b""),
    "None": ("None", lambda message: b""),
    "nOnE": ("nOnE", lambda message: b""),
    "none_with_a_signature": ("none", es256),
    "no_alg": (None, es256),
    "es256_by_a_key_on_secp256k1": ("ES256", lambda message: raw(K1.sign(message, ec.ECDSA(SHA256())))),
    "es256k_header": ("ES256K", es256),
    "es384_header_on_p256": ("ES384", es256),
    "es384_hash_under_es256": ("ES256", lambda message: raw(ISSUER_KEY.sign(message, ec.ECDSA(SHA384())))),
    "es384_in_96_bytes": ("ES384", lambda message: raw(ISSUER_KEY.sign(message, ec.ECDSA(SHA384())), 48)),
    "ps256_as_rs256": ("RS256", lambda message: RSA.sign(message, PSS, SHA256())),
    "rs256_as_ps256": ("PS256", lambda message: RSA.sign(message, padding.PKCS1v15(), SHA256())),
    "rs256_as_es256": ("ES256", lambda message: RSA.sign(message, padding.PKCS1v15(), SHA256())),
    "es256_in_small_letters": ("es256", es256),
    "es256_as_a_list": (["ES256"], es256),
    "esp256": ("ESP256", es256),
    "eddsa": ("EdDSA", es256),
}


@pytest.mark.parametrize("confusion", CONFUSIONS)
def test_V15_algorithm_confusion(confusion: str) -> None:
    alg, sign = CONFUSIONS[confusion]
    with pytest.raises(Refusal):
        verify(credential(alg, sign))


@pytest.mark.parametrize("header", [{"crit": ["exp"], "exp": 1}, {"crit": []}, {"b64": False, "crit": ["b64"]}, {"b64": False}])
def test_V15_critical_extensions(header: dict[str, Any]) -> None:
    with pytest.raises(Malformed):
        verify(credential("ES256", es256, **header))


def test_V15_control_es256_by_the_issuer() -> None:
    assert verify(credential("ES256", es256)).expires_at > NOW


# V16 ------------------------------------------------------------------------------------------------------------------

CREDENTIAL = issued()


def twin(token: str) -> str:
    """The same token with the other signature that verifies: (r, n - s)."""
    head, _, signature = token.rpartition(".")
    r, s = base64url.decode(signature)[:32], base64url.decode(signature)[32:]
    return f"{head}.{base64url.encode(r + (ORDER - int.from_bytes(s)).to_bytes(32))}"


@pytest.fixture
def here(tmp_path: Path) -> Iterator[GatewayWorld]:
    with gateway_world(tmp_path) as made:
        yield made


@pytest.mark.parametrize("twin_first", [False, True])
def test_V16_the_twin_of_a_presentation_is_a_replay(here: GatewayWorld, twin_first: bool) -> None:
    request, wallet, http = question(here), Wallet(here.clock), here.client()
    presentation = wallet.present(request)
    both = [presentation, twin(presentation)]
    bodies = [wallet.answer(request, one) for one in (reversed(both) if twin_first else both)]
    assert [wallet.post(http, request, body).status_code for body in bodies] == [200, 400]


def loosened(text: str) -> list[str]:
    """Other spellings of the same base64url."""
    last = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_".index(text[-1])
    spare = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"[last + 1]
    return [text[:-1] + spare, text + "=", text + "==", text + "\n", " " + text, text[:4] + "\n" + text[4:], text + "\x00"]


JWT, *DISCLOSURES = CREDENTIAL.rstrip("~").split("~")
UNEVEN = next(text for text in (*DISCLOSURES, JWT.rpartition(".")[2]) if len(text) % 4)


@pytest.mark.parametrize("spelling", range(7))
def test_V16_text_that_is_not_canonical(spelling: int) -> None:
    head, _, signature = JWT.rpartition(".")
    loose = "~".join([f"{head}.{loosened(signature)[spelling]}", *DISCLOSURES, ""])
    with pytest.raises(Malformed):
        verify(loose)
    with pytest.raises(Refusal):
        verify(CREDENTIAL.replace(UNEVEN, loosened(UNEVEN)[spelling]))


def test_V16_the_standard_alphabet() -> None:
    for one, other in (("-", "+"), ("_", "/")):
        if one in JWT:
            with pytest.raises(Malformed):
                verify(CREDENTIAL.replace(one, other))


def test_V16_control_the_twin_says_the_same_and_nothing_more() -> None:
    """ECDSA lets anybody make it; that is why a signature is never a name for a message."""
    other = "~".join([twin(JWT), *DISCLOSURES, ""])
    assert other != CREDENTIAL
    assert verify(other).claims == verify(CREDENTIAL).claims


# V17 ------------------------------------------------------------------------------------------------------------------


def signature_of(r: int, s: int, size: int = 32) -> Sign:
    return lambda message: r.to_bytes(size) + s.to_bytes(size)


def with_r_s(change: Callable[[int, int], tuple[int, int]]) -> Sign:
    def sign(message: bytes) -> bytes:
        signature = es256(message)
        r, s = change(int.from_bytes(signature[:32]), int.from_bytes(signature[32:]))
        return r.to_bytes(32) + s.to_bytes(32)

    return sign


SHAPES: dict[str, Sign] = {
    "r_is_zero": with_r_s(lambda r, s: (0, s)),
    "s_is_zero": with_r_s(lambda r, s: (r, 0)),
    "both_zero": signature_of(0, 0),
    "r_is_n": with_r_s(lambda r, s: (ORDER, s)),
    "s_is_n": with_r_s(lambda r, s: (r, ORDER)),
    "both_n": signature_of(ORDER, ORDER),
    "r_above_n": signature_of(ORDER + 1, 1),
    "all_ones": signature_of(2**256 - 1, 2**256 - 1),
    "r_and_s_one": signature_of(1, 1),
    "r_and_s_exchanged": with_r_s(lambda r, s: (s, r)),
    "der": lambda message: ISSUER_KEY.sign(message, ec.ECDSA(SHA256())),
    "der_with_negative_r": lambda message: encode_dss_signature(1, 1)[:4] + b"\xff" + encode_dss_signature(1, 1)[5:],
    "63_bytes": lambda message: es256(message)[:-1],
    "65_bytes": lambda message: es256(message) + b"\x00",
    "65_bytes_zero_first": lambda message: b"\x00" + es256(message),
    "66_bytes_two_signed_numbers": lambda message: b"\x00" + es256(message)[:32] + b"\x00" + es256(message)[32:],
    "empty": lambda message: b"",
    "128_bytes": lambda message: es256(message) * 2,
    "over_the_hash": lambda message: es256(sha256(message).digest()),
}


@pytest.mark.parametrize("shape", SHAPES)
def test_V17_a_signature_of_another_shape(shape: str) -> None:
    with pytest.raises(Untrusted):
        verify(credential("ES256", SHAPES[shape]))


def test_V17_control_64_bytes_in_range() -> None:
    assert verify(credential("ES256", with_r_s(lambda r, s: (r, s)))).expires_at > NOW
