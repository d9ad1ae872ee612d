"""Status at the gateway: fetched when due, kept when the issuer is away, never gone back on, and what each value means."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from time import sleep
from typing import Any

import pytest

from sinwon.core.fetch import Answer
from sinwon.core.refusal import Refusal
from sinwon.formats.status.reference import StatusReference
from sinwon.formats.status.token import INVALID, NEEDS_RENEWAL, SUSPENDED
from sinwon.protocols.trust.status_lists import MAX_LISTS, RETRY_SECONDS, StatusLists
from tests import world
from tests.gateway_world import (
    STATUS_URI,
    GatewayWorld,
    StatusServer,
    Wallet,
    asked,
    gateway_world,
    plain,
    redeem,
    token_claims,
)
from tests.gateway_world import parameters_of as parameters

DAY = 86_400


@pytest.fixture
def here(tmp_path: Path) -> Iterator[GatewayWorld]:
    with gateway_world(tmp_path) as made:
        yield made


@pytest.fixture
def server() -> StatusServer:
    return StatusServer(world.StandingClock())


def value(
    lists: StatusLists, server: StatusServer, uri: str = STATUS_URI, index: int = 7, issuer: str = world.ISSUER
) -> int | None:
    reference = StatusReference(uri, index)
    return lists.value(reference, issuer=issuer, fetch=server, anchors=world.trust_anchors(), now=server.clock())


def test_a_list_is_fetched_once_within_its_ttl(server: StatusServer) -> None:
    lists = StatusLists()
    server.values[7] = SUSPENDED
    assert [value(lists, server), value(lists, server, index=8)] == [SUSPENDED, 0]
    server.clock.move(299)
    value(lists, server)
    assert server.asked == 1
    server.values.clear()
    server.clock.move(1)
    assert value(lists, server) == 0
    assert server.asked == 2


def test_when_a_list_is_due_one_of_many_asks_and_the_others_go_on(
    server: StatusServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    lists, get = StatusLists(), server.get
    value(lists, server)
    server.clock.move(300)

    def slow(*arguments: Any, **options: Any) -> Answer:
        sleep(0.05)
        return get(*arguments, **options)

    monkeypatch.setattr(server, "get", slow)
    with ThreadPoolExecutor(20) as pool:
        assert set(pool.map(lambda _: value(lists, server), range(20))) == {0}
    assert server.asked == 2


def test_a_kept_list_counts_for_a_day_while_the_issuer_is_away(server: StatusServer) -> None:
    lists = StatusLists()
    assert value(lists, server) == 0
    server.reachable = False
    server.clock.move(DAY)
    assert value(lists, server) == 0
    server.clock.move(1)
    assert value(lists, server) is None


def test_a_kept_list_does_not_outlive_its_exp(server: StatusServer) -> None:
    lists = StatusLists()
    server.lifetime = 600
    assert value(lists, server) == 0
    server.reachable = False
    server.clock.move(600)
    assert value(lists, server) is None


def test_an_issuer_that_is_away_is_not_asked_by_every_sign_in(server: StatusServer) -> None:
    lists = StatusLists()
    server.reachable = False
    assert [value(lists, server) for _ in range(5)] == [None] * 5
    assert server.asked == 1
    server.reachable = True
    server.clock.move(RETRY_SECONDS)
    assert value(lists, server) == 0


def test_an_older_list_is_refused_though_it_is_still_valid(server: StatusServer) -> None:
    lists = StatusLists()
    server.values[7] = INVALID
    assert value(lists, server) == INVALID
    server.clock.move(300)
    server.issued_at, server.values = world.NOW - 10, {}
    assert value(lists, server) == INVALID


def test_a_list_older_than_a_day_says_nothing(server: StatusServer) -> None:
    server.issued_at = world.NOW - DAY - 1
    assert value(StatusLists(), server) is None


def test_an_address_of_ones_own_is_not_fetched(server: StatusServer) -> None:
    with pytest.raises(Refusal):
        value(StatusLists(), server, uri=STATUS_URI + "?u=7")
    assert server.asked == 0


def test_index_outside_and_another_issuers_list(server: StatusServer) -> None:
    with pytest.raises(Refusal):
        value(StatusLists(), server, index=1024)
    with pytest.raises(Refusal):
        value(StatusLists(), server, issuer="https://another.example")


def test_only_so_many_lists_are_kept(server: StatusServer) -> None:
    lists = StatusLists()
    for number in range(MAX_LISTS + 1):
        value(lists, server, uri=f"{world.ISSUER}/status/{number}")
    before = server.asked
    value(lists, server, uri=f"{world.ISSUER}/status/{MAX_LISTS}")
    assert server.asked == before
    value(lists, server, uri=f"{world.ISSUER}/status/0")
    assert server.asked == before + 1


@pytest.mark.parametrize("status", [INVALID, SUSPENDED, NEEDS_RENEWAL])
@pytest.mark.parametrize("scope", ["openid login-basic", "openid gov-minwon"])
def test_a_credential_that_is_not_valid_signs_nobody_in(here: GatewayWorld, status: int, scope: str) -> None:
    wallet, http = Wallet(here.clock), here.client()
    here.status.values[wallet.index] = status
    assert wallet.post(http, asked(here.client(), wallet, http, scope=scope)).status_code == 400


def test_without_a_status_only_the_lowest_level_is_reached(here: GatewayWorld) -> None:
    browser, http, wallet = here.client(), here.client(), Wallet(here.clock)
    here.status.reachable = False
    assert wallet.post(http, asked(browser, wallet, http, scope="openid gov-minwon")).status_code == 400
    answer = wallet.post(http, asked(browser, wallet, http, scope="openid login-basic"))
    back = parameters(browser.get(plain(answer.text)["redirect_uri"]).headers["location"])
    claims = token_claims(redeem(http, back["code"]).json()["id_token"])
    assert claims["acr"] == "urn:sinwon:acr:l1"
