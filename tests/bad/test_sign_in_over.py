"""What is over is over: questions taken back, and services that left the catalogue while a sign-in was under way."""

from collections.abc import Iterator
from pathlib import Path

import msgspec
import pytest

from sinwon.protocols.trust.catalogue import Catalogue, Service
from sinwon.store.gateway.presentations import Progress, find_presentation
from tests.bad.answers import UNIFORM
from tests.gateway_world import (
    CATALOGUE,
    GatewayWorld,
    Wallet,
    begin,
    gateway_world,
    parameters_of,
    plain,
    redeem,
    signed_in,
    wallet_link_on,
)


@pytest.fixture
def here(tmp_path: Path) -> Iterator[GatewayWorld]:
    with gateway_world(tmp_path) as made:
        yield made


@pytest.mark.parametrize("step", ["cancel", "again"])
def test_a_question_taken_back_collects_nothing(here: GatewayWorld, step: str) -> None:
    """The person said no, or asked anew: a wallet that still holds the old link is not given the request, nor heard."""
    browser, http, wallet = here.client(), here.client(), Wallet(here.clock)
    page = begin(browser)
    request = wallet.fetch(http, wallet_link_on(browser.get(page).text))
    assert browser.post(f"{page}/{step}").status_code == 303
    assert http.get(f"/presentations/{request['state']}/request").status_code == 404
    answer = wallet.post(http, request)
    assert (answer.status_code, plain(answer.text)) == (400, UNIFORM)
    assert _kept(here, request["state"]) == (Progress.WITHDRAWN, None)


@pytest.mark.parametrize("step", ["cancel", "again"])
def test_an_answer_nobody_comes_back_for_is_forgotten_at_once(here: GatewayWorld, step: str) -> None:
    browser, http, wallet = here.client(), here.client(), Wallet(here.clock)
    page = begin(browser)
    request = wallet.fetch(http, wallet_link_on(browser.get(page).text))
    back = plain(wallet.post(http, request).text)["redirect_uri"]
    assert browser.post(f"{page}/{step}").status_code == 303
    assert browser.get(back).status_code == 410
    assert _kept(here, request["state"]) == (Progress.WITHDRAWN, None)


@pytest.mark.parametrize("left", ["service", "purpose", "live"])
def test_a_service_that_leaves_the_catalogue_gets_neither_token_nor_claims(here: GatewayWorld, left: str) -> None:
    """The catalogue decides at every step, the last two included: data must not reach a service stopped meanwhile."""
    http = here.client()
    first, second = (signed_in(here, here.client(), Wallet(here.clock))["code"] for _ in range(2))
    token = {"authorization": f"Bearer {redeem(http, first).json()['access_token']}"}
    here.catalogue[0] = _without(left)
    refused = redeem(http, second)
    assert refused.status_code == 400
    assert plain(refused.text)["error"] in {"unauthorized_client", "invalid_scope"}
    assert http.get("/userinfo", headers=token).status_code == 401
    here.catalogue[0] = CATALOGUE
    assert redeem(http, second).status_code == 200
    assert http.get("/userinfo", headers=token).status_code == 200


def test_control_a_question_that_stands_is_answered_and_finished(here: GatewayWorld) -> None:
    browser, http, wallet = here.client(), here.client(), Wallet(here.clock)
    page = begin(browser)
    browser.post(f"{page}/again")
    request = wallet.fetch(http, wallet_link_on(browser.get(page).text))
    back = browser.get(plain(wallet.post(http, request).text)["redirect_uri"])
    assert redeem(http, parameters_of(back.headers["location"])["code"]).status_code == 200


def _kept(here: GatewayWorld, presentation: str) -> tuple[Progress, bytes | None]:
    with here.gateway.engine.connect() as connection:
        found = find_presentation(connection, presentation)
    assert found is not None
    return found.progress, found.result


def _without(left: str) -> Catalogue:
    change = msgspec.structs.replace
    (service,) = (one for one in CATALOGUE.services if one.id == "gov24")
    others = tuple(one for one in CATALOGUE.services if one.id != "gov24")
    changed: tuple[Service, ...] = {
        "service": (),
        "purpose": (change(service, presets=("login-basic",)),),
        "live": (change(service, status="planned", live_since=None),),
    }[left]
    return change(CATALOGUE, services=(*others, *changed))
