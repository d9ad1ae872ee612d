"""Where notices leave a deployment: by its mail server, or into the issuer's outbox; the issuer's housekeeping sends them."""

import time
from pathlib import Path

import pytest

from sinwon.adapters.outbox import MailOutbox
from sinwon.adapters.smtp import Smtp
from sinwon.cli.setup import ROLES, Plan, set_up
from sinwon.cli.wiring import World, make_role, make_routes, make_world, migrate
from sinwon.config import read_config
from sinwon.core.refusal import Fault
from sinwon.core.strict_json import dump
from sinwon.demo.deployment import HOST, free_ports
from sinwon.keys.seal import Seal
from sinwon.keys.uri import open_master
from sinwon.services.lifecycle.notices import seal_context_of
from sinwon.services.notify.message import Mail
from sinwon.store.engine import writing
from sinwon.store.issuer import certificates, notices
from sinwon.store.issuer.certificates import NewCertificate
from sinwon.store.issuer.notices import NewNotice
from tests.smtp_server import SmtpServer
from tests.world import SeededRandomness

MAIL = Mail("notice-1", "hong@mail.example", "subject", "text", "ko")


def world_with(folder: Path, mail: str = "") -> World:
    ports = dict(zip(ROLES, free_ports(len(ROLES)), strict=True))
    origins = {role: f"http://{HOST}:{port}" for role, port in ports.items()}
    path = set_up(Plan(folder / "d", "demo", origins, ports, ("gov24",)), now=int(time.time()), random=SeededRandomness())
    path.write_text(path.read_text() + mail)
    return make_world(read_config(path))


def test_without_a_mail_server_mail_stays_in_the_outbox(tmp_path: Path) -> None:
    world = world_with(tmp_path)
    routes = make_routes(world)
    routes.mail.send(MAIL)
    (kept,) = MailOutbox(Path(world.config.issuer.outbox) / "mail", world.clock).of(MAIL.to)
    assert kept.subject == "subject"
    world.close()


def test_a_configured_server_takes_the_mail(tmp_path: Path) -> None:
    (tmp_path / "password").write_text("a password\nand more\n")
    with SmtpServer(tmp_path, "tls").running() as server:
        mail = (
            f'[mail]\nhost = "{HOST}"\nport = {server.port}\nsender = "notice@issuer.example"\nsecurity = "tls"\n'
            f'user = "sinwon"\npassword_file = "{tmp_path / "password"}"\n'
        )
        world = world_with(tmp_path, mail)
        route = make_routes(world).mail
        assert isinstance(route, Smtp)
        assert route.password is not None
        assert (route.user, route.password(), route.context) == ("sinwon", "a password", None)
        world.close()


def test_a_server_elsewhere_is_not_spoken_to_in_the_clear(tmp_path: Path) -> None:
    mail = '[mail]\nhost = "mail.example"\nsender = "notice@issuer.example"\nsecurity = "none"\n'
    world = world_with(tmp_path, mail)
    with pytest.raises(Fault):
        make_routes(world)
    world.close()


def test_housekeeping_sends_what_is_due(tmp_path: Path) -> None:
    world = world_with(tmp_path)
    migrate(world.config, "issuer")
    role, issuer = make_role(world, "issuer"), world.engine("issuer")
    seal = Seal(open_master(world.config.issuer.master_key), world.random)
    addresses = seal.seal(dump({"email": MAIL.to}), seal_context_of("notice-1"))
    with writing(issuer) as connection:
        certificates.person_id_of(connection, "R" * 43, "person-1", now=0)
        assert certificates.add(connection, NewCertificate("cert-1", "a", "person-1", "m", b"", world.clock() + 1_000))
        notice = NewNotice("notice-1", "cert-1", "suspended", {"at": world.clock()}, "en", None, addresses)
        notices.add(connection, notice, now=0)
    role.housekeeping()
    (kept,) = MailOutbox(Path(world.config.issuer.outbox) / "mail", world.clock).of(MAIL.to)
    assert "was suspended" in kept.text
    world.close()
