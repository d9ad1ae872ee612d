"""One engine per role database: SQLite beside the process, PostgreSQL beyond one machine.

SQLite's default transactions lose updates when a read is followed by a write, so every writing transaction begins
IMMEDIATE; a reading one says so and begins deferred. Commits are durable (`synchronous=FULL`): what was consumed stays so.
The dialect's own hook begins them: an event listener for it would slow down every statement (a read takes 100 µs, not 170).
"""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, Final

from sqlalchemy import Connection, Engine, NullPool, PoolProxiedConnection, create_engine, event

from sinwon.store.group import CURRENT

THREADS: Final = 40  # what the web framework runs at once; the pool must not be smaller
BUSY_MILLISECONDS: Final = 10_000
CHECKPOINT_PAGES: Final = 4000  # 16 MB of log: pages written many times meanwhile are copied back once, 8 % of a transaction
READING: Final = "sinwon_reading"


def open_engine(url: str) -> Engine:
    """`sqlite:////path/file.sqlite`, or `postgresql+psycopg://…`. Values never appear in what an error says."""
    if not url.startswith("sqlite"):
        return create_engine(url, pool_size=THREADS, max_overflow=0, pool_pre_ping=True, hide_parameters=True)
    engine = create_engine(url, pool_size=THREADS, max_overflow=0, hide_parameters=True)
    event.listen(engine, "connect", _prepare_sqlite)
    setattr(engine.dialect, "do_begin", _begin_sqlite)  # noqa: B010 (a hook of this engine's dialect alone)
    return engine


def unpooled(engine: Engine) -> Engine:
    """The same SQLite database for connections that are kept (store.group): not of the pool, which threads share, and their
    transactions begun and ended by hand."""
    kept = create_engine(engine.url, poolclass=NullPool, hide_parameters=True)
    event.listen(kept, "connect", _prepare_sqlite)
    setattr(kept.dialect, "do_begin", _begin_nothing)  # noqa: B010 (as above)
    return kept


@contextmanager
def writing(engine: Engine) -> Iterator[Connection]:
    """A use case's one transaction. It is durable when the block ends; in a group, before anything is answered."""
    group = CURRENT.get()
    with group.part() if group is not None and group.serves(engine) else engine.begin() as connection:
        yield connection


@contextmanager
def reading(engine: Engine) -> Iterator[Connection]:
    """A connection for reading only: takes no write lock and commits nothing."""
    group = CURRENT.get()
    with group.look() if group is not None and group.serves(engine) else _look(engine) as connection:
        yield connection


@contextmanager
def _look(engine: Engine) -> Iterator[Connection]:
    with engine.connect() as connection:
        marks = connection.connection.info
        marks[READING] = True
        try:
            yield connection
        finally:
            marks.pop(READING, None)


def _prepare_sqlite(raw: Any, _record: object) -> None:
    raw.isolation_level = None
    for pragma in (
        "journal_mode=wal",
        "synchronous=full",
        "foreign_keys=on",
        f"busy_timeout={BUSY_MILLISECONDS}",
        "secure_delete=on",
        f"wal_autocheckpoint={CHECKPOINT_PAGES}",
    ):
        raw.execute(f"PRAGMA {pragma}")


def _begin_sqlite(pooled: PoolProxiedConnection) -> None:
    pooled.cursor().execute("BEGIN" if READING in pooled.info else "BEGIN IMMEDIATE")


def _begin_nothing(_pooled: PoolProxiedConnection) -> None:
    """Whoever keeps the connection begins and ends its transactions."""
