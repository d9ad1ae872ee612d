"""`sinwon serve --profile conformance`: everything up, and on standard output the JSON that a harness must be given."""

import gc
import signal
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from threading import Event
from typing import Any
from urllib.parse import urlsplit

import click
import msgspec

from sinwon.cli.foreign import with_foreign
from sinwon.cli.serving import Listener, serving
from sinwon.cli.setup import ROLES
from sinwon.cli.wiring import (
    World,
    gateway_role,
    issuer_role,
    keep_house,
    make_consulate,
    make_gateway,
    make_issuer,
    make_listener,
    make_role,
    make_world,
    tls_of,
)
from sinwon.config import Config
from sinwon.conformance.citizen import ByButton, certify
from sinwon.conformance.desk import Desk, desk_app
from sinwon.conformance.identifiers import identifiers
from sinwon.conformance.plan import DEFERRED, DESK, SERVICE, Harness, Place, prepare
from sinwon.conformance.presentations import Presentations
from sinwon.conformance.services import found_services, register, simulated
from sinwon.conformance.wallets import Players, found_players
from sinwon.core.refusal import Fault
from sinwon.services.authorization.sign_in_by_pin import ByPin
from sinwon.services.issuance.issuer import Issuer
from sinwon.services.presentation.gateway import Gateway


@dataclass(frozen=True, slots=True)
class Serving:
    config: Config
    desk: str
    """The origin of what a harness asks on demand."""
    identifiers: dict[str, Any]
    keep_house: Callable[[Event], None]


def serve_conformance(folder: Path, host: str, harness: str, alias: str) -> None:
    """Serves until interrupted. Raises Fault."""
    stop = Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: stop.set())
    with conformance(Place(folder, host), parse_harness(harness, alias)) as up:
        gc.collect()
        gc.freeze()
        click.echo(msgspec.json.format(msgspec.json.encode(up.identifiers)).decode())
        up.keep_house(stop)


@contextmanager
def conformance(place: Place, harness: Harness) -> Iterator[Serving]:
    """All roles and the desk, up inside the block."""
    config = prepare(place)
    with closing(make_world(config)) as world:
        consulate, players = make_consulate(world), found_players(place.folder, harness)
        issuer = issuer_role(world, _issuer(world, players), (ByPin(), ByButton(lambda: certify(consulate)[0].application)))
        gateway = _gateway(world)
        made = {"issuer": issuer, "gateway": gateway_role(gateway)}
        roles = [made.get(name) or make_role(world, name) for name in ROLES if getattr(config, name)]
        services = found_services(gateway, place.folder, harness)
        told = identifiers(config, harness, place.origins[DESK]) | players.described | services.described
        origin = place.origins[DESK]
        desk = Desk(origin, consulate, Presentations(origin, gateway, SERVICE), told)
        listeners = {role.name: make_listener(config, role) for role in roles}
        listeners[DESK] = Listener(desk_app(desk), config.issuer.host, place.ports[DESK], tls_of(config))
        with serving(listeners):
            register(gateway, services)
            yield Serving(config, desk.origin, desk.identifiers, lambda stop: keep_house(roles, stop))


def _issuer(world: World, players: Players) -> Issuer:
    """That knows the harness's wallets and who attests them, serves nobody else, and whose offers name the authorization code
    flow."""
    issuer = make_issuer(world)
    settings = replace(issuer.settings, code_offers=True, anonymous_wallets=False, deferred=(DEFERRED,))
    trust = with_foreign(issuer.trust, (players.attester.anchor,))
    return replace(issuer, clients={**issuer.clients, **players.clients}, trust=trust, settings=settings)


def _gateway(world: World) -> Gateway:
    """At which the test citizen signs in without a wallet."""
    gateway = make_gateway(world)
    return replace(gateway, simulate=simulated(gateway, world.config.issuer.origin))


def parse_harness(base: str, alias: str) -> Harness:
    """Raises Fault."""
    parts = urlsplit(base)
    if parts.scheme != "https" or not parts.hostname or parts.path.strip("/") or parts.query or parts.fragment:
        raise Fault("the harness is named by an https origin")
    if not alias or not alias.replace("-", "").replace("_", "").isalnum() or not alias.isascii():
        raise Fault("the alias has letters, digits, - and _ only")
    return Harness(f"https://{parts.netloc}", alias)
