"""One row of a measurement, how rows are printed and kept, and how two costs are measured fairly next to each other."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from statistics import median
from time import process_time_ns
from typing import Final

from sinwon.core.strict_json import dump

ROUNDS: Final = 9


@dataclass(frozen=True, slots=True)
class Row:
    """`value` and `bare` in `unit`; `bare` is the same cryptographic operations and nothing else."""

    name: str
    value: float
    unit: str
    bare: float
    budget: str = ""
    peers: Mapping[str, float] = field(default_factory=dict)

    @property
    def ratio(self) -> float:
        return self.value / self.bare


def interleaved(
    works: Mapping[str, Callable[[], object]], *, calls: int, elsewhere: Mapping[str, Callable[[], float]] | None = None
) -> dict[str, float]:
    """Median CPU microseconds per call of each work, measured in turn so that a drifting machine hits all alike. What runs
    `elsewhere`, in another process, times itself and says the same figure."""
    timed = {name: partial(_timed, work, calls) for name, work in works.items()} | dict(elsewhere or {})
    rounds = [{name: time() for name, time in timed.items()} for _ in range(ROUNDS)]
    return {name: median(each[name] for each in rounds) for name in timed}


def _timed(work: Callable[[], object], calls: int) -> float:
    began = process_time_ns()
    for _ in range(calls):
        work()
    return (process_time_ns() - began) / calls / 1000


def show(rows: Sequence[Row]) -> None:
    print(f"{'name':<28}{'value':>10}  {'unit':<6}{'bare':>9}{'ratio':>8}  budget / peers")
    for row in rows:
        peers = "  ".join(f"{name} {value:.0f}" for name, value in row.peers.items())
        print(
            f"{row.name:<28}{row.value:>10.2f}  {row.unit:<6}{row.bare:>9.2f}{row.ratio:>7.1f}×  {row.budget}  {peers}".rstrip()
        )


def keep(rows: Sequence[Row], target: Path) -> None:
    plain = [
        {
            "name": row.name,
            "value": round(row.value, 4),
            "unit": row.unit,
            "bare": round(row.bare, 4),
            "ratio": round(row.ratio, 3),
            **({"peers": {name: round(value, 2) for name, value in row.peers.items()}} if row.peers else {}),
        }
        for row in rows
    ]
    target.write_bytes(dump(plain))
