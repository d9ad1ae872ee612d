"""The registers' door: signed messages that something happened. Kept before the answer, passed on after it."""

import structlog
from sqlalchemy.exc import SQLAlchemyError
from starlette.background import BackgroundTask
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from sinwon.core.refusal import Malformed
from sinwon.protocols.roles.register_events import PATH
from sinwon.protocols.roles.request import MEDIA_TYPE
from sinwon.services.enrolment.consulate import Consulate
from sinwon.services.registers.forward import forward_events
from sinwon.services.registers.take import take_news
from sinwon.web.consulate.handlers import coded_route
from sinwon.web.shared.answers import json_answer
from sinwon.web.shared.reading import read_body, require_type

log = structlog.stdlib.get_logger("sinwon.web")


def register_routes(consulate: Consulate) -> list[Route]:
    async def told(request: Request) -> Response:
        require_type(request, MEDIA_TYPE)
        try:
            token = (await read_body(request)).decode("ascii")
        except UnicodeDecodeError:
            raise Malformed("unauthorized", "not a signed request") from None
        answer = json_answer(await run_in_threadpool(take_news, consulate, token), 202)
        answer.background = BackgroundTask(_forward, consulate)
        return answer

    return [coded_route(PATH, told, "POST")]


def _forward(consulate: Consulate) -> None:
    """What fails here is done by the next housekeeping."""
    try:
        forward_events(consulate)
    except SQLAlchemyError as error:
        log.error("events wait", role="consulate", why=type(error).__name__)
