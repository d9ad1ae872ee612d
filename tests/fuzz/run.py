"""Giving a target its inputs, and judging what it did with them."""

from collections.abc import Iterator
from hashlib import sha256
from pathlib import Path
from random import Random
from time import process_time

from sinwon.core.refusal import Refusal
from tests.fuzz.mutate import mutated
from tests.fuzz.targets import TARGETS

HERE = Path(__file__).parent
CORPUS = HERE / "corpus"
FOUND = HERE / "found"
SECONDS = 2.0
"""The longest that one input of at most 256 kB may take; the slowest takes a tenth of it."""


class Finding(AssertionError):
    """A target did something else than giving a value or a Refusal in time."""


def accepts(name: str, data: bytes) -> bool:
    """Whether the target gave a value. Raises Finding."""
    begin = process_time()
    try:
        TARGETS[name](data)
        accepted = True
    except Refusal:
        accepted = False
    except BaseException as error:
        if isinstance(error, KeyboardInterrupt | SystemExit):
            raise
        raise Finding(f"{name}: {type(error).__name__}: {error}") from error
    if process_time() - begin > SECONDS:
        raise Finding(f"{name}: {process_time() - begin:.1f} s for {len(data)} bytes")
    return accepted


def corpus(name: str) -> dict[str, bytes]:
    """The seeds by file name, and what was found before."""
    files = sorted((CORPUS / name).glob("*")) + sorted(FOUND.glob(f"{name}--*"))
    return {file.name: file.read_bytes() for file in files}


def inputs(name: str, seed: int) -> Iterator[bytes]:
    """Without end. An input that was accepted may be mutated further, so that runs go deeper."""
    random = Random(f"{name} {seed}")  # noqa: S311 (the same inputs in each run)
    pool = list(corpus(name).values()) or [b""]
    while True:
        yield mutated(random.choice(pool), random, pool)


def keep(name: str, data: bytes) -> Path:
    """A finding, as a file to be named after its fault."""
    FOUND.mkdir(exist_ok=True)
    path = FOUND / f"{name}--{sha256(data).hexdigest()[:12]}"
    path.write_bytes(data)
    return path
