"""The endpoint of a holder's own certificate (protocols.own_certificate): forms with a refresh token, proven by DPoP."""

from collections.abc import Callable
from typing import Final

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from sinwon.protocols.oauth.dpop import VerifiedDpop
from sinwon.protocols.oauth.token_request import required
from sinwon.protocols.own_certificate import END, PATH, RELEASE, RELEASE_CODE, SUSPEND, TRANSFER, TRANSFER_BY_CHIP
from sinwon.services.issuance.issuer import Issuer
from sinwon.services.lifecycle.own_state import own_state
from sinwon.services.lifecycle.own_stop import end_own, release_own, suspend_own
from sinwon.services.lifecycle.proven_device import Claimant
from sinwon.services.lifecycle.release_code import mail_release_code
from sinwon.services.lifecycle.transfer import start_transfer, start_transfer_by_chip
from sinwon.web.issuer.access import NONCE_HEADER, with_proof
from sinwon.web.shared.answers import NO_STORE, json_answer
from sinwon.web.shared.app import wallet_route
from sinwon.web.shared.reading import read_form

Act = Callable[[Claimant, dict[str, str]], object]
CREATED: Final = frozenset({TRANSFER})


def certificate_routes(issuer: Issuer) -> list[Route]:
    acts: dict[str, Act] = {
        "": lambda claimant, _form: own_state(issuer, claimant),
        SUSPEND: lambda claimant, form: suspend_own(issuer, claimant, required(form, "reason")),
        RELEASE: lambda claimant, form: release_own(issuer, claimant, required(form, "code")),
        RELEASE_CODE: lambda claimant, _form: mail_release_code(issuer, claimant),
        END: lambda claimant, _form: end_own(issuer, claimant),
        TRANSFER: lambda claimant, form: start_transfer(issuer, claimant, required(form, "tx_code")),
    }
    return [*(_route(issuer, below, act) for below, act in acts.items()), _by_chip(issuer)]


def _route(issuer: Issuer, below: str, act: Act) -> Route:
    path = PATH + below

    async def answer(request: Request, dpop: VerifiedDpop | None) -> Response:
        form = await read_form(request)
        result = act(Claimant(required(form, "refresh_token"), dpop), form)
        if result is None:
            return Response(status_code=204, headers=NO_STORE)
        return json_answer(result, 201 if below in CREATED else 200)

    return wallet_route(path, with_proof(issuer, path, answer), ["POST"], exposed=[NONCE_HEADER])


def _by_chip(issuer: Issuer) -> Route:
    async def answer(request: Request) -> Response:
        form = await read_form(request)
        return json_answer(start_transfer_by_chip(issuer, required(form, "evidence"), required(form, "tx_code")), 201)

    return wallet_route(PATH + TRANSFER_BY_CHIP, answer, ["POST"])
