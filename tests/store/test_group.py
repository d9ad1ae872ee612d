"""Use cases of one turn of the loop commit together: nothing is said before it is durable, and one failure is its own."""

import asyncio
import sqlite3
from collections.abc import Awaitable, Callable
from contextlib import closing
from pathlib import Path
from threading import Thread

import pytest
from sqlalchemy import Column, Engine, ForeignKey, Integer, MetaData, Table, insert, select
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Route

from sinwon.core.refusal import Fault, Unmet
from sinwon.store.engine import open_engine, reading, unpooled, writing
from sinwon.store.group import CURRENT, Group
from sinwon.store.kept import Conflict, Kept
from sinwon.web.shared.app import make_app
from tests.raw_asgi import Sent, send_all

METADATA = MetaData()
MARKS = Table("marks", METADATA, Column("mark", Integer, primary_key=True))
ORPHANS = Table(
    "orphans", METADATA, Column("mark", ForeignKey(MARKS.c.mark, deferrable=True, initially="DEFERRED"), primary_key=True)
)
ADD = Kept(insert(MARKS))
ADD_ORPHAN = Kept(insert(ORPHANS))


@pytest.fixture
def engine(tmp_path: Path) -> Engine:
    engine = open_engine(f"sqlite:///{tmp_path}/group.sqlite")
    METADATA.create_all(engine)
    return engine


def _marks(engine: Engine) -> list[int]:
    """As a stranger sees them: what is durable."""
    with closing(sqlite3.connect(str(engine.url.database))) as connection:
        return [mark for (mark,) in connection.execute("SELECT mark FROM marks ORDER BY mark")]


def _seen(engine: Engine) -> list[int]:
    with reading(engine) as connection:
        return list(connection.execute(select(MARKS.c.mark).order_by(MARKS.c.mark)).scalars())


def _add(engine: Engine, *marks: int) -> None:
    with writing(engine) as connection:
        for mark in marks:
            ADD.run(connection, {"mark": mark})


def _add_and_refuse(engine: Engine, mark: int) -> None:
    with writing(engine) as connection:
        ADD.run(connection, {"mark": mark})
        raise Unmet("invalid_request", "changed its mind")


def _add_orphan(engine: Engine) -> None:
    """What the database refuses at the commit, not before."""
    with writing(engine) as connection:
        ADD_ORPHAN.run(connection, {"mark": 1_000})


def _in_group(engine: Engine, story: Callable[[Group], Awaitable[None]]) -> None:
    async def run() -> None:
        group = Group(engine, unpooled(engine))
        before = CURRENT.set(group)
        try:
            await story(group)
        finally:
            CURRENT.reset(before)
            group.close()

    asyncio.run(run())


def test_what_one_turn_wrote_is_committed_together_and_seen_by_itself_before(engine: Engine) -> None:
    async def story(group: Group) -> None:
        _add(engine, 1)
        _add(engine, 2)
        assert _seen(engine) == [1, 2]
        assert _marks(engine) == []
        await group.settled()
        assert _marks(engine) == [1, 2]
        _add(engine, 3)
        await group.settled()
        assert _marks(engine) == _seen(engine) == [1, 2, 3]

    _in_group(engine, story)


def test_a_use_case_that_fails_is_undone_alone(engine: Engine) -> None:
    async def story(group: Group) -> None:
        _add(engine, 1)
        with pytest.raises(Unmet):
            _add_and_refuse(engine, 2)
        with pytest.raises(Conflict):
            _add(engine, 3, 1)
        _add(engine, 4)
        await group.settled()
        assert _marks(engine) == [1, 4]

    _in_group(engine, story)


def test_when_the_commit_fails_nobody_is_told_otherwise(engine: Engine) -> None:
    async def story(group: Group) -> None:
        _add(engine, 1)
        _add_orphan(engine)
        with pytest.raises(Fault):
            await group.settled()
        assert _marks(engine) == []
        _add(engine, 2)
        await group.settled()
        assert _marks(engine) == [2]

    _in_group(engine, story)


def test_when_the_database_undoes_all_of_it_itself_the_rest_of_the_turn_is_refused(engine: Engine) -> None:
    """As a full disk does: not only the statement that met it is undone."""

    async def story(group: Group) -> None:
        _add(engine, 1)
        with pytest.raises(sqlite3.IntegrityError), writing(engine) as connection:
            connection.connection.cursor().execute("INSERT OR ROLLBACK INTO marks VALUES (1)")
        with pytest.raises(Fault):
            _add(engine, 2)
        with pytest.raises(Fault):
            await group.settled()
        assert _marks(engine) == []
        _add(engine, 3)
        await group.settled()
        assert _marks(engine) == [3]

    _in_group(engine, story)


def test_a_request_that_is_cancelled_takes_nobody_else_s_answer_along(engine: Engine) -> None:
    """A server cancels a request whose client is gone: what it wrote stays, and so do the answers of others."""

    async def write(group: Group, mark: int) -> int:
        _add(engine, mark)
        await group.settled()
        return mark

    async def story(group: Group) -> None:
        failed: list[object] = []
        asyncio.get_running_loop().set_exception_handler(lambda _loop, context: failed.append(context))
        tasks = [asyncio.create_task(write(group, mark)) for mark in (1, 2, 3)]
        asyncio.get_running_loop().call_soon(tasks[1].cancel)  # after the three have written, before the commit
        answers = await asyncio.gather(*tasks, return_exceptions=True)
        assert (answers[0], type(answers[1]), answers[2]) == (1, asyncio.CancelledError, 3)
        assert _marks(engine) == [1, 2, 3]
        assert failed == []

    _in_group(engine, story)


def test_another_thread_has_transactions_of_its_own(engine: Engine) -> None:
    async def story(group: Group) -> None:
        _add(engine, 1)
        await group.settled()
        await asyncio.to_thread(_add, engine, 2)
        assert _marks(engine) == [1, 2]

    _in_group(engine, story)


def test_a_read_takes_no_lock_and_keeps_none(engine: Engine) -> None:
    async def story(_group: Group) -> None:
        with reading(engine) as outer:
            assert list(outer.execute(select(MARKS.c.mark))) == []
            assert _seen(engine) == []
            other = Thread(target=_add, args=(engine, 1))
            other.start()
            other.join()
            assert list(outer.execute(select(MARKS.c.mark))) == []
        assert _seen(engine) == [1]

    _in_group(engine, story)


def test_an_answer_leaves_after_the_commit_and_is_an_error_when_that_fails(engine: Engine) -> None:
    async def mark(request: Request) -> Response:
        _add(engine, request.path_params["mark"])
        assert request.path_params["mark"] not in _marks(engine)
        return PlainTextResponse("done")

    async def orphan(_request: Request) -> Response:
        _add_orphan(engine)
        return PlainTextResponse("done")

    routes = [Route("/marks/{mark:int}", mark, methods=["POST"]), Route("/orphan", orphan, methods=["POST"])]
    app = make_app(routes, origin="https://role.example", engine=engine)
    wanted = [Sent("POST", path) for path in (b"/marks/1", b"/orphan", b"/marks/2", b"/marks/2")]
    answers = send_all(app, "https://role.example", wanted)
    assert [answer.status for answer in answers] == [200, 500, 200, 500]
    assert b"done" not in answers[1].body
    assert _marks(engine) == [1, 2]
