"""Compact JWE with ECDH-ES on P-256 and A128GCM or A256GCM (RFC 7516, RFC 7518 §4.6 and §5.3; HAIP 1.0 §5).

The only room that touches joserfc. Its traps are dealt with here: the allow-list lives in the registry (an `algorithms`
argument next to a registry is ignored), limits are ours, `zip` is not offered, and whatever it raises becomes one Refusal
with one message, so that a wrong key and a wrong tag look the same.
"""

import binascii
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from joserfc import jwe
from joserfc.errors import JoseError
from joserfc.jwe import JWERegistry
from joserfc.jwk import ECKey

from sinwon.core import base64url
from sinwon.core.limits import MAX_FORM
from sinwon.core.refusal import Malformed
from sinwon.core.strict_json import parse_object
from sinwon.keys.jwk import parse_public_jwk
from sinwon.keys.software import SoftwareKey

ENC_VALUES: Final = ("A128GCM", "A256GCM")
MAX_HEADER: Final = 4 * 1024
KNOWN_HEADER: Final = frozenset({"alg", "enc", "kid", "epk", "apu", "apv", "typ", "cty"})


class _Registry(JWERegistry):
    max_protected_header_length = MAX_HEADER
    max_ciphertext_length = MAX_FORM


REGISTRY: Final = _Registry(algorithms=["ECDH-ES", *ENC_VALUES], strict_check_header=False)


@dataclass(frozen=True, slots=True)
class Jwe:
    """A compact JWE whose header keeps our profile; nothing is decrypted yet."""

    raw: str
    header: Mapping[str, Any]


def parse_jwe(token: str) -> Jwe:
    """Five parts, direct ECDH-ES, an offered `enc`, an ephemeral P-256 point on the curve, no `zip`. Raises Malformed."""
    if len(token) > MAX_FORM:
        raise Malformed("invalid_request", "encrypted response too large")
    parts = token.split(".")
    if len(parts) != 5 or parts[1]:
        raise Malformed("invalid_request", "not a compact JWE with direct key agreement")
    for part in parts:
        base64url.decode(part)
    header = parse_object(base64url.decode(parts[0]), limit=MAX_HEADER)
    _check_header(header)
    return Jwe(token, header)


def decrypt(message: Jwe, key: SoftwareKey) -> bytes:
    """The plaintext. Raises Malformed with one message whatever was wrong."""
    try:
        private = ECKey.import_key(key.private)
        plain = jwe.decrypt_compact(message.raw, private, registry=REGISTRY).plaintext
    except (JoseError, ValueError, TypeError, RecursionError, binascii.Error):
        plain = None
    if plain is None:
        raise Malformed("invalid_request", "the response does not decrypt")
    return plain


def encrypt(plain: bytes, jwk: Mapping[str, object], *, enc: str, apu: str | None = None, apv: str | None = None) -> str:
    """A compact JWE to the receiver's public `jwk`, whose `kid` is copied (OpenID4VP 1.0 §8.3)."""
    if enc not in ENC_VALUES:
        raise Malformed("invalid_request", "enc is not one we speak")
    key = ECKey.import_key(dict(parse_public_jwk({n: jwk[n] for n in ("kty", "crv", "x", "y") if n in jwk}).jwk))
    header: dict[str, Any] = {"alg": "ECDH-ES", "enc": enc}
    header |= {name: value for name, value in (("kid", jwk.get("kid")), ("apu", apu), ("apv", apv)) if value is not None}
    return jwe.encrypt_compact(header, plain, key, registry=REGISTRY)


def _check_header(header: Mapping[str, Any]) -> None:
    if header.get("alg") != "ECDH-ES" or header.get("enc") not in ENC_VALUES:
        raise Malformed("invalid_request", "alg or enc not offered")
    if not header.keys() <= KNOWN_HEADER:
        raise Malformed("invalid_request", "JWE header beyond the profile")
    epk = header.get("epk")
    if not isinstance(epk, dict):
        raise Malformed("invalid_request", "no ephemeral key")
    parse_public_jwk(epk)
