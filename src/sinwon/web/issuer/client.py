"""What a request says of its client: from headers and form to who it is, before a handler acts; and the challenge endpoint
(Attestation-Based Client Authentication §6 and §8)."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Final

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from sinwon.protocols.trust.status_lists import WouldFetch
from sinwon.services.authorization.authenticate_client import (
    AuthenticatedClient,
    Presented,
    authenticate_client,
    make_challenge,
)
from sinwon.services.issuance.issuer import CHALLENGE_PATH, Issuer
from sinwon.web.shared.answers import json_answer
from sinwon.web.shared.app import wallet_route

ATTESTATION_HEADER: Final = "oauth-client-attestation"
POP_HEADER: Final = "oauth-client-attestation-pop"
CHALLENGE_HEADER: Final = "OAuth-Client-Attestation-Challenge"


async def client_of(issuer: Issuer, request: Request, form: Mapping[str, str]) -> AuthenticatedClient | None:
    """None where nobody presented anything. Raises Refusal."""
    attestations, pops = request.headers.getlist(ATTESTATION_HEADER), request.headers.getlist(POP_HEADER)
    presented = Presented(form, tuple(attestations), tuple(pops))
    if not attestations:
        return authenticate_client(issuer, presented)
    # Only an attestation can have a status, whose list may have to be fetched.
    try:
        return authenticate_client(replace(issuer, fetch=None), presented)
    except WouldFetch:
        return await run_in_threadpool(authenticate_client, issuer, presented)


def fresh_challenge(issuer: Issuer) -> dict[str, str]:
    """The header with the challenge of the next proof of possession."""
    return {CHALLENGE_HEADER: make_challenge(issuer)}


def challenge_route(issuer: Issuer) -> Route:
    async def challenge(_request: Request) -> Response:
        return json_answer({"attestation_challenge": make_challenge(issuer)})

    return wallet_route(CHALLENGE_PATH, challenge, ["POST"])
