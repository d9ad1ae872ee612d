"""The use cases of one turn of the event loop, committed together (SQLite).

A durable commit costs more than the statements before it. Use cases that an event loop runs one after another share one
transaction: each is a savepoint, undone by itself when it fails, and the commit comes with the loop's next turn. Nothing may be
answered before `settled`, which web.shared.middleware.Together awaits. Two connections are kept, one to write and one to read;
what has its own thread, and everything on PostgreSQL, where a shared transaction would keep strangers' rows locked, is served
by `store.engine` as ever.
"""

from asyncio import Future, get_running_loop, shield
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from threading import get_ident
from typing import Any, Final

from sqlalchemy import Connection, Engine

from sinwon.core.refusal import Fault

CURRENT: Final[ContextVar["Group | None"]] = ContextVar("sinwon_group", default=None)


class Group:
    """Belongs to one event loop and its thread."""

    def __init__(self, engine: Engine, unpooled: Engine) -> None:
        """`engine` is what use cases name; `unpooled` (store.engine) opens the two connections that are kept."""
        self.engine = engine
        self._thread = get_ident()
        self._writer, self._writing = _kept(unpooled)
        self._reader, self._reading = _kept(unpooled)
        self._readers = 0
        self._end: Future[Exception | None] | None = None

    def serves(self, engine: Engine) -> bool:
        return engine is self.engine and get_ident() == self._thread

    @contextmanager
    def part(self) -> Iterator[Connection]:
        """A use case's transaction: done or undone here, durable once `settled`."""
        self._open()
        self._writing.execute("SAVEPOINT part")
        try:
            yield self._writer
        except BaseException:
            if self._writing.in_transaction:  # a full disk has undone all of it already: `_commit` will say so
                self._writing.execute("ROLLBACK TO part")
                self._writing.execute("RELEASE part")
            raise
        self._writing.execute("RELEASE part")

    @contextmanager
    def look(self) -> Iterator[Connection]:
        """For reading: in the open transaction, if there is one, so that a request sees what it wrote."""
        if self._end is not None:
            yield self._writer
            return
        if self._readers == 0:
            self._reading.execute("BEGIN")
        self._readers += 1
        try:
            yield self._reader
        finally:
            self._readers -= 1
            if self._readers == 0:
                self._reading.execute("ROLLBACK")

    async def settled(self) -> None:
        """Returns when all that was written so far is durable. Raises Fault when it is lost. Whoever stops waiting, because
        its client is gone, keeps the others' answers from nobody."""
        if self._end is not None and await shield(self._end) is not None:
            raise Fault("the transaction was not committed")

    def close(self) -> None:
        """Once its loop is closed."""
        self._writer.close()
        self._reader.close()

    def _open(self) -> None:
        if self._end is None:
            self._writing.execute("BEGIN IMMEDIATE")
            loop = get_running_loop()
            self._end = loop.create_future()
            loop.call_soon(self._commit)
        elif not self._writing.in_transaction:
            raise Fault("the transaction is lost")

    def _commit(self) -> None:
        end, self._end = self._end, None
        lost: Exception | None = None
        try:
            self._writing.execute("COMMIT")
        except self.engine.dialect.loaded_dbapi.Error as error:
            lost = error
            if self._writing.in_transaction:
                self._writing.execute("ROLLBACK")
        if end is not None:
            end.set_result(lost)


def _kept(unpooled: Engine) -> tuple[Connection, Any]:
    """A connection, and the driver's beneath it. To SQLAlchemy it is in one transaction for ever: begun and ended here."""
    connection = unpooled.connect()
    connection.begin()
    return connection, connection.connection.dbapi_connection
