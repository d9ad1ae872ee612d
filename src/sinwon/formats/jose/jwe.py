"""Compact JWE with ECDH-ES on P-256 and A128GCM or A256GCM (RFC 7516, RFC 7518 §4.6 and §5.3; HAIP 1.0 §5), by DEFLATE
where both sides want that (RFC 7516 §4.1.3).

Decrypting is ours, on the primitives of `cryptography` (a third of the time, and one door less to guard); whatever is wrong
becomes one Refusal with one message, so that a wrong key and a wrong tag look the same. Encrypting is joserfc's, which is
touched nowhere else: the allow-list lives in the registry (an `algorithms` argument next to a registry is ignored).
"""

from collections.abc import Mapping
from dataclasses import dataclass
from hashlib import sha256
from typing import Any, Final
from zlib import MAX_WBITS, decompressobj, error

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from joserfc import jwe
from joserfc.jwe import JWERegistry
from joserfc.jwk import ECKey

from sinwon.core import base64url
from sinwon.core.limits import MAX_FORM
from sinwon.core.refusal import Malformed, Refusal
from sinwon.core.strict_json import parse_object
from sinwon.keys.jwk import PublicKey, parse_public_jwk
from sinwon.keys.signer import Agreement

ALG: Final = "ECDH-ES"
ENC_VALUES: Final = ("A128GCM", "A256GCM")
ZIP: Final = "DEF"
KEY_BYTES: Final = {"A128GCM": 16, "A256GCM": 32}
IV_BYTES: Final = 12
TAG_BYTES: Final = 16
MAX_HEADER: Final = 4 * 1024
KNOWN_HEADER: Final = frozenset({"alg", "enc", "kid", "epk", "apu", "apv", "typ", "cty", "zip"})


class _Registry(JWERegistry):
    max_protected_header_length = MAX_HEADER
    max_ciphertext_length = MAX_FORM


REGISTRY: Final = _Registry(algorithms=[ALG, *ENC_VALUES, ZIP], strict_check_header=False)


@dataclass(frozen=True, slots=True)
class Jwe:
    """A compact JWE whose header keeps our profile; nothing is decrypted yet. `protected` is the header as it was sent."""

    protected: str
    header: Mapping[str, Any]
    ephemeral: PublicKey
    iv: bytes
    ciphertext: bytes
    tag: bytes


def parse_jwe(token: str, *, zipped: bool = False) -> Jwe:
    """Five parts, direct ECDH-ES, an offered `enc`, an ephemeral P-256 point on the curve, `zip` only where it may be `zipped`.
    Raises Malformed."""
    if len(token) > MAX_FORM:
        raise Malformed("invalid_request", "encrypted message too large")
    parts = token.split(".")
    if len(parts) != 5 or parts[1]:
        raise Malformed("invalid_request", "not a compact JWE with direct key agreement")
    head, _, iv, ciphertext, tag = (base64url.decode(part) for part in parts)
    header = parse_object(head, limit=MAX_HEADER)
    if "zip" in header and not (zipped and header["zip"] == ZIP):
        raise Malformed("invalid_request", "zip not offered")
    return Jwe(parts[0], header, _ephemeral(header), iv, ciphertext, tag)


def decrypt(message: Jwe, key: Agreement, *, limit: int = MAX_FORM) -> bytes:
    """The plaintext, of at most `limit` bytes where it was compressed. Raises Malformed with one message whatever was wrong."""
    try:
        if len(message.iv) != IV_BYTES or len(message.tag) != TAG_BYTES:
            raise Malformed("invalid_request", "iv or tag of another length")
        content_key = agreed_key(key.agree(message.ephemeral), message.header)
        plain = AESGCM(content_key).decrypt(message.iv, message.ciphertext + message.tag, message.protected.encode())
        return _inflate(plain, limit) if "zip" in message.header else plain
    except (Refusal, InvalidTag, ValueError, error):
        raise Malformed("invalid_request", "the message does not decrypt") from None


def agreed_key(secret: bytes, header: Mapping[str, Any]) -> bytes:
    """The content encryption key from the ECDH secret: Concat KDF, one round of SHA-256 (RFC 7518 §4.6.2). Raises Malformed."""
    enc = header["enc"]
    size = KEY_BYTES[enc]
    parties = (base64url.decode(_text(header, name)) for name in ("apu", "apv"))
    fields = b"".join(len(field).to_bytes(4) + field for field in (enc.encode(), *parties))
    return sha256(b"\x00\x00\x00\x01" + secret + fields + (size * 8).to_bytes(4)).digest()[:size]


def encrypt(
    plain: bytes,
    jwk: Mapping[str, object],
    *,
    enc: str,
    apu: str | None = None,
    apv: str | None = None,
    cty: str | None = None,
    zipped: bool = False,
) -> str:
    """A compact JWE to the receiver's public `jwk`, whose `kid` is copied (OpenID4VP 1.0 §8.3). Raises Malformed."""
    if enc not in ENC_VALUES:
        raise Malformed("invalid_request", "enc is not one we speak")
    key = ECKey.import_key(dict(parse_public_jwk({n: jwk[n] for n in ("kty", "crv", "x", "y") if n in jwk}).jwk))
    members = {
        "alg": ALG,
        "enc": enc,
        "kid": jwk.get("kid"),
        "apu": apu,
        "apv": apv,
        "cty": cty,
        "zip": ZIP if zipped else None,
    }
    header = {name: value for name, value in members.items() if value is not None}
    return jwe.encrypt_compact(header, plain, key, registry=REGISTRY)


def _ephemeral(header: Mapping[str, Any]) -> PublicKey:
    """The sender's key of this message alone, from a header within the profile. Raises Malformed."""
    if header.get("alg") != ALG or header.get("enc") not in ENC_VALUES:
        raise Malformed("invalid_request", "alg or enc not offered")
    if not header.keys() <= KNOWN_HEADER:
        raise Malformed("invalid_request", "JWE header beyond the profile")
    epk = header.get("epk")
    if not isinstance(epk, dict):
        raise Malformed("invalid_request", "no ephemeral key")
    return parse_public_jwk(epk)


def _inflate(data: bytes, limit: int) -> bytes:
    """Raw DEFLATE, stopped one byte past the limit whatever the ratio. Raises Malformed, zlib.error."""
    stream = decompressobj(-MAX_WBITS)
    plain = stream.decompress(data, limit + 1)
    if len(plain) > limit or not stream.eof or stream.unused_data:
        raise Malformed("invalid_request", "inflates beyond the limit, is cut off or followed by something else")
    return plain


def _text(header: Mapping[str, Any], name: str) -> str:
    value = header.get(name, "")
    if not isinstance(value, str):
        raise Malformed("invalid_request", f"{name} is not a string")
    return value
