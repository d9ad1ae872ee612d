"""The short run: every seed does what its name says, and so many mutations of them find nothing. The same in each run."""

import tracemalloc
from itertools import islice

import pytest

from tests.fuzz.run import CORPUS, FOUND, Finding, accepts, corpus, inputs
from tests.fuzz.targets import TARGETS

MUTATIONS = 3000
FEWER = {"deflated": 120, "verify": 300, "device_namespaces": 1500, "inspect": 1500}
"""Where one takes longer."""
MEMORY = 64 << 20


@pytest.mark.parametrize("name", TARGETS)
def test_seeds_do_what_their_names_say(name: str) -> None:
    seeds = {label: data for label, data in corpus(name).items() if not label.startswith(f"{name}--")}
    assert {accepts(name, data) for data in seeds.values()} == {True, False}, "a target without both kinds of seeds"
    wrong = [label for label, data in seeds.items() if accepts(name, data) != label.startswith("good")]
    assert wrong == []


@pytest.mark.parametrize("name", TARGETS)
def test_what_was_found_before_stays_repaired(name: str) -> None:
    for path in FOUND.glob(f"{name}--*"):
        accepts(name, path.read_bytes())


@pytest.mark.parametrize("name", TARGETS)
def test_mutations_find_nothing(name: str) -> None:
    for data in islice(inputs(name, 1), FEWER.get(name, MUTATIONS)):
        accepts(name, data)


@pytest.mark.parametrize("name", TARGETS)
def test_seeds_take_little_memory(name: str) -> None:
    seeds = list(corpus(name).values())
    tracemalloc.start()
    try:
        for data in seeds:
            tracemalloc.reset_peak()
            accepts(name, data)
            assert tracemalloc.get_traced_memory()[1] < MEMORY
    finally:
        tracemalloc.stop()


def test_every_corpus_has_a_target() -> None:
    assert {folder.name for folder in CORPUS.iterdir()} == set(TARGETS)


def test_control_what_is_no_refusal_is_a_finding(monkeypatch: pytest.MonkeyPatch) -> None:
    def wrong(data: bytes) -> object:
        raise KeyError(data)

    monkeypatch.setitem(TARGETS, "jwk", wrong)
    with pytest.raises(Finding, match="KeyError"):
        accepts("jwk", b"")
