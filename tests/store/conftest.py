"""The engines of the store suite. PostgreSQL is a throw-away cluster in a temporary folder, on a Unix socket only."""

import os
import shutil
import subprocess
import tempfile
from collections.abc import Callable, Iterator
from itertools import count
from pathlib import Path

import pytest
from sqlalchemy import Engine, MetaData, create_engine, text

from sinwon.store.engine import open_engine

EngineFactory = Callable[[MetaData], Engine]
NAMES = count()


def _binaries() -> Path | None:
    found = sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb"), key=lambda path: int(path.parts[-3]))
    if found:
        return found[-1].parent
    initdb = shutil.which("initdb")
    return Path(initdb).resolve().parent if initdb else None


def _as_postgres(command: list[str]) -> list[str]:
    """initdb and postgres refuse to run as root."""
    return ["runuser", "-u", "postgres", "--", *command] if os.geteuid() == 0 else command


@pytest.fixture(scope="session")
def postgresql() -> Iterator[str]:
    """The URL of a running cluster's maintenance database, with `{database}` to be filled."""
    binaries = _binaries()
    if binaries is None:
        pytest.skip("PostgreSQL's server programs are not installed")
    home = Path(tempfile.mkdtemp(prefix="sinwon-pg-"))
    if os.geteuid() == 0:
        shutil.chown(home, "postgres", "postgres")
    data = home / "data"
    run = subprocess.run
    run(
        _as_postgres([str(binaries / "initdb"), "-D", str(data), "-A", "trust", "-U", "sinwon", "-E", "UTF8"]),
        check=True,
        stdout=-3,
        cwd=home,
    )
    options = f"-k {home} -c listen_addresses='' -c fsync=off -c max_connections=200 -c timezone=Asia/Seoul"
    start = [str(binaries / "pg_ctl"), "-D", str(data), "-w", "-l", str(home / "log"), "-o", options]
    run(_as_postgres([*start, "start"]), check=True, stdout=-3, cwd=home)
    yield f"postgresql+psycopg://sinwon@/{{database}}?host={home}"
    run(_as_postgres([str(binaries / "pg_ctl"), "-D", str(data), "-m", "immediate", "stop"]), check=True, stdout=-3, cwd=home)
    shutil.rmtree(home, ignore_errors=True)


@pytest.fixture(params=["sqlite", "postgresql"])
def new_engine(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[EngineFactory]:
    """A factory: an empty database with the given tables, on the engine under test."""
    opened: list[Engine] = []

    def make(metadata: MetaData) -> Engine:
        url = _sqlite_url(tmp_path) if request.param == "sqlite" else _postgresql_url(request.getfixturevalue("postgresql"))
        engine = open_engine(url)
        metadata.create_all(engine)
        opened.append(engine)
        return engine

    yield make
    for engine in opened:
        engine.dispose()


def _sqlite_url(folder: Path) -> str:
    return f"sqlite:///{folder}/{next(NAMES)}.sqlite"


def _postgresql_url(template: str) -> str:
    name = f"suite_{next(NAMES)}"
    maintenance = create_engine(template.format(database="postgres"), isolation_level="AUTOCOMMIT")
    with maintenance.connect() as connection:
        connection.execute(text(f"CREATE DATABASE {name}"))
    maintenance.dispose()
    return template.format(database=name)
