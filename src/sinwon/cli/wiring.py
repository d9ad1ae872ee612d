"""From configuration to roles: the one place where keys are opened, databases connected, ports given their adapters.

Each function makes one role: its application, its housekeeping, and its powers for whoever seeds it.
"""

import os
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path
from ssl import SSLContext
from threading import Event
from typing import Final

import structlog
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509 import load_pem_x509_certificate
from sqlalchemy import Engine
from sqlalchemy.exc import SQLAlchemyError
from starlette.types import ASGIApp

from sinwon.adapters.document_memory import DocumentMemory
from sinwon.adapters.fetch import Fetcher, Reach
from sinwon.adapters.issuer_client import IssuerClient
from sinwon.adapters.outbox import MailOutbox, Outbox
from sinwon.adapters.registers.embedded import embedded_registers
from sinwon.adapters.registers.unconnected import unconnected_registers
from sinwon.adapters.smtp import Smtp
from sinwon.cli.foreign import foreign_anchors, with_foreign
from sinwon.cli.serving import Listener
from sinwon.cli.tls import client_context, server_context
from sinwon.cli.wallet_provider import anchors_of, wallet_provider_of
from sinwon.cli.wallets import known_wallets
from sinwon.cli.watermark import Watermark
from sinwon.config import Config, Following, GatewaySettings, Listening
from sinwon.core.clock import Clock
from sinwon.core.ids import Randomness
from sinwon.core.refusal import Fault
from sinwon.core.strict_json import parse_object
from sinwon.keys.jwk import PublicKey, parse_public_jwk
from sinwon.keys.seal import Seal
from sinwon.keys.signer import CertifiedSigner
from sinwon.keys.trust import Anchor, Purpose
from sinwon.keys.uri import open_master, open_rsa_signer, open_signer
from sinwon.protocols.credential_types import TYPES
from sinwon.protocols.trust.follow import Follower
from sinwon.services.authorization.sign_in import Way
from sinwon.services.authorization.sign_in_by_pin import ByPin
from sinwon.services.catalogue.import_seed import import_seed
from sinwon.services.catalogue.publish import publish
from sinwon.services.catalogue.register_anchor import register_anchor
from sinwon.services.catalogue.seed_data import read_seed
from sinwon.services.enrolment.consulate import Consulate
from sinwon.services.enrolment.forget import forget
from sinwon.services.enrolment.registers import Registers
from sinwon.services.issuance.clean_up import clean_up
from sinwon.services.issuance.issuer import NONCE_KEY, IssuanceSettings, Issuer
from sinwon.services.issuance.restored import Restored, check_position, declare_restored, position, restored_at
from sinwon.services.lifecycle.ask_link import answer_asks
from sinwon.services.lifecycle.deliver import Routes, deliver
from sinwon.services.lifecycle.remind import remind
from sinwon.services.presentation.erase import erase_expired
from sinwon.services.presentation.gateway import Gateway
from sinwon.services.presentation.gateway import Settings as GatewayPolicy
from sinwon.services.registers.follow import follow_registers
from sinwon.services.wallet_provider.forget import forget as forget_instances
from sinwon.services.wallet_provider.provider import WalletProvider
from sinwon.store.engine import open_engine
from sinwon.store.migrate import check_current, upgrade
from sinwon.store.trust.publications import Publication
from sinwon.web.consulate.app import consulate_app
from sinwon.web.gateway.app import gateway_app
from sinwon.web.issuer.app import issuer_app
from sinwon.web.trust.app import trust_app
from sinwon.web.trust.current import CurrentPublication
from sinwon.web.wallet_provider.app import wallet_provider_app

log = structlog.stdlib.get_logger("sinwon.cli")
OPERATOR_NAME: Final = "Sinwon trust operator"
CONSULATE: Final = "consulate"
HOUSEKEEPING_SECONDS: Final = 60


@dataclass(frozen=True, slots=True)
class World:
    """What surrounds every role of one process."""

    config: Config
    clock: Clock
    random: Randomness
    fetch: Fetcher
    engines: dict[str, Engine] = field(default_factory=dict)
    background: ThreadPoolExecutor = field(default_factory=lambda: ThreadPoolExecutor(1, "refresh"))
    """Where trust documents are fetched again while requests go on with the ones at hand."""

    def engine(self, role: str) -> Engine:
        """The role's database, at the present revision. Raises Fault."""
        if role not in self.engines:
            engine = open_engine(settings_of(self.config, role).database)
            check_current(engine, role)
            self.engines[role] = engine
        return self.engines[role]

    def close(self) -> None:
        """Lets go of connections, to databases and to others."""
        self.background.shutdown()
        self.fetch.close()
        for engine in self.engines.values():
            engine.dispose()


@dataclass(frozen=True, slots=True)
class Role:
    """A role ready to be served."""

    name: str
    app: ASGIApp
    housekeeping: Callable[[], object] = lambda: None
    """To be called every minute."""


def keep_house(roles: Iterable[Role], stop: Event) -> None:
    """Each role's housekeeping, every minute until `stop` is set. One that fails is logged and tried again."""
    while not stop.wait(HOUSEKEEPING_SECONDS):
        for role in roles:
            try:
                role.housekeeping()
            except (Fault, SQLAlchemyError) as error:
                log.error("housekeeping failed", role=role.name, why=type(error).__name__)


REACH: Final[Mapping[str, Reach]] = {"demo": Reach.DEMO, "conformance": Reach.LOCAL, "production": Reach.PUBLIC}


def make_world(config: Config) -> World:
    """The real clock, randomness and network."""
    authority = config.tls.authority if config.tls is not None else None
    tls = client_context(Path(authority) if authority is not None else None)
    return World(config, lambda: int(time.time()), os.urandom, Fetcher(reach=REACH[config.profile], tls=tls))


def make_listener(config: Config, role: Role) -> Listener:
    """Where a role is served, with TLS if it is ours to speak."""
    settings = settings_of(config, role.name)
    return Listener(role.app, settings.host, settings.port, tls_of(config))


def tls_of(config: Config) -> SSLContext | None:
    return None if config.tls is None else server_context(Path(config.tls.certificates), Path(config.tls.key))


def settings_of(config: Config, role: str) -> Listening:
    settings: Listening | None = getattr(config, role, None)
    if not isinstance(settings, Listening):
        raise Fault(f"no such role: {role}")
    return settings


def migrate(config: Config, role: str) -> None:
    """Brings the role's database to the present revision."""
    engine = open_engine(settings_of(config, role).database)
    upgrade(engine, role)
    engine.dispose()


def make_role(world: World, name: str) -> Role:
    """One of trust, issuer, consulate, gateway, wallet_provider. Raises Fault."""
    makers: Mapping[str, Callable[[World], Role]] = {
        "trust": _trust_role,
        "issuer": lambda w: issuer_role(w, make_issuer(w)),
        "consulate": lambda w: consulate_role(make_consulate(w)),
        "gateway": lambda w: gateway_role(make_gateway(w)),
        "wallet_provider": lambda w: wallet_provider_role(make_wallet_provider(w)),
    }
    if name not in makers:
        raise Fault(f"no such role: {name}")
    return makers[name](world)


def found_trust(world: World) -> Publication:
    """First content of the trust role: seed, anchors of the deployment's authorities, first publication."""
    engine, now = world.engine("trust"), world.clock()
    import_seed(engine, read_seed(), actor="operator", now=now, demonstration=world.config.is_for_tests)
    folder = Path(world.config.trust.authorities)
    issuer, gateway = world.config.issuer.origin, world.config.gateway.origin
    for anchor in (
        Anchor(read_pem(folder / "issuing-authority.pem"), Purpose.ISSUANCE, "Sinwon issuer", issuer, frozenset(TYPES)),
        Anchor(read_pem(folder / "status-authority.pem"), Purpose.STATUS, "Sinwon status", issuer),
        Anchor(read_pem(folder / "access-authority.pem"), Purpose.ACCESS, "Sinwon access authority", gateway),
        *anchors_of(world.config.wallet_provider, read_pem, folder),
    ):
        register_anchor(engine, anchor, actor="operator", now=now)
    return _publish(world)


def make_issuer(world: World) -> Issuer:
    settings = world.config.issuer
    master, follower = open_master(settings.master_key), follow(world, settings)
    return Issuer(
        origin=settings.origin,
        engine=world.engine("issuer"),
        signer=_certified(settings.signing_key, settings.signing_chain),
        document_signer=_certified(settings.document_key, settings.document_chain),
        status_signer=_certified(settings.status_key, settings.status_chain),
        seal=Seal(master, world.random),
        nonce_key=master.derive(NONCE_KEY),
        role_keys={name: read_jwk(Path(file)) for name, file in settings.role_keys.items()},
        catalogue=follower.catalogue,
        clock=world.clock,
        random=world.random,
        settings=IssuanceSettings(
            encryption_required=settings.encryption_required,
            deferred=settings.deferred,
            code_offers=settings.code_offers,
            anonymous_wallets=settings.anonymous_wallets,
            dpop_nonces=settings.dpop_nonces,
            client_challenges=settings.client_challenges,
        ),
        clients=known_wallets(settings.clients),
        trust=follower.anchors,
        fetch=world.fetch,
        restored_at=restored_at(world.engine("issuer")),
    )


def make_routes(world: World) -> Routes:
    """How notices leave: mail by the configured server, everything else into the issuer's outbox."""
    folder, settings = Path(world.config.issuer.outbox), world.config.mail
    messages = Outbox(folder / "messages", world.clock)
    if settings is None:
        return Routes(MailOutbox(folder / "mail", world.clock), messages)
    file = settings.password_file
    mail = Smtp(
        host=settings.host,
        port=settings.port,
        sender=settings.sender,
        clock=world.clock,
        security=settings.security,
        user=settings.user,
        password=None if file is None else lambda: read_password(Path(file)),
    )
    return Routes(mail, messages)


def declare_issuer_restored(world: World) -> Restored:
    """To be called, once, when the issuer's database was brought back from a backup and is not served."""
    engine = world.engine("issuer")
    restored = declare_restored(engine, now=world.clock())
    Watermark(Path(world.config.issuer.documents)).write(position(engine))
    return restored


def make_consulate(world: World, registers: Registers | None = None) -> Consulate:
    """Without `registers`: the embedded, invented ones in the demo profile, none anywhere else."""
    settings = world.config.consulate
    issuer = IssuerClient(
        issuer=world.config.issuer.origin,
        sender=CONSULATE,
        signer=open_signer(settings.role_key),
        fetch=world.fetch,
        clock=world.clock,
        random=world.random,
    )
    return Consulate(
        origin=settings.origin,
        engine=world.engine("consulate"),
        seal=Seal(open_master(settings.master_key), world.random),
        registers=registers or (embedded_registers() if world.config.is_for_tests else unconnected_registers()),
        register_keys={name: read_jwk(Path(file)) for name, file in settings.register_keys.items()},
        messages=Outbox(Path(settings.outbox), world.clock),
        issuer=issuer,
        catalogue=follow(world, settings).catalogue,
        clock=world.clock,
        random=world.random,
    )


def make_gateway(world: World) -> Gateway:
    settings = world.config.gateway
    master, follower = open_master(settings.master_key), follow(world, settings)
    return Gateway(
        origin=settings.origin,
        engine=world.engine("gateway"),
        signer=open_signer(settings.id_token_key),
        access=_access(settings),
        seal=Seal(master, world.random),
        pairwise_key=master.derive("pairwise subject"),
        response_secret=master.derive("response keys"),
        trust=with_foreign(follower.anchors, foreign_anchors(world.config)),
        catalogue=follower.catalogue,
        fetch=world.fetch,
        clock=world.clock,
        random=world.random,
        settings=GatewayPolicy(settings.wallet_endpoint, clients_without_pkce=world.config.profile == "conformance"),
        rsa_signer=open_rsa_signer(settings.id_token_rsa_key) if settings.id_token_rsa_key else None,
    )


def make_wallet_provider(world: World) -> WalletProvider:
    settings = world.config.wallet_provider
    if settings is None:
        raise Fault("there is no [wallet_provider] in the configuration")
    signer = _certified(settings.signing_key, settings.signing_chain)
    return wallet_provider_of(settings, signer, world.engine("wallet_provider"), world.clock, world.random)


def follow(world: World, settings: Following) -> Follower:
    """The role's follower of the trust documents, with the operator's key pinned by configuration."""
    return Follower(
        world.fetch,
        world.clock,
        read_jwk(Path(world.config.operator_key)),
        origin=world.config.trust.origin,
        alarm=lambda document, why: log.warning("trust document refused", document=document, why=why),
        memory=DocumentMemory(Path(settings.documents)),
        background=world.background.submit,
    )


def read_password(path: Path) -> str:
    """The first line. Raises OSError."""
    return path.read_text(encoding="utf-8").partition("\n")[0]


def read_jwk(path: Path) -> PublicKey:
    return parse_public_jwk(parse_object(path.read_bytes()))


def read_pem(path: Path) -> bytes:
    """The DER of the one certificate in a PEM file."""
    return load_pem_x509_certificate(path.read_bytes()).public_bytes(Encoding.DER)


def _trust_role(world: World) -> Role:
    settings = world.config.trust
    current = CurrentPublication(world.engine("trust"), world.clock, lambda: _publish(world))
    jwk = open_signer(settings.signing_key).public_jwk
    return Role("trust", trust_app(origin=settings.origin, operator_jwk=jwk, latest=current))


def issuer_role(world: World, issuer: Issuer, ways: Sequence[Way] = (ByPin(),)) -> Role:
    watermark = Watermark(Path(world.config.issuer.documents))
    check_position(issuer.engine, watermark.read())

    routes = make_routes(world)

    def keep_house() -> None:
        clean_up(issuer)
        watermark.write(position(issuer.engine))
        remind(issuer)
        answer_asks(issuer)
        deliver(issuer, routes)

    return Role("issuer", issuer_app(issuer, ways), keep_house)


def consulate_role(consulate: Consulate) -> Role:
    return Role("consulate", consulate_app(consulate), lambda: (forget(consulate), follow_registers(consulate)))


def gateway_role(gateway: Gateway) -> Role:
    return Role("gateway", gateway_app(gateway), lambda: erase_expired(gateway))


def wallet_provider_role(provider: WalletProvider) -> Role:
    return Role("wallet_provider", wallet_provider_app(provider), lambda: forget_instances(provider))


def _publish(world: World) -> Publication:
    operator = open_signer(world.config.trust.signing_key)
    return publish(world.engine("trust"), operator=operator, operator_name=OPERATOR_NAME, actor="operator", now=world.clock())


def _access(settings: GatewaySettings) -> Callable[[str], CertifiedSigner]:
    signers = {service: _certified(access.key, access.chain) for service, access in settings.access.items()}

    def of(service: str) -> CertifiedSigner:
        if service not in signers:
            raise Fault(f"no access certificate for service {service}")
        return signers[service]

    return of


def _certified(key: str, chain: tuple[str, ...]) -> CertifiedSigner:
    return CertifiedSigner(open_signer(key), tuple(read_pem(Path(file)) for file in chain))
