"""Presentations: every move happens once, at the right time, from the right place."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

import pytest
from sqlalchemy import Connection, Engine

from sinwon.store.gateway.metadata import METADATA
from sinwon.store.gateway.presentations import (
    Presentation,
    Progress,
    answer_presentation,
    decline_presentation,
    erase_presentations,
    find_presentation,
    finish_presentation,
    insert_presentation,
    note_failure,
)
from tests.store.conftest import EngineFactory

NOW = 4_102_444_800  # beyond 2038, so that columns are wide enough
NEW = Presentation("i" * 43, "gov24", "gov-minwon", "n" * 43, "b" * 43, Progress.OPEN, NOW + 300, NOW + 1800)


@pytest.fixture
def engine(new_engine: EngineFactory) -> Engine:
    made = new_engine(METADATA)
    with made.begin() as connection:
        insert_presentation(connection, NEW)
    return made


def found(engine: Engine) -> Presentation:
    with engine.connect() as connection:
        presentation = find_presentation(connection, NEW.id)
    assert presentation is not None
    return presentation


def answer(connection: Connection, now: int = NOW) -> bool:
    return answer_presentation(
        connection, NEW.id, sealed=b"\x00\xff", code="c" * 43, code_expires=NOW + 120, erase=NOW + 480, now=now
    )


def decline(connection: Connection, now: int = NOW) -> bool:
    return decline_presentation(connection, NEW.id, error="access_denied", now=now)


def finish(connection: Connection, *, browser: str = "b" * 43, code: str = "c" * 43, now: int = NOW) -> bool:
    return finish_presentation(connection, NEW.id, browser=browser, code=code, now=now)


def test_it_comes_back_as_written(engine: Engine) -> None:
    assert found(engine) == NEW
    with engine.connect() as connection:
        assert find_presentation(connection, "I" * 43) is None


def test_an_answer_is_kept_whole(engine: Engine) -> None:
    with engine.begin() as connection:
        assert answer(connection)
    kept = replace(NEW, progress=Progress.ANSWERED, result=b"\x00\xff", response_code="c" * 43, answered_at=NOW)
    assert found(engine) == replace(kept, response_expires_at=NOW + 120, erase_at=NOW + 480)


@pytest.mark.parametrize("move", [answer, decline])
def test_fifty_at_once_and_one_wins(engine: Engine, move: Callable[[Connection], bool]) -> None:
    def once(_number: int) -> bool:
        with engine.begin() as connection:
            return move(connection)

    with ThreadPoolExecutor(50) as pool:
        assert sum(pool.map(once, range(50))) == 1


@pytest.mark.parametrize("move", [answer, decline])
@pytest.mark.parametrize("before", [answer, decline])
def test_what_is_answered_or_declined_stays_so(
    engine: Engine, before: Callable[[Connection], bool], move: Callable[[Connection], bool]
) -> None:
    with engine.begin() as connection:
        assert before(connection)
        assert not move(connection)


@pytest.mark.parametrize("move", [answer, decline])
def test_nothing_moves_after_its_time(engine: Engine, move: Callable[[Connection, int], bool]) -> None:
    with engine.begin() as connection:
        assert not move(connection, NOW + 300)
        assert move(connection, NOW + 299)


def test_a_failure_is_noted_while_it_is_open(engine: Engine) -> None:
    with engine.begin() as connection:
        assert note_failure(connection, NEW.id, step="holder", now=NOW)
    assert found(engine) == replace(NEW, failed_step="holder")
    with engine.begin() as connection:
        assert answer(connection)
        assert not note_failure(connection, NEW.id, step="issuer", now=NOW)


def test_finishing_needs_browser_code_and_time_and_happens_once(engine: Engine) -> None:
    with engine.begin() as connection:
        assert not finish(connection)
        assert answer(connection)
        assert not finish(connection, browser="x" * 43)
        assert not finish(connection, code="x" * 43)
        assert not finish(connection, now=NOW + 120)
        assert finish(connection)
        assert not finish(connection)


def test_what_is_over_is_deleted(engine: Engine) -> None:
    with engine.begin() as connection:
        assert answer(connection)
        assert erase_presentations(connection, NOW + 479) == 0
        assert erase_presentations(connection, NOW + 480) == 1
        assert find_presentation(connection, NEW.id) is None


def test_a_description_comes_back_byte_for_byte(engine: Engine) -> None:
    described = replace(NEW, id="d" * 43, preset="", description=b'{"query":\xed\x95\x9c}')
    with engine.begin() as connection:
        insert_presentation(connection, described)
        assert find_presentation(connection, described.id) == described
        assert find_presentation(connection, NEW.id) == NEW
