"""scripts/bench NAME [--json FILE]: prints rows of name, value, unit, bare, ratio, and writes them as JSON."""

import argparse
from importlib import import_module
from pathlib import Path

from benchmarks.rows import keep, show

NAMES = ("formats", "journey", "status")


def main() -> None:
    parser = argparse.ArgumentParser(prog="scripts/bench", description=__doc__)
    parser.add_argument("name", choices=NAMES)
    parser.add_argument("--json", type=Path, metavar="FILE")
    chosen = parser.parse_args()
    rows = import_module(f"benchmarks.{chosen.name}").rows()
    show(rows)
    if chosen.json:
        keep(rows, chosen.json)


if __name__ == "__main__":
    main()
