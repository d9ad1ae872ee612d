"""The cookie that ties a sign-in to one browser: a secret, for this host alone, never readable by scripts.

Its name carries the role, since ports do not separate cookies. `Lax`, because the way back from a wallet is a link.
"""

from typing import Final

from starlette.requests import Request
from starlette.responses import Response

from sinwon.services.presentation.gateway import SIGN_IN_SECONDS

NAME: Final = "sinwon-gateway"


def browser_of(request: Request, origin: str) -> str | None:
    return request.cookies.get(_name(origin))


def remember_browser(response: Response, secret: str, origin: str) -> None:
    secure = _is_secure(origin)
    response.set_cookie(_name(origin), secret, max_age=SIGN_IN_SECONDS, path="/", secure=secure, httponly=True, samesite="lax")


def _name(origin: str) -> str:
    return f"__Host-{NAME}" if _is_secure(origin) else NAME


def _is_secure(origin: str) -> bool:
    return origin.startswith("https://")
