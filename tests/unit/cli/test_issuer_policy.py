"""What an operator writes about wallets in the configuration is what the issuer asks of them."""

import time
from pathlib import Path

import msgspec
import pytest
from click.testing import CliRunner
from starlette.testclient import TestClient

from sinwon.cli.main import main
from sinwon.cli.setup import ROLES, Plan, set_up
from sinwon.cli.wiring import make_issuer, make_world
from sinwon.config import Config, read_config
from sinwon.demo.deployment import HOST, free_ports
from sinwon.services.issuance.issuer import Issuer
from sinwon.web.issuer.app import issuer_app
from tests.world import SeededRandomness

SWITCHES = ("anonymous_wallets", "client_challenges", "dpop_nonces", "code_offers", "encryption_required")


@pytest.fixture
def config(tmp_path: Path) -> Config:
    ports = dict(zip(ROLES, free_ports(len(ROLES)), strict=True))
    origins = {role: f"http://{HOST}:{port}" for role, port in ports.items()}
    plan = Plan(tmp_path / "d", "demo", origins, ports, ("gov24",))
    path = set_up(plan, now=int(time.time()), random=SeededRandomness())
    assert CliRunner().invoke(main, ["migrate", "issuer", "--config", str(path)]).exit_code == 0
    return read_config(path)


def issuer_of(config: Config, **switches: bool) -> Issuer:
    changed = msgspec.structs.replace(config.issuer, **switches)
    world = make_world(msgspec.structs.replace(config, issuer=changed))
    try:
        return make_issuer(world)
    finally:
        world.close()


@pytest.mark.parametrize("name", SWITCHES)
def test_each_switch_reaches_the_issuer(config: Config, name: str) -> None:
    unless = getattr(config.issuer, name)
    assert getattr(issuer_of(config).settings, name) is unless
    assert getattr(issuer_of(config, **{name: not unless}).settings, name) is not unless


def test_a_strict_issuer_says_so(config: Config) -> None:
    strict = issuer_of(config, anonymous_wallets=False, dpop_nonces=True)
    client = TestClient(issuer_app(strict), base_url=strict.origin)
    told = client.get("/.well-known/oauth-authorization-server").json()
    assert told["token_endpoint_auth_methods_supported"] == ["attest_jwt_client_auth", "private_key_jwt"]
    assert "pre-authorized_grant_anonymous_access_supported" not in told
    assert client.post("/nonce").headers["dpop-nonce"]
