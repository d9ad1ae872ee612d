"""The authorization endpoint's pages (RFC 6749 §3.1, RFC 9126 §4): sign in, consent, what cannot go on. Forms without scripts.

A request belongs to the browser that opened it, by a cookie; forms of other sites are refused. Addresses hold the name of the
request and nothing else. What is wrong with client or request is said here, never by a redirect.
"""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from typing import Any, Final
from urllib.parse import urlencode, urlsplit

import structlog
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from sinwon.core.refusal import Malformed, Refusal, Unmet
from sinwon.protocols.oauth.errors import INVALID_REQUEST, INVALID_REQUEST_URI
from sinwon.services.authorization.approve import approve, cancel
from sinwon.services.authorization.open_request import (
    OTHER_BROWSER,
    SIGN_IN_SECONDS,
    SentBack,
    Visit,
    open_request,
    visit_of,
)
from sinwon.services.authorization.sign_in import Way, sign_in
from sinwon.services.authorization.sign_in_by_pin import WRONG
from sinwon.services.issuance.issuer import AUTHORIZE_PATH, Issuer
from sinwon.services.issuance.make_offer import MAX_APPLICATION
from sinwon.store.issuer.authorizations import Authorization, Progress
from sinwon.web.issuer.credential_names import Listed, listed
from sinwon.web.shared.answers import NO_STORE
from sinwon.web.shared.browser_cookie import BrowserCookie
from sinwon.web.shared.middleware import UNREAD
from sinwon.web.shared.pages import Pages, language_of
from sinwon.web.shared.reading import check_same_site, query, read_form

log = structlog.stdlib.get_logger("sinwon.web")

SIGN_IN: Final = "/sign-in"
APPROVE: Final = "/approve"
CANCEL: Final = "/cancel"
EXPLAINED: Final = frozenset({INVALID_REQUEST_URI, OTHER_BROWSER, "cross_site"})
"""Have words of their own; anything else is a request that was not one."""
ON_THE_WIRE: Final[Mapping[str, str]] = {OTHER_BROWSER: INVALID_REQUEST_URI, "cross_site": INVALID_REQUEST}
"""The OAuth code shown beside our own words, for the developer who looks at the page."""
Step = Callable[[Visit, Mapping[str, str]], SentBack | None]


class AuthorizePages:
    """`ways` are those in which a citizen may prove who they are, in the order of the page."""

    def __init__(self, issuer: Issuer, pages: Pages, ways: Sequence[Way]) -> None:
        self.issuer = issuer
        self.pages = pages
        self.ways = {way.name: way for way in ways}
        self.cookie = BrowserCookie("issuer", issuer.origin, SIGN_IN_SECONDS)

    def routes(self) -> list[Route]:
        return [
            Route(AUTHORIZE_PATH, self.show, methods=["GET"]),
            Route(AUTHORIZE_PATH + SIGN_IN, self._form(self._sign_in), methods=["POST"]),
            Route(AUTHORIZE_PATH + APPROVE, self._form(lambda visit, _form: approve(self.issuer, visit)), methods=["POST"]),
            Route(AUTHORIZE_PATH + CANCEL, self._form(lambda visit, _form: cancel(self.issuer, visit)), methods=["POST"]),
        ]

    async def show(self, request: Request) -> Response:
        """Sign-in, or consent once somebody signed in."""
        try:
            visit = visit_of(self.issuer, query(request), self.cookie.read(request))
            answer = self._page(request, visit, open_request(self.issuer, visit))
        except Refusal as refusal:
            return self._error(request, refusal)
        self.cookie.remember(answer, visit.browser)
        return answer

    def _form(self, step: Step) -> Callable[[Request], Awaitable[Response]]:
        """The handler of a form: it names the request, and the cookie says whose browser it is."""

        async def answer(request: Request) -> Response:
            try:
                check_same_site(request, self.issuer.origin)
                form = await self._prepared(await read_form(request))
                visit = self._visit(request, form)
                return self._after(request, visit, form, step)
            except Refusal as refusal:
                return self._error(request, refusal)

        return answer

    async def _prepared(self, form: Mapping[str, str]) -> Mapping[str, str]:
        """With what a way to sign in has to do first, which others shall not wait for."""
        way = self.ways.get(form.get("way", ""))
        if way is None or way.prepare is None:
            return form
        return {**form, **await run_in_threadpool(way.prepare, form)}

    def _visit(self, request: Request, form: Mapping[str, str]) -> Visit:
        browser = self.cookie.read(request)
        if browser is None:
            raise Unmet(OTHER_BROWSER, "a form without the cookie of its page")
        return visit_of(self.issuer, form, browser)

    def _after(self, request: Request, visit: Visit, form: Mapping[str, str], step: Step) -> Response:
        try:
            outcome = step(visit, form)
        except Refusal as refusal:
            if refusal.code != WRONG:
                raise
            self._log(refusal)
            typed = form.get("application", "")[:MAX_APPLICATION]
            return self._page(request, visit, open_request(self.issuer, visit), typed)
        return _see(outcome.uri if outcome else self._address(visit))

    def _sign_in(self, visit: Visit, form: Mapping[str, str]) -> SentBack | None:
        way = self.ways.get(form.get("way", ""))
        if way is None:
            raise Malformed(INVALID_REQUEST, "no such way to sign in")
        return sign_in(self.issuer, way, visit, form)

    def _page(self, request: Request, visit: Visit, found: Authorization, typed: str | None = None) -> Response:
        """`typed` is the number that was tried in vain: given back, so that one wrong field is one to mend. A PIN is not."""
        values: dict[str, Any] = {
            "here": AUTHORIZE_PATH,
            "client_id": visit.client,
            "request_uri": visit.request_uri,
            "wallet": urlsplit(found.redirect_uri).hostname or visit.client,
        }
        back = [_origin(found.redirect_uri)]
        if found.progress is Progress.SIGNED_IN:
            values["credentials"] = self._listed(request, found)
            return self.pages.render(request, "consent.html", values, form_action=back)
        settings = self.issuer.settings
        values |= {"ways": list(self.ways), "tries": settings.pin_tries, "digits": settings.pin_length}
        values |= {"wrong": typed is not None, "typed": typed or ""}
        return self.pages.render(request, "login.html", values, status=200 if typed is None else 400, form_action=back)

    def _listed(self, request: Request, found: Authorization) -> tuple[Listed, ...]:
        return listed(found.configurations, language_of(request))

    def _address(self, visit: Visit) -> str:
        named = urlencode({"client_id": visit.client, "request_uri": visit.request_uri})
        return f"{self.issuer.origin}{AUTHORIZE_PATH}?{named}"

    def _error(self, request: Request, refusal: Refusal) -> Response:
        if refusal.code in UNREAD:
            raise refusal
        self._log(refusal)
        kind = refusal.code if refusal.code in EXPLAINED else "request"
        values = {"kind": kind, "code": ON_THE_WIRE.get(refusal.code, refusal.code)}
        return self.pages.render(request, "authorize_error.html", values, status=400)

    def _log(self, refusal: Refusal) -> None:
        log.info("refused", role=self.issuer.origin.partition("://")[2], code=refusal.code, why=refusal.why)


def _see(uri: str) -> Response:
    """303: whatever came, the next request is a GET [RFC 9700 4.12]."""
    return Response(status_code=303, headers={**NO_STORE, "Location": uri})


def _origin(uri: str) -> str:
    """Where a form's redirect may lead: an origin, or the scheme of a wallet that has no host."""
    parts = urlsplit(uri)
    return f"{parts.scheme}://{parts.netloc}" if parts.scheme in {"https", "http"} else f"{parts.scheme}:"
