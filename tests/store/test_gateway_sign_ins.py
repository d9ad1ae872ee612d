"""Sign-ins: one code, one token, one end; found again by each of their names."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

import pytest
from sqlalchemy import Connection, Engine

from sinwon.store.gateway.metadata import METADATA
from sinwon.store.gateway.presentations import Presentation, insert_presentation
from sinwon.store.gateway.presentations import Progress as Shown
from sinwon.store.gateway.sign_ins import (
    Progress,
    SignIn,
    ask_again,
    authorize,
    end_sign_in,
    erase_sign_ins,
    find_sign_in,
    insert_sign_in,
    redeem,
    sign_in_of_code,
    sign_in_of_presentation,
    sign_in_of_token,
)
from sinwon.store.kept import Conflict
from tests.store.conftest import EngineFactory

NOW = 4_102_444_800
ASKED = Presentation("i" * 43, "gov24", "gov-minwon", "n" * 43, "b" * 43, Shown.OPEN, NOW + 300, NOW + 1800)
SECOND = replace(ASKED, id="j" * 43)
NEW = SignIn(
    id="s" * 22,
    client="gov24-client",
    redirect_uri="https://gov24.example/callback",
    state="상태 ' \" %",
    nonce=None,
    code_challenge="h" * 43,
    presentation=ASKED.id,
    progress=Progress.STARTED,
    expires_at=NOW + 1800,
    erase_at=NOW + 3600,
)


@pytest.fixture
def engine(new_engine: EngineFactory) -> Engine:
    made = new_engine(METADATA)
    with made.begin() as connection:
        insert_presentation(connection, ASKED)
        insert_presentation(connection, SECOND)
        insert_sign_in(connection, NEW)
    return made


def give_code(connection: Connection, now: int = NOW) -> bool:
    return authorize(connection, NEW.id, code="c" * 43, until=NOW + 60, now=now)


def give_token(connection: Connection, now: int = NOW) -> bool:
    return redeem(connection, NEW.id, token="t" * 43, until=NOW + 300, now=now)


def ask_second(connection: Connection, now: int = NOW) -> bool:
    return ask_again(connection, NEW.id, old=ASKED.id, new=SECOND.id, now=now)


def test_it_comes_back_as_written_with_its_question(engine: Engine) -> None:
    with engine.connect() as connection:
        assert find_sign_in(connection, NEW.id) == (NEW, ASKED)
        assert sign_in_of_presentation(connection, ASKED.id) == (NEW, ASKED)
        assert find_sign_in(connection, "x" * 22) is None


def test_it_is_found_by_code_and_token(engine: Engine) -> None:
    with engine.begin() as connection:
        assert not give_token(connection)
        assert give_code(connection)
        assert give_token(connection)
        whole = replace(NEW, progress=Progress.REDEEMED, code="c" * 43, code_expires_at=NOW + 60)
        whole = replace(whole, token="t" * 43, token_expires_at=NOW + 300)
        assert sign_in_of_code(connection, "c" * 43) == (whole, ASKED)
        assert sign_in_of_token(connection, "t" * 43) == (whole, ASKED)
        assert sign_in_of_token(connection, "c" * 43) is None


@pytest.mark.parametrize("move", [give_code, give_token, ask_second])
def test_fifty_at_once_and_one_wins(engine: Engine, move: Callable[[Connection], bool]) -> None:
    if move is give_token:
        with engine.begin() as connection:
            assert give_code(connection)

    def once(_number: int) -> bool:
        with engine.begin() as connection:
            return move(connection)

    with ThreadPoolExecutor(50) as pool:
        assert sum(pool.map(once, range(50))) == 1


def test_nothing_moves_after_its_time(engine: Engine) -> None:
    with engine.begin() as connection:
        assert not give_code(connection, NOW + 1800)
        assert not ask_second(connection, NOW + 1800)
        assert give_code(connection)
        assert not give_token(connection, NOW + 60)


def test_asking_again_replaces_the_question(engine: Engine) -> None:
    with engine.begin() as connection:
        assert ask_second(connection)
        assert sign_in_of_presentation(connection, ASKED.id) is None
        assert sign_in_of_presentation(connection, SECOND.id) == (replace(NEW, presentation=SECOND.id), SECOND)
        assert give_code(connection)
        assert not ask_again(connection, NEW.id, old=SECOND.id, new=ASKED.id, now=NOW)


def test_an_end_is_an_end(engine: Engine) -> None:
    with engine.begin() as connection:
        assert not end_sign_in(connection, NEW.id, was=Progress.REDEEMED)
        assert end_sign_in(connection, NEW.id, was=Progress.STARTED)
        assert not end_sign_in(connection, NEW.id, was=Progress.STARTED)
        assert not give_code(connection)
        assert not ask_second(connection)


def test_a_presentation_belongs_to_one_sign_in(engine: Engine) -> None:
    with pytest.raises(Conflict), engine.begin() as connection:
        insert_sign_in(connection, replace(NEW, id="z" * 22))


def test_what_is_over_is_deleted(engine: Engine) -> None:
    with engine.begin() as connection:
        assert erase_sign_ins(connection, NOW + 3599) == 0
        assert erase_sign_ins(connection, NOW + 3600) == 1
