"""Copies and status lists: a place and a key belong to one copy, a change of status reaches the list's version."""

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from typing import Any

import pytest
from sqlalchemy import Engine

from sinwon.formats.status.token import INVALID, NEEDS_RENEWAL, SUSPENDED, VALID, Kind
from sinwon.store.issuer import certificates, status
from sinwon.store.issuer.certificates import NewCertificate
from sinwon.store.issuer.status import MAX_AHEAD, NewCopy, StatusList, Taken
from sinwon.store.issuer.tables import METADATA
from sinwon.store.kept import Kept
from tests.store.conftest import EngineFactory

NOW = 1_790_000_000
COPY = NewCopy(1, 7, "cert-1", "one", "K" * 43, "B" * 43, NOW + 100)


def new_certificate(number: int) -> NewCertificate:
    return NewCertificate(
        id=f"cert-{number}",
        application=f"app-{number}",
        person_id=f"person-{number}",
        mission="m",
        person=b"",
        valid_until=NOW + 100,
        issued_at=NOW,
        language="ko",
        revocation_code=f"code-{number}",
        registration_index=f"registration-{number}",
    )


@pytest.fixture
def engine(new_engine: EngineFactory) -> Engine:
    engine = new_engine(METADATA)
    with engine.begin() as connection:
        for number in (1, 2):
            certificates.person_id_of(connection, str(number), f"person-{number}", now=NOW)
            certificates.add(connection, new_certificate(number))
            assert status.open_list(connection, number, f"list-{number}", Kind.JWT, now=NOW)
    return engine


def copy(place: int, **changes: Any) -> NewCopy:
    given: dict[str, Any] = {"place": place, "key": f"key-{place}", **changes}
    return replace(COPY, **given)


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
        assert not status.open_list(connection, 2, "another", Kind.CWT, now=NOW)
        connection.rollback()


def changed(engine: Engine, number: int, since: int = 0) -> dict[int, int]:
    with engine.begin() as connection:
        return dict(status.changes_since(connection, number, since))


def set_all(engine: Engine, certificate: str, value: int, *, now: int = NOW) -> int:
    with engine.begin() as connection:
        return status.set_all(connection, certificate, value, now=now)


def listed(engine: Engine, number: int) -> StatusList:
    with engine.begin() as connection:
        found = status.find_list(connection, f"list-{number}")
    assert found is not None
    return found


@pytest.fixture
def filled(engine: Engine) -> Engine:
    """cert-1: places 7 of list 1, 8 of list 2, 5 of list 3 (CWT). cert-2: 9 of list 1, 6 of list 3."""
    with engine.begin() as connection:
        assert status.open_list(connection, 3, "list-3", Kind.CWT, now=NOW)
        mdoc = {"configuration": "mdoc", "list": 3}
        copies = [
            copy(7),
            copy(8, list=2),
            copy(5, **mdoc),
            copy(9, certificate="cert-2"),
            copy(6, certificate="cert-2", **mdoc),
        ]
        assert status.add(connection, copies)
    return engine


def test_status_changes_reach_every_list_of_the_certificate(filled: Engine) -> None:
    assert changed(filled, 1) == {}
    assert set_all(filled, "cert-1", INVALID, now=NOW + 5) == 3
    assert [changed(filled, number) for number in (1, 2, 3)] == [{7: 1}, {8: 1}, {5: 1}]
    assert listed(filled, 1) == StatusList(1, "list-1", Kind.JWT, 1, NOW + 5)
    assert set_all(filled, "cert-2", SUSPENDED, now=NOW + 5) == 2
    assert changed(filled, 1) == {7: INVALID, 9: SUSPENDED}
    assert changed(filled, 1, since=1) == {9: SUSPENDED}
    assert changed(filled, 1, since=2) == {}
    assert listed(filled, 1) == StatusList(1, "list-1", Kind.JWT, 2, NOW + 6)
    assert listed(filled, 2) == StatusList(2, "list-2", Kind.JWT, 1, NOW + 5)


def test_copies_of_mdoc_are_valid_or_invalid_and_invalid_for_good(filled: Engine) -> None:
    for value, jwt, cwt in ((SUSPENDED, 2, 1), (NEEDS_RENEWAL, 3, 1), (VALID, 0, 1), (SUSPENDED, 2, 1), (INVALID, 1, 1)):
        set_all(filled, "cert-1", value)
        assert (changed(filled, 1), changed(filled, 3)) == ({7: jwt}, {5: cwt})
    assert listed(filled, 3).sequence == 1


def test_a_renewal_marks_mdoc_copies_invalid_too(filled: Engine) -> None:
    assert set_all(filled, "cert-1", NEEDS_RENEWAL) == 3
    assert (changed(filled, 1), changed(filled, 3)) == ({7: NEEDS_RENEWAL}, {5: INVALID})


@pytest.mark.parametrize("value", [VALID, SUSPENDED, NEEDS_RENEWAL, INVALID])
def test_T06_nothing_leaves_revoked(filled: Engine, value: int) -> None:
    set_all(filled, "cert-1", INVALID, now=NOW + 5)
    assert set_all(filled, "cert-1", value, now=NOW + 9) == 0
    assert [changed(filled, number) for number in (1, 2, 3)] == [{7: 1}, {8: 1}, {5: 1}]
    assert [listed(filled, number).version for number in (1, 2, 3)] == [NOW + 5] * 3


def test_T06_control_what_is_suspended_is_released(filled: Engine) -> None:
    set_all(filled, "cert-1", SUSPENDED)
    assert set_all(filled, "cert-1", VALID) == 2
    assert (changed(filled, 1), changed(filled, 2)) == ({7: VALID}, {8: VALID})


def test_what_is_set_already_is_not_published_again(filled: Engine) -> None:
    assert [set_all(filled, "cert-1", value) for value in (VALID, SUSPENDED, SUSPENDED)] == [0, 3, 0]
    assert listed(filled, 1).sequence == 1


def test_a_flood_of_changes_does_not_run_ahead_of_the_clock(filled: Engine) -> None:
    versions = []
    for number in range(2 * MAX_AHEAD):
        set_all(filled, "cert-1", (SUSPENDED, VALID)[number % 2])
        versions.append(listed(filled, 1).version)
    assert versions[:MAX_AHEAD] == [NOW + 1 + number for number in range(MAX_AHEAD)]
    assert set(versions[MAX_AHEAD:]) == {NOW + MAX_AHEAD}
    assert listed(filled, 1).sequence == 2 * MAX_AHEAD


def test_changes_of_many_at_once_are_all_seen_in_order(filled: Engine) -> None:
    """What a list's sequence says is there is there: a publisher that reads after each never misses one."""

    def flip(number: int) -> None:
        set_all(filled, f"cert-{1 + number % 2}", (SUSPENDED, NEEDS_RENEWAL, VALID)[number % 3])

    seen: dict[int, int] = {}
    with ThreadPoolExecutor(8) as pool:
        works = [pool.submit(flip, number) for number in range(40)]
        since = 0
        while not all(work.done() for work in works) or since < listed(filled, 1).sequence:
            sequence = listed(filled, 1).sequence
            seen |= changed(filled, 1, since)
            since = sequence
    assert [work.result() for work in works] == [None] * 40
    assert seen | changed(filled, 1, since) == changed(filled, 1)
    assert since == listed(filled, 1).sequence


def plan_of(engine: Engine, statement: Kept, **values: object) -> str:
    """How the database means to go about it."""
    explain = "EXPLAIN QUERY PLAN " if engine.dialect.name == "sqlite" else "EXPLAIN "
    with engine.begin() as connection:
        status.add(connection, [copy(100 + number, certificate="cert-2") for number in range(400)])
        if engine.dialect.name == "postgresql":
            connection.exec_driver_sql("SET LOCAL enable_seqscan = off")
        cursor = connection.connection.cursor()
        compiled = statement._for(connection)
        cursor.execute(explain + compiled.text, compiled.parameters(values))
        return " ".join(str(row) for row in cursor.fetchall())


def test_changes_are_found_through_their_index(filled: Engine) -> None:
    plan = plan_of(filled, status._CHANGES, of=1, since=5)
    assert "copies_changed" in plan
    assert "changed>?" in plan or "(changed > " in plan


@pytest.mark.parametrize("statement", [status._SET, status._TOUCH])
def test_copies_that_change_are_found_through_their_certificate(filled: Engine, statement: Kept) -> None:
    values = {"of_certificate": "cert-1", "in_list": 1, "to": 1, "sequence": 1, "now": NOW, "latest": NOW}
    assert "copies_of_certificate" in plan_of(filled, statement, **values)


def test_the_open_list_of_a_kind(filled: Engine) -> None:
    with filled.begin() as connection:
        assert [status.newest(connection, kind) for kind in Kind] == [2, 3]
        assert status.highest(connection) == 3
        assert status.close_all(connection, now=NOW + 7) == 3
        assert [status.newest(connection, kind) for kind in Kind] == [None, None]
        assert status.close_all(connection, now=NOW + 8) == 0
        assert status.open_list(connection, 4, "list-4", Kind.CWT, now=NOW)
        assert [status.newest(connection, kind) for kind in Kind] == [None, 4]
    assert listed(filled, 1).version == NOW + 7


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
