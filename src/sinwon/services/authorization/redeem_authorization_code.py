"""A wallet redeems its code (RFC 6749 §4.1.3): once, as the client and instance that asked, with verifier and DPoP key.

The offer that the person signed in with is redeemed with it. A code that comes twice was stolen or the wallet is broken: what
it gave dies (RFC 6749 §4.1.2, RFC 9700 §4.2.4).
"""

from typing import Final

from sqlalchemy import Connection

from sinwon.core.ids import digest, new_secret
from sinwon.core.refusal import Refusal, Unmet
from sinwon.protocols.oauth.dpop import TOKEN_TYPE as DPOP
from sinwon.protocols.oauth.dpop import VerifiedDpop
from sinwon.protocols.oauth.errors import INVALID_CLIENT, INVALID_DPOP_PROOF, INVALID_GRANT
from sinwon.protocols.oauth.grants.authorization_code import CodeRequest, GivenCode, check_code_request
from sinwon.protocols.oauth.token_request import TokenResponse
from sinwon.protocols.vci.authorization_details import granted_details
from sinwon.services.authorization.authenticate_client import AuthenticatedClient, consume_client
from sinwon.services.issuance.bound_tokens import consume_proof
from sinwon.services.issuance.issuer import Issuer
from sinwon.services.issuance.refresh_access import start_family
from sinwon.store.audit import Entry
from sinwon.store.engine import writing
from sinwon.store.issuer import authorizations, lives, offers, refreshes
from sinwon.store.issuer.authorizations import Authorization, Progress
from sinwon.store.issuer.certificates import LIVING
from sinwon.store.issuer.tables import AUDIT

REDEEMED: Final = "authorization.redeemed"
REVOKED: Final = "authorization.revoked"


def redeem_authorization_code(
    issuer: Issuer, request: CodeRequest, client: AuthenticatedClient | None, dpop: VerifiedDpop | None
) -> TokenResponse:
    """Raises Refusal with an OAuth error code."""
    # 1 by a client that we know, with a key [RFC 6749 4.1.3, HAIP 4]
    if client is None:
        raise Unmet(INVALID_CLIENT, "nobody authenticated")
    if dpop is None:
        raise Unmet(INVALID_DPOP_PROOF, "no proof of a key")
    with writing(issuer.engine) as connection:
        consume_client(connection, client)
        consume_proof(connection, dpop)
        outcome = _redeem(issuer, connection, request, client, dpop.thumbprint, issuer.clock())
    # What a code that comes twice ends is kept, and the refusal raised after it.
    if isinstance(outcome, Refusal):
        raise outcome
    return outcome


def _redeem(
    issuer: Issuer, connection: Connection, request: CodeRequest, client: AuthenticatedClient, key: str, now: int
) -> TokenResponse | Refusal:
    # 2 a code that we gave [RFC 6749 4.1.2]
    found = authorizations.of_code(connection, digest(request.code))
    if found is None:
        raise Unmet(INVALID_GRANT, "unknown code")
    # 3 not used before; by whom else it may come is none of this client's business [RFC 9700 4.2.4]
    if found.client == client.id and found.progress is Progress.REDEEMED:
        return _revoke(connection, found, now)
    # 4 its rules, and the instance that asked [RFC 6749 4.1.3, HAIP 4.3]
    given = GivenCode(found.client, found.redirect_uri, found.code_challenge, found.code_ends_at, found.key)
    check_code_request(request, given, client_id=client.id, now=now, key=key)
    if found.instance != client.instance:
        raise Unmet(INVALID_GRANT, "code of another instance of this wallet")
    # 5 of a certificate that lives, by an offer that is open
    certificate = _certificate(connection, found, now)
    # 6 once
    if not authorizations.redeem(connection, found.request, key=key, now=now):
        raise Unmet(INVALID_GRANT, "code was just used")
    if found.offer is not None and not offers.redeem(connection, found.offer):
        raise Unmet(INVALID_GRANT, "offer was used elsewhere")
    AUDIT.write(connection, Entry(now, "applicant", REDEEMED, certificate, {"client": client.id, "request": found.request}))
    return _give(issuer, connection, found, certificate, client, key, now)


def _certificate(connection: Connection, found: Authorization, now: int) -> str:
    row = lives.lock(connection, found.certificate) if found.certificate is not None else None
    if row is None or row.state not in LIVING or row.valid_until <= now:
        raise Unmet(INVALID_GRANT, "certificate is stopped or over")
    return row.id


def _give(
    issuer: Issuer,
    connection: Connection,
    found: Authorization,
    certificate: str,
    client: AuthenticatedClient,
    key: str,
    now: int,
) -> TokenResponse:
    token, lifetime, configurations = new_secret(issuer.random), issuer.settings.token_lifetime, found.configurations
    named, ends = found.by_details, now + lifetime
    offers.add_token(connection, digest(token), certificate, configurations, expires_at=ends, key=key, by_identifier=named)
    refresh_token = start_family(issuer, connection, certificate, configurations, key, now, by_identifier=named, client=client)
    return TokenResponse(
        token,
        DPOP,
        lifetime,
        scope=None if named else " ".join(configurations),
        refresh_token=refresh_token,
        authorization_details=granted_details(configurations) if named else (),
    )


def _revoke(connection: Connection, found: Authorization, now: int) -> Refusal:
    """What the code gave, and what came of that."""
    if found.certificate is not None and found.key is not None:
        refreshes.end_of_key(connection, found.certificate, found.key)
        details: dict[str, str | int | list[str]] = {"reason": "CODE_USED_TWICE", "request": found.request}
        AUDIT.write(connection, Entry(now, "issuer", REVOKED, found.certificate, details))
    return Unmet(INVALID_GRANT, "code used before")
