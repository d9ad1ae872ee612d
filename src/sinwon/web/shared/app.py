"""Making a role's application: its routes behind the shared middleware."""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from inspect import iscoroutinefunction
from typing import Final

from sqlalchemy import Engine
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route, Router
from starlette.types import ASGIApp, Receive, Scope, Send

from sinwon.core.limits import MAX_FORM
from sinwon.web.shared.answers import CORS, error_answer
from sinwon.web.shared.middleware import BodyLimit, Errors, Guard, Together
from sinwon.web.shared.pages import Pages

ALLOWED_HEADERS: Final = ("Authorization", "Content-Type", "DPoP", "OAuth-Client-Attestation", "OAuth-Client-Attestation-PoP")
Handler = Callable[[Request], Awaitable[Response] | Response]


class RoleApp(Guard):
    """A role's application, and the addresses it answers at."""

    def __init__(self, app: ASGIApp, *, origin: str, role: str, routes: tuple[Route, ...]) -> None:
        super().__init__(app, origin=origin, role=role)
        self.routes = routes


def make_app(
    routes: Sequence[Route],
    *,
    origin: str,
    statuses: Mapping[str, int] | None = None,
    max_body: int = MAX_FORM,
    pages: Pages | None = None,
    engine: Engine | None = None,
) -> RoleApp:
    """An application that answers only for the host of `origin`. Refusals raised by handlers become JSON errors; with `pages`,
    a person who asks for an address that is not there gets a page; with `engine`, what handlers write on the event loop is
    committed together. It is Starlette's router without its application: what that adds to each request is done here once."""
    role = origin.partition("://")[2]
    router = Router([_direct(route) for route in routes], redirect_slashes=False, default=_not_found(pages))
    app: ASGIApp = Errors(BodyLimit(router, limit=max_body), statuses=statuses or {}, role=role)
    if engine is not None and engine.dialect.name == "sqlite":
        app = Together(app, engine=engine)
    return RoleApp(app, origin=origin, role=role, routes=tuple(routes))


def _direct(route: Route) -> Route:
    """The handler without Starlette's own handling of exceptions: `Errors` has all of it."""
    if iscoroutinefunction(route.endpoint):
        route.app = _asgi(route.endpoint)
    return route


def _asgi(handler: Callable[[Request], Awaitable[Response]]) -> ASGIApp:
    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        response = await handler(Request(scope, receive, send))
        await response(scope, receive, send)

    return app


def wallet_route(path: str, handler: Handler, methods: Sequence[str], *, exposed: Sequence[str] = ()) -> Route:
    """A route that web wallets of any origin may call: CORS without cookies, preflight answered."""
    allow = {
        **CORS,
        "Access-Control-Allow-Methods": ", ".join(methods),
        "Access-Control-Allow-Headers": ", ".join(ALLOWED_HEADERS),
        "Access-Control-Max-Age": "7200",
    }
    expose = _raw({**CORS, "Access-Control-Expose-Headers": ", ".join(("WWW-Authenticate", *exposed))})

    async def answer(request: Request) -> Response:
        if request.method == "OPTIONS":
            return Response(status_code=204, headers=allow)
        result = handler(request)
        response = result if isinstance(result, Response) else await result
        present = {name for name, _ in response.raw_headers}
        response.raw_headers += [header for header in expose if header[0] not in present]
        return response

    return Route(path, answer, methods=[*methods, "OPTIONS"])


def _raw(headers: Mapping[str, str]) -> list[tuple[bytes, bytes]]:
    return [(name.lower().encode("latin-1"), value.encode("latin-1")) for name, value in headers.items()]


def get_only(route: Route) -> Route:
    """For a GET that consumes or mints something: HEAD, which frameworks answer alongside, must not."""
    (route.methods or set()).discard("HEAD")
    return route


def _not_found(pages: Pages | None) -> ASGIApp:
    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        request, answer = Request(scope), error_answer("not_found", 404)
        if pages is not None and "text/html" in request.headers.get("accept", ""):
            answer = pages.render(request, "lost.html", {}, status=404)
        await answer(scope, receive, send)

    return app
