"""`sinwon restored`: an older database is not served until its operator says that it was put back."""

import time
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from sinwon.cli import main as commands
from sinwon.cli.main import main
from sinwon.cli.setup import ROLES, Plan, set_up
from sinwon.cli.watermark import Watermark
from sinwon.cli.wiring import make_issuer, make_role, make_world
from sinwon.config import read_config
from sinwon.demo.deployment import HOST, free_ports
from tests.world import SeededRandomness


def run(*words: str | Path) -> Result:
    return CliRunner().invoke(main, [str(word) for word in words])


@pytest.fixture
def config(tmp_path: Path) -> Path:
    ports = dict(zip(ROLES, free_ports(len(ROLES)), strict=True))
    origins = {role: f"http://{HOST}:{port}" for role, port in ports.items()}
    plan = Plan(tmp_path / "d", "demo", origins, ports, ("gov24",))
    path = set_up(plan, now=int(time.time()), random=SeededRandomness())
    assert run("migrate", "issuer", "--config", path).exit_code == 0
    return path


def test_T11_control_a_database_that_went_on_is_served(config: Path) -> None:
    world = make_world(read_config(config))
    role = make_role(world, "issuer")
    role.housekeeping()
    assert Watermark(Path(world.config.issuer.documents)).read() == 0
    assert make_role(world, "issuer").name == "issuer"
    world.close()


def test_T11_an_older_database_is_not_served_until_it_is_said(config: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    # Were it served, it would be until a signal comes: this ends at once, with another exit code.
    monkeypatch.setattr(commands, "keep_house", lambda _roles, _stop: None)
    read = read_config(config)
    Watermark(Path(read.issuer.documents)).write(1_000)
    refused = run("serve", "issuer", "--config", config)
    assert refused.exit_code == 1
    assert "sinwon restored" in refused.output
    said = run("restored", "--config", config)
    assert (said.exit_code, said.output.splitlines()[0]) == (0, "restoration 1: 0 status lists and 0 offers closed")
    world = make_world(read)
    assert make_role(world, "issuer").name == "issuer"
    issuer = make_issuer(world)
    assert 0 < issuer.restored_at <= time.time()
    assert issuer.epoch_key != issuer.nonce_key
    world.close()
