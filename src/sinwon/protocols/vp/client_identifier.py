"""Client identifiers of verifiers (OpenID4VP 1.0 §5.9.3): always the whole string, prefix included."""

from typing import Final

from sinwon.core import base64url
from sinwon.keys.x509 import fingerprint

X509_HASH: Final = "x509_hash:"


def x509_hash(leaf: bytes) -> str:
    """The identifier of a verifier whose access certificate is `leaf` (DER)."""
    return X509_HASH + base64url.encode(fingerprint(leaf))
