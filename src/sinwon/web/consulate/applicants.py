"""The applicant's half of the API: apply, look, prove the phone, choose the PIN, withdraw."""

from collections.abc import Callable

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from sinwon.services.enrolment.application import State
from sinwon.services.enrolment.choose_pin import choose_pin
from sinwon.services.enrolment.consulate import Consulate
from sinwon.services.enrolment.form import Form
from sinwon.services.enrolment.phone import prove_phone, send_phone_code
from sinwon.services.enrolment.submit import submit_application
from sinwon.services.enrolment.views import applicants_view
from sinwon.services.enrolment.withdraw import withdraw_application
from sinwon.web.consulate.handlers import application_of, coded_route
from sinwon.web.consulate.messages import ChoosePin, Nothing, ProvePhone, SendCode
from sinwon.web.shared.answers import json_answer
from sinwon.web.shared.reading import bearer, read_json


def applicant_routes(consulate: Consulate) -> list[Route]:
    applicant = Applicants(consulate)
    return [
        coded_route("/applications", applicant.apply, "POST"),
        coded_route("/applications/{application}", applicant.look, "GET"),
        coded_route("/applications/{application}/phone", applicant.send_code, "POST"),
        coded_route("/applications/{application}/phone/proof", applicant.prove, "POST"),
        coded_route("/applications/{application}/pin", applicant.choose_pin, "POST"),
        coded_route("/applications/{application}/withdrawal", applicant.withdraw, "POST"),
    ]


class Applicants:
    def __init__(self, consulate: Consulate) -> None:
        self.consulate = consulate

    async def apply(self, request: Request) -> Response:
        form = await read_json(request, Form)
        made = await run_in_threadpool(submit_application, self.consulate, form)
        body = {"application": made.application, "secret": made.secret, "state": made.state}
        return json_answer(body, 201)

    async def look(self, request: Request) -> Response:
        view = await run_in_threadpool(applicants_view, self.consulate, application_of(request), bearer(request))
        return json_answer(view)

    async def send_code(self, request: Request) -> Response:
        body = await read_json(request, SendCode)
        application, secret = application_of(request), bearer(request)
        sent = await run_in_threadpool(send_phone_code, self.consulate, application, secret, number=body.number)
        return json_answer(sent, 202)

    async def prove(self, request: Request) -> Response:
        body = await read_json(request, ProvePhone)
        return await self._moved(request, lambda *whose: prove_phone(*whose, code=body.code))

    async def choose_pin(self, request: Request) -> Response:
        body = await read_json(request, ChoosePin)
        return await self._moved(request, lambda *whose: choose_pin(*whose, pin=body.pin))

    async def withdraw(self, request: Request) -> Response:
        await read_json(request, Nothing)
        return await self._moved(request, withdraw_application)

    async def _moved(self, request: Request, use_case: Callable[[Consulate, str, str], State]) -> Response:
        state = await run_in_threadpool(use_case, self.consulate, application_of(request), bearer(request))
        return json_answer({"state": state})
