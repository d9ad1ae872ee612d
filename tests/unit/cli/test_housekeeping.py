"""Housekeeping goes on every minute for every role, whatever happens to one of them, until it is told to stop."""

from threading import Event

import pytest
from sqlalchemy.exc import OperationalError
from starlette.applications import Starlette

from sinwon.cli import wiring
from sinwon.cli.wiring import Role, keep_house
from sinwon.core.refusal import Fault


@pytest.mark.parametrize("trouble", [Fault("no catalogue"), OperationalError("statement", {}, Exception("gone"))])
def test_one_role_in_trouble_does_not_stop_the_others(monkeypatch: pytest.MonkeyPatch, trouble: Exception) -> None:
    monkeypatch.setattr(wiring, "HOUSEKEEPING_SECONDS", 0.001)
    stop, rounds = Event(), [0, 0]

    def fails() -> None:
        rounds[0] += 1
        raise trouble

    def works() -> None:
        rounds[1] += 1
        if rounds[1] == 3:
            stop.set()

    keep_house([Role("issuer", Starlette(), fails), Role("gateway", Starlette(), works)], stop)
    assert rounds == [3, 3]


def test_nothing_is_done_once_it_is_told_to_stop() -> None:
    stop, done = Event(), []
    stop.set()
    keep_house([Role("issuer", Starlette(), lambda: done.append(1))], stop)
    assert done == []
