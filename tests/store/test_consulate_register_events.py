"""Events of registers as kept: once by name, worked on by one, in order; cursors, used requests, and whom events are about."""

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from typing import Any

import pytest
from sqlalchemy import Engine

from sinwon.store.consulate.applications import ApplicationRow, enrol_passport, insert_application
from sinwon.store.consulate.certified import (
    CertifiedRow,
    certified_about,
    change_certified,
    find_certified,
    insert_certified,
    rebind_passports,
)
from sinwon.store.consulate.register_events import (
    EventRow,
    advance_cursor,
    cursor_of,
    due_events,
    finish_event,
    forget_events,
    forget_requests,
    insert_events,
    is_backlogged,
    postpone_event,
    take_event,
    use_request,
)
from sinwon.store.consulate.retention import delete_applications
from sinwon.store.consulate.tables import METADATA
from sinwon.store.engine import reading, writing
from tests.store.conftest import EngineFactory

NOW = 1_790_000_000


@pytest.fixture
def engine(new_engine: EngineFactory) -> Engine:
    return new_engine(METADATA)


def event(number: int, **changes: Any) -> EventRow:
    row = EventRow(f"event-{number}", "passport", "passport_lost", NOW - number, NOW, b"\x00told\xff", due_at=NOW)
    return replace(row, **changes)


def due(engine: Engine, now: int = NOW, most: int = 10) -> tuple[EventRow, ...]:
    with reading(engine) as connection:
        return due_events(connection, now=now, most=most)


def keep(engine: Engine, *rows: EventRow) -> int:
    with writing(engine) as connection:
        return insert_events(connection, rows)


def test_an_event_is_kept_once(engine: Engine) -> None:
    assert keep(engine, event(1), event(2)) == 2
    assert keep(engine, event(2), event(3)) == 1
    assert keep(engine, event(1)) == 0
    assert len(due(engine)) == 3


def test_fifty_at_once_keep_it_once(engine: Engine) -> None:
    with ThreadPoolExecutor(50) as pool:
        assert sum(pool.map(lambda _number: keep(engine, event(1)), range(50))) == 1
    assert due(engine) == (event(1),)


def test_what_is_due_comes_in_the_order_in_which_it_happened(engine: Engine) -> None:
    keep(engine, event(1), event(3), event(2), event(4, due_at=NOW + 1))
    assert [row.event for row in due(engine)] == ["event-3", "event-2", "event-1"]
    assert [row.event for row in due(engine, most=2)] == ["event-3", "event-2"]
    assert [row.event for row in due(engine, NOW + 1)] == ["event-4", "event-3", "event-2", "event-1"]


def test_one_of_fifty_works_on_it(engine: Engine) -> None:
    keep(engine, event(1))

    def take(_number: int) -> bool:
        with writing(engine) as connection:
            return take_event(connection, event(1), until=NOW + 300)

    with ThreadPoolExecutor(50) as pool:
        assert sum(pool.map(take, range(50))) == 1
    assert due(engine, NOW + 299) == ()
    assert due(engine, NOW + 300) == (event(1, attempts=1, due_at=NOW + 300),)


def test_postponed_and_finished(engine: Engine) -> None:
    keep(engine, event(1))
    with writing(engine) as connection:
        postpone_event(connection, "event-1", until=NOW + 60)
    assert due(engine) == ()
    assert len(due(engine, NOW + 60)) == 1
    with writing(engine) as connection:
        finish_event(connection, "event-1", "forwarded")
        postpone_event(connection, "event-1", until=NOW)  # a worker that was slow
    assert due(engine, NOW + 10_000) == ()
    assert keep(engine, event(1)) == 0
    with engine.connect() as connection:
        row = connection.exec_driver_sql("SELECT told, outcome FROM register_events").one()
    assert tuple(row) == (None, "forwarded")


def test_the_backlog_counts_what_waits(engine: Engine) -> None:
    keep(engine, *(event(number) for number in range(3)))
    with writing(engine) as connection:
        assert (is_backlogged(connection, 2), is_backlogged(connection, 3)) == (True, False)
        finish_event(connection, "event-0", "forwarded")
        assert not is_backlogged(connection, 2)


def test_what_is_done_is_forgotten_in_time_and_nothing_else(engine: Engine) -> None:
    keep(engine, event(1), event(2), event(3, received_at=NOW + 1))
    with writing(engine) as connection:
        finish_event(connection, "event-1", "stranger")
        finish_event(connection, "event-3", "stranger")
        assert forget_events(connection, before=NOW) == 0
        assert forget_events(connection, before=NOW + 1) == 1
    assert keep(engine, event(1)) == 1


def test_a_cursor_moves_on_from_where_it_was_read(engine: Engine) -> None:
    with writing(engine) as connection:
        assert cursor_of(connection, "passport") is None
        assert advance_cursor(connection, "passport", seen=None, to="10", now=NOW)
        assert not advance_cursor(connection, "passport", seen=None, to="20", now=NOW)
        assert advance_cursor(connection, "passport", seen="10", to="20", now=NOW)
        assert not advance_cursor(connection, "passport", seen="10", to="30", now=NOW)
        assert advance_cursor(connection, "resident", seen=None, to="1", now=NOW)
        assert cursor_of(connection, "passport") == "20"


def test_a_request_is_used_once(engine: Engine) -> None:
    def use(_number: int) -> bool:
        with writing(engine) as connection:
            return use_request(connection, "request", expires_at=NOW)

    with ThreadPoolExecutor(50) as pool:
        assert sum(pool.map(use, range(50))) == 1
    with writing(engine) as connection:
        assert forget_requests(connection, now=NOW) == 0
        assert forget_requests(connection, now=NOW + 1) == 1


# --- whom they are about ---


def application(number: int) -> ApplicationRow:
    return ApplicationRow(
        id=f"application-{number}",
        version=1,
        state="REVOKED",
        mission="m",
        secret_digest="s",
        person_index="p",
        place=None,
        submitted_at=NOW,
        changed_at=NOW,
        form=b"f",
        findings=[],
        differences=b"d",
        told=False,
    )


def certified(number: int, rrn: str = "rrn") -> CertifiedRow:
    numbers = f"passport-{number}", f"registration-{number}"
    return CertifiedRow(f"application-{number}", rrn, *numbers, b"\x00sealed\xff", {"name_ko": "hash"})


@pytest.fixture
def two(engine: Engine) -> Engine:
    with writing(engine) as connection:
        for number in (1, 2):
            insert_application(connection, application(number))
            insert_certified(connection, certified(number))
    return engine


def test_a_person_is_found_by_each_number(two: Engine) -> None:
    with reading(two) as connection:
        assert find_certified(connection, "application-1") == certified(1)
        assert certified_about(connection, rrn="rrn") == (certified(1), certified(2))
        assert certified_about(connection, passport="passport-2") == (certified(2),)
        assert certified_about(connection, registration="registration-1") == (certified(1),)
        assert certified_about(connection, rrn="another") == ()
        assert certified_about(connection) == ()


def test_a_person_changes(two: Engine) -> None:
    with writing(two) as connection:
        change_certified(connection, "application-1", {})
        change_certified(connection, "application-1", {"rrn_index": "new", "known": {"name_ko": "other"}})
        assert find_certified(connection, "application-1") == replace(certified(1, "new"), known={"name_ko": "other"})
        assert find_certified(connection, "application-2") == certified(2)


def test_passports_follow_their_person(two: Engine) -> None:
    with writing(two) as connection:
        assert enrol_passport(connection, "passport-a", "old")
        assert enrol_passport(connection, "passport-b", "somebody")
        rebind_passports(connection, "old", "new")
        assert enrol_passport(connection, "passport-a", "new")
        assert not enrol_passport(connection, "passport-a", "old")
        assert not enrol_passport(connection, "passport-b", "new")


def test_whom_it_was_about_is_forgotten_with_the_application(two: Engine) -> None:
    with writing(two) as connection:
        gone = delete_applications(
            connection, ended=("REVOKED",), ended_before=NOW + 1, idle=("READY",), idle_before=NOW, most=1
        )
        assert len(gone) == 1
        assert find_certified(connection, gone[0]) is None
        assert len(certified_about(connection, rrn="rrn")) == 1
