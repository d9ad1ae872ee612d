"""JSON Web Keys on P-256 (RFC 7517, RFC 7518 §6.2, thumbprints RFC 7638): the only curve HAIP lets us meet.

Owns turning a stranger's JWK into a usable public key without a general JOSE library (5 µs instead of 25).
Never follows `x5u`, `jku` or `x5c` members; a JWK that carries private or remote members is refused.
"""

from base64 import b64encode
from collections.abc import Mapping
from hashlib import sha256
from typing import Final

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.utils import Prehashed
from cryptography.hazmat.primitives.hashes import SHA256

from sinwon.core import base64url
from sinwon.core.refusal import Malformed, Untrusted

P256: Final = ec.SECP256R1()
ES256: Final = ec.ECDSA(SHA256())
ES256_DIGEST: Final = ec.ECDSA(Prehashed(SHA256()))
"""The same over what hashlib has hashed: a hash object there costs less."""
UNCOMPRESSED: Final = b"\x04"
PRIVATE: Final = frozenset({"d", "p", "q", "dp", "dq", "qi", "oth", "k"})
REMOTE: Final = frozenset({"x5u", "jku"})
ORDER: Final = 0xFFFFFFFF00000000FFFFFFFFFFFFFFFFBCE6FAADA7179E84F3B9CAC2FC632551
COORDINATE_BYTES: Final = 32
COORDINATE_TEXT: Final = 43  # base64url characters of 32 bytes
SIGNATURE_BYTES: Final = 64


class PublicKey:
    """A P-256 public key, ready to verify. Equal when the points are."""

    __slots__ = ("ec_key", "point")

    def __init__(self, ec_key: ec.EllipticCurvePublicKey, point: bytes) -> None:
        self.ec_key = ec_key
        self.point = point
        """x‖y, 64 bytes."""

    @property
    def jwk(self) -> dict[str, str]:
        x, y = base64url.encode(self.point[:32]), base64url.encode(self.point[32:])
        return {"kty": "EC", "crv": "P-256", "x": x, "y": y}

    @property
    def thumbprint(self) -> bytes:
        """SHA-256 thumbprint, 32 bytes (RFC 7638)."""
        jwk = self.jwk
        return sha256(f'{{"crv":"P-256","kty":"EC","x":"{jwk["x"]}","y":"{jwk["y"]}"}}'.encode()).digest()

    def __eq__(self, other: object) -> bool:
        return isinstance(other, PublicKey) and self.point == other.point

    def __hash__(self) -> int:
        return hash(self.point)

    def verify(self, signature: bytes, message: bytes) -> None:
        """ES256 with r‖s of exactly 64 bytes. Raises Untrusted."""
        if len(signature) != SIGNATURE_BYTES:
            raise Untrusted("invalid_signature", "signature is not 64 bytes")
        r, s = int.from_bytes(signature[:32]), int.from_bytes(signature[32:])
        if not (0 < r < ORDER and 0 < s < ORDER):
            raise Untrusted("invalid_signature", "r or s out of range")
        try:
            self.ec_key.verify(der_signature(r, s), sha256(message).digest(), ES256_DIGEST)
        except InvalidSignature:
            raise Untrusted("invalid_signature", "signature does not verify") from None


def parse_public_jwk(jwk: Mapping[str, object]) -> PublicKey:
    """A stranger's public JWK as a key. Raises Malformed for another type or curve, private or remote members, a bad point."""
    if not PRIVATE.isdisjoint(jwk):
        raise Malformed("invalid_key", "private key members in a public JWK")
    if not REMOTE.isdisjoint(jwk):
        raise Malformed("invalid_key", "JWK refers to another place")
    if jwk.get("kty") != "EC" or jwk.get("crv") != "P-256":
        raise Malformed("invalid_key", "not an EC key on P-256")
    return key_at(_coordinate(jwk.get("x")) + _coordinate(jwk.get("y")))


def key_at(point: bytes) -> PublicKey:
    """The key whose coordinates are `point`: x‖y, 64 bytes. Raises Malformed."""
    if len(point) != 2 * COORDINATE_BYTES:
        raise Malformed("invalid_key", "not two coordinates of 32 bytes")
    try:
        return PublicKey(ec.EllipticCurvePublicKey.from_encoded_point(P256, UNCOMPRESSED + point), point)
    except ValueError:
        raise Malformed("invalid_key", "point is not on P-256") from None


def public_key_of(ec_key: ec.EllipticCurvePublicKey) -> PublicKey:
    """A key already loaded, from a certificate or a key store."""
    if not isinstance(ec_key.curve, ec.SECP256R1):
        raise Malformed("invalid_key", "not on P-256")
    numbers = ec_key.public_numbers()
    return PublicKey(ec_key, numbers.x.to_bytes(32) + numbers.y.to_bytes(32))


def der_signature(r: int, s: int) -> bytes:
    """Ecdsa-Sig-Value of positive numbers below the order: lengths are one byte each (RFC 3279 §2.2.3)."""
    first, second = r.bit_length() // 8 + 1, s.bit_length() // 8 + 1
    return b"0%c\2%c%b\2%c%b" % (4 + first + second, first, r.to_bytes(first), second, s.to_bytes(second))


def raw_signature(der: bytes) -> bytes:
    """r‖s, 64 bytes, of an Ecdsa-Sig-Value on P-256 that a library of ours has just made: nothing is checked."""
    end = 4 + der[3]
    return der[4:end][-32:].rjust(32, b"\0") + der[end + 2 :][-32:].rjust(32, b"\0")


def certificate_text(der: bytes) -> str:
    """One element of a JOSE `x5c` header: standard base64, padded (RFC 7515 §4.1.6)."""
    return b64encode(der).decode()


def _coordinate(text: object) -> bytes:
    if not isinstance(text, str) or len(text) != COORDINATE_TEXT:
        raise Malformed("invalid_key", "coordinate is not 32 bytes of base64url")
    try:
        return base64url.decode(text)
    except Malformed as refusal:
        raise Malformed("invalid_key", refusal.why) from None
