"""Applications on each engine: versions, places, passports, decisions."""

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from typing import Any

from sinwon.store.consulate.applications import (
    LISTED,
    ApplicationRow,
    DecisionRow,
    application_at,
    change_application,
    enrol_passport,
    find_application,
    find_decision,
    insert_application,
    insert_decision,
    list_applications,
    lock_application,
    other_applications,
)
from sinwon.store.consulate.tables import METADATA
from tests.store.conftest import EngineFactory

FINDINGS = [{"code": "UNDER_14", "date": "2029-04-17"}]


def row(number: int = 1, **changes: Any) -> ApplicationRow:
    base = ApplicationRow(
        id=f"application-{number}",
        version=1,
        state="CHECKED",
        mission="m-zz-test",
        secret_digest="d" * 43,
        person_index="p" * 43,
        place=None,
        submitted_at=4_102_444_800 + number,
        changed_at=4_102_444_800,
        form=b"\x00\xff",
        findings=FINDINGS,
        differences=b"\x00sealed",
        told=True,
    )
    return replace(base, **changes)


def test_a_row_comes_back_as_written(new_engine: EngineFactory) -> None:
    engine = new_engine(METADATA)
    with engine.begin() as connection:
        insert_application(connection, row())
        assert find_application(connection, "application-1") == lock_application(connection, "application-1") == row()
        assert find_application(connection, "application-2") is None


def test_a_change_on_an_old_version_is_not_written(new_engine: EngineFactory) -> None:
    engine = new_engine(METADATA)
    with engine.begin() as connection:
        insert_application(connection, row())
        assert change_application(connection, row(), {"state": "READY", "pin": b"sealed"})
        assert not change_application(connection, row(), {"state": "REFUSED"})
        assert find_application(connection, "application-1") == row(version=2, state="READY", pin=b"sealed")


def test_fifty_parallel_changes_of_one_version_have_one_winner(new_engine: EngineFactory) -> None:
    engine = new_engine(METADATA)
    with engine.begin() as connection:
        insert_application(connection, row())

    def take(number: int) -> bool:
        with engine.begin() as connection:
            return change_application(connection, row(), {"state": f"S{number}"})

    with ThreadPoolExecutor(50) as pool:
        assert sum(pool.map(take, range(50))) == 1


def test_a_place_is_held_by_one(new_engine: EngineFactory) -> None:
    engine = new_engine(METADATA)
    with engine.begin() as connection:
        for number in (1, 2):
            insert_application(connection, row(number))
        assert change_application(connection, row(1), {"place": "here"})
        assert not change_application(connection, row(2), {"place": "here"})
        assert application_at(connection, "here") == "application-1"
        assert change_application(connection, row(1, version=2), {"place": None})
        assert change_application(connection, row(2), {"place": "here"})
        assert application_at(connection, "elsewhere") is None


def test_fifty_rush_for_one_place(new_engine: EngineFactory) -> None:
    engine = new_engine(METADATA)
    with engine.begin() as connection:
        for number in range(50):
            insert_application(connection, row(number))

    def take(number: int) -> bool:
        with engine.begin() as connection:
            return change_application(connection, row(number), {"place": "here"})

    with ThreadPoolExecutor(50) as pool:
        assert sum(pool.map(take, range(50))) == 1


def test_lists_are_of_one_mission_in_order_and_bounded(new_engine: EngineFactory) -> None:
    engine = new_engine(METADATA)
    with engine.begin() as connection:
        for number in range(LISTED + 1, 0, -1):
            insert_application(connection, row(number))
        insert_application(connection, row(0, mission="m-zz-other"))
        insert_application(connection, row(900, state="REFUSED"))
        listed = list_applications(connection, "m-zz-test", ["CHECKED"])
        assert [found.id for found in listed] == [f"application-{number}" for number in range(1, LISTED + 1)]
        assert [found.id for found in list_applications(connection, "m-zz-test", ["REFUSED"])] == ["application-900"]


def test_others_of_the_same_person_without_a_place(new_engine: EngineFactory) -> None:
    engine = new_engine(METADATA)
    with engine.begin() as connection:
        insert_application(connection, row(1))
        insert_application(connection, row(2))
        insert_application(connection, row(3, place="here"))
        insert_application(connection, row(4, person_index="q" * 43))
        insert_application(connection, row(5, state="OFFERED"))
        others = other_applications(connection, "p" * 43, "application-1", ["CHECKED"])
    assert [other.id for other in others] == ["application-2"]


def test_a_decision_is_written_once(new_engine: EngineFactory) -> None:
    engine = new_engine(METADATA)
    decision = DecisionRow("application-1", 7, "officer", "approve", ["A"], [], b"\x01", "f" * 16, {"form": "h" * 43})
    with engine.begin() as connection:
        insert_application(connection, row())
        assert find_decision(connection, "application-1") is None
        insert_decision(connection, decision)
        assert find_decision(connection, "application-1") == decision


def test_a_passport_stays_with_its_person(new_engine: EngineFactory) -> None:
    engine = new_engine(METADATA)
    with engine.begin() as connection:
        assert enrol_passport(connection, "passport", "one")
        assert enrol_passport(connection, "passport", "one")
        assert not enrol_passport(connection, "passport", "other")
        assert enrol_passport(connection, "renewed", "one")


def test_two_persons_rush_with_one_passport(new_engine: EngineFactory) -> None:
    engine = new_engine(METADATA)

    def enrol(number: int) -> tuple[int, bool]:
        with engine.begin() as connection:
            return number, enrol_passport(connection, "passport", str(number))

    with ThreadPoolExecutor(50) as pool:
        assert sum(won for _, won in pool.map(enrol, range(50))) == 1


def test_a_name_no_database_takes_is_nobodys(new_engine: EngineFactory) -> None:
    """Whatever stands in a path is asked for: PostgreSQL answers a NUL with an error, not with no rows."""
    with new_engine(METADATA).begin() as connection:
        for name in ("\x00", "application-1\x00", "", "a" * 5000, "가"):
            assert find_application(connection, name) is None
            assert lock_application(connection, name) is None
