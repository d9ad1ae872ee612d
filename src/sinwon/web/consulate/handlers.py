"""Wrapping the consulate's handlers: refusals become problems with texts, use cases run in the thread pool.

The use cases here may ask registers, the issuer or scrypt, so that none runs on the event loop.
"""

from collections.abc import Awaitable, Callable
from typing import Final

import structlog
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from sinwon.core.refusal import Refusal
from sinwon.services.accounts.officer import Officer
from sinwon.services.accounts.sign_in import officer_of
from sinwon.services.enrolment.consulate import Consulate
from sinwon.services.notify.message import MessageNotSent
from sinwon.web.consulate.problems import problem_answer
from sinwon.web.shared.reading import bearer

Handler = Callable[[Request], Awaitable[Response]]
MAX_BODY: Final = 16 * 1024  # the largest form with a 500-sign address, many times over
log = structlog.stdlib.get_logger("sinwon.web")


def coded_route(path: str, handler: Handler, method: str) -> Route:
    async def answer(request: Request) -> Response:
        try:
            return await handler(request)
        except Refusal as refusal:
            log.info("refused", role="consulate", code=refusal.code, why=refusal.why)
            return problem_answer(refusal)
        except MessageNotSent as fault:
            log.warning("message_not_sent", role="consulate", why=str(fault))
            return problem_answer(Refusal("message_not_sent", str(fault)))

    return Route(path, answer, methods=[method])


async def signed_in(consulate: Consulate, request: Request) -> Officer:
    """The officer of the request's session. Raises Refusal("unauthorized")."""
    try:
        token = bearer(request)
    except Refusal as refusal:
        raise refusal.coded("unauthorized") from None
    return await run_in_threadpool(officer_of, consulate, token)


def application_of(request: Request) -> str:
    return str(request.path_params["application"])
