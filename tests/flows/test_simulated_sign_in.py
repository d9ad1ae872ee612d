"""An invented person signs in without a wallet: where the gateway has that power, and nowhere else."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from starlette.testclient import TestClient

from sinwon.services.presentation.gateway import SimulatedPerson
from tests import world
from tests.gateway_world import (
    CLAIMS,
    PERSON,
    GatewayWorld,
    Wallet,
    begin,
    gateway_world,
    parameters_of,
    redeem,
    signed_in,
    token_claims,
    wallet_link_on,
)

CITIZEN = SimulatedPerson(world.ISSUER, PERSON, "L2", CLAIMS)
SHOP: dict[str, str | None] = {
    "client_id": "shop-client",
    "redirect_uri": "https://shop.example/callback",
    "scope": "openid age-19",
}


@pytest.fixture
def here(tmp_path: Path) -> Iterator[GatewayWorld]:
    with gateway_world(tmp_path, simulate=CITIZEN) as made:
        yield made


def press(browser: TestClient, **changes: str | None) -> Any:
    """The button on the sign-in page."""
    path = begin(browser, **changes)
    assert 'id="login-simulate"' in browser.get(path).text
    return browser.post(f"{path.partition('?')[0]}/simulate")


def test_from_the_button_to_userinfo(here: GatewayWorld) -> None:
    answer = press(here.client())
    assert answer.status_code == 303, answer.text
    body = redeem(here.client(), parameters_of(answer.headers["location"])["code"]).json()
    found = here.client().get("/userinfo", headers={"authorization": f"Bearer {body['access_token']}"}).json()
    assert (found["name"], found["email"]) == ("김바다", "bada@example.com")
    claims = token_claims(body["id_token"])
    assert (claims["sub"], claims["acr"]) == (found["sub"], "urn:sinwon:acr:l2")
    shown = redeem(here.client(), signed_in(here, here.client(), Wallet(here.clock))["code"]).json()
    assert token_claims(shown["id_token"])["sub"] == claims["sub"]


def test_only_in_the_browser_that_began_and_once(here: GatewayWorld) -> None:
    browser = here.client()
    path = begin(browser).partition("?")[0]
    assert here.client().post(f"{path}/simulate").status_code == 403
    assert browser.post(f"{path}/simulate", headers={"sec-fetch-site": "cross-site"}).status_code == 400
    assert browser.post(f"{path}/simulate").status_code == 303
    assert browser.post(f"{path}/simulate").status_code == 410


def test_not_after_its_time(here: GatewayWorld) -> None:
    browser = here.client()
    path = begin(browser).partition("?")[0]
    here.clock.move(1800)
    assert browser.post(f"{path}/simulate").status_code == 410


def test_a_wallet_is_not_heard_after_it(here: GatewayWorld) -> None:
    browser, wallet, http = here.client(), Wallet(here.clock), here.client()
    path = begin(browser)
    request = wallet.fetch(http, wallet_link_on(browser.get(path).text))
    assert browser.post(f"{path.partition('?')[0]}/simulate").status_code == 303
    assert wallet.post(http, request).status_code == 400


@pytest.mark.parametrize("changes", [{"scope": "openid gov-strong"}, SHOP])
def test_what_the_person_has_not_is_not_made_up(here: GatewayWorld, changes: dict[str, str | None]) -> None:
    """A level above theirs, an age they have no proof of."""
    answer = press(here.client(), **changes)
    assert (answer.status_code, "location" in answer.headers) == (400, False)
    assert "unmet_authentication_requirements" in answer.text


def test_where_nobody_asks_who_it_is_nobody_learns(tmp_path: Path) -> None:
    person = SimulatedPerson(world.ISSUER, PERSON, "L2", {**CLAIMS, "age_over_19": True})
    with gateway_world(tmp_path, simulate=person) as here:
        subjects = set()
        for _ in range(2):
            code = parameters_of(press(here.client(), **SHOP).headers["location"])["code"]
            body = redeem(here.client(), code, client_id="shop-client", redirect_uri=SHOP["redirect_uri"]).json()
            found = here.client().get("/userinfo", headers={"authorization": f"Bearer {body['access_token']}"}).json()
            assert found == {"sub": token_claims(body["id_token"])["sub"], "age_over_19": True}
            subjects.add(found["sub"])
        assert len(subjects) == 2


def test_without_the_power_there_is_neither_button_nor_address(tmp_path: Path) -> None:
    with gateway_world(tmp_path) as here:
        browser = here.client()
        path = begin(browser)
        assert "login-simulate" not in browser.get(path).text
        assert browser.post(f"{path.partition('?')[0]}/simulate").status_code == 404
