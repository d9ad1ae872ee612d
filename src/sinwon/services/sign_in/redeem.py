"""The service redeems its code (OpenID Connect Core 1.0 §3.1.3): once, by the client it was given to, with the verifier.

A code that comes twice was stolen or the client is broken: the token it gave dies (RFC 6749 §4.1.2).
"""

from collections.abc import Mapping
from typing import Final

from sinwon.core.ids import digest, new_secret
from sinwon.core.refusal import Fault, Unmet
from sinwon.formats.jose.rs256 import RS256
from sinwon.protocols.oauth.client_authentication.secret import ClientSecret, check_client_secret, parse_client_secret
from sinwon.protocols.oauth.errors import INVALID_CLIENT, INVALID_GRANT
from sinwon.protocols.oauth.grants.authorization_code import (
    GRANT_TYPE,
    CodeRequest,
    GivenCode,
    check_code_request,
    parse_code_request,
)
from sinwon.protocols.oauth.token_request import TokenResponse, check_grant_type
from sinwon.protocols.oidc.authentication_request import OPENID
from sinwon.protocols.oidc.id_token import Authentication, id_token_claims, sign_id_token, sign_rsa_id_token
from sinwon.protocols.oidc.subject import pairwise_subject
from sinwon.services.presentation.gateway import TOKEN_SECONDS, Gateway
from sinwon.services.presentation.permission import permit
from sinwon.services.presentation.result import Result, open_result
from sinwon.store.audit import Entry
from sinwon.store.engine import reading, writing
from sinwon.store.gateway.clients import Client
from sinwon.store.gateway.metadata import AUDIT
from sinwon.store.gateway.presentations import Presentation
from sinwon.store.gateway.sign_ins import Progress, SignIn, end_sign_in, redeem, sign_in_of_code

REDEEMED: Final = "sign_in.redeemed"
REVOKED: Final = "sign_in.revoked"
NOBODY: Final = digest("")


def redeem_code(gateway: Gateway, authorization: str | None, form: Mapping[str, str]) -> TokenResponse:
    """ID token and access token. Raises Refusal with an OAuth error code."""
    now = gateway.clock()
    # 1 shape [RFC 6749 4.1.3]
    secret = parse_client_secret(authorization, form)
    check_grant_type(form, GRANT_TYPE)
    request = parse_code_request(form)
    # 2 the client, authenticated [OIDC Core 3.1.3.2]
    client, found = _load(gateway, secret, request)
    if found is None:
        raise Unmet(INVALID_GRANT, "unknown code")
    sign_in, presentation = found
    # 3 its code, not used before [RFC 6749 4.1.2]
    if sign_in.client == client.id and sign_in.progress is Progress.REDEEMED:
        _revoke(gateway, sign_in, now)
        raise Unmet(INVALID_GRANT, "code used before")
    check_code_request(request, _given(sign_in), client_id=client.id, now=now)
    # 4 by a service that may still ask
    permit(gateway.catalogue(), service=client.service, preset=presentation.preset, now=now)
    # 5 consumed
    return _consume(gateway, client, sign_in, presentation, now)


def subject_of(gateway: Gateway, client: Client, result: Result) -> str:
    """The person as this client's sector knows them."""
    return pairwise_subject(gateway.pairwise_key, sector=client.sector, issuer=result.issuer, person_id=result.person_id)


def _load(gateway: Gateway, secret: ClientSecret, request: CodeRequest) -> tuple[Client, tuple[SignIn, Presentation] | None]:
    client = gateway.client(secret.client_id)
    check_client_secret(secret, client.secret_digest if client else NOBODY)
    if client is None:
        raise Unmet(INVALID_CLIENT, "client not registered")
    if client.auth_method not in {None, secret.method}:
        raise Unmet(INVALID_CLIENT, "not the method this client is registered for")
    with reading(gateway.engine) as connection:
        return client, sign_in_of_code(connection, digest(request.code))


def _given(sign_in: SignIn) -> GivenCode:
    return GivenCode(sign_in.client, sign_in.redirect_uri, sign_in.code_challenge, sign_in.code_expires_at or 0)


def _consume(gateway: Gateway, client: Client, sign_in: SignIn, presentation: Presentation, now: int) -> TokenResponse:
    result, token = open_result(gateway.seal, presentation), new_secret(gateway.random)
    with writing(gateway.engine) as connection:
        mine = redeem(connection, sign_in.id, token=digest(token), until=now + TOKEN_SECONDS, now=now)
        if mine:
            AUDIT.write(connection, Entry(now, client.id, REDEEMED, sign_in.id, {"level": result.level}))
    if not mine:
        _revoke(gateway, sign_in, now)
        raise Unmet(INVALID_GRANT, "code used by another request just now")
    authentication = Authentication(
        subject=subject_of(gateway, client, result),
        audience=client.id,
        authenticated_at=presentation.answered_at or now,
        level=result.level,
        nonce=sign_in.nonce,
    )
    claims = id_token_claims(authentication, issuer=gateway.origin, access_token=token, now=now)
    return TokenResponse(token, "Bearer", TOKEN_SECONDS, _signed(gateway, client, claims), f"{OPENID} {presentation.preset}")


def _signed(gateway: Gateway, client: Client, claims: Mapping[str, object]) -> str:
    """With the one algorithm that this client is registered for (RFC 8725 §3.1)."""
    if client.id_token_alg != RS256:
        return sign_id_token(claims, gateway.signer)
    if gateway.rsa_signer is None:
        raise Fault("a client is registered for RS256, and there is no RSA key any more")
    return sign_rsa_id_token(claims, gateway.rsa_signer)


def _revoke(gateway: Gateway, sign_in: SignIn, now: int) -> None:
    with writing(gateway.engine) as connection:
        if end_sign_in(connection, sign_in.id, was=Progress.REDEEMED):
            AUDIT.write(connection, Entry(now, sign_in.client, REVOKED, sign_in.id, {"reason": "code_used_twice"}))
