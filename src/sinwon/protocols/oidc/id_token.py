"""The ID token (OpenID Connect Core 1.0 §2, §3.1.3.6): what happened, told truthfully, to one client, for five minutes.

`acr` says which level was reached: l1 a certificate and its key, l2 with a status not older than a day, l3 with a key of which
the issuer says that each use takes a PIN and a passkey. `amr` (RFC 8176) says what is known of the key: of l1 and l2 it may
be one in software, of l3 that it was proven, and with which factors.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from hashlib import sha256
from typing import Final

from sinwon.core import base64url
from sinwon.formats.jose.jws import sign_jws
from sinwon.formats.jose.rs256 import RS256, sign_rs256
from sinwon.keys.jwk import parse_public_jwk
from sinwon.keys.signer import RsaSigner, Signer
from sinwon.protocols.trust.catalogue import Level

LIFETIME: Final = 300
KEYS: Final = 8  # whose ids are remembered; a gateway has one
ES256: Final = "ES256"
ACR: Final[Mapping[Level, str]] = {"L1": "urn:sinwon:acr:l1", "L2": "urn:sinwon:acr:l2", "L3": "urn:sinwon:acr:l3"}
AMR: Final[Mapping[Level, tuple[str, ...]]] = {"L1": ("swk",), "L2": ("swk",), "L3": ("pop", "pin", "mfa")}


@dataclass(frozen=True, slots=True)
class Authentication:
    subject: str
    audience: str
    """The client."""
    authenticated_at: int
    level: Level
    nonce: str | None


def sign_id_token(claims: Mapping[str, object], signer: Signer) -> str:
    """A compact JWS of typ JWT, ES256, with the key's thumbprint as `kid`."""
    return sign_jws({"typ": "JWT", "kid": key_id(signer)}, claims, signer)


def sign_rsa_id_token(claims: Mapping[str, object], signer: RsaSigner) -> str:
    """The same with RS256."""
    return sign_rs256({"typ": "JWT", "kid": signer.rsa_thumbprint}, claims, signer)


def id_token_claims(authentication: Authentication, *, issuer: str, access_token: str, now: int) -> dict[str, object]:
    claims: dict[str, object] = {
        "iss": issuer,
        "sub": authentication.subject,
        "aud": authentication.audience,
        "iat": now,
        "exp": now + LIFETIME,
        "auth_time": authentication.authenticated_at,
        "acr": ACR[authentication.level],
        "amr": AMR[authentication.level],
        "at_hash": at_hash(access_token),
    }
    if authentication.nonce is not None:
        claims["nonce"] = authentication.nonce
    return claims


def at_hash(access_token: str) -> str:
    """The left half of SHA-256 (OpenID Connect Core 1.0 §3.1.3.6)."""
    return base64url.encode(sha256(access_token.encode()).digest()[:16])


def key_id(signer: Signer) -> str:
    """RFC 7638 thumbprint of the public key."""
    jwk = signer.public_jwk
    return _thumbprint(jwk["x"], jwk["y"])


@lru_cache(KEYS)
def _thumbprint(x: str, y: str) -> str:
    return base64url.encode(parse_public_jwk({"kty": "EC", "crv": "P-256", "x": x, "y": y}).thumbprint)


def signing_jwk(signer: Signer) -> dict[str, str]:
    """The key as it stands in the JWK set."""
    return {**signer.public_jwk, "kid": key_id(signer), "use": "sig", "alg": ES256}


def rsa_signing_jwk(signer: RsaSigner) -> dict[str, str]:
    """The other one, where there is one."""
    return {**signer.rsa_jwk, "kid": signer.rsa_thumbprint, "use": "sig", "alg": RS256}
