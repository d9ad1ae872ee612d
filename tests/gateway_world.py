# ruff: noqa: ARG002 (the fetch port has more arguments than a test server needs)
"""A gateway of the tests on SQLite, a service's client, and a wallet of a few lines that speaks only the wire."""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, urlencode, urlsplit

from sqlalchemy import Engine
from starlette.testclient import TestClient

from sinwon.core.fetch import BODY_LIMIT, Answer, Unreachable
from sinwon.core.strict_json import dump, parse_object
from sinwon.formats.jose.jwe import encrypt
from sinwon.formats.jose.jws import parse_jws
from sinwon.formats.sdjwt.issue import issue_sd_jwt
from sinwon.formats.sdjwt.parse import parse_sd_jwt
from sinwon.formats.sdjwt.present import bind_key, select
from sinwon.formats.status import token_cwt, token_jwt
from sinwon.formats.status.encode import deflate, pack
from sinwon.formats.status.token import Kind
from sinwon.keys.seal import MasterKey, Seal
from sinwon.keys.software import SoftwareKey
from sinwon.keys.trust import TrustAnchors
from sinwon.protocols.credential_types import IDENTITY
from sinwon.protocols.oauth.pkce import challenge_of
from sinwon.protocols.trust.catalogue import Catalogue, Preset, Service
from sinwon.services.presentation.gateway import Gateway, Settings, SimulatedPerson
from sinwon.services.sign_in.register_client import Registration, register_client
from sinwon.store.engine import open_engine
from sinwon.store.gateway.metadata import METADATA
from sinwon.web.gateway.app import gateway_app
from tests import world

STATUS_URI = f"{world.ISSUER}/status/1"
CALLBACK = "https://gov24.example/callback"
SECRET = "s" * 43
VERIFIER = "v" * 43
PERSON = "person-0123456789abcdef"
CLAIMS: dict[str, Any] = {
    "person_id": PERSON,
    "name_ko": "김바다",
    "family_name": "KIM",
    "birthdate": "1988-02-03",
    "contact": {"phone_number": "+12135550123", "email": "bada@example.com", "address": "1 Example St\nLos Angeles"},
    "registration": {"mission_name": "주로스앤젤레스총영사관", "number": "LA-24-000001-5"},
    "passport": {"number": "M123A4567"},
}


def preset(name: str, level: Any = "L2", required: tuple[str, ...] = (), optional: tuple[str, ...] = (), **more: Any) -> Preset:
    text = {"purpose": name, "retention": "session", "legal_basis": "consent"}
    words: dict[str, Any] = {f"{key}_{lang}": f"{value} {lang}" for key, value in text.items() for lang in ("ko", "en")}
    return Preset(name, level=level, required=required, optional=optional, **words, **more)


PRESETS = (
    preset("login-basic", "L1", (), ("name_ko",)),
    preset(
        "gov-minwon",
        "L2",
        ("name_ko", "birthdate"),
        ("contact.phone_number", "contact.email", "contact.address", "registration.mission_name"),
    ),
    preset("gov-minwon-rrn", "L3", ("name_ko", "linkage.rrn")),
    preset("gov-strong", "L3", ("name_ko",), ("birthdate",)),
    preset("rrn-below-l3", "L2", ("name_ko", "linkage.rrn")),
    preset("counter-id", "L2", ("portrait",)),
    preset("age-19", "L1", one_of=("age_over_19", "adult_by_year"), anonymous=True),
)


def service(name: str, *, live: bool = True, presets: tuple[str, ...] = ("login-basic", "gov-minwon")) -> Service:
    since = date(2024, 7, 3) if live else None
    return Service(
        name, f"{name} (시연)", f"{name} (demo)", "운영 기관", "Operator", "live" if live else "planned", presets, since
    )


CATALOGUE = Catalogue(
    1,
    world.NOW,
    world.NOW + 86_400,
    (),
    PRESETS,
    (
        service("gov24", presets=("login-basic", "gov-minwon", "gov-minwon-rrn", "gov-strong", "rrn-below-l3")),
        service("oka365"),
        service("bank", live=False),
        service("shop", presets=("age-19",)),
    ),
    {},
)


@dataclass
class StatusServer:
    """The issuer's status list, as the fetch port gives it."""

    clock: world.StandingClock
    values: dict[int, int] = field(default_factory=dict)
    reachable: bool = True
    asked: int = 0
    issued_at: int | None = None
    ttl: int = 300
    lifetime: int = 2 * 86_400
    only: Kind | None = None
    """The form of its answers, whatever is asked for."""

    def get(self, url: str, *, accept: str, limit: int = BODY_LIMIT, headers: Mapping[str, str] | None = None) -> Answer:
        self.asked += 1
        if not self.reachable:
            raise Unreachable("switched off")
        now = self.clock() if self.issued_at is None else self.issued_at
        kind = self.only or (Kind.CWT if accept == Kind.CWT.media_type else Kind.JWT)
        bits, sign = (1, token_cwt.sign_status_list) if kind is Kind.CWT else (2, token_jwt.sign_status_list)
        values = {index: min(value, 2**bits - 1) for index, value in self.values.items()}
        lst, by = deflate(pack(values, size=1024, bits=bits)), world.status_signer()
        token = sign(lst, bits=bits, uri=url, now=now, lifetime=self.lifetime, ttl=self.ttl, by=by)
        return Answer(200, {"content-type": kind.media_type}, token)

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
        raise Unreachable("nothing to post to")


@dataclass
class GatewayWorld:
    gateway: Gateway
    clock: world.StandingClock
    status: StatusServer
    catalogue: list[Catalogue]
    anchors: list[TrustAnchors]

    def client(self) -> TestClient:
        """A browser, or a wallet, or a server: keeps cookies, follows nothing."""
        return TestClient(gateway_app(self.gateway), base_url=world.GATEWAY, follow_redirects=False)


@contextmanager
def gateway_world(
    folder: Path,
    settings: Settings = Settings(),  # noqa: B008 (frozen)
    engine: Engine | None = None,
    *,
    rsa: bool = False,
    simulate: SimulatedPerson | None = None,
) -> Iterator[GatewayWorld]:
    """With an empty SQLite database in `folder`, or on `engine`, which has the tables already."""
    if engine is None:
        engine = open_engine(f"sqlite:///{folder}/gateway.sqlite")
        METADATA.create_all(engine)
    clock, random = world.StandingClock(), world.SeededRandomness(5)
    status = StatusServer(clock)
    master = MasterKey(b"\x0b" * 32)
    catalogue, anchors = [CATALOGUE], [world.trust_anchors()]
    gateway = Gateway(
        origin=world.GATEWAY,
        engine=engine,
        signer=world.key("id tokens"),
        access=world.access_signer,
        seal=Seal(master, random),
        pairwise_key=master.derive("pairwise"),
        response_secret=master.derive("response"),
        trust=lambda: anchors[0],
        catalogue=lambda: catalogue[0],
        fetch=status,
        clock=clock,
        random=random,
        settings=settings,
        rsa_signer=world.rsa_key() if rsa else None,
        simulate=simulate,
    )
    for name in ("gov24", "oka365", "bank", "shop"):
        callback = f"https://{name}.example/callback"
        register_client(gateway, Registration(f"{name}-client", name, (callback,), SECRET, f"{name}.example"))
    yield GatewayWorld(gateway, clock, status, catalogue, anchors)
    engine.dispose()


def authorize_parameters(**changes: str | None) -> dict[str, str]:
    """A correct authorization request, with parameters replaced, added, or left out (None)."""
    parameters: dict[str, str | None] = {
        "response_type": "code",
        "client_id": "gov24-client",
        "redirect_uri": CALLBACK,
        "scope": "openid gov-minwon",
        "state": "af0ifjsldkj",
        "nonce": "n-0S6_WzA2Mj",
        "code_challenge": challenge_of(VERIFIER),
        "code_challenge_method": "S256",
        **changes,
    }
    return {name: value for name, value in parameters.items() if value is not None}


def parameters_of(uri: str) -> dict[str, str]:
    return dict(parse_qsl(urlsplit(uri).query))


def begin(browser: TestClient, **changes: str | None) -> str:
    """Sends the browser to the gateway; gives the page's path."""
    answer = browser.get("/authorize", params=authorize_parameters(**changes))
    assert answer.status_code == 303, answer.text
    return str(answer.headers["location"])


def wallet_link_on(page: str) -> str:
    """The link of the page's main button."""
    return page.split('id="wallet-link" href="')[1].split('"')[0].replace("&amp;", "&")


@dataclass
class Wallet:
    """Holds one identity credential. Every step of answering can be replaced by a test."""

    clock: world.StandingClock
    claims: dict[str, Any] = field(default_factory=lambda: dict(CLAIMS))
    holder: SoftwareKey = field(default_factory=lambda: world.key("holder"))
    index: int = 7
    visible: dict[str, Any] = field(default_factory=dict)
    cnf: dict[str, Any] | None = None
    choice: int = 0
    """Which of the request's claim sets is shown."""

    def credential(self) -> str:
        now = self.clock()
        visible = {
            "iss": world.ISSUER,
            "vct": IDENTITY,
            "nbf": now - 3600,
            "exp": now + 86_400,
            "cnf": self.cnf if self.cnf is not None else {"jwk": dict(self.holder.public_jwk)},
            "status": {"status_list": {"idx": self.index, "uri": STATUS_URI}},
            **self.visible,
        }
        by, random = world.issuer_signer(), world.SeededRandomness(9)
        return issue_sd_jwt(
            {k: v for k, v in visible.items() if v is not None}, self.claims, typ="dc+sd-jwt", by=by, random=random
        )

    def fetch(self, http: TestClient, link: str) -> dict[str, Any]:
        """The claims of the request object; its signature is for the wallet's own tests to check."""
        outer = parameters_of(link)
        answer = http.get(urlsplit(outer["request_uri"]).path)
        assert answer.status_code == 200, answer.text
        claims = parse_jws(answer.text).claims()
        assert claims["client_id"] == outer["client_id"]
        return claims

    def shown(self, request: Mapping[str, Any]) -> str:
        """One claim set of the request, disclosed."""
        query = request["dcql_query"]["credentials"][0]
        wanted = query["claim_sets"][self.choice] if "claim_sets" in query else [claim["id"] for claim in query["claims"]]
        paths = [tuple(claim["path"]) for claim in query["claims"] if claim["id"] in wanted]
        return select(parse_sd_jwt(self.credential()), paths)

    def present(self, request: Mapping[str, Any], **changes: Any) -> str:
        values = {"audience": request["client_id"], "nonce": request["nonce"], "now": self.clock(), "signer": self.holder}
        return bind_key(self.shown(request), **{**values, **changes})

    def sealed(self, request: Mapping[str, Any], message: object, *, enc: str = "A256GCM", **header: str) -> str:
        jwk = {**request["client_metadata"]["jwks"]["keys"][0], **header}
        plain = message if isinstance(message, bytes) else dump(message)
        return encrypt(plain, jwk, enc=enc)

    def answer(self, request: Mapping[str, Any], presentation: str | None = None) -> str:
        """The form body of a complete response."""
        return self.form(request, {"identity": [presentation or self.present(request)]})

    def form(self, request: Mapping[str, Any], token: Mapping[str, Sequence[str]]) -> str:
        return urlencode({"response": self.sealed(request, {"vp_token": token, "state": request["state"]})})

    def post(self, http: TestClient, request: Mapping[str, Any], body: str | None = None) -> Any:
        """The HTTP answer."""
        return http.post(
            urlsplit(request["response_uri"]).path,
            content=body if body is not None else self.answer(request),
            headers={"content-type": "application/x-www-form-urlencoded"},
        )


def asked(browser: TestClient, wallet: Wallet, http: TestClient, **changes: str | None) -> dict[str, Any]:
    """Begins a sign-in and gives the request the wallet sees."""
    page = browser.get(begin(browser, **changes))
    assert page.status_code == 200, page.text
    return wallet.fetch(http, wallet_link_on(page.text))


def signed_in(here: GatewayWorld, browser: TestClient, wallet: Wallet, **changes: str | None) -> dict[str, str]:
    """The parameters the browser brings back to the service."""
    http = here.client()
    request = asked(browser, wallet, http, **changes)
    answer = wallet.post(http, request)
    assert answer.status_code == 200, answer.text
    back = browser.get(plain(answer.text)["redirect_uri"])
    assert back.status_code == 303, back.text
    return parameters_of(back.headers["location"])


def redeem(http: TestClient, code: str, **changes: str | None) -> Any:
    """The token endpoint's HTTP answer."""
    form: dict[str, str | None] = {
        "grant_type": "authorization_code",
        "code": code,
        "redirect_uri": CALLBACK,
        "code_verifier": VERIFIER,
        "client_id": "gov24-client",
        "client_secret": SECRET,
        **changes,
    }
    return http.post("/token", data={name: value for name, value in form.items() if value is not None})


def token_claims(token: str) -> dict[str, Any]:
    return parse_jws(token).claims()


def plain(text: str) -> dict[str, Any]:
    return parse_object(text)
