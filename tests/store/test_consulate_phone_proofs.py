"""Codes and sends on each engine: limits hold when everybody comes at once."""

from concurrent.futures import ThreadPoolExecutor

from sqlalchemy import Engine

from sinwon.store.consulate.applications import insert_application
from sinwon.store.consulate.phone_proofs import (
    OPEN,
    USED,
    PhoneProofRow,
    close_phone_proofs,
    count_send,
    insert_phone_proof,
    take_try,
)
from sinwon.store.consulate.tables import METADATA
from tests.store.conftest import EngineFactory
from tests.store.test_consulate_applications import row

NOW, HOUR, PAUSE, TRIES = 4_102_444_800, 3600, 30, 5
WHO = "application-1"


def proof(number: int = 1) -> PhoneProofRow:
    return PhoneProofRow(f"proof-{number}", WHO, OPEN, b"\x00sealed", "h" * 43, NOW, NOW + 600, 0)


def opened(new_engine: EngineFactory) -> Engine:
    engine = new_engine(METADATA)
    with engine.begin() as connection:
        insert_application(connection, row())
        insert_phone_proof(connection, proof())
    return engine


def test_five_tries_and_no_more(new_engine: EngineFactory) -> None:
    engine = opened(new_engine)
    with engine.begin() as connection:
        for used in range(1, TRIES + 1):
            found = take_try(connection, WHO, now=NOW, allowed=TRIES)
            assert found is not None
            assert found.tries == used
        assert take_try(connection, WHO, now=NOW, allowed=TRIES) is None


def test_fifty_parallel_tries_use_up_five(new_engine: EngineFactory) -> None:
    engine = opened(new_engine)

    def attempt(_number: int) -> bool:
        with engine.begin() as connection:
            return take_try(connection, WHO, now=NOW, allowed=TRIES) is not None

    with ThreadPoolExecutor(50) as pool:
        assert sum(pool.map(attempt, range(50))) == TRIES


def test_late_used_and_replaced_codes_give_no_try(new_engine: EngineFactory) -> None:
    engine = opened(new_engine)
    with engine.begin() as connection:
        assert take_try(connection, WHO, now=NOW + 600, allowed=TRIES) is None
        assert take_try(connection, WHO, now=NOW + 599, allowed=TRIES)
        insert_phone_proof(connection, proof(2))
        current = take_try(connection, WHO, now=NOW, allowed=TRIES)
        assert current is not None
        assert (current.id, current.tries) == ("proof-2", 1)
        close_phone_proofs(connection, WHO, USED)
        assert take_try(connection, WHO, now=NOW, allowed=TRIES) is None
        assert take_try(connection, "application-2", now=NOW, allowed=TRIES) is None


def test_five_sends_in_any_hour_half_a_minute_apart(new_engine: EngineFactory) -> None:
    engine = new_engine(METADATA)

    def send(now: int, scope: str = "number") -> bool:
        with engine.begin() as connection:
            return count_send(connection, scope, now=now, window=HOUR, pause=PAUSE)

    assert send(NOW)
    assert not send(NOW + PAUSE - 1)
    assert [send(NOW + PAUSE * n) for n in range(1, 6)] == [True, True, True, True, False]
    assert send(NOW, "another")
    assert not send(NOW + HOUR - 1)
    assert send(NOW + HOUR)
    assert not send(NOW + HOUR + PAUSE - 1)
    assert send(NOW + HOUR + PAUSE)


def test_fifty_parallel_sends_send_one(new_engine: EngineFactory) -> None:
    engine = new_engine(METADATA)

    def send(_number: int) -> bool:
        with engine.begin() as connection:
            return count_send(connection, "number", now=NOW, window=HOUR, pause=PAUSE)

    with ThreadPoolExecutor(50) as pool:
        assert sum(pool.map(send, range(50))) == 1
