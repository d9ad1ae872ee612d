"""How a wallet shows what it may: with a bearer token, or with a token bound to its key and a DPoP proof (RFC 6750 §2.1 and §3,
RFC 9449 §5, §7 and §8). Owns schemes, headers, challenges and their statuses; the rules are in services.issuance.bound_tokens.
"""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from typing import Final

import structlog
from starlette.requests import Request
from starlette.responses import Response

from sinwon.core.refusal import Refusal
from sinwon.protocols.oauth.dpop import ALGORITHMS, VerifiedDpop
from sinwon.protocols.oauth.errors import (
    INSUFFICIENT_SCOPE,
    INVALID_DPOP_PROOF,
    INVALID_TOKEN,
    USE_ATTESTATION_CHALLENGE,
    USE_DPOP_NONCE,
)
from sinwon.services.issuance.bound_tokens import verify_sender
from sinwon.services.issuance.issuer import Issuer
from sinwon.web.issuer.client import fresh_challenge
from sinwon.web.shared.answers import error_answer
from sinwon.web.shared.app import Handler
from sinwon.web.shared.reading import authorization

log = structlog.stdlib.get_logger("sinwon.web")

PROOF_HEADER: Final = "dpop"
NONCE_HEADER: Final = "DPoP-Nonce"
SCHEMES: Final = ("bearer", "dpop")
ALGS: Final = f'algs="{" ".join(ALGORITHMS)}"'
STATUSES: Final[Mapping[str, int]] = {
    INVALID_TOKEN: 401,
    INVALID_DPOP_PROOF: 401,
    USE_DPOP_NONCE: 401,
    INSUFFICIENT_SCOPE: 403,
}


@dataclass(frozen=True, slots=True)
class Access:
    """An access token as it came, not looked up yet, and its proof where the scheme is DPoP."""

    token: str
    dpop: VerifiedDpop | None


def with_proof(issuer: Issuer, path: str, handler: Callable[[Request, VerifiedDpop | None], Awaitable[Response]]) -> Handler:
    """For the token endpoint: `handler` gets the request's proof, None where there is none."""

    async def answer(request: Request) -> Response:
        proofs = request.headers.getlist(PROOF_HEADER)
        try:
            dpop = verify_sender(issuer, proofs, path=path) if proofs else None
        except Refusal as refusal:
            if refusal.code != USE_DPOP_NONCE:
                raise
            return _refused(issuer, refusal, 400, {})
        try:
            response = await handler(request, dpop)
        except Refusal as refusal:
            if refusal.code != USE_ATTESTATION_CHALLENGE:
                raise
            return _refused(issuer, refusal, 400, fresh_challenge(issuer))
        response.headers.update(fresh_nonce(issuer))
        return response

    return answer


def protected(issuer: Issuer, path: str, handler: Callable[[Request, Access], Awaitable[Response]]) -> Handler:
    """For what an access token opens."""

    async def answer(request: Request) -> Response:
        scheme = ""
        try:
            scheme, token = authorization(request)
            response = await handler(request, _access(issuer, request, path, scheme, token))
        except Refusal as refusal:
            if refusal.code not in STATUSES:
                raise
            challenge = {"WWW-Authenticate": _challenge(refusal.code, scheme)}
            return _refused(issuer, refusal, STATUSES[refusal.code], challenge)
        response.headers.update(fresh_nonce(issuer))
        return response

    return answer


def fresh_nonce(issuer: Issuer) -> dict[str, str]:
    """The header with the nonce of the next proof, where proofs need one."""
    nonces = issuer.dpop_nonces
    return {} if nonces is None else {NONCE_HEADER: nonces.make(now=issuer.clock(), random=issuer.random)}


def _access(issuer: Issuer, request: Request, path: str, scheme: str, token: str) -> Access:
    if scheme not in SCHEMES:
        raise Refusal(INVALID_TOKEN, "neither the bearer nor the DPoP scheme")
    if request.scope["query_string"] and "access_token" in request.query_params:
        raise Refusal(INVALID_TOKEN, "a token in the address, where logs keep it")
    if scheme == "bearer":
        return Access(token, None)
    proofs = request.headers.getlist(PROOF_HEADER)
    return Access(token, verify_sender(issuer, proofs, path=path, access_token=token))


def _challenge(code: str, scheme: str) -> str:
    """How to come back: under the scheme that was used, and under DPoP where that could be it (RFC 9449 §7.1)."""
    if scheme == "dpop":
        return f'DPoP error="{code}", {ALGS}'
    bearer = f'Bearer error="{code}"'
    return f"{bearer}, DPoP {ALGS}" if code == INVALID_TOKEN else bearer


def _refused(issuer: Issuer, refusal: Refusal, status: int, headers: Mapping[str, str]) -> Response:
    log.info("refused", role=issuer.origin.partition("://")[2], code=refusal.code, why=refusal.why)
    return error_answer(refusal.code, status, {**headers, **fresh_nonce(issuer)})
