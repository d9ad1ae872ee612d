"""The cookie that ties a sign-in to one browser."""

from typing import Final

from starlette.requests import Request
from starlette.responses import Response

from sinwon.services.presentation.gateway import SIGN_IN_SECONDS
from sinwon.web.shared.browser_cookie import BrowserCookie

ROLE: Final = "gateway"


def browser_of(request: Request, origin: str) -> str | None:
    return _cookie(origin).read(request)


def remember_browser(response: Response, secret: str, origin: str) -> None:
    _cookie(origin).remember(response, secret)


def _cookie(origin: str) -> BrowserCookie:
    return BrowserCookie(ROLE, origin, SIGN_IN_SECONDS)
