"""The gateway's application: every address it answers at."""

from typing import Final

from starlette.routing import Route

from sinwon.protocols.oidc.discovery import AUTHORIZE, JWKS, TOKEN, USERINFO, WELL_KNOWN
from sinwon.services.presentation.gateway import Gateway
from sinwon.web.gateway.provider import Provider
from sinwon.web.gateway.sign_in import SignInPages
from sinwon.web.gateway.verifier import Verifier
from sinwon.web.shared.app import RoleApp, get_only, make_app, wallet_route
from sinwon.web.shared.pages import style_route

STATUSES: Final = {"invalid_client": 401}


def gateway_app(gateway: Gateway) -> RoleApp:
    provider, verifier, pages = Provider(gateway), Verifier(gateway), SignInPages(gateway)
    routes = [
        Route(WELL_KNOWN, provider.discovery),
        Route(JWKS, provider.jwks),
        Route(AUTHORIZE, pages.authorize, methods=["GET", "POST"]),
        Route(TOKEN, provider.token, methods=["POST"]),
        Route(USERINFO, provider.userinfo, methods=["GET", "POST"]),
        Route("/sign-in/{sign_in}", pages.show),
        Route("/sign-in/{sign_in}/again", pages.again, methods=["POST"]),
        Route("/sign-in/{sign_in}/cancel", pages.cancel, methods=["POST"]),
        *([] if gateway.simulate is None else [Route("/sign-in/{sign_in}/simulate", pages.simulate, methods=["POST"])]),
        wallet_route("/presentations/{presentation}/request", verifier.request, ["GET", "POST"]),
        wallet_route("/presentations/{presentation}/response", verifier.response, ["POST"]),
        get_only(Route("/presentations/{presentation}/done", pages.done)),
        style_route(),
    ]
    return make_app(routes, origin=gateway.origin, statuses=STATUSES, pages=pages.pages, engine=gateway.engine)
