"""Instances, challenges that count once, and the ceiling of registrations, on both engines."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

from sqlalchemy import Engine

from sinwon.store.engine import reading, writing
from sinwon.store.wallet_provider import challenges, instances, registrations
from sinwon.store.wallet_provider.instances import Instance, State
from sinwon.store.wallet_provider.tables import METADATA
from tests.providing import open_provider, some_keys
from tests.store.conftest import EngineFactory
from tests.world import NOW

KEY, OTHER = "k" * 43, "o" * 43


def test_an_instance_is_registered_seen_revoked_and_forgotten(new_engine: EngineFactory) -> None:
    engine = new_engine(METADATA)
    with writing(engine) as connection:
        assert instances.register(connection, KEY, now=NOW)
        assert instances.note_seen(connection, KEY, now=NOW + 1)
        assert not instances.note_seen(connection, OTHER, now=NOW + 1)
        assert instances.find(connection, KEY) == Instance(KEY, State.ACTIVE, NOW, NOW + 1, None)
        assert instances.revoke(connection, KEY, now=NOW + 2)
        assert not instances.revoke(connection, KEY, now=NOW + 3)
        assert not instances.note_seen(connection, KEY, now=NOW + 3)
        assert instances.find(connection, KEY) == Instance(KEY, State.REVOKED, NOW, NOW + 2, NOW + 2)
        assert instances.forget(connection, before=NOW + 2) == 0
        assert instances.forget(connection, before=NOW + 3) == 1
        assert instances.find(connection, KEY) is None
        assert instances.find(connection, "\x00") is None


def test_a_key_is_an_instance_once(new_engine: EngineFactory) -> None:
    engine = new_engine(METADATA)
    assert sorted(_race(lambda: _register(engine))) == [False] * 7 + [True]


def test_a_challenge_counts_once(new_engine: EngineFactory) -> None:
    engine = new_engine(METADATA)
    assert sorted(_race(lambda: _consume(engine))) == [False] * 7 + [True]
    with writing(engine) as connection:
        assert challenges.forget(connection, now=NOW) == 0
        assert challenges.forget(connection, now=NOW + 1) == 1


def test_a_minute_has_room_for_so_many(new_engine: EngineFactory) -> None:
    engine = new_engine(METADATA)
    assert sorted(_race(lambda: _count(engine, NOW))) == [False] * 5 + [True] * 3
    assert _count(engine, NOW + 60)
    with writing(engine) as connection:
        assert registrations.forget(connection, now=NOW + 60) == 1
    with reading(engine) as connection:
        assert instances.find(connection, KEY) is None


def _register(engine: Engine) -> bool:
    with engine.connect() as connection:
        done = instances.register(connection, KEY, now=NOW)
        (connection.commit if done else connection.rollback)()
    return done


def _consume(engine: Engine) -> bool:
    with engine.connect() as connection:
        done = challenges.consume(connection, "challenge", expires_at=NOW)
        (connection.commit if done else connection.rollback)()
    return done


def _count(engine: Engine, now: int) -> bool:
    with writing(engine) as connection:
        return registrations.count(connection, most=3, now=now)


def _race(act: Callable[[], bool]) -> list[bool]:
    with ThreadPoolExecutor(8) as pool:
        return [future.result() for future in [pool.submit(act) for _ in range(8)]]


def test_the_whole_life_of_an_instance_over_http(new_engine: EngineFactory) -> None:
    """What is refused leaves nothing behind, also where the database finds out."""
    here = open_provider(new_engine(METADATA))
    assert here.attest_client().status_code == 403
    assert here.register().status_code == 201
    assert here.register().status_code == 409
    used = here.challenge()
    assert [here.attest_client(challenge=used).status_code for _twice in range(2)] == [200, 400]
    assert here.attest_keys(some_keys(2)).status_code == 200
    assert [here.revoke().status_code for _twice in range(2)] == [200, 403]
