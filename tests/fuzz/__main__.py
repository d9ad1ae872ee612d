"""The long run, by hand: `python -m tests.fuzz TARGET… [--seconds 300] [--seed 1] [--plain]`; all targets where none is named.

Guided by coverage where atheris is installed (one target at a time), by mutation of the seeds otherwise or with --plain. What
is found is written to tests/fuzz/found.
"""

import argparse
import sys
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path
from tempfile import gettempdir
from time import monotonic
from typing import Any

HERE = Path(__file__).parent


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.fuzz", description=__doc__)
    parser.add_argument("targets", nargs="*", metavar="TARGET")
    parser.add_argument("--seconds", type=int, default=300)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--plain", action="store_true")
    options = parser.parse_args()
    if len(options.targets) == 1 and not options.plain and find_spec("atheris"):
        return guided(options.targets[0], options.seconds)
    from tests.fuzz.targets import TARGETS

    return max(plain(name, options.seconds, options.seed) for name in options.targets or TARGETS)


def plain(name: str, seconds: int, seed: int) -> int:
    from tests.fuzz.run import Finding, accepts, inputs, keep

    end, count, accepted, found = monotonic() + seconds, 0, 0, 0
    for data in inputs(name, seed):
        try:
            accepted += accepts(name, data)
        except Finding as finding:
            found += 1
            print(f"{finding} → {keep(name, data)}", flush=True)  # noqa: T201 (a command: this is its output)
        count += 1
        if monotonic() > end or found >= 5:
            break
    print(f"{name}: {count} inputs, {accepted} accepted, {found} found", flush=True)  # noqa: T201 (a command: this is its output)
    return 1 if found else 0


def guided(name: str, seconds: int) -> int:
    """Ends the process: the library does."""
    atheris: Any = import_module("atheris")
    with atheris.instrument_imports(include=["sinwon"]):
        run = import_module("tests.fuzz.run")

    def one(data: bytes) -> None:
        try:
            run.accepts(name, data)
        except run.Finding:
            run.keep(name, data)
            raise

    work = Path(gettempdir()) / "sinwon-fuzz" / name
    work.mkdir(parents=True, exist_ok=True)
    arguments = [
        sys.argv[0],
        str(work),
        str(HERE / "corpus" / name),
        f"-max_total_time={seconds}",
        "-max_len=65536",
        "-timeout=20",
    ]
    atheris.Setup(arguments, one)
    atheris.Fuzz()
    return 0


if __name__ == "__main__":
    sys.exit(main())
