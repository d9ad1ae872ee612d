"""A wallet that comes by the authorization code flow, and the citizen at a browser, through the issuer's HTTP doors."""

from dataclasses import dataclass, field, replace
from html.parser import HTMLParser
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import httpx2
from starlette.testclient import TestClient

from sinwon.core.ids import new_id
from sinwon.formats.jose.jws import sign_jws, sign_with_chain
from sinwon.keys.jwk import parse_public_jwk
from sinwon.keys.signer import CertifiedSigner, Signer
from sinwon.keys.software import generate_key
from sinwon.protocols.oauth.client_authentication.assertion import ASSERTION_TYPE, METHOD
from sinwon.protocols.oauth.client_authentication.attestation import METHOD as ATTESTED_METHOD
from sinwon.protocols.oauth.client_authentication.attestation import POP_TYP, TYP
from sinwon.protocols.oauth.pkce import challenge_of
from sinwon.protocols.vci.configurations import IDENTITY_SD_JWT
from sinwon.services.authorization.clients import Client
from tests import world
from tests.bound_wallet import BoundWallet, Headers
from tests.issuing import PIN, Issuing, client_of

CALLBACK = "https://wallet.example/test/a/one/callback"
CALLBACK_WITH_QUERY = f"{CALLBACK}?dummy1=lorem&dummy2=ipsum"
WALLETS = {"wallet-1": CALLBACK, "wallet-2": CALLBACK_WITH_QUERY}
ATTESTED = "attested-wallet"
"""A wallet whose provider vouches for each instance."""
VERIFIER = "v" * 43
STATE = "state-of-the-wallet"


def with_wallets(issuing: Issuing, **settings: Any) -> Issuing:
    """The same issuer, which knows two wallets."""
    clients = {
        name: Client(name, (callback,), METHOD, (parse_public_jwk(world.key(name).public_jwk),))
        for name, callback in WALLETS.items()
    }
    clients[ATTESTED] = Client(ATTESTED, (CALLBACK,), ATTESTED_METHOD)
    issuer = replace(issuing.issuer, clients=clients, settings=replace(issuing.issuer.settings, **settings))
    return Issuing(issuer, issuing.clock, client_of(issuer), issuing.applications)


class Forms(HTMLParser):
    """The ids of a page, and the text of those that are asked for."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.ids: list[str] = []
        self.texts: dict[str, str] = {}
        self._open: str | None = None
        self.feed(page)

    def handle_starttag(self, _tag: str, attrs: list[tuple[str, str | None]]) -> None:
        found = dict(attrs).get("id")
        self._open = found
        if found:
            self.ids.append(found)

    def handle_data(self, data: str) -> None:
        if self._open:
            self.texts[self._open] = self.texts.get(self._open, "") + data


@dataclass
class Authorizing:
    """One wallet and one browser."""

    issuing: Issuing
    client_id: str = "wallet-1"
    bound: BoundWallet = field(init=False)
    browser: TestClient = field(init=False)

    def __post_init__(self) -> None:
        self.bound = BoundWallet(self.issuing)
        self.browser = self.new_browser()

    def new_browser(self) -> TestClient:
        browser = client_of(self.issuing.issuer)
        browser.follow_redirects = False
        return browser

    @property
    def callback(self) -> str:
        return self.issuing.issuer.clients[self.client_id].redirect_uris[0]

    # --- what the wallet's server does ---

    def assertion(self, *, signer: Signer | None = None, **changes: Any) -> dict[str, str]:
        """Client authentication, or with claims (or header, `h_…`) changed; None takes a member away."""
        now = self.issuing.clock.now
        header: dict[str, Any] = {}
        claims: dict[str, Any] = {
            "iss": self.client_id,
            "sub": self.client_id,
            "aud": world.ISSUER,
            "jti": new_id(self.issuing.issuer.random),
            "iat": now,
            "exp": now + 60,
        }
        for name, value in changes.items():
            (header if name.startswith("h_") else claims)[name.removeprefix("h_")] = value
        present = {name: value for name, value in claims.items() if value is not None}
        token = sign_jws(header, present, signer or world.key(self.client_id))
        return {"client_assertion_type": ASSERTION_TYPE, "client_assertion": token}

    def push(self, **changes: Any) -> httpx2.Response:
        """A request, valid but for the changes; None takes a parameter away. `headers` are no parameter."""
        headers = changes.pop("headers", {})
        form: dict[str, str | None] = {
            "client_id": self.client_id,
            "response_type": "code",
            "redirect_uri": self.callback,
            "scope": IDENTITY_SD_JWT,
            "state": STATE,
            "code_challenge": challenge_of(VERIFIER),
            "code_challenge_method": "S256",
            **self.assertion(),
            **changes,
        }
        present = {name: value for name, value in form.items() if value is not None}
        return self.issuing.client.post("/par", data=present, headers=headers)

    def pushed(self, **changes: Any) -> str:
        answer = self.push(**changes)
        assert answer.status_code == 201, answer.text
        return str(answer.json()["request_uri"])

    def redeem(self, code: str, *, proof: str | None = None, **changes: Any) -> httpx2.Response:
        form: dict[str, str | None] = {
            "grant_type": "authorization_code",
            "code": code,
            "redirect_uri": self.callback,
            "code_verifier": VERIFIER,
            "client_id": self.client_id,
            **self.assertion(),
            **changes,
        }
        present = {name: value for name, value in form.items() if value is not None}
        return self.bound.token(present, [("DPoP", self.bound.proof("/token") if proof is None else proof)])

    def ask(self, token: str, **named: str) -> httpx2.Response:
        """One copy, called by configuration or identifier."""
        body = {**named, "proofs": {"jwt": self.issuing.proofs()}}
        return self.issuing.client.post("/credential", json=body, headers=self.bound.headers("/credential", token))

    def refresh(self, refresh_token: str, *, proof: str | None = None, **changes: Any) -> httpx2.Response:
        return self.bound.refresh(refresh_token, proof=proof, **{**self.assertion(), **changes})

    # --- what the citizen does ---

    def open(self, request_uri: str, browser: TestClient | None = None, **changes: str) -> httpx2.Response:
        parameters = {"client_id": self.client_id, "request_uri": request_uri, **changes}
        return (browser or self.browser).get("/authorize", params=parameters)

    def post(self, step: str, request_uri: str, browser: TestClient | None = None, **form: str) -> httpx2.Response:
        """A form of one of our pages."""
        named = {"client_id": self.client_id, "request_uri": request_uri, **form}
        return (browser or self.browser).post(f"/authorize/{step}", data=named)

    def sign_in(self, request_uri: str, application: str, pin: str = PIN, browser: TestClient | None = None) -> httpx2.Response:
        return self.post("sign-in", request_uri, browser, way="pin", application=application, pin=pin)

    def new_application(self) -> str:
        self.issuing.make_offer()
        return f"application-{self.issuing.applications}"

    def approved(self, request_uri: str, application: str | None = None) -> httpx2.Response:
        """The answer to the last button."""
        assert self.open(request_uri).status_code == 200
        signed_in = self.sign_in(request_uri, application or self.new_application())
        assert signed_in.status_code == 303, signed_in.text
        assert self.browser.get(signed_in.headers["location"]).status_code == 200
        return self.post("approve", request_uri)

    def new_code(self, application: str | None = None, **changes: Any) -> str:
        return answered(self.approved(self.pushed(**changes), application))["code"]

    def start(self, **changes: Any) -> dict[str, Any]:
        """The token response for a new application."""
        answer = self.redeem(self.new_code(**changes))
        assert answer.status_code == 200, answer.text
        return dict(answer.json())


@dataclass
class Attested(Authorizing):
    """An instance of a wallet whose provider vouches for it. `wallet_attestation` and `pop` can be spoiled."""

    client_id: str = ATTESTED
    instance: Signer = field(default_factory=generate_key)

    def wallet_attestation(
        self, *, by: CertifiedSigner | None = None, typ: str = TYP, key: Signer | None = None, **changes: Any
    ) -> str:
        now = self.issuing.clock.now
        claims: dict[str, Any] = {
            "iss": world.WALLET_PROVIDER,
            "sub": self.client_id,
            "iat": now,
            "nbf": now,
            "exp": now + 300,
            "cnf": {"jwk": dict((key or self.instance).public_jwk)},
            **changes,
        }
        return sign_with_chain(typ, {n: v for n, v in claims.items() if v is not None}, by or world.wallet_provider())

    def pop(self, *, typ: str = POP_TYP, signer: Signer | None = None, **changes: Any) -> str:
        now = self.issuing.clock.now
        claims: dict[str, Any] = {
            "iss": self.client_id,
            "aud": world.ISSUER,
            "jti": new_id(self.issuing.issuer.random),
            "iat": now,
            "exp": now + 60,
            **changes,
        }
        return sign_jws({"typ": typ}, {n: v for n, v in claims.items() if v is not None}, signer or self.instance)

    def headers(self) -> Headers:
        return [("OAuth-Client-Attestation", self.wallet_attestation()), ("OAuth-Client-Attestation-PoP", self.pop())]

    def assertion(self, *, signer: Signer | None = None, **changes: Any) -> dict[str, str]:
        """None: the headers say it."""
        assert signer is None
        assert not changes
        return {}

    def push(self, **changes: Any) -> httpx2.Response:
        return super().push(**{"headers": self.headers(), **changes})

    def redeem(self, code: str, *, proof: str | None = None, headers: Headers | None = None, **changes: Any) -> httpx2.Response:
        form = {"grant_type": "authorization_code", "code": code, "redirect_uri": self.callback, "code_verifier": VERIFIER}
        return self._token({**form, **changes}, proof, headers)

    def refresh(
        self, refresh_token: str, *, proof: str | None = None, headers: Headers | None = None, **changes: Any
    ) -> httpx2.Response:
        return self._token({"grant_type": "refresh_token", "refresh_token": refresh_token, **changes}, proof, headers)

    def _token(self, form: dict[str, str], proof: str | None, headers: Headers | None) -> httpx2.Response:
        dpop = ("DPoP", self.bound.proof("/token") if proof is None else proof)
        return self.bound.token(form, [dpop, *(self.headers() if headers is None else headers)])


def answered(answer: httpx2.Response) -> dict[str, str]:
    """The parameters with which the browser is sent to the wallet."""
    assert answer.status_code == 303, answer.text
    parts = urlsplit(answer.headers["location"])
    assert not parts.fragment
    pairs = parse_qsl(parts.query, keep_blank_values=True, strict_parsing=True)
    assert len(dict(pairs)) == len(pairs)
    return dict(pairs)


def error_page(answer: httpx2.Response) -> str:
    """The code on our own page, which leads nowhere."""
    assert answer.status_code == 400, answer.text
    assert "location" not in answer.headers
    page = Forms(answer.text)
    assert {"error-page", "error-code", "error-text"} <= set(page.ids)
    return page.texts["error-code"].strip()
