"""One process of each oracle for all tests."""

import os
from collections.abc import Iterator

import pytest

from tests.interop import oracle
from tests.interop.oracle import Oracle


@pytest.fixture(scope="session")
def node() -> Iterator[Oracle]:
    _installed()
    with oracle.node() as running:
        yield running


@pytest.fixture(scope="session")
def pymdoccbor() -> Iterator[Oracle]:
    _installed()
    with oracle.pymdoccbor() as running:
        yield running


def _installed() -> None:
    why = oracle.missing()
    if why and os.environ.get(oracle.REQUIRED) == "required":
        pytest.fail(why)
    if why:
        pytest.skip(why)
