"""Pushed authorization requests (RFC 9126) with the binding of codes to keys (RFC 9449 §10).

Owns the shape of what is pushed, the rules that hold for every client, the answer, and the names of requests. Does not
authenticate the client, does not know its redirect URIs, and keeps nothing: services.authorization does.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from re import compile as pattern
from typing import Final

import msgspec

from sinwon.core.refusal import Malformed, Unmet
from sinwon.protocols.oauth.authorization_request import (
    AuthorizationRequest,
    check_authorization_request,
    parse_authorization_request,
)
from sinwon.protocols.oauth.errors import INVALID_DPOP_PROOF, INVALID_REQUEST, INVALID_REQUEST_URI

PREFIX: Final = "urn:ietf:params:oauth:request_uri:"
EXPIRES_IN: Final = 90  # seconds; FAPI 2.0 wants less than 600, and a browser is opened at once
MAX_DETAILS: Final = 16 * 1024  # characters of authorization_details; one of our configurations has about 100
THUMBPRINT: Final = pattern(r"[A-Za-z0-9_-]{43}\Z")
REFERENCE: Final = pattern(r"[A-Za-z0-9_-]{43}\Z")
READ: Final = frozenset(
    {
        "client_id",
        "redirect_uri",
        "response_type",
        "response_mode",
        "scope",
        "state",
        "code_challenge",
        "code_challenge_method",
        "issuer_state",
    }
)
"""Nothing else is looked at: a client assertion in the same form is longer than any of it."""


class PushedResponse(msgspec.Struct, frozen=True):
    request_uri: str
    expires_in: int


@dataclass(frozen=True, slots=True)
class PushedRequest:
    request: AuthorizationRequest
    key: str | None
    """`dpop_jkt`: the thumbprint of the key that the code is to be bound to."""
    authorization_details: str | None
    issuer_state: str | None


def parse_pushed_request(form: Mapping[str, str], *, client_id: str) -> PushedRequest:
    """What an authenticated client pushed; unknown parameters are ignored. Raises Malformed."""
    # 1 a request, and no name of one [RFC 9126 2.1]
    if "request_uri" in form or "request" in form:
        raise Malformed(INVALID_REQUEST, "a request by reference or as an object where it is to be pushed")
    details = form.get("authorization_details")
    if details is not None and len(details) > MAX_DETAILS:
        raise Malformed(INVALID_REQUEST, "authorization_details are too long")
    read = {name: value for name, value in form.items() if name in READ}
    request = parse_authorization_request({"client_id": client_id, **read})
    # 2 by the client that authenticated [RFC 9126 2.1]
    if request.client_id != client_id:
        raise Malformed(INVALID_REQUEST, "client_id is not that of the client")
    return PushedRequest(request, form.get("dpop_jkt"), details, read.get("issuer_state"))


def check_pushed_request(pushed: PushedRequest, *, proven: str | None) -> tuple[str, str | None]:
    """The rules for every client: gives the code challenge, and the key the code is bound to. `proven` is the thumbprint of the
    key whose proof came along. Raises Refusal."""
    # 3 the code flow with PKCE [RFC 9126 2.1]
    challenge = check_authorization_request(pushed.request)
    # 4 one key, named or proven or both [RFC 9449 10.1]
    if pushed.key is not None and not THUMBPRINT.match(pushed.key):
        raise Malformed(INVALID_REQUEST, "dpop_jkt is not a thumbprint")
    if pushed.key is not None and proven is not None and pushed.key != proven:
        raise Unmet(INVALID_DPOP_PROOF, "dpop_jkt is not the key of the proof")
    return challenge, pushed.key or proven


def parse_request_uri(parameters: Mapping[str, str]) -> tuple[str, str]:
    """Client and reference of a request that was pushed; everything else in the front channel is ignored. Raises Malformed."""
    # 1 nothing but what was pushed [FAPI 2.0 5.3.2.2]
    client_id, uri = parameters.get("client_id"), parameters.get("request_uri")
    if not client_id or not uri:
        raise Malformed(INVALID_REQUEST, "client_id or request_uri is missing")
    reference = uri.removeprefix(PREFIX)
    if not uri.startswith(PREFIX) or not REFERENCE.match(reference):
        raise Malformed(INVALID_REQUEST_URI, "not the name of a pushed request")
    return client_id, reference
