"""The page for lost phones: two ways to stop a certificate, from any browser, without scripts, sign-in or a telephone number.

Nothing that was typed is shown again, kept, or put into an address. Every answer to the second way is the same page, whoever
was asked about. Forms of other sites are refused. What it stops is in services.lifecycle.stop_lost.
"""

from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final, cast

import structlog
from starlette.requests import Request
from starlette.responses import Response

from sinwon.core.clock import MINUTE
from sinwon.core.refusal import Refusal
from sinwon.services.issuance.issuer import Issuer
from sinwon.services.lifecycle.ask_link import INVALID_BIRTHDATE, INVALID_NUMBER, ask_for_link
from sinwon.services.lifecycle.stop_lost import LINK_OVER, UNKNOWN_CODE, Stopped, check_link, stop_by_code, stop_by_link
from sinwon.services.notify.notice_texts import both_times, duration
from sinwon.services.notify.texts import Language
from sinwon.web.shared.middleware import UNREAD
from sinwon.web.shared.pages import Pages, language_of
from sinwon.web.shared.reading import check_same_site, read_form

log = structlog.stdlib.get_logger("sinwon.web")

HERE: Final = Path(__file__).parent
INVALID_CODE: Final = "invalid_code"
FIELDS: Final[Mapping[str, str]] = {
    INVALID_CODE: "code",
    UNKNOWN_CODE: "code",
    INVALID_NUMBER: "number",
    INVALID_BIRTHDATE: "birthdate",
}
"""Which field an error is about: it is said beside it, and the cursor is there."""
STATUSES: Final[Mapping[str, int]] = {LINK_OVER: 410, "too_many_requests": 429, "cross_site": 403, UNKNOWN_CODE: 404}
LONGEST_TYPED: Final = 64  # characters given back: as many as the fields take
PROBLEMS: Final = frozenset({LINK_OVER, "too_many_requests", "cross_site"})
"""Have a page of their own; anything else is a form that was not one."""


class LossPages:
    def __init__(self, issuer: Issuer) -> None:
        self.issuer = issuer
        self.pages = Pages(HERE / "templates", HERE / "locale")

    async def start(self, request: Request) -> Response:
        return self._form(request, {}, None)

    async def stop(self, request: Request) -> Response:
        """One of the two forms: `code` is the first way, anything else the second."""
        form: dict[str, str] = {}
        try:
            check_same_site(request, self.issuer.origin)
            form = await read_form(request)
            if "code" in form:
                return self._stopped(request, stop_by_code(self.issuer, form["code"]))
            ask_for_link(self.issuer, form.get("number", ""), form.get("birthdate", ""))
        except Refusal as refusal:
            if refusal.code in FIELDS:
                return self._form(request, form, refusal)
            return self._problem(request, refusal)
        return self._asked(request)

    async def show_link(self, request: Request) -> Response:
        """One button. Machines that look at mail press none."""
        try:
            check_link(self.issuer, request.path_params["secret"])
        except Refusal as refusal:
            return self._problem(request, refusal)
        return self.pages.render(request, "loss_link.html", {})

    async def stop_by_link(self, request: Request) -> Response:
        try:
            check_same_site(request, self.issuer.origin)
            return self._stopped(request, stop_by_link(self.issuer, request.path_params["secret"]))
        except Refusal as refusal:
            return self._problem(request, refusal)

    def _asked(self, request: Request) -> Response:
        settings, language = self.issuer.settings, cast(Language, language_of(request))
        values = {"lifetime": duration(settings.loss_link_lifetime, language), "links": settings.mailed_secrets}
        return self.pages.render(request, "loss_asked.html", values)

    def _form(self, request: Request, form: Mapping[str, str], refusal: Refusal | None) -> Response:
        """With number and birth date as typed, so that one wrong field is one to mend; a code is not given back."""
        typed = {name: form.get(name, "")[:LONGEST_TYPED] for name in ("number", "birthdate")}
        if refusal is None:
            return self.pages.render(request, "loss.html", {"typed": typed, "error": None, "field": None})
        self._log(refusal)
        values = {"typed": typed, "error": f"loss-error-{refusal.code}", "field": FIELDS[refusal.code]}
        return self.pages.render(request, "loss.html", values, status=STATUSES.get(refusal.code, 400))

    def _stopped(self, request: Request, stopped: Stopped) -> Response:
        language = cast(Language, language_of(request))
        values: dict[str, Any] = {
            "since": both_times(stopped.since, language, stopped.zone),
            "certificates": stopped.certificates,
            "mission": _mission(stopped, language),
        }
        return self.pages.render(request, "loss_stopped.html", values)

    def _problem(self, request: Request, refusal: Refusal) -> Response:
        if refusal.code in UNREAD:
            raise refusal
        self._log(refusal)
        kind = refusal.code if refusal.code in PROBLEMS else "request"
        page = self.pages.render(request, "loss_problem.html", {"kind": kind}, status=STATUSES.get(refusal.code, 400))
        if refusal.code == "too_many_requests":
            page.headers["Retry-After"] = str(MINUTE)
        return page

    def _log(self, refusal: Refusal) -> None:
        log.info("refused", role=self.issuer.origin.partition("://")[2], code=refusal.code, why=refusal.why)


def _mission(stopped: Stopped, language: Language) -> str | None:
    if stopped.mission is None:
        return None
    return stopped.mission.name_ko if language == "ko" else stopped.mission.name_en
