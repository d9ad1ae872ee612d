"""Officers and sessions on each engine: one login each, a lock that holds, sessions that end."""

from concurrent.futures import ThreadPoolExecutor

from sinwon.store.consulate.officers import (
    OfficerRow,
    close_session,
    find_officer,
    insert_officer,
    officer_of_session,
    open_session,
    take_sign_in_try,
)
from sinwon.store.consulate.tables import METADATA
from tests.store.conftest import EngineFactory

NOW, TRIES, LOCK = 4_102_444_800, 5, 900
OFFICER = OfficerRow("officer-1", "l" * 43, b"\x00sealed", "m-zz-test", "scrypt$…")


def test_a_login_is_given_once(new_engine: EngineFactory) -> None:
    engine = new_engine(METADATA)
    with engine.begin() as connection:
        assert insert_officer(connection, OFFICER)
        assert not insert_officer(connection, OfficerRow("officer-2", "l" * 43, b"", "m", "s"))
        assert find_officer(connection, "l" * 43) == OFFICER
        assert find_officer(connection, "x" * 43) is None


def test_the_lock_holds_until_its_time_and_starts_anew(new_engine: EngineFactory) -> None:
    engine = new_engine(METADATA)

    def attempt(now: int) -> bool:
        with engine.begin() as connection:
            return take_sign_in_try(connection, OFFICER.id, now=now, allowed=TRIES, until=now + LOCK)

    with engine.begin() as connection:
        insert_officer(connection, OFFICER)
    for round_starts in (NOW, NOW + LOCK):
        assert [attempt(round_starts) for _ in range(TRIES + 1)] == [True] * TRIES + [False]
        assert not attempt(round_starts + LOCK - 1)


def test_fifty_parallel_tries_use_up_five(new_engine: EngineFactory) -> None:
    engine = new_engine(METADATA)
    with engine.begin() as connection:
        insert_officer(connection, OFFICER)

    def attempt(_number: int) -> bool:
        with engine.begin() as connection:
            return take_sign_in_try(connection, OFFICER.id, now=NOW, allowed=TRIES, until=NOW + LOCK)

    with ThreadPoolExecutor(50) as pool:
        assert sum(pool.map(attempt, range(50))) == TRIES


def test_a_session_ends_by_time_or_by_hand_and_forgives(new_engine: EngineFactory) -> None:
    engine = new_engine(METADATA)
    with engine.begin() as connection:
        insert_officer(connection, OFFICER)
        take_sign_in_try(connection, OFFICER.id, now=NOW, allowed=TRIES, until=NOW + LOCK)
        open_session(connection, "s" * 43, OFFICER.id, now=NOW, expires_at=NOW + 10)
        assert officer_of_session(connection, "s" * 43, NOW + 9) == OFFICER
        assert officer_of_session(connection, "s" * 43, NOW + 10) is None
        assert close_session(connection, "s" * 43)
        assert not close_session(connection, "s" * 43)
        assert officer_of_session(connection, "s" * 43, NOW) is None


def test_sessions_that_ended_are_swept(new_engine: EngineFactory) -> None:
    engine = new_engine(METADATA)
    with engine.begin() as connection:
        insert_officer(connection, OFFICER)
        open_session(connection, "old", OFFICER.id, now=NOW, expires_at=NOW + 10)
        open_session(connection, "new", OFFICER.id, now=NOW + 10, expires_at=NOW + 20)
        assert officer_of_session(connection, "old", NOW) is None
