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


def test_exact_addresses_are_accepted(tmp_path: Path) -> None:
    with gateway_world(tmp_path) as here:
        register_client(here.gateway, replace(GOOD, redirect_uris=("https://new.example/callback?tenant=1",)))


def test_this_machine_is_an_address_only_where_the_gateway_is_a_demonstration_on_it(tmp_path: Path) -> None:
    here_only = replace(GOOD, redirect_uris=("http://127.0.0.1:9000/callback",))
    with gateway_world(tmp_path) as here:
        with pytest.raises(Unmet):
            register_client(here.gateway, here_only)
        register_client(replace(here.gateway, origin="http://127.0.0.1:8473"), here_only)


def test_a_service_the_catalogue_does_not_list_is_refused(tmp_path: Path) -> None:
    with gateway_world(tmp_path) as here, pytest.raises(Unmet):
        register_client(here.gateway, replace(GOOD, service="gov42"))


def test_a_short_secret_is_refused(tmp_path: Path) -> None:
    with gateway_world(tmp_path) as here, pytest.raises(Unmet):
        register_client(here.gateway, replace(GOOD, secret="x" * 42))
