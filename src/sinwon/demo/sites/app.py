"""A demonstration service: signs people in with a common OIDC client library, shows what it was given, lets them out again.

It imitates no real site: the banner, the name and every page say that it is a demonstration.
"""

from collections.abc import Iterator, Mapping
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

from sinwon.core.text import masked_rrn
from sinwon.protocols.credential_claims import claim_label
from sinwon.protocols.oidc.claims import STANDARD
from sinwon.web.shared.app import make_app
from sinwon.web.shared.pages import Pages, language_of, style_route

HERE: Final = Path(__file__).parent
TLS: Final = httpx2.create_ssl_context(trust_env=False)
"""Made once: the client library would read the trust store anew for each request."""
OF_PROVIDER: Final = frozenset({"sub", "acr"})
CLAIM_OF: Final = {".".join(steps): name for name, steps in STANDARD.items()}
"""What the provider calls otherwise than the certificate, by the provider's name."""
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
        language = language_of(request)
        given = [] if person is None else [(claim_label(name, language), text) for name, text in person["given"]]
        values = {"site": self.site.name(language), "person": person, "given": given, "scopes": self.site.scopes}
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
        told = dict(await self.client.userinfo(token=token))
        # The session is a signed cookie, which its browser can read: a resident number stands there masked only.
        person = {"name": told.get("name"), "sub": told["sub"], "given": list(given_claims(told))}
        request.session["person"] = {**person, "acr": token["userinfo"]["acr"]}
        return RedirectResponse(self.site.origin + "/", 303)

    async def sign_out(self, request: Request) -> Response:
        request.session.clear()
        return RedirectResponse(self.site.origin + "/", 303)

    def _failed(self, request: Request, error: str) -> Response:
        code = error if error in ERRORS else "other"
        values = {"site": self.site.name(language_of(request)), "error": code, "code": error if code != "other" else "-"}
        return self.pages.render(request, "failed.html", values, status=400)


def given_claims(told: Mapping[str, Any], above: str = "") -> Iterator[tuple[str, str]]:
    """All that this service was told of the person, by the claim's name in the certificate."""
    for name, value in told.items():
        path = above + name
        if isinstance(value, dict):
            yield from given_claims(value, f"{path}.")
        elif path not in OF_PROVIDER:
            claim = CLAIM_OF.get(path, path)
            yield claim, masked_rrn(str(value)) if claim == "linkage.rrn" else str(value)


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
