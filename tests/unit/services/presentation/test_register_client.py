"""Registering clients: the same twice is once, another under the same id is refused, and addresses are exact and safe."""

from dataclasses import replace
from pathlib import Path

import pytest

from sinwon.core.refusal import Unmet
from sinwon.services.sign_in.register_client import Registration, register_client
from tests.gateway_world import gateway_world

GOOD = Registration("new-client", "gov24", ("https://new.example/callback",), "x" * 43, "new.example")


def test_the_same_registration_again_changes_nothing(tmp_path: Path) -> None:
    with gateway_world(tmp_path) as here:
        register_client(here.gateway, GOOD)
        register_client(here.gateway, GOOD)
        with pytest.raises(Unmet):
            register_client(here.gateway, replace(GOOD, sector="other.example"))


@pytest.mark.parametrize(
    "uri",
    [
        "http://new.example/callback",
        "https://new.example/callback#part",
        "https://user@new.example/callback",
        "myapp://callback",
        "/callback",
    ],
)
def test_unsafe_addresses_are_refused(tmp_path: Path, uri: str) -> None:
    with gateway_world(tmp_path) as here, pytest.raises(Unmet):
        register_client(here.gateway, replace(GOOD, redirect_uris=(uri,)))


@pytest.mark.parametrize("uri", ["https://new.example/callback?tenant=1", "http://127.0.0.1:9000/callback"])
def test_exact_addresses_and_this_machine_are_accepted(tmp_path: Path, uri: str) -> None:
    with gateway_world(tmp_path) as here:
        register_client(here.gateway, replace(GOOD, redirect_uris=(uri,)))


def test_a_short_secret_is_refused(tmp_path: Path) -> None:
    with gateway_world(tmp_path) as here, pytest.raises(Unmet):
        register_client(here.gateway, replace(GOOD, secret="x" * 42))
