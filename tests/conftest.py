"""What every test finds as the first one did, and the issuer that many begin with."""

import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
import structlog

from tests.issuing import Issuing, on_sqlite


@pytest.fixture(autouse=True)
def fresh_logs() -> Iterator[None]:
    """A command configures logs for the process, for good even: the next test shall not log where that one did."""
    yield
    if structlog.is_configured():
        structlog.reset_defaults()
        for module in [found for name, found in list(sys.modules.items()) if name.startswith("sinwon.")]:
            getattr(getattr(module, "log", None), "__dict__", {}).pop("bind", None)


@pytest.fixture
def issuing(tmp_path: Path) -> Iterator[Issuing]:
    """An issuer of its own, on SQLite."""
    made = on_sqlite(tmp_path)
    yield made
    made.issuer.engine.dispose()
