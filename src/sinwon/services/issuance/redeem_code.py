"""The token endpoint's first grant: a pre-authorized code and the applicant's PIN become an access token, once.

Tries at the PIN count per offer, whatever code they came with, and the last wrong one kills the offer for good. Wrong, used,
expired and dead look alike from outside. A wallet that comes with a DPoP proof gets a token bound to its key, and a refresh
token; any other gets a bearer token, but for an offer that moves a certificate to another phone: that one takes over with its
first copies (services.lifecycle.fetch), and must have a key.
"""

from sqlalchemy import Connection

from sinwon.core.ids import digest, new_secret
from sinwon.core.refusal import Refusal, Unmet
from sinwon.protocols.oauth.dpop import TOKEN_TYPE as DPOP
from sinwon.protocols.oauth.dpop import VerifiedDpop
from sinwon.protocols.oauth.errors import INVALID_DPOP_PROOF, INVALID_GRANT
from sinwon.protocols.oauth.grants.pre_authorized import PreAuthorizedRequest, check_tx_code_sent
from sinwon.protocols.oauth.token_request import TokenResponse
from sinwon.services.authorization.authenticate_client import AuthenticatedClient, check_anonymous, consume_client
from sinwon.services.issuance.bound_tokens import consume_proof
from sinwon.services.issuance.issuance_pin import count_wrong, is_right
from sinwon.services.issuance.issuer import Issuer
from sinwon.services.issuance.refresh_access import start_family
from sinwon.store.audit import Entry
from sinwon.store.engine import writing
from sinwon.store.issuer import offers
from sinwon.store.issuer.offers import TRANSFER, OfferOfCode, OfferState
from sinwon.store.issuer.tables import AUDIT


def redeem_code(
    issuer: Issuer, request: PreAuthorizedRequest, dpop: VerifiedDpop | None = None, client: AuthenticatedClient | None = None
) -> TokenResponse:
    """Raises Refusal("invalid_grant" | "invalid_request" | "invalid_dpop_proof" | "invalid_client")."""
    check_anonymous(issuer, client)
    with writing(issuer.engine) as connection:
        consume_proof(connection, dpop)
        consume_client(connection, client)
        outcome = _redeem(issuer, connection, request, dpop, client, issuer.clock())
    # A wrong PIN is counted, so its transaction is kept and the refusal raised after it.
    if isinstance(outcome, Refusal):
        raise outcome
    return outcome


def _redeem(
    issuer: Issuer,
    connection: Connection,
    request: PreAuthorizedRequest,
    dpop: VerifiedDpop | None,
    client: AuthenticatedClient | None,
    now: int,
) -> TokenResponse | Refusal:
    # 1 a code of ours that lives [OID4VCI 6.1]
    offer = offers.of_code(connection, digest(request.code), now=now)
    if offer is None or offer.state is not OfferState.OPEN:
        raise Unmet(INVALID_GRANT, "code is unknown, expired or used")
    if offer.kind == TRANSFER and dpop is None:
        raise Unmet(INVALID_DPOP_PROOF, "a certificate moves to a device with a key")
    # 2 with a transaction code exactly when one was asked for [OID4VCI 6.3]
    check_tx_code_sent(request, asked=offer.tx_code is not None)
    # 3 the right one [OID4VCI 6.3]
    if not is_right(issuer, offer, request.tx_code):
        return count_wrong(issuer, connection, offer, now)
    # 4 once
    if not offers.redeem(connection, offer.id):
        raise Unmet(INVALID_GRANT, "code was just used")
    AUDIT.write(connection, Entry(now, "applicant", "offer.redeemed", offer.certificate, {"offer": offer.id}))
    return _give(issuer, connection, offer, None if dpop is None else dpop.thumbprint, client, now)


def _give(
    issuer: Issuer, connection: Connection, offer: OfferOfCode, key: str | None, client: AuthenticatedClient | None, now: int
) -> TokenResponse:
    token, lifetime, configurations = new_secret(issuer.random), issuer.settings.token_lifetime, offer.configurations
    offers.add_token(connection, digest(token), offer.certificate, configurations, expires_at=now + lifetime, key=key)
    if key is None:
        return TokenResponse(token, "Bearer", lifetime)
    coming = offer.kind == TRANSFER
    refresh_token = start_family(issuer, connection, offer.certificate, configurations, key, now, coming=coming, client=client)
    return TokenResponse(token, DPOP, lifetime, refresh_token=refresh_token)
