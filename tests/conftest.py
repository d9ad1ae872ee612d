"""What every test finds as the first one did."""

import sys
from collections.abc import Iterator

import pytest
import structlog


@pytest.fixture(autouse=True)
def fresh_logs() -> Iterator[None]:
    """A command configures logs for the process, for good even: the next test shall not log where that one did."""
    yield
    if structlog.is_configured():
        structlog.reset_defaults()
        for module in [found for name, found in list(sys.modules.items()) if name.startswith("sinwon.")]:
            getattr(getattr(module, "log", None), "__dict__", {}).pop("bind", None)
