"""Client identifiers of verifiers (OpenID4VP 1.0 §5.9): always the whole string, prefix included."""

from typing import Final

from sinwon.core import base64url
from sinwon.core.refusal import Malformed, Untrusted
from sinwon.keys.x509 import fingerprint

X509_HASH: Final = "x509_hash:"
X509_SAN_DNS: Final = "x509_san_dns:"
REDIRECT_URI: Final = "redirect_uri:"
VERIFIER_ATTESTATION: Final = "verifier_attestation:"
PREFIXES: Final = (X509_HASH, X509_SAN_DNS, REDIRECT_URI, VERIFIER_ATTESTATION)


def x509_hash(leaf: bytes) -> str:
    """The identifier of a verifier whose access certificate is `leaf` (DER)."""
    return X509_HASH + base64url.encode(fingerprint(leaf))


def split_client_id(client_id: str) -> tuple[str, str]:
    """The prefix, colon included, and what follows. Prefixes are compared as they are written; one that we do not know is never
    taken for part of a name. Raises Malformed, and Untrusted for a client without prefix: none is registered beforehand."""
    prefix, colon, name = client_id.partition(":")
    if prefix and not colon:
        raise Untrusted("invalid_client", "no client is registered beforehand")
    if prefix + colon not in PREFIXES or not name:
        raise Malformed("invalid_request", "a client identifier prefix that we do not know, or nothing after it")
    return prefix + colon, name
