"""A consulate and its issuer in a test: real applications that speak HTTP with each other; only the network is missing."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import httpx2
import msgspec
from starlette.testclient import TestClient

from sinwon.adapters.issuer_client import IssuerClient
from sinwon.adapters.outbox import Outbox
from sinwon.core.fetch import BODY_LIMIT, Answer, Unreachable
from sinwon.keys.software import SoftwareKey
from sinwon.protocols.roles.messages import OfferMade
from sinwon.protocols.roles.register_events import PATH, REGISTER_EVENTS, RegisterEvent
from sinwon.protocols.roles.request import MEDIA_TYPE, sign_role_request
from sinwon.services.accounts.register_officer import register_officer
from sinwon.store.consulate.tables import METADATA
from sinwon.store.engine import open_engine
from sinwon.web.consulate.app import consulate_app
from tests.counter import HERE, PIN, SECRET, Counter, catalogue, counter, people
from tests.issuing import SMALL, Issuing, code_of, open_issuer
from tests.world import CONSULATE, ISSUER, SeededRandomness, key

SEEN = {"document": "presented", "chip": "not_read", "face": "match", "presence": "in_person"}
PERSON = people()[3]


@dataclass
class Wire:
    """A Fetch to the issuer's application in this process; may be cut before or after the issuer acts."""

    client: TestClient
    cut: str = ""

    def get(self, url: str, *, accept: str, limit: int = BODY_LIMIT, headers: Mapping[str, str] | None = None) -> Answer:
        raise Unreachable(f"not fetched: {url} {accept} {limit} {headers}")

    def post(
        self,
        url: str,
        body: bytes,
        *,
        content_type: str,
        accept: str = "application/json",
        limit: int = BODY_LIMIT,
        headers: Mapping[str, str] | None = None,
    ) -> Answer:
        if self.cut == "before":
            raise Unreachable("connection refused")
        sent = {"Content-Type": content_type, "Accept": accept, **(headers or {})}
        got = self.client.post(url.removeprefix(ISSUER), content=body, headers=sent)
        if self.cut == "answers" or (self.cut == "after" and url.endswith("/offers")):
            raise Unreachable("timed out")
        return Answer(got.status_code, dict(got.headers), got.content[:limit])


@dataclass
class Town:
    """A consulate, an issuer, the wire between them, and everybody's steps as HTTP requests."""

    desk: Counter
    issuing: Issuing
    wire: Wire
    outbox: Outbox
    client: TestClient

    def post(self, path: str, body: object, token: str = "") -> httpx2.Response:
        headers = {"Authorization": f"Bearer {token}"} if token else {}
        return self.client.post(path, json=body, headers=headers)

    def get(self, path: str, token: str = "") -> httpx2.Response:
        return self.client.get(path, headers={"Authorization": f"Bearer {token}"} if token else {})

    def apply(self, **changes: object) -> tuple[str, str]:
        form = {**msgspec.to_builtins(PERSON.form), **changes}
        made = self.post("/applications", form)
        assert made.status_code == 201, made.text
        return f"/applications/{made.json()['application']}", made.json()["secret"]

    def prove(self, path: str, secret: str, phone: str = PERSON.form.phone) -> httpx2.Response:
        sent = self.post(f"{path}/phone", {}, secret)
        assert (sent.status_code, sent.json()) == (202, {"expires_in": 600, "resend_after": 30})
        text = self.outbox.latest(phone)
        assert text is not None
        code = next(word for word in text.replace(".", " ").split() if len(word) == 6 and word.isdigit())
        return self.post(f"{path}/phone/proof", {"code": code}, secret)

    def officer(self, mission: str = HERE) -> str:
        login = f"officer-{mission}"
        register_officer(self.desk.consulate, login=login, secret=SECRET, name="시험 영사", mission=mission)
        return self.sign_in(mission)

    def sign_in(self, mission: str = HERE) -> str:
        """Sessions end; an officer comes back another day."""
        login = f"officer-{mission}"
        signed_in = self.post("/officer/sessions", {"login": login, "secret": SECRET})
        assert signed_in.status_code == 201, signed_in.text
        return str(signed_in.json()["token"])

    def ready(self, officer: str) -> tuple[str, str]:
        path, secret = self.apply()
        assert self.prove(path, secret).json() == {"state": "PHONE_PROVEN"}
        assert self.post(f"{path}/pin", {"pin": PIN}, secret).json() == {"state": "READY"}
        assert self.post(f"/officer{path}/visit", SEEN, officer).status_code == 200
        return path, secret

    def certificate(self, officer: str) -> str:
        """The whole way, with a wallet at its end."""
        path, _secret = self.ready(officer)
        offer = self.post(f"/officer{path}/decision", {"verdict": "approve"}, officer).json()["offer"]
        token = self.issuing.redeem(code_of(self.issuing.open(OfferMade(**offer))), PIN).json()["access_token"]
        assert self.issuing.issue(1, token=token)["credentials"]
        return path


def build(folder: Path) -> Town:
    issuing = open_issuer(open_engine(f"sqlite:///{folder}/issuer.sqlite"), SMALL, catalogue)
    engine = open_engine(f"sqlite:///{folder}/consulate.sqlite")
    METADATA.create_all(engine)
    desk = counter(engine)
    desk.clock, wire = issuing.clock, Wire(issuing.client)
    outbox = Outbox(folder / "outbox", issuing.clock)
    client = IssuerClient(ISSUER, "consulate", key("consulate"), wire, issuing.clock, SeededRandomness(8))
    desk.consulate = replace(desk.consulate, clock=issuing.clock, issuer=client, messages=outbox)
    web = TestClient(consulate_app(desk.consulate), base_url=CONSULATE, raise_server_exceptions=False)
    return Town(desk, issuing, wire, outbox, web)


def news(town: Town, *events: RegisterEvent, signer: SoftwareKey | None = None, **changes: Any) -> str:
    """A register's signed message, valid but for the changes."""
    register = events[0].register if events else "passport"
    given: dict[str, Any] = {
        "sender": register,
        "audience": CONSULATE,
        "now": town.issuing.clock.now,
        "action": REGISTER_EVENTS,
    }
    given |= changes
    body = given.pop("body", {"events": [msgspec.to_builtins(event) for event in events]})
    random = given.pop("random", town.desk.consulate.random)
    return sign_role_request(body=body, signer=signer or key(f"register {register}"), random=random, **given)


def tell(town: Town, token: str, media_type: str = MEDIA_TYPE) -> httpx2.Response:
    return town.client.post(PATH, content=token, headers={"Content-Type": media_type})
