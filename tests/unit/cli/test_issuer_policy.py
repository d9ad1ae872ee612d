"""What an operator writes about wallets in the configuration is what the issuer asks of them."""

import time
from pathlib import Path
from typing import Literal

import msgspec
import pytest
from click.testing import CliRunner
from starlette.testclient import TestClient

from sinwon.cli.main import main
from sinwon.cli.setup import ROLES, Plan, set_up
from sinwon.cli.wiring import make_issuer, make_world
from sinwon.config import Config, WalletSettings, read_config
from sinwon.core.refusal import Fault
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


def with_wallet(config: Config, wallet: WalletSettings) -> Issuer:
    changed = msgspec.structs.replace(config.issuer, clients={"a-wallet": wallet})
    world = make_world(msgspec.structs.replace(config, issuer=changed))
    try:
        return make_issuer(world)
    finally:
        world.close()


def test_a_wallet_of_the_configuration_is_known(config: Config, tmp_path: Path) -> None:
    back = ("https://wallet.example/callback?a=b",)
    assert with_wallet(config, WalletSettings(back, "attest_jwt_client_auth")).clients["a-wallet"].redirect_uris == back
    key = (str(tmp_path / "d" / "consulate-role.jwk"),)
    assert len(with_wallet(config, WalletSettings(("wallet:/back",), "private_key_jwt", key)).clients["a-wallet"].keys) == 1


@pytest.mark.parametrize(
    ("back", "method", "keyed"),
    [
        (("https://wallet.example/",), "attest_jwt_client_auth", True),
        (("https://wallet.example/",), "private_key_jwt", False),
        ((), "attest_jwt_client_auth", False),
        (("https://wallet.example/#part",), "attest_jwt_client_auth", False),
        (("callback",), "attest_jwt_client_auth", False),
    ],
)
def test_a_wallet_that_cannot_be_told_apart_or_answered_is_a_fault(
    config: Config,
    tmp_path: Path,
    back: tuple[str, ...],
    method: Literal["attest_jwt_client_auth", "private_key_jwt"],
    keyed: bool,
) -> None:
    keys = (str(tmp_path / "d" / "consulate-role.jwk"),) if keyed else ()
    with pytest.raises(Fault, match=r"issuer\.clients\.a-wallet"):
        with_wallet(config, WalletSettings(back, method, keys))
