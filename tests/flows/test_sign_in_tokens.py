"""Codes and tokens after a sign-in: whom they serve, how long, and how often."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.gateway_world import (
    SECRET,
    GatewayWorld,
    Wallet,
    gateway_world,
    redeem,
    signed_in,
)


@pytest.fixture
def here(tmp_path: Path) -> Iterator[GatewayWorld]:
    with gateway_world(tmp_path) as made:
        yield made


def test_the_client_may_authenticate_by_basic(here: GatewayWorld) -> None:
    http = here.client()
    http.auth = ("gov24-client", SECRET)
    code = signed_in(here, here.client(), Wallet(here.clock))["code"]
    assert redeem(http, code, client_id=None, client_secret=None).status_code == 200


@pytest.mark.parametrize(
    ("changes", "status", "error"),
    [
        ({"client_secret": "x" * 43}, 401, "invalid_client"),
        ({"client_secret": None}, 401, "invalid_client"),
        ({"client_id": "nobody"}, 401, "invalid_client"),
        ({"client_id": "oka365-client"}, 400, "invalid_grant"),
        ({"code_verifier": None}, 400, "invalid_grant"),
        ({"code_verifier": "w" * 43}, 400, "invalid_grant"),
        ({"redirect_uri": "https://oka365.example/callback"}, 400, "invalid_grant"),
        ({"redirect_uri": None}, 400, "invalid_request"),
        ({"grant_type": "password"}, 400, "unsupported_grant_type"),
        ({"code": "x" * 43}, 400, "invalid_grant"),
    ],
)
def test_only_the_right_client_redeems_and_errors_spend_nothing(
    here: GatewayWorld, changes: dict[str, str | None], status: int, error: str
) -> None:
    http, code = here.client(), signed_in(here, here.client(), Wallet(here.clock))["code"]
    answer = redeem(http, changes.get("code") or code, **{name: value for name, value in changes.items() if name != "code"})
    assert (answer.status_code, answer.json()["error"]) == (status, error)
    assert answer.headers["cache-control"] == "no-store"
    assert redeem(http, code).status_code == 200


def test_a_code_lives_a_minute(here: GatewayWorld) -> None:
    code = signed_in(here, here.client(), Wallet(here.clock))["code"]
    here.clock.move(60)
    assert redeem(here.client(), code).json()["error"] == "invalid_grant"


def test_a_code_that_comes_twice_takes_its_token_with_it(here: GatewayWorld) -> None:
    http, code = here.client(), signed_in(here, here.client(), Wallet(here.clock))["code"]
    token = redeem(http, code).json()["access_token"]
    assert http.get("/userinfo", headers={"authorization": f"Bearer {token}"}).status_code == 200
    assert redeem(http, code).json()["error"] == "invalid_grant"
    answer = http.get("/userinfo", headers={"authorization": f"Bearer {token}"})
    assert (answer.status_code, answer.json()["error"]) == (401, "invalid_token")
    assert answer.headers["www-authenticate"].startswith("Bearer")


def test_userinfo_wants_a_living_token_in_the_header(here: GatewayWorld) -> None:
    http, code = here.client(), signed_in(here, here.client(), Wallet(here.clock))["code"]
    body = redeem(http, code).json()
    assert http.get("/userinfo").status_code == 401
    assert http.get("/userinfo", params={"access_token": body["access_token"]}).status_code == 401
    assert http.get("/userinfo", headers={"authorization": f"Bearer {body['id_token']}"}).status_code == 401
    here.clock.move(300)
    assert http.get("/userinfo", headers={"authorization": f"Bearer {body['access_token']}"}).status_code == 401
