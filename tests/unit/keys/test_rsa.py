"""RSA keys for ID tokens: what another library reads, the thumbprint of RFC 7638, and keys that are refused."""

from functools import cache

import pytest
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from joserfc import jwt
from joserfc.errors import BadSignatureError
from joserfc.jwk import RSAKey

from sinwon.core.refusal import Fault
from sinwon.formats.jose.rs256 import sign_rs256
from sinwon.keys.rsa import RsaKey, load_rsa_key
from sinwon.keys.software import generate_key
from tests import world


@cache
def small() -> rsa.RSAPrivateKey:
    return rsa.generate_private_key(65_537, 1024)  # noqa: S505 (to be refused)


def test_another_library_reads_what_is_signed() -> None:
    key = world.rsa_key()
    theirs = RSAKey.import_key(dict(key.rsa_jwk))
    token = sign_rs256({"typ": "JWT", "kid": key.rsa_thumbprint}, {"sub": "somebody"}, key)
    read = jwt.decode(token, theirs, algorithms=["RS256"])
    assert (read.header["alg"], read.header["kid"], read.claims) == ("RS256", theirs.thumbprint(), {"sub": "somebody"})
    head, body, signature = token.split(".")
    other = ("B" if signature[0] == "A" else "A") + signature[1:]
    with pytest.raises(BadSignatureError):
        jwt.decode(f"{head}.{body}.{other}", theirs, algorithms=["RS256"])


def test_a_key_survives_its_file() -> None:
    key = world.rsa_key()
    assert load_rsa_key(key.to_der()).rsa_jwk == key.rsa_jwk
    assert key.rsa_jwk.keys() == {"kty", "n", "e"}


def test_keys_too_small_or_of_another_kind_are_refused() -> None:
    with pytest.raises(Fault):
        RsaKey(small())
    with pytest.raises(Fault):
        load_rsa_key(small().private_bytes(Encoding.DER, PrivateFormat.PKCS8, NoEncryption()))
    with pytest.raises(Fault):
        load_rsa_key(generate_key().to_der())
