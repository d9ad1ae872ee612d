"""What a harness is told and tells: where everything is, who its clients are, and the keys it plays them with.

Everything is made once in one folder and is the same at every start, so that a harness is configured once.
"""

import os
import time
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

from sinwon.cli.setup import ROLES, Plan, set_up, write_pem
from sinwon.cli.wiring import found_trust, make_world, migrate
from sinwon.config import Config, TlsSettings, read_config
from sinwon.core.refusal import Fault
from sinwon.keys.authority import create_authority
from sinwon.keys.software import generate_key
from sinwon.protocols.vci.configurations import AGE_MDOC

PROFILE: Final = "conformance"
DESK: Final = "desk"
"""Where a harness asks for offers and presentations."""
PLACES: Final = (*ROLES, DESK)
FIRST_PORT: Final = 8490
SERVICE: Final = "gov24"
DEFERRED: Final = AGE_MDOC
"""The configuration that is promised first and given later."""


@dataclass(frozen=True, slots=True)
class Harness:
    """Whom this deployment is for."""

    base: str
    """`https://host:port` of the harness, without a path."""
    alias: str

    @property
    def callback(self) -> str:
        return f"{self.base}/test/a/{self.alias}/callback"

    @property
    def second_callback(self) -> str:
        """With a query, which must come back as it is."""
        return f"{self.callback}?dummy1=lorem&dummy2=ipsum"


@dataclass(frozen=True, slots=True)
class Place:
    """Where this deployment is."""

    folder: Path
    host: str
    """The name in every address."""
    first_port: int = FIRST_PORT

    @property
    def ports(self) -> Mapping[str, int]:
        return {place: self.first_port + at for at, place in enumerate(PLACES)}

    @property
    def origins(self) -> Mapping[str, str]:
        return {place: f"https://{self.host}:{port}" for place, port in self.ports.items()}


def prepare(place: Place) -> Config:
    """The configuration in the folder, with databases and trust documents; made where there is none. Raises Fault where the
    folder is of another deployment."""
    target = place.folder / "sinwon.toml"
    if not target.exists():
        _make(place)
    config = read_config(target)
    if config.profile != PROFILE:
        raise Fault(f"{target} is not of the conformance profile")
    if config.issuer.origin != place.origins["issuer"]:
        raise Fault(f"{target} is of another host or other ports: take another folder")
    return config


def _make(place: Place) -> None:
    place.folder.mkdir(parents=True, exist_ok=True)
    tls, now = _make_tls(place), int(time.time())
    plan = Plan(place.folder, PROFILE, place.origins, place.ports, (SERVICE,), tls=tls)
    config = read_config(set_up(plan, now=now, random=os.urandom))
    for role in ROLES:
        migrate(config, role)
    world = make_world(config)
    try:
        found_trust(world)
    finally:
        world.close()


def _make_tls(place: Place) -> TlsSettings:
    """An authority of its own, and one certificate for all roles. Its key is on disk only for this profile."""
    now, key = int(time.time()), generate_key()
    authority = create_authority(generate_key(), "Sinwon conformance TLS", now=now, random=os.urandom)
    leaf = authority.certify_server(key, (place.host,), now=now, random=os.urandom)
    paths = {name: place.folder / f"tls-{name}.pem" for name in ("authority", "chain", "key")}
    write_pem(paths["authority"], authority.certificate)
    write_pem(paths["chain"], leaf)
    with open(paths["key"], "xb", opener=for_its_owner) as file:
        file.write(key.private.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()))
    return TlsSettings(certificates=str(paths["chain"]), key=str(paths["key"]), authority=str(paths["authority"]))


def for_its_owner(path: str, flags: int) -> int:
    """An opener of files that nobody else can read."""
    return os.open(path, flags, 0o600)
