"""The visit, over the consulate's public API: what the applicant does on a phone, what the officer does at the counter."""

import re
from time import monotonic, sleep
from typing import Any, Final

import httpx2
import msgspec

from sinwon.adapters.registers.people import InventedPerson
from sinwon.demo.deployment import Deployment
from sinwon.demo.traveller import Application, Reason
from sinwon.protocols.roles.messages import OfferMade

CODE: Final = re.compile(r"(?<!\d)\d{6}(?!\d)")
PATIENCE_SECONDS: Final = 60.0  # the cool-down between two codes to one number is half of it
Answer = dict[str, Any]


class Refused(Exception):
    """The consulate said no: its error code and both texts."""

    def __init__(self, body: Answer) -> None:
        super().__init__(body.get("error", "?"))
        self.code: str = body.get("error", "?")
        self.body = body


class Counter:
    """HTTP client of the consulate, both sides of the counter."""

    def __init__(self, deployment: Deployment) -> None:
        self.deployment = deployment
        self.client = httpx2.Client(base_url=deployment.origins["consulate"], trust_env=False, timeout=20)
        self.sessions: dict[str, str] = {}

    def apply(self, person: InventedPerson) -> Application:
        body = self.call("POST", "/applications", msgspec.to_builtins(person.form))
        return Application(body["application"], body["secret"])

    def look(self, application: Application) -> Answer:
        return self.call("GET", f"/applications/{application.id}", token=application.secret)

    def prove_phone(self, application: Application, person: InventedPerson) -> None:
        """The code goes out, the applicant reads it on the foreign phone and types it; told to wait, they wait."""
        end = monotonic() + PATIENCE_SECONDS
        while not self._send_code(application):
            if monotonic() > end:
                raise LookupError("the consulate sends no code")
            sleep(1)
        text = self.deployment.outbox.latest(person.form.phone) or ""
        found = CODE.search(text)
        self.call(
            "POST", f"/applications/{application.id}/phone/proof", {"code": found[0] if found else ""}, application.secret
        )

    def _send_code(self, application: Application) -> bool:
        try:
            self.call("POST", f"/applications/{application.id}/phone", {}, application.secret)
        except Refused as refused:
            if refused.code != "too_many_requests":
                raise
            return False
        return True

    def choose_pin(self, application: Application, pin: str) -> None:
        self.call("POST", f"/applications/{application.id}/pin", {"pin": pin}, application.secret)

    def visit(self, application: Application, person: InventedPerson) -> Answer:
        """The officer records what they see; the answer is their view of the application."""
        path = f"/officer/applications/{application.id}/visit"
        return self.call("POST", path, msgspec.to_builtins(person.visit), self.session(person.form.mission))

    def approve(self, application: Application, mission: str) -> OfferMade:
        """Raises Refused("not_eligible") and others."""
        path = f"/officer/applications/{application.id}/decision"
        body = self.call("POST", path, {"verdict": "approve"}, self.session(mission))
        return msgspec.convert(body["offer"], OfferMade)

    def reasons(self, application: Application, mission: str) -> tuple[Reason, ...]:
        """The reasons on the officer's screen, in Korean."""
        view = self.call("GET", f"/officer/applications/{application.id}", token=self.session(mission))
        return tuple(Reason(r["code"], r["text"]["ko"], r["next"]["ko"]) for r in view["reasons"])

    def revoke(self, application: Application, mission: str, reason: str) -> None:
        self.call("POST", f"/officer/applications/{application.id}/revocation", {"reason": reason}, self.session(mission))

    def session(self, mission: str) -> str:
        """The session of the mission's officer, signed in on first use."""
        if mission not in self.sessions:
            login = self.deployment.officers[mission]
            body = self.call("POST", "/officer/sessions", {"login": login.login, "secret": login.secret})
            self.sessions[mission] = body["token"]
        return self.sessions[mission]

    def call(self, method: str, path: str, body: Answer | None = None, token: str | None = None) -> Answer:
        """One request. Raises Refused for an error answer."""
        headers = {"authorization": f"Bearer {token}"} if token else {}
        answer = self.client.request(method, path, json=body, headers=headers)
        found: Answer = answer.json()
        if answer.status_code >= 400:
            raise Refused(found)
        return found
