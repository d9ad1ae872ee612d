"""The command line as its user meets it: what is wrong is said in one line, and nothing is half done."""

import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from sinwon.cli.main import main
from sinwon.cli.serving import Listener, serving
from sinwon.cli.setup import ROLES, Plan, set_up
from sinwon.cli.wiring import make_role, make_world
from sinwon.config import read_config
from sinwon.demo.deployment import HOST, free_ports
from tests.world import SeededRandomness


def run(*words: str | Path) -> Result:
    return CliRunner().invoke(main, [str(word) for word in words])


@pytest.fixture
def config(tmp_path: Path) -> Path:
    """A demo deployment on free ports, keys and configuration only."""
    ports = dict(zip(ROLES, free_ports(len(ROLES)), strict=True))
    origins = {role: f"http://{HOST}:{port}" for role, port in ports.items()}
    return set_up(Plan(tmp_path / "d", "demo", origins, ports, ("gov24",)), now=int(time.time()), random=SeededRandomness())


@pytest.fixture
def founded(config: Path) -> Iterator[Path]:
    """The same with databases, a published catalogue, and the trust role serving it."""
    assert run("migrate", *ROLES, "--config", config).exit_code == 0
    assert run("found", "--config", config).output == "published number 1\n"
    read = read_config(config)
    world = make_world(read)
    with serving({"trust": Listener(make_role(world, "trust").app, HOST, read.trust.port)}):
        yield config
    world.close()


def test_a_deployment_is_set_up_once(tmp_path: Path) -> None:
    assert run("setup", tmp_path / "d", "--domain", "example.org").exit_code == 0
    again = run("setup", tmp_path / "d", "--domain", "example.org")
    assert again.exit_code == 1
    assert "is not replaced" in again.output


def test_an_old_database_is_named_with_the_way_out(config: Path) -> None:
    refused = run("serve", "issuer", "--config", config)
    assert refused.exit_code == 1
    assert "sinwon migrate issuer" in refused.output


def test_founding_twice_is_refused(founded: Path) -> None:
    assert "anchor_already_there" in run("found", "--config", founded).output


def test_an_officer_and_a_service_are_registered_and_their_secrets_shown(founded: Path) -> None:
    officer = run("officer", "kim", "--mission", "m-us-losangeles", "--name", "김영사", "--config", founded)
    assert (officer.exit_code, len(officer.output.split(": ")[1].strip())) == (0, 43)
    assert "login_taken" in run("officer", "KIM", "--mission", "m-cn", "--name", "김", "--config", founded).output
    assert "not_found" in run("officer", "lee", "--mission", "m-nowhere", "--name", "이", "--config", founded).output
    words = ("client", "gov24-web", "--service", "gov24", "--config", founded)
    assert run(*words, "--redirect-uri", "https://gov24.example/callback").exit_code == 0
    assert "invalid_redirect_uri" in run(*words, "--redirect-uri", "http://gov24.example/callback").output


def test_the_installed_command_answers() -> None:
    done = subprocess.run([sys.executable, "-m", "sinwon", "--help"], capture_output=True, text=True, check=False, timeout=60)
    assert "serve" in done.stdout
