"""A demonstration service: signs people in with a common OIDC client library, shows what it was given, lets them out again.

It imitates no real site: the banner, the name and every page say that it is a demonstration.
"""

from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import httpx2
from authlib.integrations.base_client import OAuthError
from authlib.integrations.starlette_client import OAuth
from starlette.middleware.sessions import SessionMiddleware
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import Route

from sinwon.web.shared.app import make_app
from sinwon.web.shared.pages import Pages, language_of, style_route

HERE: Final = Path(__file__).parent
TLS: Final = httpx2.create_ssl_context(trust_env=False)
"""Made once: the client library would read the trust store anew for each request."""
SHOWN: Final = ("name", "birthdate", "phone_number", "email")
ERRORS: Final = ("access_denied", "unauthorized_client", "unmet_authentication_requirements", "invalid_scope")


@dataclass(frozen=True, slots=True)
class Site:
    """One service's site and its registration at the gateway."""

    service: str
    name_ko: str
    name_en: str
    origin: str
    gateway: str
    client_id: str
    client_secret: str
    session_secret: str
    scopes: tuple[tuple[str, str], ...]
    """(path, scope): what each sign-in button asks for."""

    def name(self, language: str) -> str:
        return self.name_ko if language == "ko" else self.name_en


class SitePages:
    """The handlers of one site."""

    def __init__(self, site: Site) -> None:
        self.site = site
        self.pages = Pages(HERE / "templates", HERE / "locale")
        registry = OAuth()
        self.client: Any = registry.register(
            "sinwon",
            client_id=site.client_id,
            client_secret=site.client_secret,
            server_metadata_url=f"{site.gateway}/.well-known/openid-configuration",
            client_kwargs={"code_challenge_method": "S256", "trust_env": False, "verify": TLS},
        )

    async def home(self, request: Request) -> Response:
        person = request.session.get("person")
        values = {"site": self.site.name(language_of(request)), "person": person, "shown": SHOWN, "scopes": self.site.scopes}
        return self.pages.render(request, "home.html", values, form_action=[self.site.gateway])

    async def sign_in(self, request: Request) -> Response:
        scope = dict(self.site.scopes).get(request.path_params["purpose"])
        if scope is None:
            return RedirectResponse(self.site.origin + "/", 303)
        extra = {"ui_locales": language_of(request), "scope": f"openid {scope}"}
        answer: Response = await self.client.authorize_redirect(request, f"{self.site.origin}/callback", **extra)
        return answer

    async def callback(self, request: Request) -> Response:
        try:
            token = await self.client.authorize_access_token(request)
        except OAuthError as error:
            return self._failed(request, str(error.error))
        request.session["person"] = {**(await self.client.userinfo(token=token)), "acr": token["userinfo"]["acr"]}
        return RedirectResponse(self.site.origin + "/", 303)

    async def sign_out(self, request: Request) -> Response:
        request.session.clear()
        return RedirectResponse(self.site.origin + "/", 303)

    def _failed(self, request: Request, error: str) -> Response:
        code = error if error in ERRORS else "other"
        values = {"site": self.site.name(language_of(request)), "error": code, "code": error if code != "other" else "-"}
        return self.pages.render(request, "failed.html", values, status=400)


def site_app(site: Site) -> Any:
    """The site as an ASGI application."""
    pages = SitePages(site)
    routes = [
        Route("/", pages.home),
        Route("/sign-in/{purpose}", pages.sign_in, methods=["POST"]),
        Route("/callback", pages.callback),
        Route("/sign-out", pages.sign_out, methods=["POST"]),
        style_route(),
    ]
    app = make_app(routes, origin=site.origin, pages=pages.pages)
    secure = site.origin.startswith("https")
    return SessionMiddleware(
        app,
        secret_key=site.session_secret,
        session_cookie=f"session_{site.service}",
        https_only=secure,
        max_age=1800,
    )
