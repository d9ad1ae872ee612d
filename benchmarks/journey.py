"""scripts/bench journey: what one issuance and one sign-in cost the server, next to the same cryptography alone.

Issuer and gateway run as processes of their own on durable SQLite; sixteen wallets at a time are here and their cost is not
counted. Each step is made for all flows before the next one begins, so that the server's CPU time can be read in between.
`presentation` counts the whole authorization request with it, `sign-in` the page, the code and userinfo too.
"""

import json
import os
import re
import tempfile
import time
from base64 import b64encode
from collections.abc import Callable, Sequence
from contextlib import closing
from dataclasses import dataclass, field
from hashlib import sha256
from html import unescape
from pathlib import Path
from statistics import median
from typing import Any, Final
from urllib.parse import parse_qs, urlencode, urlsplit

from benchmarks.bare import Bare
from benchmarks.rows import Row, interleaved
from benchmarks.servers import Server, deploy, serving
from benchmarks.wallets import WALLETS, Answer, Request, Wallets, form
from sinwon.adapters.registers.portraits import draw_portrait
from sinwon.cli.wiring import CONSULATE, follow, make_gateway, make_world
from sinwon.config import Config
from sinwon.core import base64url
from sinwon.formats.jose.jwe import encrypt
from sinwon.formats.jose.jws import parse_jws
from sinwon.formats.sdjwt.parse import parse_sd_jwt
from sinwon.formats.sdjwt.present import bind_key, select
from sinwon.keys.software import SoftwareKey, generate_key
from sinwon.keys.uri import open_signer
from sinwon.protocols.oauth.grants.pre_authorized import GRANT_TYPE
from sinwon.protocols.roles.messages import MAKE_OFFER, PATHS, MakeOffer
from sinwon.protocols.roles.person import Contact, Evidence, Linkage, Passport, Person, Registration
from sinwon.protocols.roles.request import MEDIA_TYPE, sign_role_request
from sinwon.protocols.vci.configurations import IDENTITY_MDOC, IDENTITY_SD_JWT
from sinwon.protocols.vci.proof import sign_proof
from sinwon.services.sign_in.register_client import Registration as ClientRegistration
from sinwon.services.sign_in.register_client import register_client

ROUNDS: Final = 5
FLOWS: Final = 192
TENS: Final = 16
SERVICE: Final = "gov24"
SITE: Final = "https://gov24.example/callback"
PIN: Final = "482913"
ISSUANCE: Final = ("offer", "token", "nonce", "credential")
TWO_FORMATS: Final = (*ISSUANCE, "nonce", "document")
SIGN_IN: Final = ("authorize", "page", "request", "response", "done", "code", "userinfo")
BARE: Final = {
    "issue-1-copy": "issue_one",
    "issue-10-copies": "issue_ten",
    "issue-10-copies-two-formats": "issue_twenty",
    "presentation": "presentation",
    "sign-in": "sign_in",
}
BUDGETS: Final = (
    ("issue-1-copy", 2.0, 0.078),
    ("issue-10-copies", 4.0, 0.781),
    ("issue-10-copies-two-formats", 8.0, 1.562),
    ("presentation", 2.0, 0.191),
    ("sign-in", 3.5, 0.213),
)
"""Name, milliseconds on the machine the budget was set on, bare milliseconds there: their ratio holds on any machine."""
SHOWN: Final = (("person_id",), ("name_ko",), ("birthdate",))
LINK: Final = re.compile(r'id="wallet-link" href="([^"]+)"')
VERIFIER: Final = "v" * 43
CHALLENGE: Final = base64url.encode(sha256(VERIFIER.encode()).digest())


def rows() -> list[Row]:
    with tempfile.TemporaryDirectory(prefix="sinwon-bench-") as name:
        folder = Path(name) / "state"
        config = deploy(folder, (SERVICE,))
        secret = "s" * 43
        registration = ClientRegistration("bench", SERVICE, (SITE,), secret, SERVICE)
        with serving(config, folder, ("trust", "issuer", "gateway")) as servers:
            register_client(make_gateway(make_world(config)), registration)
            bench = _Bench(config, servers, secret)
            with closing(bench):
                bench.run(1)
                return bench.run(ROUNDS)


@dataclass
class _Flow:
    """One person's way through, as the wallet and the browser remember it."""

    offer: str
    keys: list[SoftwareKey]
    cookies: dict[str, str] = field(default_factory=dict)
    code: str = ""
    token: str = ""
    nonce: str = ""
    credential: str = ""
    page: str = ""
    request_uri: str = ""
    request: dict[str, Any] = field(default_factory=dict)
    onward: str = ""


@dataclass(frozen=True, slots=True)
class _Step:
    """What a flow asks, and what it makes of the answer."""

    name: str
    ask: Callable[[_Flow], Request]
    take: Callable[[_Flow, Answer], None]


class _Bench:
    def __init__(self, config: Config, servers: dict[str, Server], secret: str) -> None:
        self.config, self.servers, self.secret = config, servers, secret
        self.issuer, self.gateway = config.issuer.origin, config.gateway.origin
        self.lines = {"issuer": Wallets(self.issuer), "gateway": Wallets(self.gateway)}
        self.role_key = open_signer(config.consulate.role_key)
        self.number = int(time.time() * 1000) % 10**9
        missions = follow(make_world(config), config.consulate).catalogue().missions
        self.mission = next(one.id for one in missions if one.is_open(int(time.time())))

    def close(self) -> None:
        for lines in self.lines.values():
            lines.close()

    def run(self, rounds: int) -> list[Row]:
        """Medians over rounds, each with the bare cost measured in it: the machine's mood hits both alike."""
        found = [self._round() for _ in range(rounds)]
        rows = []
        for name, limit, floor in BUDGETS:
            value, bare = (median(one[key] for one in found) for key in (name, f"{name} bare"))
            rows.append(Row(name, value, "ms", bare, f"≤ {limit} ms there, {limit / floor:.1f}× floor"))
        memory = {name: self.servers[name].memory() for name in ("issuer", "gateway")}
        return rows + [Row(f"memory-{name}", value, "MB", 150, "≤ 150 MB") for name, value in memory.items()]

    def _round(self) -> dict[str, float]:
        flows = [_Flow(self.offer(), [generate_key()]) for _ in range(FLOWS)]
        wide = [_Flow(self.offer(), ten_keys()) for _ in range(TENS)]
        both = [_Flow(self.offer(), ten_keys()) for _ in range(TENS)]
        bare = Bare()
        works = {name: getattr(bare, work) for name, work in BARE.items()}
        floor = interleaved(works, calls=20)
        one, ten, cost = (
            self.spent("issuer", flows, ISSUANCE),
            self.spent("issuer", wide, ISSUANCE),
            self.spent("gateway", flows, SIGN_IN),
        )
        twenty = self.spent("issuer", both, TWO_FORMATS)
        again = interleaved(works, calls=20)
        asked = sum(cost[step] for step in ("authorize", "request", "response", "done"))
        values = {"issue-1-copy": sum(one.values()), "issue-10-copies": sum(ten.values()), "presentation": asked}
        values["issue-10-copies-two-formats"] = sum(twenty.values())
        values["sign-in"] = sum(cost.values())
        return values | {f"{name} bare": (floor[name] + again[name]) / 2000 for name in BARE}

    def spent(self, server: str, flows: list[_Flow], steps: Sequence[str]) -> dict[str, float]:
        """Server CPU in milliseconds per flow, for each step."""
        found: dict[str, float] = dict.fromkeys(steps, 0)
        for name in steps:
            step = _Step(name, getattr(self, f"ask_{name}"), getattr(self, f"take_{name}"))
            found[name] += self._step(server, flows, step)
        return found

    def _step(self, server: str, flows: list[_Flow], step: _Step) -> float:
        """All requests are ready before the first is sent, so that only the server works while its time is taken."""
        requests = [step.ask(flow) for flow in flows]
        groups = range(0, len(flows), WALLETS)
        before = self.servers[server].cpu()
        answers = [answer for at in groups for answer in self.lines[server].exchange(requests[at : at + WALLETS])]
        spent = self.servers[server].cpu() - before
        for flow, answer in zip(flows, answers, strict=True):
            assert answer.status < 400, (step.name, answer.body)
            step.take(flow, answer)
        return spent / len(flows)

    def offer(self) -> str:
        self.number += 1
        message = MakeOffer(f"bench-{self.number}", self.mission, "bench", _person(self.number, self.mission), PIN)
        token = sign_role_request(
            MAKE_OFFER,
            message,
            sender=CONSULATE,
            audience=self.issuer,
            signer=self.role_key,
            now=int(time.time()),
            random=os.urandom,
        )
        request = Request("POST", self.issuer + PATHS[MAKE_OFFER], token.encode(), {"content-type": MEDIA_TYPE})
        link: str = self.lines["issuer"].exchange([request])[0].json()["uri"]
        return parse_qs(urlsplit(link).query)["credential_offer_uri"][0]

    def ask_offer(self, flow: _Flow) -> Request:
        return Request("GET", flow.offer)

    def take_offer(self, flow: _Flow, answer: Answer) -> None:
        flow.code = next(iter(answer.json()["grants"].values()))["pre-authorized_code"]

    def ask_token(self, flow: _Flow) -> Request:
        return form(f"{self.issuer}/token", {"grant_type": GRANT_TYPE, "pre-authorized_code": flow.code, "tx_code": PIN})

    def take_token(self, flow: _Flow, answer: Answer) -> None:
        flow.token = answer.json()["access_token"]

    def ask_nonce(self, _flow: _Flow) -> Request:
        return Request("POST", f"{self.issuer}/nonce")

    def take_nonce(self, flow: _Flow, answer: Answer) -> None:
        flow.nonce = answer.json()["c_nonce"]

    def ask_credential(self, flow: _Flow, configuration: str = IDENTITY_SD_JWT) -> Request:
        now = int(time.time())
        proofs = [sign_proof(key, issuer=self.issuer, nonce=flow.nonce, now=now) for key in flow.keys]
        body = {"credential_configuration_id": configuration, "proofs": {"jwt": proofs}}
        headers = {"authorization": f"Bearer {flow.token}", "content-type": "application/json"}
        return Request("POST", f"{self.issuer}/credential", json.dumps(body).encode(), headers)

    def take_credential(self, flow: _Flow, answer: Answer) -> None:
        credentials = answer.json()["credentials"]
        assert len(credentials) == len(flow.keys)
        flow.credential = credentials[0]["credential"]

    def ask_document(self, flow: _Flow) -> Request:
        """The same in the other format, for keys of their own."""
        flow.keys = ten_keys()
        return self.ask_credential(flow, IDENTITY_MDOC)

    def take_document(self, flow: _Flow, answer: Answer) -> None:
        self.take_credential(flow, answer)

    def ask_authorize(self, _flow: _Flow) -> Request:
        parameters = {
            "response_type": "code",
            "client_id": "bench",
            "redirect_uri": SITE,
            "scope": "openid gov-minwon",
            "state": "x" * 43,
            "nonce": "n" * 43,
            "code_challenge": CHALLENGE,
            "code_challenge_method": "S256",
        }
        return Request("GET", f"{self.gateway}/authorize?{urlencode(parameters)}")

    def take_authorize(self, flow: _Flow, answer: Answer) -> None:
        flow.page, flow.cookies = answer.location, {"cookie": answer.headers["set-cookie"].partition(";")[0]}

    def ask_page(self, flow: _Flow) -> Request:
        return Request("GET", flow.page, headers=flow.cookies)

    def take_page(self, flow: _Flow, answer: Answer) -> None:
        link = LINK.search(answer.body.decode())
        assert link is not None
        flow.request_uri = parse_qs(urlsplit(unescape(link[1])).query)["request_uri"][0]

    def ask_request(self, flow: _Flow) -> Request:
        return Request("GET", flow.request_uri)

    def take_request(self, flow: _Flow, answer: Answer) -> None:
        flow.request = json.loads(parse_jws(answer.body.decode()).payload)

    def ask_response(self, flow: _Flow) -> Request:
        asked = flow.request
        shown = select(parse_sd_jwt(flow.credential), SHOWN)
        bound = bind_key(shown, audience=asked["client_id"], nonce=asked["nonce"], now=int(time.time()), signer=flow.keys[0])
        answer = {"vp_token": {asked["dcql_query"]["credentials"][0]["id"]: [bound]}, "state": asked["state"]}
        sealed = encrypt(json.dumps(answer).encode(), asked["client_metadata"]["jwks"]["keys"][0], enc="A256GCM")
        return form(asked["response_uri"], {"response": sealed})

    def take_response(self, flow: _Flow, answer: Answer) -> None:
        flow.onward = answer.json()["redirect_uri"]

    def ask_done(self, flow: _Flow) -> Request:
        return Request("GET", flow.onward, headers=flow.cookies)

    def take_done(self, flow: _Flow, answer: Answer) -> None:
        flow.code = parse_qs(urlsplit(answer.location).query)["code"][0]

    def ask_code(self, flow: _Flow) -> Request:
        fields = {"grant_type": "authorization_code", "code": flow.code, "redirect_uri": SITE, "code_verifier": VERIFIER}
        login = b64encode(f"bench:{self.secret}".encode()).decode()
        return form(f"{self.gateway}/token", fields, {"authorization": f"Basic {login}"})

    def take_code(self, flow: _Flow, answer: Answer) -> None:
        flow.token = answer.json()["access_token"]

    def ask_userinfo(self, flow: _Flow) -> Request:
        return Request("GET", f"{self.gateway}/userinfo", headers={"authorization": f"Bearer {flow.token}"})

    def take_userinfo(self, _flow: _Flow, answer: Answer) -> None:
        assert answer.json()["name"] == "가나다"


def ten_keys() -> list[SoftwareKey]:
    return [generate_key() for _ in range(10)]


def _person(number: int, mission: str) -> Person:
    passport = Passport("PM", "KOR", f"M{number % 10**8:08d}", "2025-01-02", "2035-01-02", "MINISTRY OF FOREIGN AFFAIRS")
    return Person(
        name_ko="가나다",
        family_name="GA",
        given_name="NADA",
        birthdate="1990-01-01",
        sex=2,
        nationality="KR",
        residence_country="US",
        passport=passport,
        registration=Registration(f"bench-{number}", "1", "시험 공관", mission),
        contact=Contact("1 Example Street", "+12025550100", "bench@example.org"),
        evidence=Evidence("consular_visit", mission, "2026-11-01", "physical", "physical", "not_read"),
        linkage=Linkage(f"{number % 10**13:013d}"),
        portrait=draw_portrait(f"M{number}"),
    )
