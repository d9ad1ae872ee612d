"""What a harness asks for on demand: offers for the test citizen, questions to its wallet, and all it must be given.

JSON to forms, and no login: everybody in it is invented, and no production serves it.
"""

from dataclasses import dataclass
from typing import Any, Final

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from sinwon.conformance.citizen import TX_CODE, certify
from sinwon.conformance.presentations import STATUSES, Presentations
from sinwon.core.refusal import Malformed
from sinwon.services.enrolment.consulate import Consulate
from sinwon.web.shared.answers import json_answer
from sinwon.web.shared.app import RoleApp, make_app
from sinwon.web.shared.reading import read_form

OFFERS: Final = "/offers"
IDENTIFIERS: Final = "/identifiers"
WAYS: Final = ("reference", "value")


@dataclass(frozen=True, slots=True)
class Desk:
    origin: str
    consulate: Consulate
    presentations: Presentations
    identifiers: dict[str, Any]


def desk_app(desk: Desk) -> RoleApp:
    async def offers(request: Request) -> Response:
        """One offer, by reference or by value (`by`)."""
        by = (await read_form(request)).get("by", "reference")
        if by not in WAYS:
            raise Malformed("invalid_request", "by is neither reference nor value")
        made = await run_in_threadpool(_offer, desk, by == "value")
        return json_answer(made, 201)

    async def identifiers(_request: Request) -> Response:
        return json_answer(desk.identifiers)

    own = [Route(OFFERS, offers, methods=["POST"]), Route(IDENTIFIERS, identifiers, methods=["GET"])]
    return make_app([*own, *desk.presentations.routes()], origin=desk.origin, statuses=STATUSES)


def _offer(desk: Desk, by_value: bool) -> dict[str, Any]:
    message, made = certify(desk.consulate, by_value=by_value)
    return {"offer": made.uri, "tx_code": TX_CODE, "application": message.application, "expires_at": made.expires_at}
