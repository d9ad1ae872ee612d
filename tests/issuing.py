"""An issuer in a test: a real application on a real SQLite file, and a wallet's steps through its HTTP doors."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import date
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import httpx2
from sqlalchemy import Engine, Table, func, select
from starlette.testclient import TestClient

from sinwon.formats.jose.jws import sign_jws
from sinwon.keys.jwk import parse_public_jwk
from sinwon.keys.seal import MasterKey, Seal
from sinwon.keys.signer import Signer
from sinwon.keys.software import generate_key
from sinwon.protocols.oauth.grants.pre_authorized import GRANT_TYPE
from sinwon.protocols.roles.messages import MAKE_OFFER, PATHS, REVOKE, MakeOffer, OfferMade, RevocationReason, Revoke
from sinwon.protocols.roles.person import Contact, Evidence, Linkage, Passport, Person, Registration
from sinwon.protocols.roles.request import sign_role_request
from sinwon.protocols.trust.catalogue import Catalogue, Mission
from sinwon.protocols.vci.configurations import IDENTITY_SD_JWT, ISSUED, LINKAGE_SD_JWT
from sinwon.protocols.vci.proof import TYP
from sinwon.services.issuance.issuer import NONCE_KEY, IssuanceSettings, Issuer
from sinwon.store.engine import open_engine
from sinwon.store.issuer.tables import METADATA
from sinwon.web.issuer.app import issuer_app
from tests import world
from tests.attesting import attest, new_keys

PIN = "012345"
RRN = "9001019019902"
SMALL = IssuanceSettings(status_list_size=1 << 12)
MASTER = MasterKey(b"\x2a" * 32)
PERSON = Person(
    name_ko="홍길동",
    family_name="HONG",
    given_name="GILDONG",
    birthdate="1990-01-01",
    sex=1,
    nationality="KR",
    residence_country="DE",
    passport=Passport("PM", "KOR", "M123A4567", "2022-03-04", "2032-03-04", "MINISTRY OF FOREIGN AFFAIRS"),
    registration=Registration("de-bonn-26-000001-7", "1", "본 분관", "mission-bonn"),
    contact=Contact("Example Strasse 1\n53111 Bonn", "+4915100000001", "hong@mail.example"),
    evidence=Evidence("consular_visit", "mission-bonn", "2026-09-21", "physical", "physical", "not_read"),
    linkage=Linkage(RRN),
    portrait="data:image/jpeg;base64,/9j/4AAQ",
)
MISSIONS = (
    Mission("mission-bonn", "de-bonn", "본 분관", "Bonn", "branch", "DE", "europe", "Europe/Berlin", date(2024, 8, 1)),
    Mission("mission-later", "xx-later", "다음 공관", "Later", "embassy", "XX", "europe", "Europe/Berlin", date(2030, 1, 1)),
    Mission("mission-unknown", "yy-unknown", "미정 공관", "Unknown", "embassy", "YY", "europe", None, None),
)


def catalogue() -> Catalogue:
    return Catalogue(1, world.NOW, world.NOW + 86_400, MISSIONS, (), (), {})


@dataclass
class Issuing:
    """The issuer under test, its clock and one HTTP client."""

    issuer: Issuer
    clock: world.StandingClock
    client: TestClient
    applications: int = 0

    # --- what the consulate does ---

    def ask(self, action: str, body: object, *, signer: Signer | None = None, **changes: Any) -> httpx2.Response:
        token = self.role_token(action, body, signer=signer, **changes)
        return self.client.post(PATHS[action], content=token, headers={"Content-Type": "application/jwt"})

    def role_token(self, action: str, body: object, *, signer: Signer | None = None, **changes: Any) -> str:
        given: dict[str, Any] = {
            "sender": "consulate",
            "audience": world.ISSUER,
            "now": self.clock.now,
            "random": self.issuer.random,
            **changes,
        }
        return sign_role_request(action, body, signer=signer or world.key("consulate"), **given)

    def make_offer(self, **changes: Any) -> OfferMade:
        self.applications += 1
        given: dict[str, Any] = {
            "application": f"application-{self.applications}",
            "mission": "mission-bonn",
            "officer": "officer-1",
            "person": PERSON,
            "tx_code": PIN,
            **changes,
        }
        answer = self.ask(MAKE_OFFER, MakeOffer(**given))
        assert answer.status_code == 201, answer.text
        return OfferMade(**answer.json())

    def revoke(self, application: str = "application-1", reason: RevocationReason = "HOLDER_REQUEST") -> httpx2.Response:
        return self.ask(REVOKE, Revoke(application, "officer-1", reason))

    # --- what a wallet does ---

    def open(self, offer: OfferMade) -> dict[str, Any]:
        """The offer a link leads to, by reference."""
        return dict(self.get(parse_qs(urlsplit(offer.uri).query)["credential_offer_uri"][0]).json())

    def get(self, url: str, **options: Any) -> httpx2.Response:
        return self.client.get(url.removeprefix(world.ISSUER), **options)

    def new_code(self) -> str:
        return code_of(self.open(self.make_offer()))

    def redeem(self, code: str, tx_code: str | None = PIN, **more: str) -> httpx2.Response:
        form = {"grant_type": GRANT_TYPE, "pre-authorized_code": code, **more}
        return self.client.post("/token", data=form if tx_code is None else {**form, "tx_code": tx_code})

    def new_token(self) -> str:
        return str(self.redeem(self.new_code()).json()["access_token"])

    def nonce(self) -> str:
        return str(self.client.post("/nonce").json()["c_nonce"])

    def proof(self, signer: Signer | None = None, **changes: Any) -> str:
        """A valid key proof, or one with header (`h_…`) or claims changed; None takes a member away."""
        signer = signer or generate_key()
        header: dict[str, Any] = {"typ": TYP, "jwk": dict(signer.public_jwk)}
        claims: dict[str, Any] = {"aud": world.ISSUER, "iat": self.clock.now}
        changes = changes if "nonce" in changes else {**changes, "nonce": self.nonce()}
        for name, value in changes.items():
            part = header if name.startswith("h_") else claims
            part[name.removeprefix("h_")] = value
        return sign_jws(_without_none(header), _without_none(claims), signer)

    def proofs(self, count: int = 1) -> list[str]:
        nonce = self.nonce()
        return [self.proof(nonce=nonce) for _number in range(count)]

    def request(self, token: str, proofs: object, configuration: str = IDENTITY_SD_JWT, **more: Any) -> httpx2.Response:
        body = {"credential_configuration_id": configuration, "proofs": {"jwt": proofs}, **more}
        return self.send(token, _without_none(body))

    def send(self, token: str, body: object) -> httpx2.Response:
        return self.client.post("/credential", json=body, headers={"Authorization": f"Bearer {token}"})

    def attest(self, keys: Iterable[Signer], nonce: object = None, **changes: Any) -> str:
        """A wallet provider's word for these keys, valid but for the changes."""
        return attest(keys, nonce or self.nonce(), now=self.clock.now, **changes)

    def request_attested(
        self, token: str, attestation: object, configuration: str = LINKAGE_SD_JWT, **more: Any
    ) -> httpx2.Response:
        proofs = {"attestation": [attestation]}
        return self.send(token, {"credential_configuration_id": configuration, "proofs": proofs, **more})

    def issue(self, count: int = 1, configuration: str = IDENTITY_SD_JWT, token: str | None = None) -> dict[str, Any]:
        """Copies, for attested keys where no other ones are taken."""
        if ISSUED[configuration].attested:
            attestation = self.attest(new_keys(count))
            answer = self.request_attested(token or self.new_token(), attestation, configuration)
        else:
            answer = self.request(token or self.new_token(), self.proofs(count), configuration)
        assert answer.status_code == 200, answer.text
        return dict(answer.json())

    def with_settings(self, **changes: Any) -> "Issuing":
        """The same issuer under another policy."""
        issuer = replace(self.issuer, settings=replace(self.issuer.settings, **changes))
        return Issuing(issuer, self.clock, client_of(issuer), self.applications)


def code_of(offer: Mapping[str, Any]) -> str:
    return str(offer["grants"][GRANT_TYPE]["pre-authorized_code"])


def open_issuer(engine: Engine, settings: IssuanceSettings = SMALL, catalogue: Callable[[], Catalogue] = catalogue) -> Issuing:
    METADATA.create_all(engine)
    clock, random = world.StandingClock(), world.SeededRandomness(11)
    issuer = Issuer(
        origin=world.ISSUER,
        engine=engine,
        signer=world.issuer_signer(),
        document_signer=world.document_signer(),
        status_signer=world.status_signer(),
        seal=Seal(MASTER, random),
        nonce_key=MASTER.derive(NONCE_KEY),
        role_keys={"consulate": parse_public_jwk(world.key("consulate").public_jwk)},
        catalogue=catalogue,
        clock=clock,
        random=random,
        settings=settings,
        trust=world.trust_anchors,
    )
    return Issuing(issuer, clock, client_of(issuer))


def on_sqlite(folder: Path) -> Issuing:
    return open_issuer(open_engine(f"sqlite:///{folder}/issuer.sqlite"))


def client_of(issuer: Issuer) -> TestClient:
    return TestClient(issuer_app(issuer), base_url=world.ISSUER, raise_server_exceptions=False)


def refused(answer: httpx2.Response, status: int, *codes: str) -> str:
    """The global rules of an answer to a hostile input; its code."""
    assert answer.status_code == status, answer.text
    body = answer.json()
    assert body["error"] in codes
    assert body.keys() <= {"error", "error_description"}
    assert all(" " <= sign <= "~" and sign not in '"\\' for sign in body["error_description"])
    assert answer.headers["cache-control"] == "no-store"
    return str(body["error"])


def rows(issuing: Issuing, table: Table) -> int:
    with issuing.issuer.engine.connect() as connection:
        return connection.execute(select(func.count()).select_from(table)).scalar_one()


def _without_none(members: Mapping[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in members.items() if value is not None}
