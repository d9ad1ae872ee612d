"""What is over is over: questions taken back, and services that left the catalogue while a sign-in was under way."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path
from threading import Barrier

import msgspec
import pytest

from sinwon.keys.seal import MasterKey, Seal
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


def test_a_code_used_twice_in_one_moment_takes_its_token_with_it_too(here: GatewayWorld) -> None:
    """Both requests find the code unused; the one that loses says that it is known to somebody else."""
    code = signed_in(here, here.client(), Wallet(here.clock))["code"]
    both = Barrier(2)

    class Waiting(Seal):
        def open(self, sealed: bytes, context: str) -> bytes:
            both.wait(timeout=10)
            return super().open(sealed, context)

    gateway = replace(here.gateway, seal=Waiting(MasterKey(b"\x0b" * 32), here.gateway.random))
    client = replace(here, gateway=gateway).client
    with ThreadPoolExecutor(2) as pool:
        answers = list(pool.map(lambda _number: redeem(client(), code), range(2)))
    assert sorted(answer.status_code for answer in answers) == [200, 400]
    (won,) = (answer.json() for answer in answers if answer.status_code == 200)
    token = {"authorization": f"Bearer {won['access_token']}"}
    assert here.client().get("/userinfo", headers=token).status_code == 401


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
