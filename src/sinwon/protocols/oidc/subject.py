"""Pairwise subject identifiers (OpenID Connect Core 1.0 §8.1): the same person is another `sub` in each sector."""

from hmac import digest as hmac_digest

from sinwon.core import base64url


def pairwise_subject(key: bytes, *, sector: str, issuer: str, person_id: str) -> str:
    """HMAC-SHA-256 under the gateway's key, 43 characters. The issuer counts too: a person's opaque name is only unique
    at the issuer that gave it (OpenID4VP 1.0 §14.4)."""
    return base64url.encode(hmac_digest(key, "\x00".join((sector, issuer, person_id)).encode(), "sha256"))
