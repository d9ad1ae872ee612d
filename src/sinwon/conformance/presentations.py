"""Presentations on demand: a harness says how it wants to be asked, is asked so, and reads what came of it.

As JSON by handle, or in a browser, which is sent to the wallet and comes back to a page. Without a login: what is asked for are
documents of invented people.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from sinwon.core.refusal import Malformed, Refusal
from sinwon.core.strict_json import convert
from sinwon.protocols.vp.description import FOREIGN, Description
from sinwon.services.presentation.gateway import SIGN_IN_SECONDS, Gateway
from sinwon.services.presentation.start_presentation import (
    Outcome,
    StartedPresentation,
    outcome_json,
    read_presentation,
    start_presentation,
)
from sinwon.store.gateway.presentations import Progress
from sinwon.web.shared.answers import NO_STORE, json_answer
from sinwon.web.shared.app import get_only
from sinwon.web.shared.browser_cookie import BrowserCookie
from sinwon.web.shared.pages import Pages, style_route
from sinwon.web.shared.reading import query, read_form

START: Final = "/presentations"
OPEN: Final = "/presentations/open"
RESULT: Final = "/presentations/result"
DONE: Final = "/presentations/done"
METHODS: Final[Mapping[str, bool]] = {"get": False, "post": True}
HERE: Final = Path(__file__).parent
STATUSES: Final = {"not_found": 404}


def pages() -> Pages:
    return Pages(HERE / "templates", HERE / "locale")


@dataclass(frozen=True, slots=True)
class Presentations:
    """Asks by the access certificate of one service."""

    origin: str
    gateway: Gateway
    service: str
    pages: Pages = field(default_factory=pages)

    def routes(self) -> list[Route]:
        return [
            Route(START, self.start, methods=["POST"]),
            get_only(Route(OPEN, self.open)),
            Route(RESULT, self.result, methods=["POST"]),
            get_only(Route(DONE, self.done)),
            style_route(),
        ]

    async def start(self, request: Request) -> Response:
        """One question: the link that opens the wallet, and the handle that its answer is read with."""
        started = await run_in_threadpool(self._ask, await read_form(request))
        result = self.origin + RESULT
        told = {"link": started.link, "handle": started.handle, "expires_at": started.expires_at, "result": result}
        return json_answer(told, 201)

    async def open(self, request: Request) -> Response:
        """One question, for the wallet that this browser is sent to."""
        started = await run_in_threadpool(self._ask, query(request))
        answer = Response(status_code=303, headers={**NO_STORE, "Location": started.link})
        self._cookie.remember(answer, started.handle)
        return answer

    async def result(self, request: Request) -> Response:
        form = await read_form(request)
        code = form.get("response_code")
        outcome = await run_in_threadpool(read_presentation, self.gateway, form.get("handle", ""), code)
        return json_answer(outcome_json(outcome))

    async def done(self, request: Request) -> Response:
        """Where the wallet sends the browser."""
        handle, code = self._cookie.read(request) or "", query(request).get("response_code")
        try:
            outcome: Outcome | None = await run_in_threadpool(read_presentation, self.gateway, handle, code)
        except Refusal:
            outcome = None
        ok = outcome is not None and outcome.progress is Progress.FINISHED
        values = {"ok": ok, "outcome": outcome, "claims": [] if outcome is None else _lines(outcome)}
        return self.pages.render(request, "presented.html", values)

    @property
    def _cookie(self) -> BrowserCookie:
        return BrowserCookie("desk", self.origin, SIGN_IN_SECONDS)

    def _ask(self, wishes: Mapping[str, str]) -> StartedPresentation:
        description = describe(wishes, self.origin + DONE)
        endpoint = wishes.get("wallet") or None
        return start_presentation(self.gateway, description, service=self.service, wallet_endpoint=endpoint)


def describe(wishes: Mapping[str, str], return_to: str) -> Description:
    """What a harness may choose, by name; the rest as HAIP wants it. Raises Malformed."""
    profile, method = wishes.get("profile", "pid-sd-jwt"), wishes.get("request_uri_method", "get")
    if profile not in FOREIGN or method not in METHODS:
        raise Malformed("invalid_request", "no such profile or request_uri_method")
    names = {"prefix": "client_id_prefix", "method": "request_method", "response_mode": "response_mode"}
    chosen: dict[str, Any] = {name: wishes[wish] for name, wish in names.items() if wish in wishes}
    return convert({"query": FOREIGN[profile], "by_post": METHODS[method], "return_to": return_to, **chosen}, Description)


def _lines(outcome: Outcome) -> list[tuple[str, str]]:
    """What was shown, for reading: name and value."""
    shown = (outcome.credentials or {}).values()
    return [line for one in shown for name, value in one.claims.items() for line in _line(name, value)]


def _line(name: str, value: object) -> Iterator[tuple[str, str]]:
    if isinstance(value, dict):
        for below, member in value.items():
            yield from _line(f"{name} / {below}", member)
    else:
        yield name, ", ".join(map(str, value)) if isinstance(value, list) else str(value)
