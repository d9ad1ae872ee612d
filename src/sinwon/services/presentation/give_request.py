"""Giving a wallet the signed request (OpenID4VP 1.0 §5.4, §5.10), as often as it asks until the presentation is over."""

from sinwon.core.refusal import Refusal, Unmet
from sinwon.protocols.vp.description import Description, RequestMethod, read_description
from sinwon.protocols.vp.query import query_for
from sinwon.protocols.vp.request_object import RequestObject, response_jwk, sign_request_object
from sinwon.services.presentation.described import request_of
from sinwon.services.presentation.gateway import Gateway
from sinwon.services.presentation.permission import permit
from sinwon.services.presentation.response_key import response_key, response_key_id
from sinwon.store.engine import reading
from sinwon.store.gateway.presentations import Presentation, find_presentation


def give_request(gateway: Gateway, presentation_id: str, wallet_nonce: str | None = None) -> str:
    """A compact JWS. Raises Refusal("not_found"), the same for unknown, closed, expired and no longer permitted."""
    now = gateway.clock()
    with reading(gateway.engine) as connection:
        presentation = find_presentation(connection, presentation_id)
    if presentation is None or not presentation.is_open(now):
        raise Unmet("not_found", "no open presentation")
    if presentation.description is not None:
        return _give_described(gateway, presentation, read_description(presentation.description), wallet_nonce, now)
    try:
        asked = permit(gateway.catalogue(), service=presentation.service, preset=presentation.preset, now=now)
    except Refusal as refusal:
        raise refusal.coded("not_found") from None
    key = response_key(gateway.response_secret, presentation.id)
    request = RequestObject(
        state=presentation.id,
        nonce=presentation.nonce,
        response_uri=gateway.response_uri(presentation.id),
        query=query_for(asked.preset).encoded,
        response_key=response_jwk(key.public_jwk, response_key_id(presentation.id)),
        expires_at=presentation.expires_at,
        wallet_nonce=wallet_nonce,
    )
    return sign_request_object(request, by=gateway.access(presentation.service), now=now)


def _give_described(
    gateway: Gateway, presentation: Presentation, description: Description, wallet_nonce: str | None, now: int
) -> str:
    if description.method is not RequestMethod.REQUEST_URI:
        raise Unmet("not_found", "a request that stands in its link is not fetched")
    request = request_of(gateway, presentation, description, wallet_nonce)
    return sign_request_object(request, by=gateway.access(presentation.service), now=now)
