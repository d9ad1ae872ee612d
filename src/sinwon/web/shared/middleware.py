"""Pure ASGI middleware that every role's application stands behind, outermost first: guard, limit, errors.

The host is never believed: identifiers and links come from configuration, a request for another host is misdirected (421).
The access log has method, matched route, status and milliseconds; never a query, a header, a body or a path with an id.
"""

from collections.abc import Mapping
from time import perf_counter
from typing import Final
from urllib.parse import urlsplit

import structlog
from starlette.datastructures import Headers
from starlette.responses import Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from sinwon.core.refusal import Fault, Refusal
from sinwon.web.shared.answers import CORS, error_answer, refusal_answer

log = structlog.stdlib.get_logger("sinwon.web")

LENGTH_DIGITS: Final = 19  # of a Content-Length: more than any body has, fewer than Python refuses to read
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
    """Refuses other hosts, adds security headers, writes the access log."""

    def __init__(self, app: ASGIApp, *, origin: str, role: str) -> None:
        self.app = app
        parts = urlsplit(origin)
        self.host = parts.netloc.lower().encode()
        self.headers = [*SECURITY, HSTS] if parts.scheme == "https" else [*SECURITY]
        self.role = role

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        started, status = perf_counter(), 500

        async def dressed(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
                self._dress(message["headers"])
            await send(message)

        if [value.lower() for name, value in scope["headers"] if name == b"host"] == [self.host]:
            await self.app(scope, receive, dressed)
        else:
            await error_answer("misdirected_request", 421)(scope, receive, dressed)
        self._log(scope, status, perf_counter() - started)

    def _dress(self, headers: list[tuple[bytes, bytes]]) -> None:
        """Our applications never set these themselves, pages their policy excepted."""
        page = any(name == POLICY for name, _ in headers)
        headers += self.headers if page else (*self.headers, NOTHING)

    def _log(self, scope: Scope, status: int, seconds: float) -> None:
        route = scope.get("route")
        place = getattr(route, "path", "(no route)")
        log.info("request", role=self.role, method=scope["method"], route=place, status=status, ms=round(seconds * 1000, 1))


class BodyLimit:
    """Stops reading a body at `limit` bytes: 413."""

    def __init__(self, app: ASGIApp, *, limit: int) -> None:
        self.app = app
        self.limit = limit

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        declared = next((value for name, value in scope["headers"] if name == b"content-length"), b"0")
        if not declared.isdigit() or len(declared) > LENGTH_DIGITS or int(declared) > self.limit:
            await error_answer("too_large", 413)(scope, receive, send)
            return
        seen = 0

        async def counted() -> Message:
            nonlocal seen
            message = await receive()
            seen += len(message.get("body", b""))
            if seen > self.limit:
                raise Refusal("too_large", "body larger than allowed")
            return message

        await self.app(scope, counted, send)


class Errors:
    """Turns refusals and faults into the one JSON error shape, and answers CORS preflights of web wallets."""

    def __init__(self, app: ASGIApp, *, statuses: Mapping[str, int], role: str) -> None:
        self.app = app
        self.statuses = {**STATUSES, **statuses}
        self.role = role

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        try:
            await self.app(scope, receive, send)
        except Refusal as refusal:
            log.info("refused", role=self.role, code=refusal.code, why=refusal.why)
            await self._answer(refusal_answer(refusal, self.statuses), scope, receive, send)
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
    "forbidden": 403,
    "not_found": 404,
    "too_large": 413,
    "unsupported_media_type": 415,
    "too_many_requests": 429,
    "misdirected_request": 421,
}
