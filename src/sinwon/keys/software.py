"""Keys held in this process: for the demo, for tests, for the headless holder. A key store of hardware replaces them by URI."""

from collections.abc import Mapping
from functools import cached_property
from hashlib import sha256

from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    load_der_private_key,
)

from sinwon.core.refusal import Fault
from sinwon.keys.jwk import ES256_DIGEST, ORDER, P256, PublicKey, public_key_of, raw_signature


class SoftwareKey:
    """A P-256 private key in memory; a Signer and an Agreement."""

    def __init__(self, private: ec.EllipticCurvePrivateKey) -> None:
        self.private = private

    @cached_property
    def public_jwk(self) -> Mapping[str, str]:
        return public_key_of(self.private.public_key()).jwk

    def sign(self, message: bytes) -> bytes:
        return raw_signature(self.private.sign(sha256(message).digest(), ES256_DIGEST))

    def agree(self, public: PublicKey) -> bytes:
        return self.private.exchange(ec.ECDH(), public.ec_key)

    def to_der(self) -> bytes:
        """Unencrypted PKCS#8: for a file that only its owner can read."""
        return self.private.private_bytes(Encoding.DER, PrivateFormat.PKCS8, NoEncryption())


def generate_key() -> SoftwareKey:
    return SoftwareKey(ec.generate_private_key(P256))


def load_key(der: bytes) -> SoftwareKey:
    private = load_der_private_key(der, None)
    if not isinstance(private, ec.EllipticCurvePrivateKey):
        raise Fault("the key file does not hold a P-256 key")
    return SoftwareKey(private)


def derive_key(secret: bytes, info: bytes) -> SoftwareKey:
    """A P-256 key from 32 secret bytes and a label, the same each time (FIPS 186-5 A.4.1: 64 extra bits, mod n−1, plus 1)."""
    wide = HKDF(algorithm=SHA256(), length=40, salt=None, info=info).derive(secret)
    return SoftwareKey(ec.derive_private_key(int.from_bytes(wide) % (ORDER - 1) + 1, P256))
