"""scripts/bench journey: what one issuance and one sign-in cost the server, next to the same cryptography alone.

Issuer and gateway run as processes of their own on durable SQLite; the wallets are here and their cost is not counted. Each
step is made for all flows before the next one begins, so that the server's CPU time can be read between the steps.
"""

import json
import os
import re
import tempfile
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from hashlib import sha256
from html import unescape
from pathlib import Path
from typing import Any, Final
from urllib.parse import parse_qs, urlencode, urlsplit

import httpx2

from benchmarks.bare import Bare
from benchmarks.rows import Row, interleaved
from benchmarks.servers import Server, deploy, serving
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
from sinwon.protocols.roles.messages import MAKE_OFFER, PATHS, MakeOffer
from sinwon.protocols.roles.person import Contact, Evidence, Linkage, Passport, Person, Registration
from sinwon.protocols.roles.request import MEDIA_TYPE, sign_role_request
from sinwon.protocols.vci.configurations import IDENTITY_SD_JWT
from sinwon.protocols.vci.proof import sign_proof
from sinwon.services.sign_in.register_client import Registration as ClientRegistration
from sinwon.services.sign_in.register_client import register_client

FLOWS: Final = 300
TENS: Final = 60
WARM: Final = 30
SERVICE: Final = "gov24"
SITE: Final = "https://gov24.example/callback"
PIN: Final = "482913"
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
            bench.run(WARM, TENS // 10)
            return bench.run(FLOWS, TENS)


@dataclass
class _Flow:
    """One person's way through, as the wallet and the browser remember it."""

    offer: str
    key: SoftwareKey = field(default_factory=generate_key)
    cookies: dict[str, str] = field(default_factory=dict)
    code: str = ""
    token: str = ""
    nonce: str = ""
    credential: str = ""
    page: str = ""
    request_uri: str = ""
    request: dict[str, Any] = field(default_factory=dict)
    onward: str = ""


class _Bench:
    def __init__(self, config: Config, servers: dict[str, Server], secret: str) -> None:
        self.config, self.servers, self.secret = config, servers, secret
        self.issuer, self.gateway = config.issuer.origin, config.gateway.origin
        self.client = httpx2.Client(trust_env=False, timeout=30)
        self.role_key = open_signer(config.consulate.role_key)
        self.number = int(time.time() * 1000) % 10**9
        mission = follow(make_world(config), config.consulate).catalogue()
        self.mission = next(one.id for one in mission.missions if one.is_open(int(time.time())))

    def run(self, count: int, tens: int) -> list[Row]:
        flows = [_Flow(self.offer()) for _ in range(count)]
        issue = self.steps("issuer", flows, self.open_offer, self.redeem, self.fetch_nonce, self.one_copy)
        present = self.steps("gateway", flows, self.authorize)
        around = self.steps("gateway", flows, self.show_page)
        present += self.steps("gateway", flows, self.fetch_request, self.respond, self.done)
        around += self.steps("gateway", flows, self.redeem_code_and_read)
        wide = [_Flow(self.offer()) for _ in range(tens)]
        ten = self.steps("issuer", wide, self.open_offer, self.redeem, self.fetch_nonce, self.ten_copies)
        cost = interleaved(
            {name: getattr(Bare(), name) for name in ("issue_one", "issue_ten", "presentation", "sign_in")}, calls=40
        )
        return [
            Row("issue-1-copy", issue, "ms", cost["issue_one"] / 1000, "≤ 2.0 ms"),
            Row("issue-10-copies", ten, "ms", cost["issue_ten"] / 1000, "≤ 4 ms"),
            Row("presentation", present, "ms", cost["presentation"] / 1000, "≤ 2.0 ms"),
            Row("sign-in", present + around, "ms", cost["sign_in"] / 1000, "≤ 3.5 ms"),
            Row("memory-issuer", self.servers["issuer"].memory(), "MB", 150, "≤ 150 MB"),
            Row("memory-gateway", self.servers["gateway"].memory(), "MB", 150, "≤ 150 MB"),
        ]

    def steps(self, server: str, flows: list[_Flow], *steps: Callable[[_Flow], None]) -> float:
        """Server CPU in milliseconds per flow, over all the steps."""
        used = 0.0
        for step in steps:
            before = self.servers[server].cpu()
            for flow in flows:
                step(flow)
            spent = self.servers[server].cpu() - before
            used += spent
            print(f"  {server:<8}{step.__name__:<22}{spent / len(flows):7.3f} ms")
        return used / len(flows)

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
        answer = self.client.post(self.issuer + PATHS[MAKE_OFFER], content=token, headers={"content-type": MEDIA_TYPE})
        link: str = answer.json()["uri"]
        return parse_qs(urlsplit(link).query)["credential_offer_uri"][0]

    def open_offer(self, flow: _Flow) -> None:
        grants = self.client.get(flow.offer).json()["grants"]
        flow.code = next(iter(grants.values()))["pre-authorized_code"]

    def redeem(self, flow: _Flow) -> None:
        grant = "urn:ietf:params:oauth:grant-type:pre-authorized_code"
        form = {"grant_type": grant, "pre-authorized_code": flow.code, "tx_code": PIN}
        flow.token = self.client.post(f"{self.issuer}/token", data=form).json()["access_token"]

    def fetch_nonce(self, flow: _Flow) -> None:
        flow.nonce = self.client.post(f"{self.issuer}/nonce").json()["c_nonce"]

    def one_copy(self, flow: _Flow) -> None:
        flow.credential = self.request(flow, [flow.key])[0]

    def ten_copies(self, flow: _Flow) -> None:
        assert len(self.request(flow, [generate_key() for _ in range(10)])) == 10

    def request(self, flow: _Flow, keys: Iterable[SoftwareKey]) -> list[str]:
        now = int(time.time())
        proofs = [sign_proof(key, issuer=self.issuer, nonce=flow.nonce, now=now) for key in keys]
        body = {"credential_configuration_id": IDENTITY_SD_JWT, "proofs": {"jwt": proofs}}
        headers = {"authorization": f"Bearer {flow.token}"}
        answer = self.client.post(f"{self.issuer}/credential", json=body, headers=headers)
        found: list[dict[str, str]] = answer.json()["credentials"]
        return [one["credential"] for one in found]

    def authorize(self, flow: _Flow) -> None:
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
        self.client.cookies.clear()
        answer = self.client.get(f"{self.gateway}/authorize?{urlencode(parameters)}")
        flow.page, flow.cookies = answer.headers["location"], dict(answer.cookies)

    def fetch_request(self, flow: _Flow) -> None:
        token = self.client.get(flow.request_uri).text
        flow.request = json.loads(parse_jws(token).payload)

    def respond(self, flow: _Flow) -> None:
        asked = flow.request
        shown = select(parse_sd_jwt(flow.credential), SHOWN)
        bound = bind_key(shown, audience=asked["client_id"], nonce=asked["nonce"], now=int(time.time()), signer=flow.key)
        answer = {"vp_token": {asked["dcql_query"]["credentials"][0]["id"]: [bound]}, "state": asked["state"]}
        sealed = encrypt(json.dumps(answer).encode(), asked["client_metadata"]["jwks"]["keys"][0], enc="A256GCM")
        flow.onward = self.client.post(asked["response_uri"], data={"response": sealed}).json()["redirect_uri"]

    def done(self, flow: _Flow) -> None:
        answer = self.client.get(flow.onward, headers=_cookie(flow))
        flow.code = parse_qs(urlsplit(answer.headers["location"]).query)["code"][0]

    def show_page(self, flow: _Flow) -> None:
        page = self.client.get(flow.page, headers=_cookie(flow)).text
        link = LINK.search(page)
        assert link is not None
        flow.request_uri = parse_qs(urlsplit(unescape(link[1])).query)["request_uri"][0]

    def redeem_code_and_read(self, flow: _Flow) -> None:
        form = {"grant_type": "authorization_code", "code": flow.code, "redirect_uri": SITE, "code_verifier": VERIFIER}
        token = self.client.post(f"{self.gateway}/token", data=form, auth=("bench", self.secret)).json()["access_token"]
        answer = self.client.get(f"{self.gateway}/userinfo", headers={"authorization": f"Bearer {token}"})
        assert answer.json()["name"] == "가나다"


def _cookie(flow: _Flow) -> dict[str, str]:
    return {"cookie": "; ".join(f"{name}={value}" for name, value in flow.cookies.items())}


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
