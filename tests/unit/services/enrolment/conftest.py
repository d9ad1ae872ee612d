"""A counter over a database in a temporary folder."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from sinwon.store.consulate.tables import METADATA
from sinwon.store.engine import open_engine
from tests.counter import Counter, counter


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[Counter]:
    engine = open_engine(f"sqlite:///{tmp_path}/consulate.sqlite")
    METADATA.create_all(engine)
    yield counter(engine)
    engine.dispose()
