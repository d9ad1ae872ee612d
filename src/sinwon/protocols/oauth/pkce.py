"""Proof Key for Code Exchange (RFC 7636), S256 only: `plain` would send the secret in the open."""

from hashlib import sha256
from re import compile as pattern
from typing import Final

from sinwon.core import base64url
from sinwon.core.ids import same
from sinwon.core.refusal import Malformed, Unmet
from sinwon.protocols.oauth.errors import INVALID_GRANT, INVALID_REQUEST

METHOD: Final = "S256"
VERIFIER: Final = pattern(r"[A-Za-z0-9\-._~]{43,128}\Z")
CHALLENGE: Final = pattern(r"[A-Za-z0-9_-]{43}\Z")


def challenge_of(verifier: str) -> str:
    """BASE64URL(SHA256(verifier)) [RFC 7636 §4.2]."""
    return base64url.encode(sha256(verifier.encode("ascii")).digest())


def parse_challenge(challenge: str | None, method: str | None) -> str:
    """The challenge of an authorization request, required and S256 [RFC 7636 §4.3]. Raises Malformed."""
    if method != METHOD or challenge is None or not CHALLENGE.match(challenge):
        raise Malformed(INVALID_REQUEST, "code_challenge with S256 is required")
    return challenge


def check_verifier(verifier: str | None, challenge: str) -> None:
    """The verifier belongs to the challenge [RFC 7636 §4.6]. Raises Unmet."""
    if verifier is None or not VERIFIER.match(verifier) or not same(challenge_of(verifier), challenge):
        raise Unmet(INVALID_GRANT, "code_verifier does not belong to the challenge")
