"""RSA keys held in this process, for one purpose: ID tokens of services whose libraries read RS256 only (RFC 7518 §3.3).

Everything else is signed on P-256. Nothing of a stranger's is ever verified with RSA here.
"""

from collections.abc import Mapping
from functools import cached_property
from hashlib import sha256
from typing import Final

from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat, load_der_private_key

from sinwon.core import base64url
from sinwon.core.refusal import Fault

MIN_BITS: Final = 2048  # RFC 7518 §3.3; what it signs lives for five minutes
EXPONENT: Final = 65_537


class RsaKey:
    """An RSA private key in memory; an RsaSigner."""

    def __init__(self, private: rsa.RSAPrivateKey) -> None:
        if private.key_size < MIN_BITS:
            raise Fault(f"an RSA key needs {MIN_BITS} bits")
        self.private = private

    @cached_property
    def rsa_jwk(self) -> Mapping[str, str]:
        numbers = self.private.public_key().public_numbers()
        return {"kty": "RSA", "n": _number(numbers.n), "e": _number(numbers.e)}

    @cached_property
    def rsa_thumbprint(self) -> str:
        jwk = self.rsa_jwk
        return base64url.encode(sha256(f'{{"e":"{jwk["e"]}","kty":"RSA","n":"{jwk["n"]}"}}'.encode()).digest())

    def sign_rs256(self, message: bytes) -> bytes:
        return self.private.sign(message, PKCS1v15(), SHA256())

    def to_der(self) -> bytes:
        """Unencrypted PKCS#8: for a file that only its owner can read."""
        return self.private.private_bytes(Encoding.DER, PrivateFormat.PKCS8, NoEncryption())


def generate_rsa_key() -> RsaKey:
    return RsaKey(rsa.generate_private_key(EXPONENT, MIN_BITS))


def load_rsa_key(der: bytes) -> RsaKey:
    """Raises Fault."""
    private = load_der_private_key(der, None)
    if not isinstance(private, rsa.RSAPrivateKey):
        raise Fault("the key file does not hold an RSA key")
    return RsaKey(private)


def _number(value: int) -> str:
    """Base64urlUInt: big-endian, as few bytes as it needs (RFC 7518 §2)."""
    return base64url.encode(value.to_bytes((value.bit_length() + 7) // 8))
