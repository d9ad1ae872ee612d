"""Copies and status lists: a place and a key belong to one copy, a change of status reaches the list's version."""

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

import pytest
from sqlalchemy import Engine

from sinwon.store.issuer import certificates, status
from sinwon.store.issuer.certificates import NewCertificate
from sinwon.store.issuer.status import NewCopy, StatusList, Taken
from sinwon.store.issuer.tables import METADATA
from tests.store.conftest import EngineFactory

NOW = 1_790_000_000
COPY = NewCopy(1, 7, "cert-1", "one", "K" * 43, "B" * 43, NOW + 100)


@pytest.fixture
def engine(new_engine: EngineFactory) -> Engine:
    engine = new_engine(METADATA)
    with engine.begin() as connection:
        for number in (1, 2):
            certificates.person_id_of(connection, str(number), f"person-{number}", now=NOW)
            certificates.add(
                connection, NewCertificate(f"cert-{number}", f"app-{number}", f"person-{number}", "m", b"", NOW + 100)
            )
            assert status.open_list(connection, number, f"list-{number}", now=NOW)
    return engine


def copy(place: int, **changes: object) -> NewCopy:
    given = {"place": place, "key": f"key-{place}", **changes}
    return replace(COPY, **given)  # type: ignore[arg-type]


def test_taken_places_and_keys_are_seen(engine: Engine) -> None:
    with engine.begin() as connection:
        assert status.add(connection, [copy(7), copy(9), copy(3, list=2)])
        assert status.taken(connection, 1, [3, 7, 8], ["key-9", "other"]) == Taken(frozenset({7}), frozenset({"key-9"}))
        assert status.taken(connection, 2, [3, 7], ["x"]) == Taken(frozenset({3}), frozenset())


@pytest.mark.parametrize("second", [copy(7, key="another"), copy(8, key="key-7"), copy(8, list=2, key="key-7")])
def test_a_place_or_key_is_given_once(engine: Engine, second: NewCopy) -> None:
    with engine.begin() as connection:
        assert status.add(connection, [copy(7)])
    with engine.connect() as connection:
        assert not status.add(connection, [copy(100), second])
        connection.rollback()
    with engine.begin() as connection:
        assert status.count_of(connection, "cert-1") == 1


def test_one_of_fifty_takes_a_place(engine: Engine) -> None:
    def take(number: int) -> bool:
        with engine.connect() as connection:
            got = status.add(connection, [copy(7, key=f"key {number}")])
            connection.commit() if got else connection.rollback()
            return got

    with ThreadPoolExecutor(50) as pool:
        assert sum(pool.map(take, range(50))) == 1


def test_a_list_number_is_opened_once(engine: Engine) -> None:
    with engine.connect() as connection:
        assert not status.open_list(connection, 2, "another", now=NOW)
        connection.rollback()


def test_status_changes_reach_every_list_of_the_certificate(engine: Engine) -> None:
    with engine.begin() as connection:
        status.add(connection, [copy(7), copy(8, list=2), copy(9, certificate="cert-2")])
        assert status.values_of(connection, 1) == {}
        assert status.set_all(connection, "cert-1", 1, now=NOW + 5) == 2
        assert status.values_of(connection, 1) == {7: 1}
        assert status.values_of(connection, 2) == {8: 1}
        assert status.find_list(connection, "list-1") == StatusList(1, "list-1", NOW + 5)
        status.set_all(connection, "cert-2", 2, now=NOW + 5)
        assert status.values_of(connection, 1) == {7: 1, 9: 2}
        assert status.find_list(connection, "list-1") == StatusList(1, "list-1", NOW + 6)
        assert status.find_list(connection, "list-2") == StatusList(2, "list-2", NOW + 5)
        assert status.find_list(connection, "nothing") is None


def test_an_event_is_new_once(engine: Engine) -> None:
    with engine.begin() as connection:
        status.add(connection, [copy(7), copy(8)])
        events = ("credential_accepted", "credential_accepted", "credential_deleted")
        assert [status.record_event(connection, "B" * 43, "cert-1", event) for event in events] == [True, False, True]
        assert not status.record_event(connection, "B" * 43, "cert-2", "credential_accepted")
        assert status.has_batch(connection, "B" * 43, "cert-1")
        assert not status.has_batch(connection, "B" * 43, "cert-2")
        assert not status.has_batch(connection, "X" * 43, "cert-1")


def test_a_name_no_database_takes_is_no_list(engine: Engine) -> None:
    """Whatever stands in a path is asked for: PostgreSQL answers a NUL with an error, not with no rows."""
    with engine.begin() as connection:
        for name in ("\x00", "list-1\x00", "", "a" * 5000):
            assert status.find_list(connection, name) is None
        assert status.find_list(connection, "list-1") is not None
