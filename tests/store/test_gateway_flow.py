"""The gateway's hot endpoints on both engines: a whole sign-in, one winner each time, and names no database takes."""

import asyncio
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlsplit

import httpx2
import pytest

from sinwon.store.gateway.metadata import METADATA
from sinwon.web.gateway.app import gateway_app
from tests import world
from tests.gateway_world import (
    CALLBACK,
    SECRET,
    VERIFIER,
    GatewayWorld,
    Wallet,
    asked,
    authorize_parameters,
    gateway_world,
    parameters_of,
    plain,
)
from tests.store.conftest import EngineFactory

FORM = {"content-type": "application/x-www-form-urlencoded"}


@pytest.fixture
def here(new_engine: EngineFactory, tmp_path: Path) -> Iterator[GatewayWorld]:
    with gateway_world(tmp_path, engine=new_engine(METADATA)) as made:
        yield made


def at_once(here: GatewayWorld, path: str, count: int, **form: str) -> list[httpx2.Response]:
    async def post() -> list[httpx2.Response]:
        transport = httpx2.ASGITransport(gateway_app(here.gateway))
        async with httpx2.AsyncClient(transport=transport, base_url=world.GATEWAY) as client:
            return await asyncio.gather(*(client.post(path, data=form) for _ in range(count)))

    return asyncio.run(post())


def test_a_sign_in_with_fifty_rivals_at_each_turn(here: GatewayWorld) -> None:
    browser, http, wallet = here.client(), here.client(), Wallet(here.clock)
    request = asked(browser, wallet, http)
    body = wallet.answer(request).partition("=")[2]
    sealed = httpx2.QueryParams(f"response={body}")["response"]
    answers = at_once(here, urlsplit(request["response_uri"]).path, 50, response=sealed)
    assert sorted(answer.status_code for answer in answers) == [200] + [400] * 49
    (won,) = (answer for answer in answers if answer.status_code == 200)
    uri = plain(won.text)["redirect_uri"]
    back = parameters_of(browser.get(uri).headers["location"])
    assert browser.get(uri).status_code == 410
    form = {"grant_type": "authorization_code", "code": back["code"], "redirect_uri": CALLBACK}
    client = {"code_verifier": VERIFIER, "client_id": "gov24-client", "client_secret": SECRET}
    answers = at_once(here, "/token", 50, **form, **client)
    assert sorted(answer.status_code for answer in answers) == [200] + [400] * 49
    (won,) = (answer for answer in answers if answer.status_code == 200)
    token = plain(won.text)["access_token"]
    assert http.get("/userinfo", headers={"authorization": f"Bearer {token}"}).status_code == 401  # the code came twice


@pytest.mark.parametrize("name", ["%00", "x" * 500, "%F0%9F%98%80", "%0a"])
def test_no_name_a_stranger_invents_is_our_fault(here: GatewayWorld, name: str) -> None:
    http, wallet = here.client(), Wallet(here.clock)
    request = asked(here.client(), wallet, http)
    body = wallet.answer(request)
    found = [
        http.get(f"/presentations/{name}/request"),
        http.post(f"/presentations/{name}/response", content=body, headers=FORM),
        http.get(f"/presentations/{name}/done?response_code={name}"),
        http.get(f"/sign-in/{name}"),
        http.post(f"/sign-in/{name}/again"),
        http.post(f"/sign-in/{name}/cancel"),
        http.get(f"/authorize?client_id={name}&redirect_uri={CALLBACK}"),
        http.post(
            "/token",
            content=f"grant_type=authorization_code&code={name}&redirect_uri=x&client_id={name}&client_secret=x",
            headers=FORM,
        ),
        http.get("/userinfo", headers={"authorization": f"Bearer {name}"}),
    ]
    assert [400 <= answer.status_code < 500 for answer in found] == [True] * len(found)
    assert wallet.post(http, request, body).status_code == 200


@pytest.mark.parametrize("where", ["state", "nonce"])
def test_control_characters_are_not_kept_for_a_service(here: GatewayWorld, where: str) -> None:
    answer = here.client().get("/authorize", params=authorize_parameters(**{where: "a\x00b"}))
    assert answer.status_code == 400
