"""V37: the key of a copy, shown at once from two places. Nobody is refused, for a wallet may err; the trail says so."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import select

from sinwon.keys.software import generate_key
from sinwon.services.presentation.erase import erase_expired
from sinwon.services.presentation.gateway import AT_ONCE
from sinwon.services.presentation.receive import KEY_SHOWN_AGAIN
from sinwon.store.gateway.metadata import AUDIT
from sinwon.store.gateway.presentations import reference_of
from sinwon.store.gateway.shown_keys import SHOWN_KEYS
from tests.bad.answers import question
from tests.gateway_world import GatewayWorld, Wallet, gateway_world


@pytest.fixture
def here(tmp_path: Path) -> Iterator[GatewayWorld]:
    with gateway_world(tmp_path) as made:
        yield made


def shown(here: GatewayWorld, wallet: Wallet) -> str:
    """The reference of a presentation that was answered with this wallet's copy."""
    request = question(here)
    assert wallet.post(here.client(), request).status_code == 200
    return reference_of(request["state"])


def noted(here: GatewayWorld, reference: str) -> list[object]:
    with here.gateway.engine.connect() as connection:
        entries = AUDIT.of(connection, reference)
    return [entry.details["others"] for entry in entries if entry.action == KEY_SHOWN_AGAIN]


def test_V37_one_key_in_two_answers_at_once_is_noted(here: GatewayWorld) -> None:
    wallet = Wallet(here.clock)
    first = shown(here, wallet)
    here.clock.move(AT_ONCE)
    second = shown(here, wallet)
    assert (noted(here, first), noted(here, second)) == ([], [[first]])


def test_V37_control_other_keys_and_other_times_are_not(here: GatewayWorld) -> None:
    wallet = Wallet(here.clock)
    references = [shown(here, wallet), shown(here, Wallet(here.clock, holder=generate_key()))]
    here.clock.move(AT_ONCE + 1)
    references.append(shown(here, wallet))
    assert [noted(here, reference) for reference in references] == [[], [], []]


def test_V37_what_is_remembered_is_no_key_and_is_forgotten(here: GatewayWorld) -> None:
    wallet = Wallet(here.clock)
    shown(here, wallet)
    with here.gateway.engine.connect() as connection:
        (key,) = connection.execute(select(SHOWN_KEYS.c.key)).scalars()
    assert key not in str(wallet.holder.public_jwk)
    here.clock.move(AT_ONCE + 1)
    erase_expired(here.gateway)
    with here.gateway.engine.connect() as connection:
        assert connection.execute(select(SHOWN_KEYS)).all() == []
