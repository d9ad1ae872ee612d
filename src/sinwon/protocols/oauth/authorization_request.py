"""The front door of the authorization code flow (RFC 6749 §4.1.1, RFC 7636, RFC 9700, RFC 9207).

Owns the shape of the request, the rules that hold for every client, and the address of the answer. Does not know clients:
the caller compares `redirect_uri` with the registered ones, byte for byte, before it redirects anywhere.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from re import compile as pattern
from typing import Final
from urllib.parse import urlencode

from sinwon.core.refusal import Malformed, Unmet
from sinwon.protocols.oauth.errors import INVALID_REQUEST, UNSUPPORTED_RESPONSE_TYPE
from sinwon.protocols.oauth.pkce import parse_challenge

MAX_VALUE: Final = 2048  # of any parameter; they are kept until the answer and echoed
CONTROL: Final = pattern(r"[\x00-\x1f\x7f]")


@dataclass(frozen=True, slots=True)
class AuthorizationRequest:
    client_id: str
    redirect_uri: str
    response_type: str | None
    response_mode: str | None
    scope: tuple[str, ...]
    state: str | None
    code_challenge: str | None
    code_challenge_method: str | None


def parse_authorization_request(parameters: Mapping[str, str]) -> AuthorizationRequest:
    """The parameters, unknown ones ignored. Raises Malformed, which must be answered on a page of our own."""
    if any(len(value) > MAX_VALUE or CONTROL.search(value) for value in parameters.values()):
        raise Malformed(INVALID_REQUEST, "a parameter is too long or has control characters")
    client_id, redirect_uri = parameters.get("client_id"), parameters.get("redirect_uri")
    if not client_id or not redirect_uri:
        raise Malformed(INVALID_REQUEST, "client_id or redirect_uri missing")
    return AuthorizationRequest(
        client_id,
        redirect_uri,
        parameters.get("response_type"),
        parameters.get("response_mode"),
        tuple(name for name in parameters.get("scope", "").split(" ") if name),  # blanks alone separate [RFC 6749 3.3]
        parameters.get("state"),
        parameters.get("code_challenge"),
        parameters.get("code_challenge_method"),
    )


def check_authorization_request(request: AuthorizationRequest) -> str:
    """The rules for every client; gives the code challenge. Raises Refusal, whose code may go to the redirect URI."""
    # 1 only the code flow, answered in the query [RFC 9700 2.1.2]
    _check_code_flow(request)
    # 2 PKCE with S256, for every client [RFC 9700 2.1.1]
    return parse_challenge(request.code_challenge, request.code_challenge_method)


def check_request_without_pkce(request: AuthorizationRequest) -> str | None:
    """The same for a confidential client that is registered to do without PKCE; a challenge that it sends counts."""
    _check_code_flow(request)
    if request.code_challenge is None and request.code_challenge_method is None:
        return None
    return parse_challenge(request.code_challenge, request.code_challenge_method)


def _check_code_flow(request: AuthorizationRequest) -> None:
    if request.response_type is None:
        raise Unmet(INVALID_REQUEST, "response_type missing")
    if request.response_type != "code":
        raise Unmet(UNSUPPORTED_RESPONSE_TYPE, "response_type is not code")
    if request.response_mode not in {None, "query"}:
        raise Unmet(INVALID_REQUEST, "response_mode is not query")


def answer_uri(redirect_uri: str, parameters: Mapping[str, str | None]) -> str:
    """`redirect_uri`, its own query kept, with the parameters that are there (RFC 6749 §4.1.2)."""
    present = {name: value for name, value in parameters.items() if value is not None}
    return redirect_uri + ("&" if "?" in redirect_uri else "?") + urlencode(present)
