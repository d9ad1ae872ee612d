"""The key wallets encrypt their requests to: derived from the issuer's secret, the same in every process and for good."""

from functools import lru_cache

from sinwon.core import base64url
from sinwon.keys.jwk import parse_public_jwk
from sinwon.keys.software import SoftwareKey, derive_key
from sinwon.services.issuance.issuer import Issuer


def request_key(issuer: Issuer) -> SoftwareKey:
    return _derived(issuer.nonce_key)


def request_key_id(key: SoftwareKey) -> str:
    """Its thumbprint (RFC 7638)."""
    return base64url.encode(parse_public_jwk(key.public_jwk).thumbprint)


@lru_cache(8)
def _derived(secret: bytes) -> SoftwareKey:
    return derive_key(secret, b"credential requests")
