"""A JWE made by hand, so that a test can put any header over any bytes. Nothing here is how the project encrypts."""

from collections.abc import Mapping
from typing import Any
from zlib import MAX_WBITS, compressobj

from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from sinwon.core import base64url
from sinwon.core.strict_json import dump
from sinwon.formats.jose.jwe import agreed_key
from sinwon.keys.jwk import parse_public_jwk
from sinwon.keys.software import generate_key

IV = b"\x05" * 12


def deflated(plain: bytes) -> bytes:
    """Raw DEFLATE."""
    stream = compressobj(9, wbits=-MAX_WBITS)
    return stream.compress(plain) + stream.flush()


def seal(content: bytes, jwk: Mapping[str, Any], **header: Any) -> str:
    """`content` as it is, compressed or not, to `jwk`; header members that are None are left out."""
    ephemeral = generate_key()
    named = {"alg": "ECDH-ES", "enc": "A128GCM", "kid": jwk.get("kid"), "epk": dict(ephemeral.public_jwk), **header}
    members = {name: value for name, value in named.items() if value is not None}
    point = parse_public_jwk({name: jwk[name] for name in ("kty", "crv", "x", "y")})
    protected = base64url.encode(dump(members))
    content_key = agreed_key(ephemeral.agree(point), {"enc": "A128GCM", **members})
    sealed = AESGCM(content_key).encrypt(IV, content, protected.encode())
    return ".".join((protected, "", *map(base64url.encode, (IV, sealed[:-16], sealed[-16:]))))
