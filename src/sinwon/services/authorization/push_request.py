"""A wallet pushes its authorization request (RFC 9126): everything that can be judged without the person is judged here.

Owns the decision and the one write. Who the client is was found out before (authenticate_client), its proof of being that is
consumed here.
"""

from collections.abc import Mapping
from typing import Final

from sqlalchemy import Connection

from sinwon.core.ids import digest, new_secret
from sinwon.core.refusal import Unmet
from sinwon.protocols.oauth.dpop import VerifiedDpop
from sinwon.protocols.oauth.errors import INVALID_CLIENT, INVALID_REQUEST
from sinwon.protocols.oauth.pushed_request import (
    EXPIRES_IN,
    PREFIX,
    PushedRequest,
    PushedResponse,
    check_pushed_request,
    parse_pushed_request,
)
from sinwon.protocols.vci.authorization_details import asked_for
from sinwon.services.authorization.authenticate_client import AuthenticatedClient, consume_client
from sinwon.services.authorization.issuer_state import offer_of
from sinwon.services.issuance.bound_tokens import consume_proof
from sinwon.services.issuance.issuer import Issuer
from sinwon.store.audit import Entry
from sinwon.store.engine import writing
from sinwon.store.issuer import authorizations, offers
from sinwon.store.issuer.authorizations import NewAuthorization
from sinwon.store.issuer.tables import AUDIT

PUSHED: Final = "authorization.pushed"


def push_request(
    issuer: Issuer, form: Mapping[str, str], client: AuthenticatedClient | None, dpop: VerifiedDpop | None
) -> PushedResponse:
    """Raises Refusal with an OAuth error code."""
    # 1 by a client that we know [RFC 9126 2]
    if client is None:
        raise Unmet(INVALID_CLIENT, "nobody authenticated")
    pushed = parse_pushed_request(form, client_id=client.id)
    # 2 to be answered where it registered, byte for byte [RFC 9700 4.1.3]
    registered = issuer.clients.get(client.id)
    if registered is None or pushed.request.redirect_uri not in registered.redirect_uris:
        raise Unmet(INVALID_REQUEST, "redirect_uri not registered for this client")
    # 3 rules for every client [RFC 9126 2.1, RFC 9449 10]
    challenge, key = check_pushed_request(pushed, proven=dpop.thumbprint if dpop else None)
    # 4 credentials that there are [OID4VCI 5.1]
    known = issuer.settings.configurations
    asked = asked_for(pushed.request.scope, pushed.authorization_details, issuer=issuer.origin, known=known)
    reference, now = new_secret(issuer.random), issuer.clock()
    with writing(issuer.engine) as connection:
        consume_client(connection, client)
        consume_proof(connection, dpop)
        authorization = NewAuthorization(
            request=digest(reference),
            client=client.id,
            instance=client.instance,
            redirect_uri=pushed.request.redirect_uri,
            state=pushed.request.state,
            configurations=asked.configurations,
            by_details=asked.by_details,
            code_challenge=challenge,
            key=key,
            wanted=_wanted(issuer, connection, pushed),
            ends_at=now + EXPIRES_IN,
        )
        authorizations.add(connection, authorization)
        AUDIT.write(
            connection, Entry(now, client.id, PUSHED, authorization.request, {"configurations": [*asked.configurations]})
        )
    return PushedResponse(PREFIX + reference, EXPIRES_IN)


def _wanted(issuer: Issuer, connection: Connection, pushed: PushedRequest) -> str | None:
    """The certificate of the offer that the wallet says it came from."""
    if pushed.issuer_state is None:
        return None
    certificate = offers.certificate_of(connection, offer_of(issuer, pushed.issuer_state))
    if certificate is None:
        raise Unmet(INVALID_REQUEST, "issuer_state of an offer there is not")
    return certificate
