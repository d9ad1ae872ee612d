"""A wallet among real roles in one process: an issuer, a gateway, and a Fetch that leads to them."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

from starlette.testclient import TestClient

from sinwon.holder.keys import SoftwareKeyRing
from sinwon.holder.powers import Powers
from sinwon.holder.storage import Storage
from sinwon.holder.wallet import Holder
from sinwon.protocols.vci.configurations import ISSUED
from sinwon.web.gateway.app import gateway_app
from tests import world
from tests.gateway_world import CATALOGUE, GatewayWorld, begin, gateway_world, parameters_of, wallet_link_on
from tests.issuing import PIN, Issuing, on_sqlite
from tests.network import Network

FOR_ANY_KEY = tuple(issued.type.named(issued.format) for issued in ISSUED.values() if not issued.attested)
"""The types of which a wallet gets copies for whose keys nobody vouches."""


@dataclass
class WalletWorld:
    issuing: Issuing
    gateway: GatewayWorld
    network: Network
    holder: Holder
    clock: world.StandingClock

    def browser(self) -> TestClient:
        return TestClient(self.network.apps[world.GATEWAY], base_url=world.GATEWAY, follow_redirects=False)

    def ask(self, browser: TestClient | None = None, **changes: str | None) -> str:
        """Begins a sign-in at a service and gives the wallet link its page shows."""
        at = browser or self.browser()
        page = at.get(begin(at, **changes))
        assert page.status_code == 200, page.text
        return wallet_link_on(page.text)

    def hold_request(self, wallet_link: str) -> str:
        """Keeps the request object of a link as it is now, for a replay; gives it."""
        url = parameters_of(wallet_link)["request_uri"]
        answer = self.network.get(url, accept="application/oauth-authz-req+jwt")
        self.network.pages[url] = answer
        return answer.body.decode()

    def receive(self, **options: Any) -> None:
        self.holder.receive(self.issuing.make_offer().uri, tx_code=PIN, **options)


def powers(network: Network, clock: world.StandingClock) -> Powers:
    return Powers(
        fetch=network,
        anchors=world.trust_anchors,
        catalogue=lambda: CATALOGUE,
        clock=clock,
        random=world.SeededRandomness(21),
        keys=SoftwareKeyRing(),
    )


@contextmanager
def wallet_world(folder: Path, storage: Storage | None = None) -> Iterator[WalletWorld]:
    issuing = on_sqlite(folder)
    network = Network({world.ISSUER: issuing.client.app})
    with gateway_world(folder) as gateway:
        gateway.gateway = replace(gateway.gateway, fetch=network)
        network.apps[world.GATEWAY] = gateway_app(gateway.gateway)
        clock = gateway.clock
        yield WalletWorld(issuing, gateway, network, Holder(powers(network, clock), storage), clock)
    issuing.issuer.engine.dispose()


def link(client_id: str, request_uri: str, **more: str) -> str:
    return "openid4vp://?" + urlencode({"client_id": client_id, "request_uri": request_uri, **more})
