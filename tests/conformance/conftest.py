"""The conformance profile as a harness meets it: every role on https, in one folder, up for the whole run."""

import socket
from collections.abc import Iterator
from pathlib import Path

import pytest

from sinwon.conformance.command import Serving, conformance, parse_harness
from sinwon.conformance.plan import PLACES, Place

HARNESS = parse_harness("https://harness.example:8443", "sinwon")


def free_row(count: int) -> int:
    """The first of `count` free ports in a row."""
    for first in range(18490, 19490, count):
        try:
            for port in range(first, first + count):
                with socket.socket() as probe:
                    probe.bind(("127.0.0.1", port))
        except OSError:
            continue
        return first
    raise OSError("no free ports on loopback")


@pytest.fixture(scope="session")
def place(tmp_path_factory: pytest.TempPathFactory) -> Place:
    return Place(tmp_path_factory.mktemp("conformance") / "state", "localhost", free_row(len(PLACES)))


@pytest.fixture(scope="session")
def served(place: Place) -> Iterator[Serving]:
    with conformance(place, HARNESS) as up:
        yield up


@pytest.fixture(scope="session")
def authority(served: Serving) -> Path:
    assert served.config.tls is not None
    assert served.config.tls.authority is not None
    return Path(served.config.tls.authority)
