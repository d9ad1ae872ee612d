"""A wallet that comes to the real issuer by the authorization code flow, and a citizen who signs in and says yes.

The wallet authenticates by attestation. Its two headers are looked at here as a server would, and stand for the client's
assertion behind this door.
"""

import json
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, parse_qsl, urlencode, urlsplit

from sinwon.core.fetch import Answer
from sinwon.core.strict_json import dump
from sinwon.formats.jose.jws import parse_jws, verify_jws
from sinwon.holder.client_attestation import ATTESTATION_HEADER, CHALLENGE_HEADER, POP_HEADER, POP_TYP
from sinwon.holder.powers import Powers
from sinwon.holder.wallet import Holder
from sinwon.keys.jwk import parse_public_jwk
from sinwon.protocols.oauth.client_authentication.assertion import METHOD
from sinwon.protocols.oauth.metadata import WELL_KNOWN
from sinwon.services.authorization.clients import Client
from tests import world
from tests.authorizing import Authorizing
from tests.code_client import CLIENT_ID, REDIRECT_URI, Drawer, code_client, code_powers
from tests.issuing import Issuing, client_of, on_sqlite
from tests.network import Network, json_page, with_body

SERVER = f"/.well-known/{WELL_KNOWN}"
CHALLENGE = f"{world.ISSUER}/challenge"


@dataclass
class AttestedDoor(Network):
    """Where a client's attestation is asked for; remembers the proofs of possession it saw."""

    citizen: Authorizing | None = None
    challenge: str = "first-challenge"
    proofs: list[dict[str, Any]] = field(default_factory=list)

    def _call(self, method: str, url: str, body: bytes | None, headers: Mapping[str, str]) -> Answer:
        path = urlsplit(url).path
        if path == "/challenge":
            return json_page(dump({"attestation_challenge": self.challenge}))
        if path not in {"/par", "/token"}:
            return super()._call(method, url, body, headers)
        named = {name.lower(): value for name, value in headers.items()}
        refused = self._authenticate(named)
        if refused is not None:
            return refused
        assert self.citizen is not None
        form = {**dict(parse_qsl((body or b"").decode())), **self.citizen.assertion()}
        return super()._call(method, url, urlencode(form).encode(), headers)

    def _authenticate(self, headers: Mapping[str, str]) -> Answer | None:
        attested = parse_jws(headers[ATTESTATION_HEADER]).claims()
        possession = parse_jws(headers[POP_HEADER])
        claims = possession.claims()
        verify_jws(possession, parse_public_jwk(attested["cnf"]["jwk"]), typ=POP_TYP)
        assert attested["sub"] == CLIENT_ID
        assert claims["aud"] == world.ISSUER
        assert claims["jti"] not in {proof["jti"] for proof in self.proofs}
        self.proofs.append(claims)
        if claims.get("challenge") == self.challenge:
            return None
        error = json_page(dump({"error": "use_attestation_challenge"}), 400)
        return replace(error, headers={**error.headers, CHALLENGE_HEADER: self.challenge})


@dataclass
class CodeWorld:
    issuing: Issuing
    network: AttestedDoor
    citizen: Authorizing
    clock: world.StandingClock
    storage: Drawer = field(default_factory=Drawer)
    back: Callable[[str], str] = str
    """What becomes of the address the browser comes back with."""
    opened: list[str] = field(default_factory=list)

    def browse(self, url: str) -> str:
        self.opened.append(url)
        named = parse_qs(urlsplit(url).query, strict_parsing=True)
        assert set(named) == {"client_id", "request_uri"}
        answer = self.citizen.approved(named["request_uri"][0])
        assert answer.status_code == 303, answer.text
        return self.back(answer.headers["location"])

    def powers(self, **more: Any) -> Powers:
        return code_powers(self.network, self.clock, code_client(self.clock, self.browse), **more)

    def wallet(self, **more: Any) -> Holder:
        return Holder(self.powers(**more), self.storage)

    def sent(self, path: str) -> int:
        return self.network.log.count(f"POST {world.ISSUER}{path}")

    def serve(self, **settings: Any) -> None:
        """The same issuer under another policy."""
        self._front(self.issuing.with_settings(**settings))

    def _front(self, issuing: Issuing) -> None:
        self.issuing = issuing
        self.citizen = self.network.citizen = Authorizing(issuing, CLIENT_ID)
        self.network.apps[world.ISSUER] = issuing.client.app
        self.network.clients.clear()


def attested(answer: Answer) -> Answer:
    """The server's metadata with what stands at this door."""
    methods = {"token_endpoint_auth_methods_supported": ["attest_jwt_client_auth"], "challenge_endpoint": CHALLENGE}
    return with_body(answer, dump({**json.loads(answer.body), **methods}))


@contextmanager
def code_world(folder: Path, **settings: Any) -> Iterator[CodeWorld]:
    issuing = on_sqlite(folder)
    known = Client(CLIENT_ID, (REDIRECT_URI,), METHOD, (parse_public_jwk(world.key(CLIENT_ID).public_jwk),))
    issuer = replace(issuing.issuer, clients={CLIENT_ID: known}, settings=replace(issuing.issuer.settings, **settings))
    issuing = Issuing(issuer, issuing.clock, client_of(issuer))
    network = AttestedDoor({world.ISSUER: issuing.client.app}, tampering={SERVER: attested})
    citizen = Authorizing(issuing, CLIENT_ID)
    network.citizen = citizen
    yield CodeWorld(issuing, network, citizen, issuing.clock)
    issuer.engine.dispose()
