"""The authorization code grant at the token endpoint (RFC 6749 §4.1.3, RFC 7636 §4.6, RFC 9449 §10,
RFC 9700 §2.1.1).

Owns the request's shape and its rules against the code as it was given. Does not consume the code: the caller does, in
one conditional write, after these rules hold.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from sinwon.core.refusal import Unmet
from sinwon.protocols.oauth.errors import INVALID_GRANT
from sinwon.protocols.oauth.pkce import check_verifier
from sinwon.protocols.oauth.token_request import required

GRANT_TYPE: Final = "authorization_code"
CODE_SECONDS: Final = 60  # RFC 9700 and FAPI 2.0 want a code to live no longer


@dataclass(frozen=True, slots=True)
class CodeRequest:
    code: str
    redirect_uri: str
    code_verifier: str | None


@dataclass(frozen=True, slots=True)
class GivenCode:
    """What the code was bound to when it was given."""

    client_id: str
    redirect_uri: str
    code_challenge: str | None
    """None where the client is registered to do without PKCE and did."""
    expires_at: int
    key: str | None = None
    """The thumbprint of the DPoP key that was named or shown when the request was pushed (RFC 9449 §10)."""


def parse_code_request(form: Mapping[str, str]) -> CodeRequest:
    """Raises Malformed."""
    return CodeRequest(required(form, "code"), required(form, "redirect_uri"), form.get("code_verifier"))


def check_code_request(request: CodeRequest, given: GivenCode, *, client_id: str, now: int, key: str | None = None) -> None:
    """`key` is the thumbprint of the key that the token request proved. Raises Unmet(INVALID_GRANT)."""
    # 1 given to this client [RFC 6749 4.1.3]
    if given.client_id != client_id:
        raise Unmet(INVALID_GRANT, "the code of another client")
    # 2 not expired [RFC 6749 4.1.2]
    if now >= given.expires_at:
        raise Unmet(INVALID_GRANT, "code expired")
    # 3 for the same redirect URI [RFC 6749 4.1.3]
    if request.redirect_uri != given.redirect_uri:
        raise Unmet(INVALID_GRANT, "another redirect_uri")
    # 4 by the one who began [RFC 7636 4.6]
    _check_verifier(request.code_verifier, given.code_challenge)
    # 5 with the key it was bound to [RFC 9449 10]
    if given.key is not None and given.key != key:
        raise Unmet(INVALID_GRANT, "code is bound to another key")


def _check_verifier(verifier: str | None, challenge: str | None) -> None:
    """A verifier without a challenge shows that somebody took the challenge away on its way here (RFC 9700 §4.8.2)."""
    if challenge is not None:
        check_verifier(verifier, challenge)
    elif verifier is not None:
        raise Unmet(INVALID_GRANT, "code_verifier, but no challenge was sent")
