"""A page for each thing a wallet shows: who holds what, what a service asks and why, and how it ended.

The rules are the holder's; this only shows them and takes the person's choice. It holds the wallets of everybody in the
demonstration, which is why nothing like it may exist outside it.
"""

from collections import OrderedDict
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from secrets import token_urlsafe
from typing import Any, Final
from urllib.parse import urlencode

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from sinwon.core.fetch import Unreachable
from sinwon.core.refusal import Refusal
from sinwon.core.text import shown
from sinwon.demo.desk.picture import shown_picture
from sinwon.demo.traveller import Traveller
from sinwon.holder.ask import Ask, AskedClaim
from sinwon.holder.present import NO, Choice, Declined
from sinwon.protocols.credential_claims import IDENTITY as CLAIMS
from sinwon.protocols.credential_claims import Form, claim_label
from sinwon.protocols.credential_types import IDENTITY
from sinwon.protocols.trust.catalogue import Catalogue
from sinwon.web.shared.app import RoleApp, make_app
from sinwon.web.shared.pages import Pages, Texts, language_of, style_route
from sinwon.web.shared.reading import query, read_form

HERE: Final = Path(__file__).parent
MAX_ASKS: Final = 200  # open questions at once; the oldest is forgotten
IMAGES: Final = frozenset(claim.path for claim in CLAIMS if claim.form is Form.IMAGE)
EXPLAINED: Final = ("unknown_service", "service_not_live", "over_asking", "unreadable_request", "no_certificate", "declined")


@dataclass(frozen=True, slots=True)
class Open:
    """A question that waits for its answer."""

    traveller: Traveller
    ask: Ask


class Desk:
    def __init__(self, origin: str, sites: Sequence[tuple[str, str, str]], catalogue: Callable[[], Catalogue]) -> None:
        self.origin = origin
        self.sites = sites
        self.catalogue = catalogue
        self.pages = Pages(HERE / "templates", HERE / "locale")
        self.travellers: Sequence[Traveller] = ()
        self.asks: OrderedDict[str, Open] = OrderedDict()

    def holders(self) -> dict[str, Traveller]:
        """By the person's id: everybody with a copy left."""
        return {one.person.id: one for one in self.travellers if one.holder.left()[IDENTITY]}

    async def home(self, request: Request) -> Response:
        language = language_of(request)
        sites = [(ko if language == "ko" else en, origin) for ko, en, origin in self.sites]
        return self.pages.render(request, "desk.html", {"people": self._people(language), "sites": sites})

    async def choose(self, request: Request) -> Response:
        """Where a sign-in page sends the browser: whose wallet shall answer?"""
        asked = query(request)
        link = urlencode([(name, asked[name]) for name in ("client_id", "request_uri") if name in asked])
        people = self._people(language_of(request))
        return self.pages.render(request, "choose.html", {"people": people, "link": link})

    async def read(self, request: Request) -> Response:
        form = await read_form(request)
        traveller = self.holders().get(form.get("person", ""))
        if traveller is None:
            return self._ended(request, "no_certificate", None)
        try:
            ask = await run_in_threadpool(traveller.holder.read_request, f"openid4vp://?{form.get('link', '')}")
        except Declined as declined:
            return self._ended(request, declined.reason, declined.redirect_uri)
        except (Refusal, Unreachable):
            return self._ended(request, "unreadable_request", None)
        key = token_urlsafe(24)
        self.asks[key] = Open(traveller, ask)
        while len(self.asks) > MAX_ASKS:
            self.asks.popitem(last=False)
        values = self._consent(ask, language_of(request)) | {"key": key, "name": traveller.short_name}
        return self.pages.render(request, "consent.html", values)

    async def answer(self, request: Request) -> Response:
        form = await read_form(request)
        found = self.asks.pop(form.get("key", ""), None)
        if found is None:
            return self._ended(request, "unreadable_request", None)
        agreed = form.get("decision") == "send"
        chosen = frozenset(claim.path for claim in found.ask.consent.claims if f"claim-{claim.name}" in form)
        try:
            sent = await run_in_threadpool(found.traveller.holder.send, found.ask, Choice(True, chosen) if agreed else NO)
        except Declined as declined:
            return self._ended(request, declined.reason, declined.redirect_uri)
        except (Refusal, Unreachable):
            return self._ended(request, "refused", None)
        # Not a redirect: a form may lead only to origins that its page names, and we do not know where the gateway leads.
        return self._ended(request, "sent", sent.redirect_uri)

    def _ended(self, request: Request, reason: str, onward: str | None) -> Response:
        kind = reason if reason in (*EXPLAINED, "refused", "sent") else "unreadable_request"
        return self.pages.render(request, "ended.html", {"kind": kind, "onward": onward})

    def _people(self, language: str) -> list[dict[str, Any]]:
        catalogue = self.catalogue()
        missions = {one.id: one.name_ko if language == "ko" else one.name_en for one in catalogue.missions}
        return [
            {
                "id": key,
                "name": one.short_name,
                "mission": missions.get(one.person.form.mission, one.person.form.mission),
                "left": one.holder.left()[IDENTITY],
            }
            for key, one in self.holders().items()
        ]

    def _consent(self, ask: Ask, language: str) -> dict[str, Any]:
        consent, ko, texts = ask.consent, language == "ko", self.pages.texts[language]
        return {
            "service": consent.name_ko if ko else consent.name_en,
            "operator": consent.service.operator_ko if ko else consent.service.operator_en,
            "purpose": consent.preset.purpose_ko if ko else consent.preset.purpose_en,
            "retention": consent.preset.retention_ko if ko else consent.preset.retention_en,
            "legal_basis": consent.preset.legal_basis_ko if ko else consent.preset.legal_basis_en,
            "claims": [_shown(claim, texts) for claim in sorted(consent.claims, key=lambda claim: not claim.required)],
            "available": consent.available,
            "lacking": "no-attested-copy" if consent.preset.level == "L3" else "ended-no_certificate",
            "anonymous": consent.preset.anonymous,
        }


def desk_app(desk: Desk) -> RoleApp:
    routes = [
        Route("/", desk.home),
        Route("/present", desk.choose),
        Route("/present/read", desk.read, methods=["POST"]),
        Route("/present/answer", desk.answer, methods=["POST"]),
        style_route(),
    ]
    return make_app(routes, origin=desk.origin, pages=desk.pages)


def _shown(claim: AskedClaim, texts: Texts) -> dict[str, Any]:
    """A photo as a picture or not at all, texts cut and without control characters."""
    is_image = claim.name in IMAGES
    value = shown(claim.value) if isinstance(claim.value, str) and not is_image else claim.value
    picture = shown_picture(claim.value) if is_image else None
    return {
        "name": claim.name,
        "label": claim_label(claim.name, texts.language),
        "required": claim.required,
        "value": None if is_image else value,
        "picture": picture,
    }
