"""Every role and both demonstration sites, set up in one folder and served on loopback, each on its own port."""

import os
import secrets
import socket
import time
from collections.abc import Iterable, Iterator, Mapping
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from starlette.types import ASGIApp

from sinwon.adapters.outbox import Outbox
from sinwon.adapters.registers.embedded import EmbeddedRegisters, Outage
from sinwon.adapters.registers.people import InventedPerson
from sinwon.cli.serving import Listener, serving
from sinwon.cli.setup import ROLES, Plan, set_up
from sinwon.cli.wiring import (
    Role,
    World,
    consulate_role,
    found_trust,
    make_consulate,
    make_gateway,
    make_role,
    make_world,
    migrate,
)
from sinwon.config import read_config
from sinwon.core.ids import new_secret
from sinwon.demo.desk.app import Desk, desk_app
from sinwon.demo.sites.app import Site, site_app
from sinwon.protocols.attestation.key_assurance import PIN_AND_PASSKEY
from sinwon.protocols.trust.catalogue import Catalogue
from sinwon.services.accounts.register_officer import register_officer
from sinwon.services.enrolment.consulate import Consulate
from sinwon.services.sign_in.register_client import Registration, register_client

HOST: Final = "127.0.0.1"
FIRST_PORT: Final = 8470
LIVE: Final = ("gov24", "oka365")
PLANNED: Final = "apostille"
"""A planned service that is ready but for its date: it must be refused all the same."""
PLACES: Final = (*ROLES, *LIVE, PLANNED, "wallet")
AUTHENTICATION: Final = (PIN_AND_PASSKEY, "iso_18045_basic")
"""What the wallet provider says of some invented phones. Nobody checks that of a wallet without a screen; for real phones a
provider must."""
SITE_NAMES: Final = {
    "gov24": ("정부24 (시연)", "Government24 (demo)"),
    "oka365": ("재외동포365 (시연)", "Overseas Koreans 365 (demo)"),
    PLANNED: ("e-아포스티유 (시연)", "e-Apostille (demo)"),
}
SCOPES: Final[Mapping[str, tuple[tuple[str, str], ...]]] = {
    "gov24": (("login", "gov-minwon"), ("rrn", "gov-minwon-rrn")),
    "oka365": (("login", "gov-minwon"), ("rrn", "gov-minwon-rrn")),
    PLANNED: (("login", "apostille"),),
}


@dataclass(frozen=True, slots=True)
class OfficerLogin:
    login: str
    secret: str


@dataclass(frozen=True, slots=True)
class Deployment:
    """A running demonstration."""

    folder: Path
    world: World
    roles: tuple[Role, ...]
    consulate: Consulate
    outbox: Outbox
    outage: Outage
    registers: EmbeddedRegisters
    """To which things can be made to happen; the consulate hears of it in its next round."""
    origins: Mapping[str, str]
    sites: tuple[Site, ...]
    desk: Desk
    """The wallets as pages; it shows whoever it is given."""
    officers: Mapping[str, OfficerLogin]
    """Mission id → the login of its officer."""

    @property
    def catalogue(self) -> Catalogue:
        return self.consulate.catalogue()


@contextmanager
def deployed(folder: Path, people: tuple[InventedPerson, ...]) -> Iterator[Deployment]:
    """Sets up, serves and seeds everything. Stops it all at the end."""
    ports = free_ports(len(PLACES))
    missions = sorted({person.form.mission for person in people})
    origins = {place: f"http://{HOST}:{port}" for place, port in zip(PLACES, ports, strict=True)}
    numbers = dict(zip(PLACES, ports, strict=True))
    wallet_endpoint = f"{origins['wallet']}/present"
    plan = Plan(folder, "demo", origins, numbers, (*LIVE, PLANNED), wallet_endpoint, user_authentication=AUTHENTICATION)
    config = read_config(set_up(plan, now=int(time.time()), random=os.urandom))
    for role in ROLES:
        migrate(config, role)
    world, outage = make_world(config), Outage()
    registers = EmbeddedRegisters(people, outage)
    found_trust(world)
    consulate = make_consulate(world, registers.registers)
    sites = tuple(_site(service, origins) for service in (*LIVE, PLANNED))
    places = [(site.name_ko, site.name_en, site.origin) for site in sites]
    desk = Desk(origins["wallet"], places, consulate.catalogue)
    roles = (*(make_role(world, name) for name in ("trust", "issuer", "gateway", "wallet_provider")), consulate_role(consulate))
    listeners = _listeners(roles, sites, numbers)
    listeners["wallet"] = Listener(desk_app(desk), HOST, numbers["wallet"])
    with closing(world), serving(listeners):
        _register_clients(world, sites)
        officers = _register_officers(consulate, missions)
        outbox = Outbox(Path(config.consulate.outbox), world.clock)
        yield Deployment(folder, world, roles, consulate, outbox, outage, registers, origins, sites, desk, officers)


def free_ports(count: int) -> list[int]:
    """From FIRST_PORT upwards where they are free, so that a second visit finds the same addresses."""
    found: list[int] = []
    for port in range(FIRST_PORT, FIRST_PORT + 200):
        with socket.socket() as probe:
            try:
                probe.bind((HOST, port))
            except OSError:
                continue
        found.append(port)
        if len(found) == count:
            return found
    raise OSError("no free ports on loopback")


def _site(service: str, origins: Mapping[str, str]) -> Site:
    name_ko, name_en = SITE_NAMES[service]
    return Site(
        service=service,
        name_ko=name_ko,
        name_en=name_en,
        origin=origins[service],
        gateway=origins["gateway"],
        client_id=f"{service}-demo",
        client_secret=new_secret(os.urandom),
        session_secret=secrets.token_urlsafe(32),
        scopes=SCOPES[service],
    )


def _listeners(roles: Iterable[Role], sites: tuple[Site, ...], ports: Mapping[str, int]) -> dict[str, Listener]:
    apps: dict[str, ASGIApp] = {role.name: role.app for role in roles}
    apps |= {site.service: site_app(site) for site in sites}
    return {name: Listener(app, HOST, ports[name]) for name, app in apps.items()}


def _register_clients(world: World, sites: tuple[Site, ...]) -> None:
    gateway = make_gateway(world)
    for site in sites:
        redirects = (f"{site.origin}/callback",)
        register_client(gateway, Registration(site.client_id, site.service, redirects, site.client_secret, site.service))


def _register_officers(consulate: Consulate, missions: Iterable[str]) -> dict[str, OfficerLogin]:
    officers = {}
    for mission in missions:
        login = OfficerLogin(f"officer@{mission}", new_secret(os.urandom))
        register_officer(consulate, login=login.login, secret=login.secret, name="시연 담당 영사", mission=mission)
        officers[mission] = login
    return officers
