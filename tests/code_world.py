"""A wallet that comes to the real issuer by the authorization code flow, attested, and a citizen who signs in and says yes."""

import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlencode, urlsplit

from sinwon.core.fetch import Answer
from sinwon.formats.jose.jws import parse_jws
from sinwon.holder.client_attestation import POP_HEADER
from sinwon.holder.powers import Powers
from sinwon.holder.wallet import Holder
from sinwon.protocols.oauth.client_authentication.attestation import METHOD
from sinwon.protocols.oauth.metadata import WELL_KNOWN
from sinwon.services.authorization.clients import Client
from tests import world
from tests.authorizing import Authorizing
from tests.code_client import CLIENT_ID, REDIRECT_URI, Drawer, code_client, code_powers
from tests.issuing import Issuing, client_of, on_sqlite
from tests.network import Network

SERVER = f"/.well-known/{WELL_KNOWN}"


@dataclass
class WatchedDoor(Network):
    """The network, which remembers the proofs of possession it saw, and what stood in them."""

    proofs: list[dict[str, Any]] = field(default_factory=list)

    def _call(self, method: str, url: str, body: bytes | None, headers: Mapping[str, str]) -> Answer:
        if POP_HEADER in headers:
            self.proofs.append(parse_jws(headers[POP_HEADER]).claims())
        return super()._call(method, url, body, headers)


@dataclass
class CodeWorld:
    issuing: Issuing
    network: WatchedDoor
    citizen: Authorizing
    clock: world.StandingClock
    storage: Drawer = field(default_factory=Drawer)
    back: Callable[[str], str] = str
    """What becomes of the address the browser comes back with."""
    opened: list[str] = field(default_factory=list)
    application: str | None = None
    """Of the citizen at the browser; None: a new one each time."""

    def browse(self, url: str) -> str:
        self.opened.append(url)
        named = parse_qs(urlsplit(url).query, strict_parsing=True)
        assert set(named) == {"client_id", "request_uri"}
        answer = self.citizen.approved(named["request_uri"][0], self.application)
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
        self.citizen = Authorizing(issuing, CLIENT_ID)
        self.network.apps[world.ISSUER] = issuing.client.app
        self.network.clients.clear()


@contextmanager
def code_world(folder: Path, **settings: Any) -> Iterator[CodeWorld]:
    issuing = on_sqlite(folder)
    known = Client(CLIENT_ID, (REDIRECT_URI,), METHOD)
    issuer = replace(issuing.issuer, clients={CLIENT_ID: known}, settings=replace(issuing.issuer.settings, **settings))
    issuing = Issuing(issuer, issuing.clock, client_of(issuer))
    network = WatchedDoor({world.ISSUER: issuing.client.app})
    citizen = Authorizing(issuing, CLIENT_ID)
    yield CodeWorld(issuing, network, citizen, issuing.clock)
    issuer.engine.dispose()


def code_offer(here: CodeWorld, configurations: Sequence[str]) -> str:
    """An offer of the issuer, of which the code flow alone is left; whoever signs in is the one it is for."""
    here.serve(code_offers=True, configurations=tuple(configurations))
    offer = here.issuing.open(here.issuing.make_offer())
    grants = {"authorization_code": offer["grants"]["authorization_code"]}
    here.application = f"application-{here.issuing.applications}"
    return "openid-credential-offer://?" + urlencode({"credential_offer": json.dumps({**offer, "grants": grants})})
