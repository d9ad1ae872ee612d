"""A service sends a person: is the request right, may the service ask, and then one sign-in with one open question.

A wrong client or redirect URI is never answered with a redirect; everything after that is, with an error code.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from re import compile as pattern
from typing import Final

from sinwon.core.ids import new_id, new_secret
from sinwon.core.refusal import Refusal, Unmet
from sinwon.protocols.oauth.authorization_request import (
    AuthorizationRequest,
    check_authorization_request,
    check_request_without_pkce,
    parse_authorization_request,
)
from sinwon.protocols.oidc.authentication_request import AuthenticationRequest, check_authentication_request
from sinwon.services.presentation.gateway import SIGN_IN_SECONDS, Gateway
from sinwon.services.presentation.permission import Permission, permit
from sinwon.services.presentation.start import new_presentation
from sinwon.services.sign_in.answer import answer_with_error
from sinwon.store.audit import Details, Entry
from sinwon.store.engine import writing
from sinwon.store.gateway.clients import Client
from sinwon.store.gateway.metadata import AUDIT
from sinwon.store.gateway.presentations import insert_presentation
from sinwon.store.gateway.sign_ins import Progress, SignIn, insert_sign_in

STARTED: Final = "sign_in.started"
REFUSED: Final = "sign_in.refused"
UNKNOWN_CLIENT: Final = "unknown_client"
UNKNOWN_REDIRECT: Final = "unknown_redirect_uri"
BROWSER: Final = pattern(r"[A-Za-z0-9_-]{43}\Z")
ERASE_SECONDS: Final = 2 * SIGN_IN_SECONDS  # a code given at the last moment is still redeemed and read


@dataclass(frozen=True, slots=True)
class Started:
    sign_in: str
    browser: str
    """The secret for this browser's cookie."""
    language: str | None


@dataclass(frozen=True, slots=True)
class SentBack:
    uri: str


def start_sign_in(gateway: Gateway, parameters: Mapping[str, str], browser: str | None) -> Started | SentBack:
    """`browser` is the secret this browser already has, if any. Raises Refusal for what must stay on a page of ours."""
    now = gateway.clock()
    # 1 a client we know, at an address it registered, byte for byte [RFC 9700 4.1.3]
    request = parse_authorization_request(parameters)
    client = _client(gateway, request)
    try:
        # 2 rules of OAuth, of OpenID Connect, of the catalogue
        challenge = (check_authorization_request if client.pkce else check_request_without_pkce)(request)
        wish = check_authentication_request(parameters, request.scope)
        permission = permit(gateway.catalogue(), service=client.service, preset=wish.preset, now=now)
    except Refusal as refusal:
        return _refuse(gateway, request, refusal.code, now)
    known = browser if browser is not None and BROWSER.match(browser) else new_secret(gateway.random)
    sign_in = _begin(gateway, request, wish, permission, challenge, known, now)
    return Started(sign_in, known, wish.language)


def _client(gateway: Gateway, request: AuthorizationRequest) -> Client:
    client = gateway.client(request.client_id)
    if client is None:
        raise Unmet(UNKNOWN_CLIENT, "client not registered")
    if request.redirect_uri not in client.redirect_uris:
        raise Unmet(UNKNOWN_REDIRECT, "redirect_uri not registered for this client")
    return client


def _refuse(gateway: Gateway, request: AuthorizationRequest, error: str, now: int) -> SentBack:
    with writing(gateway.engine) as connection:
        AUDIT.write(connection, Entry(now, "gateway", REFUSED, request.client_id, {"error": error}))
    return SentBack(answer_with_error(gateway, request.redirect_uri, state=request.state, error=error))


def _begin(
    gateway: Gateway,
    request: AuthorizationRequest,
    wish: AuthenticationRequest,
    permission: Permission,
    challenge: str | None,
    browser: str,
    now: int,
) -> str:
    service, preset = permission.service.id, permission.preset.name
    question = new_presentation(gateway, service=service, preset=preset, browser=browser, now=now)
    sign_in = SignIn(
        id=new_id(gateway.random),
        client=request.client_id,
        redirect_uri=request.redirect_uri,
        state=request.state,
        nonce=wish.nonce,
        code_challenge=challenge,
        presentation=question.id,
        progress=Progress.STARTED,
        expires_at=now + SIGN_IN_SECONDS,
        erase_at=now + ERASE_SECONDS,
    )
    details: Details = {"client": sign_in.client, "preset": preset, "presentation": question.reference}
    with writing(gateway.engine) as connection:
        insert_presentation(connection, question)
        insert_sign_in(connection, sign_in)
        AUDIT.write(connection, Entry(now, "gateway", STARTED, sign_in.id, details))
    return sign_in.id
