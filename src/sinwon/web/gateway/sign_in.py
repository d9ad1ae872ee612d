"""What people see: the sign-in page in every stage it can be in, and a page for what cannot go on.

Plain links and forms, complete without scripts. Texts name the step that failed and what was (not) shared.
"""

from collections.abc import Mapping
from functools import partial
from pathlib import Path
from typing import Any, Final
from urllib.parse import urlsplit

import segno
from starlette.requests import Request
from starlette.responses import Response

from sinwon.core.refusal import Refusal
from sinwon.protocols.credential_claims import claim_label
from sinwon.services.presentation.gateway import Gateway
from sinwon.services.sign_in.ask_again import ask_once_more
from sinwon.services.sign_in.browser import OTHER_BROWSER, OVER
from sinwon.services.sign_in.finish import Declined, finish_sign_in
from sinwon.services.sign_in.give_up import give_up
from sinwon.services.sign_in.simulate import simulate_sign_in
from sinwon.services.sign_in.start import UNKNOWN_CLIENT, UNKNOWN_REDIRECT, Started, start_sign_in
from sinwon.services.sign_in.view import View, view_sign_in
from sinwon.web.gateway.cookie import browser_of, remember_browser
from sinwon.web.shared.answers import NO_STORE
from sinwon.web.shared.pages import Pages, language_of
from sinwon.web.shared.reading import check_same_site, query, read_form

HERE: Final = Path(__file__).parent
STATUSES: Final[Mapping[str, int]] = {OVER: 410, OTHER_BROWSER: 403}
ON_THE_WIRE: Final[Mapping[str, str]] = {
    UNKNOWN_CLIENT: "invalid_client",
    UNKNOWN_REDIRECT: "invalid_request",
    OVER: "invalid_request",
    OTHER_BROWSER: "access_denied",
    "cross_site": "invalid_request",
}
"""The OAuth code shown beside our own words, for the developer who looks at the page."""
EXPLAINED: Final = frozenset({UNKNOWN_CLIENT, UNKNOWN_REDIRECT, OVER, OTHER_BROWSER})


class SignInPages:
    def __init__(self, gateway: Gateway) -> None:
        self.gateway = gateway
        self.pages = Pages(HERE / "templates", HERE / "locale")

    async def authorize(self, request: Request) -> Response:
        """The authorization endpoint (OpenID Connect Core 1.0 §3.1.2)."""
        try:
            parameters = query(request) if request.method == "GET" else await read_form(request)
            begun = start_sign_in(self.gateway, parameters, self._browser(request))
        except Refusal as refusal:
            return self._error(request, refusal)
        if not isinstance(begun, Started):
            return _see(begun.uri)
        wish = f"?lang={begun.language}" if begun.language else ""
        answer = _see(f"{self.gateway.origin}/sign-in/{begun.sign_in}{wish}")
        remember_browser(answer, begun.browser, self.gateway.origin)
        return answer

    async def show(self, request: Request) -> Response:
        try:
            view = view_sign_in(self.gateway, request.path_params["sign_in"], self._browser(request))
        except Refusal as refusal:
            return self._error(request, refusal)
        language = language_of(request)
        values = {**_values(view, language), "simulate": self.gateway.simulate is not None}
        return self.pages.render(request, "sign_in.html", values, form_action=[_origin(view.redirect_uri)])

    async def again(self, request: Request) -> Response:
        sign_in = request.path_params["sign_in"]
        try:
            ask_once_more(self.gateway, sign_in, self._browser(request))
        except Refusal as refusal:
            return self._error(request, refusal)
        return self._page(sign_in)

    async def cancel(self, request: Request) -> Response:
        try:
            return _see(give_up(self.gateway, request.path_params["sign_in"], self._browser(request)))
        except Refusal as refusal:
            return self._error(request, refusal)

    async def simulate(self, request: Request) -> Response:
        """The invented person signs in; this address is there only where the gateway has one."""
        try:
            check_same_site(request, self.gateway.origin)
            return _see(simulate_sign_in(self.gateway, request.path_params["sign_in"], self._browser(request)))
        except Refusal as refusal:
            return self._error(request, refusal)

    async def done(self, request: Request) -> Response:
        """Where a wallet sends its browser back to."""
        try:
            code = query(request).get("response_code")
            onward = finish_sign_in(self.gateway, request.path_params["presentation"], code, self._browser(request))
        except Refusal as refusal:
            return self._error(request, refusal)
        return self._page(onward.sign_in) if isinstance(onward, Declined) else _see(onward)

    def _browser(self, request: Request) -> str | None:
        return browser_of(request, self.gateway.origin)

    def _page(self, sign_in: str) -> Response:
        return _see(f"{self.gateway.origin}/sign-in/{sign_in}")

    def _error(self, request: Request, refusal: Refusal) -> Response:
        kind = refusal.code if refusal.code in EXPLAINED else "request"
        values = {"kind": kind, "code": ON_THE_WIRE.get(refusal.code, refusal.code)}
        return self.pages.render(request, "error.html", values, status=STATUSES.get(refusal.code, 400))


def _see(uri: str) -> Response:
    """303: whatever came, the next request is a GET."""
    return Response(status_code=303, headers={**NO_STORE, "Location": uri})


def _origin(uri: str) -> str:
    parts = urlsplit(uri)
    return f"{parts.scheme}://{parts.netloc}"


def _values(view: View, language: str) -> dict[str, Any]:
    """The view in the words of one language."""
    service, preset = view.service, view.preset
    label = partial(claim_label, language=language)
    minutes, seconds = divmod(view.seconds_left, 60)
    return {
        "view": view,
        "stage": view.stage.value,
        "name": _in(language, service.name_ko, service.name_en),
        "operator": _in(language, service.operator_ko, service.operator_en),
        "purpose": _in(language, preset.purpose_ko, preset.purpose_en),
        "retention": _in(language, preset.retention_ko, preset.retention_en),
        "legal_basis": _in(language, preset.legal_basis_ko, preset.legal_basis_en),
        "required": [label(path) for path in preset.required],
        "one_of": [label(path) for path in preset.one_of],
        "optional": [label(path) for path in preset.optional],
        "anonymous": preset.anonymous,
        "time_left": f"{minutes}:{seconds:02}",
        "back": _origin(view.redirect_uri),
        "qr": _qr(view.link) if view.cross_device else None,
    }


def _in(language: str, ko: str, en: str) -> str:
    return ko if language == "ko" else en


def _qr(link: str) -> str:
    """An image of the link, as a data URI."""
    return str(segno.make(link, error="m", micro=False).svg_data_uri(scale=4, border=4))
