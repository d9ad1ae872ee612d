"""The officer's half of the API: session, list, one application from check to offer, and the certificate that came of it."""

from asyncio import Semaphore
from collections.abc import Callable
from functools import partial
from typing import Final

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from sinwon.core.refusal import Malformed, Unmet
from sinwon.protocols.roles.messages import Changed
from sinwon.services.accounts.officer import Officer
from sinwon.services.accounts.sign_in import sign_in, sign_out
from sinwon.services.enrolment.application import OPEN, State
from sinwon.services.enrolment.certificate import release_certificate, renew_certificate, suspend_certificate
from sinwon.services.enrolment.consulate import Consulate
from sinwon.services.enrolment.decide import approve_application, refuse_application
from sinwon.services.enrolment.form import Visit
from sinwon.services.enrolment.offer import Offer, obtain_offer
from sinwon.services.enrolment.phone import witness_phone
from sinwon.services.enrolment.recheck import recheck_application
from sinwon.services.enrolment.revoke import revoke_certificate
from sinwon.services.enrolment.views import officers_list, officers_view
from sinwon.services.enrolment.visit import record_visit
from sinwon.web.consulate.handlers import application_of, coded_route, signed_in
from sinwon.web.consulate.messages import (
    Decide,
    Nothing,
    ReleaseCertificate,
    RenewCertificate,
    RevokeCertificate,
    SignIn,
    SuspendCertificate,
    WitnessPhone,
)
from sinwon.web.shared.answers import json_answer
from sinwon.web.shared.reading import bearer, query, read_json

COMPARING: Final = 2
"""Secrets compared at once. Each costs 32 MiB and a third of a second, and anybody may ask: guesses wait, applicants do not."""
ONE = "/officer/applications/{application}"


def officer_routes(consulate: Consulate) -> list[Route]:
    desk = Desk(consulate)
    return [
        coded_route("/officer/sessions", desk.sign_in, "POST"),
        coded_route("/officer/sessions", desk.sign_out, "DELETE"),
        coded_route("/officer/applications", desk.list, "GET"),
        coded_route(ONE, desk.look, "GET"),
        coded_route(f"{ONE}/check", desk.check, "POST"),
        coded_route(f"{ONE}/visit", desk.visit, "POST"),
        coded_route(f"{ONE}/phone", desk.witness, "POST"),
        coded_route(f"{ONE}/decision", desk.decide, "POST"),
        coded_route(f"{ONE}/offer", desk.offer, "POST"),
        coded_route(f"{ONE}/suspension", desk.suspend, "POST"),
        coded_route(f"{ONE}/release", desk.release, "POST"),
        coded_route(f"{ONE}/renewal", desk.renew, "POST"),
        coded_route(f"{ONE}/revocation", desk.revoke, "POST"),
    ]


class Desk:
    def __init__(self, consulate: Consulate) -> None:
        self.consulate = consulate
        self._comparing = Semaphore(COMPARING)

    async def sign_in(self, request: Request) -> Response:
        body = await read_json(request, SignIn)
        async with self._comparing:
            session = await run_in_threadpool(partial(sign_in, self.consulate, login=body.login, secret=body.secret))
        officer = {"id": session.officer.id, "mission": session.officer.mission, "name": session.officer.name}
        return json_answer({"token": session.token, "expires_at": session.expires_at, "officer": officer}, 201)

    async def sign_out(self, request: Request) -> Response:
        await signed_in(self.consulate, request)
        await run_in_threadpool(sign_out, self.consulate, bearer(request))
        return json_answer({})

    async def list(self, request: Request) -> Response:
        officer = await signed_in(self.consulate, request)
        states = _states(query(request).get("state"))
        lines = await run_in_threadpool(officers_list, self.consulate, officer, states)
        return json_answer({"applications": lines})

    async def look(self, request: Request) -> Response:
        officer = await signed_in(self.consulate, request)
        return json_answer(await self._view(officer, request))

    async def check(self, request: Request) -> Response:
        officer = await signed_in(self.consulate, request)
        await read_json(request, Nothing)
        await run_in_threadpool(recheck_application, self.consulate, officer, application_of(request))
        return json_answer(await self._view(officer, request))

    async def visit(self, request: Request) -> Response:
        officer = await signed_in(self.consulate, request)
        body = await read_json(request, Visit)
        await run_in_threadpool(record_visit, self.consulate, officer, application_of(request), body)
        return json_answer(await self._view(officer, request))

    async def witness(self, request: Request) -> Response:
        officer = await signed_in(self.consulate, request)
        body = await read_json(request, WitnessPhone)
        state = await run_in_threadpool(
            partial(witness_phone, self.consulate, officer, application_of(request), reason=body.reason)
        )
        return json_answer({"state": state})

    async def decide(self, request: Request) -> Response:
        officer = await signed_in(self.consulate, request)
        body = await read_json(request, Decide)
        return await run_in_threadpool(self._decide, officer, application_of(request), body)

    async def offer(self, request: Request) -> Response:
        officer = await signed_in(self.consulate, request)
        await read_json(request, Nothing)
        made = await run_in_threadpool(obtain_offer, self.consulate, officer, application_of(request))
        return json_answer({"state": State.OFFERED, "offer": made})

    async def suspend(self, request: Request) -> Response:
        officer = await signed_in(self.consulate, request)
        body = await read_json(request, SuspendCertificate)
        return await self._changed(suspend_certificate, officer, request, reason=body.reason)

    async def release(self, request: Request) -> Response:
        officer = await signed_in(self.consulate, request)
        body = await read_json(request, ReleaseCertificate)
        return await self._changed(release_certificate, officer, request, reason=body.reason)

    async def renew(self, request: Request) -> Response:
        officer = await signed_in(self.consulate, request)
        body = await read_json(request, RenewCertificate)
        return await self._changed(renew_certificate, officer, request, passport_number=body.passport_number)

    async def revoke(self, request: Request) -> Response:
        officer = await signed_in(self.consulate, request)
        body = await read_json(request, RevokeCertificate)
        state = await run_in_threadpool(
            partial(revoke_certificate, self.consulate, officer, application_of(request), reason=body.reason)
        )
        return json_answer({"state": state})

    def _decide(self, officer: Officer, application: str, body: Decide) -> Response:
        if body.verdict == "refuse":
            refused = refuse_application(self.consulate, officer, application, reason=body.reason)
            return json_answer({"state": refused.state, "codes": refused.codes, "offer": None})
        approved = approve_application(self.consulate, officer, application, body.overrides)
        offer = self._first_offer(officer, application)
        state = State.OFFERED if offer else approved.state
        return json_answer({"state": state, "codes": approved.codes, "offer": offer})

    def _first_offer(self, officer: Officer, application: str) -> Offer | None:
        """An approval is not undone by an issuer that does not answer: the offer is asked for again later."""
        try:
            return obtain_offer(self.consulate, officer, application)
        except Unmet as refusal:
            if refusal.code != "issuer_unavailable":
                raise
            return None

    async def _changed(self, use_case: Callable[..., Changed], officer: Officer, request: Request, **given: object) -> Response:
        changed = await run_in_threadpool(partial(use_case, self.consulate, officer, application_of(request), **given))
        return json_answer({"state": changed.state, "holds": changed.holds, "stale": changed.stale})

    async def _view(self, officer: Officer, request: Request) -> dict[str, object]:
        return await run_in_threadpool(officers_view, self.consulate, officer, application_of(request))


def _states(text: str | None) -> frozenset[State]:
    """One state, or all open ones."""
    if text is None:
        return OPEN
    try:
        return frozenset({State(text)})
    except ValueError:
        raise Malformed("invalid_request", "no such state") from None
