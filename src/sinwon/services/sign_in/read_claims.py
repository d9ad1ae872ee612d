"""The service reads what was shown (OpenID Connect Core 1.0 §5.3): while the access token lives, only what the preset lists."""

from typing import Any

from sinwon.core.ids import digest
from sinwon.core.refusal import Refusal, Unmet
from sinwon.protocols.oauth.errors import INVALID_TOKEN
from sinwon.protocols.oidc.claims import service_claims
from sinwon.services.presentation.gateway import Gateway
from sinwon.services.presentation.permission import permit
from sinwon.services.presentation.result import open_result
from sinwon.services.sign_in.redeem import subject_of
from sinwon.store.engine import reading
from sinwon.store.gateway.sign_ins import Progress, sign_in_of_token


def read_claims(gateway: Gateway, token: str) -> dict[str, Any]:
    """`sub` and the claims. Raises Unmet(INVALID_TOKEN)."""
    now = gateway.clock()
    with reading(gateway.engine) as connection:
        found = sign_in_of_token(connection, digest(token))
    client = gateway.client(found[0].client) if found else None
    if found is None or client is None:
        raise Unmet(INVALID_TOKEN, "unknown access token")
    sign_in, presentation = found
    if sign_in.progress is not Progress.REDEEMED or now >= (sign_in.token_expires_at or 0):
        raise Unmet(INVALID_TOKEN, "access token revoked or expired")
    try:
        permit(gateway.catalogue(), service=client.service, preset=presentation.preset, now=now)
    except Refusal as refusal:
        raise refusal.coded(INVALID_TOKEN) from None
    result = open_result(gateway.seal, presentation)
    return {**service_claims(result.claims), "sub": subject_of(gateway, client, result)}
