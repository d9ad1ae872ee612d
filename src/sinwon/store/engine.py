"""One engine per role database: SQLite beside the process, PostgreSQL beyond one machine.

SQLite's default transactions lose updates when a read is followed by a write, so every writing transaction begins
IMMEDIATE; a reading one says so and begins deferred. Commits are durable (`synchronous=FULL`): what was consumed stays so.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, Final

from sqlalchemy import Connection, Engine, create_engine, event

THREADS: Final = 40  # what the web framework runs at once; the pool must not be smaller
BUSY_MILLISECONDS: Final = 10_000
READING: Final = "sinwon_reading"


def open_engine(url: str) -> Engine:
    """`sqlite:////path/file.sqlite`, or `postgresql+psycopg://…`."""
    if not url.startswith("sqlite"):
        return create_engine(url, pool_size=THREADS, max_overflow=0, pool_pre_ping=True)
    engine = create_engine(url, pool_size=THREADS, max_overflow=0)
    event.listen(engine, "connect", _prepare_sqlite)
    event.listen(engine, "begin", _begin_sqlite)
    return engine


@contextmanager
def reading(engine: Engine) -> Iterator[Connection]:
    """A connection for reading only: takes no write lock and commits nothing."""
    with engine.connect().execution_options(**{READING: True}) as connection:
        yield connection


def _prepare_sqlite(raw: Any, _record: object) -> None:
    raw.isolation_level = None
    for pragma in (
        "journal_mode=wal",
        "synchronous=full",
        "foreign_keys=on",
        f"busy_timeout={BUSY_MILLISECONDS}",
        "secure_delete=on",
    ):
        raw.execute(f"PRAGMA {pragma}")


def _begin_sqlite(connection: Connection) -> None:
    plain = connection.get_execution_options().get(READING, False)
    connection.exec_driver_sql("BEGIN" if plain else "BEGIN IMMEDIATE")
