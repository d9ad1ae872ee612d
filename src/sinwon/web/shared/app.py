"""Making a role's application: its routes behind the shared middleware."""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from typing import Final

from sqlalchemy import Engine
from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Route

from sinwon.core.limits import MAX_FORM
from sinwon.web.shared.answers import CORS, error_answer
from sinwon.web.shared.middleware import BodyLimit, Errors, Guard, Together
from sinwon.web.shared.pages import Pages

ALLOWED_HEADERS: Final = ("Authorization", "Content-Type", "DPoP", "OAuth-Client-Attestation", "OAuth-Client-Attestation-PoP")
Handler = Callable[[Request], Awaitable[Response] | Response]


def make_app(
    routes: Sequence[BaseRoute],
    *,
    origin: str,
    statuses: Mapping[str, int] | None = None,
    max_body: int = MAX_FORM,
    pages: Pages | None = None,
    engine: Engine | None = None,
) -> Starlette:
    """A Starlette application that answers only for the host of `origin`. Refusals raised by handlers become JSON errors; with
    `pages`, a person who asks for an address that is not there gets a page; with `engine`, handlers that run use cases on the
    event loop have them committed together."""
    role = origin.partition("://")[2]
    together = [Middleware(Together, engine=engine)] if engine is not None and engine.dialect.name == "sqlite" else []
    middleware = [
        Middleware(Guard, origin=origin, role=role),
        *together,
        Middleware(Errors, statuses=statuses or {}, role=role),
        Middleware(BodyLimit, limit=max_body),
    ]
    handlers = {404: _not_found(pages), 405: _wrong_method, 500: _failed}
    return Starlette(routes=list(routes), middleware=middleware, exception_handlers=handlers)


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


def _not_found(pages: Pages | None) -> Callable[[Request, Exception], Awaitable[Response]]:
    async def answer(request: Request, _error: Exception) -> Response:
        if pages is not None and "text/html" in request.headers.get("accept", ""):
            return pages.render(request, "lost.html", {}, status=404)
        return error_answer("not_found", 404)

    return answer


async def _failed(_request: Request, _error: Exception) -> Response:
    """The outermost edge: an error nobody foresaw is still one JSON shape, and nothing of it is shown."""
    return error_answer("server_error", 500)


async def _wrong_method(_request: Request, error: Exception) -> Response:
    return error_answer("method_not_allowed", 405, getattr(error, "headers", None))
