"""Pure ASGI middleware that every role's application stands behind, outermost first: guard, together, errors, limit.

The host is never believed: identifiers and links come from configuration, a request for another host is misdirected (421).
The access log has method, matched route, status and milliseconds; never a query, a header, a body or a path with an id.
"""

from asyncio import AbstractEventLoop, get_running_loop, timeout_at
from collections.abc import Mapping
from time import perf_counter
from typing import Final
from urllib.parse import urlsplit

import structlog
from sqlalchemy import Engine
from starlette.datastructures import Headers
from starlette.exceptions import HTTPException
from starlette.responses import Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from sinwon.core.refusal import Fault, Refusal
from sinwon.store.engine import unpooled
from sinwon.store.group import CURRENT, Group
from sinwon.web.shared.answers import CORS, error_answer, refusal_answer

log = structlog.stdlib.get_logger("sinwon.web")

LENGTH_DIGITS: Final = 19  # of a Content-Length: more than any body has, fewer than Python refuses to read
BODY_SECONDS: Final = 20.0  # for a whole body of half a megabyte, even over a poor line; a connection is not held longer
UNREAD: Final = frozenset({"too_large", "request_timeout"})
CLOSE: Final = {"Connection": "close"}
"""With a refusal that leaves the rest of a body unread: nothing else can follow on that connection."""
HSTS: Final = (b"strict-transport-security", b"max-age=63072000; includeSubDomains")
POLICY: Final = b"content-security-policy"
NOTHING: Final = (POLICY, b"default-src 'none'; frame-ancestors 'none'")
"""For answers that are no pages: nothing may be loaded, nobody may frame them."""
SECURITY: Final = (
    (b"x-content-type-options", b"nosniff"),
    (b"referrer-policy", b"no-referrer"),
    (b"x-frame-options", b"DENY"),
    (b"cross-origin-opener-policy", b"same-origin"),
)


class Guard:
    """Lets HTTP for our host in and nothing else, adds security headers, writes the access log, has the last word on errors."""

    def __init__(self, app: ASGIApp, *, origin: str, role: str) -> None:
        self.app = app
        parts = urlsplit(origin)
        self.host = parts.netloc.lower().encode()
        self.headers = [*SECURITY, HSTS] if parts.scheme == "https" else [*SECURITY]
        self.role = role

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "websocket":
            await send({"type": "websocket.close"})
        if scope["type"] != "http":
            return
        started, status = perf_counter(), 0

        async def dressed(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
                self._dress(message["headers"])
            await send(message)

        try:
            if [value.lower() for name, value in scope["headers"] if name == b"host"] == [self.host]:
                await self.app(scope, receive, dressed)
            else:
                await error_answer("misdirected_request", 421)(scope, receive, dressed)
        except Exception:
            # An error nobody foresaw is still one JSON shape, and nothing of it is shown; the server says it to its log.
            if not status:
                await error_answer("server_error", 500)(scope, receive, dressed)
            raise
        finally:
            self._log(scope, status or 500, perf_counter() - started)

    def _dress(self, headers: list[tuple[bytes, bytes]]) -> None:
        """Our applications never set these themselves, pages their policy excepted."""
        page = any(name == POLICY for name, _ in headers)
        headers += self.headers if page else (*self.headers, NOTHING)

    def _log(self, scope: Scope, status: int, seconds: float) -> None:
        route = scope.get("route")
        place = getattr(route, "path", "(no route)")
        log.info("request", role=self.role, method=scope["method"], route=place, status=status, ms=round(seconds * 1000, 1))


class Together:
    """Use cases of one turn of the loop commit together: here is where an answer waits until what it says is durable."""

    def __init__(self, app: ASGIApp, *, engine: Engine) -> None:
        self.app = app
        self.engine = engine
        self._unpooled = unpooled(engine)
        self._groups: dict[AbstractEventLoop, Group] = {}

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        group = self._of_this_loop()

        async def settled(message: Message) -> None:
            if message["type"] == "http.response.start":
                await group.settled()
            await send(message)

        before = CURRENT.set(group)
        try:
            await self.app(scope, receive, settled)
        finally:
            CURRENT.reset(before)

    def _of_this_loop(self) -> Group:
        loop = get_running_loop()
        group = self._groups.get(loop)
        if group is None:
            self._forget_closed_loops()
            group = self._groups[loop] = Group(self.engine, self._unpooled)
        return group

    def _forget_closed_loops(self) -> None:
        for loop in [one for one in self._groups if one.is_closed()]:
            group = self._groups.pop(loop, None)
            if group is not None:
                group.close()


class BodyLimit:
    """Stops reading a body at `limit` bytes (413), after `seconds` (408), or when its sender is gone."""

    def __init__(self, app: ASGIApp, *, limit: int, seconds: float = BODY_SECONDS) -> None:
        self.app = app
        self.limit = limit
        self.seconds = seconds

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        declared = next((value for name, value in scope["headers"] if name == b"content-length"), b"0")
        if not declared.isdigit() or len(declared) > LENGTH_DIGITS or int(declared) > self.limit:
            await error_answer("too_large", 413, CLOSE)(scope, receive, send)
            return
        await self.app(scope, self._bounded(receive), send)

    def _bounded(self, receive: Receive) -> Receive:
        """`receive` within the limits until the body is whole; what comes then is a client that hangs up, at any time."""
        seen, whole, deadline = 0, False, get_running_loop().time() + self.seconds

        async def bounded() -> Message:
            nonlocal seen, whole
            if whole:
                return await receive()
            try:
                async with timeout_at(deadline):
                    message = await receive()
            except TimeoutError:
                raise Refusal("request_timeout", "body too slow") from None
            if message["type"] == "http.disconnect":
                raise Refusal("invalid_request", "the sender left before the end of the body")
            seen += len(message.get("body", b""))
            if seen > self.limit:
                raise Refusal("too_large", "body larger than allowed")
            whole = not message.get("more_body", False)
            return message

        return bounded


class Errors:
    """Turns refusals and faults into the one JSON error shape, which a web page of any origin may read."""

    def __init__(self, app: ASGIApp, *, statuses: Mapping[str, int], role: str) -> None:
        self.app = app
        self.statuses = {**STATUSES, **statuses}
        self.role = role

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        scope["app"] = self  # with it the router raises what it refuses
        try:
            await self.app(scope, receive, send)
        except Refusal as refusal:
            log.info("refused", role=self.role, code=refusal.code, why=refusal.why)
            answer = refusal_answer(refusal, self.statuses)
            if refusal.code in UNREAD:
                answer.headers.update(CLOSE)
            await self._answer(answer, scope, receive, send)
        except HTTPException as wrong:  # the router's: there is such an address, not for this method
            await self._answer(error_answer("method_not_allowed", wrong.status_code, wrong.headers), scope, receive, send)
        except Fault as fault:
            log.error("fault", role=self.role, why=str(fault))
            await self._answer(error_answer("server_error", 500), scope, receive, send)

    async def _answer(self, answer: Response, scope: Scope, receive: Receive, send: Send) -> None:
        if "origin" in Headers(scope=scope):
            answer.headers.update(CORS)
        await answer(scope, receive, send)


STATUSES: Final[Mapping[str, int]] = {
    "unauthorized": 401,
    "invalid_token": 401,
    "insufficient_scope": 403,
    "not_found": 404,
    "request_timeout": 408,
    "too_large": 413,
    "unsupported_media_type": 415,
    "too_many_requests": 429,
    "misdirected_request": 421,
}
