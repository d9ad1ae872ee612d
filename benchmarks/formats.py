"""scripts/bench formats: SD-JWT VC and mdoc, issue and verify, beside the bare cost and the libraries of others.

All do the same work on the same claims, keys and presentations, in turn. Those in another process time themselves there.
"""

import sys
from collections.abc import Callable, Mapping
from contextlib import ExitStack
from functools import partial

from tests.interop import oracle

from benchmarks.bare import Bare
from benchmarks.mdoc_work import MdocWork
from benchmarks.rows import Row, interleaved
from benchmarks.sd_jwt_work import SdJwtWork

CALLS = 150
CALLS_ELSEWHERE = 60
WARM = 1000
"""Calls until a compiler at run time has seen enough."""
BUDGETS = {"sd-jwt-issue": 4, "sd-jwt-verify": 2, "mdoc-issue": 5, "mdoc-verify": 2}
"""Times the bare cost."""


def rows() -> list[Row]:
    bare, sd_jwt, mdoc = Bare(), SdJwtWork(), MdocWork()
    package_issue, package_verify = sd_jwt.by_package()
    works: dict[str, Callable[[], object]] = {
        "bare sign": bare.sign,
        "bare verifies": bare.two_verifies,
        "sd-jwt-issue": sd_jwt.issue,
        "sd-jwt-verify": sd_jwt.verify,
        "mdoc-issue": mdoc.issue,
        "mdoc-verify": mdoc.verify,
        "sd-jwt sd-jwt-issue": package_issue,
        "sd-jwt sd-jwt-verify": package_verify,
    }
    with ExitStack() as processes:
        cost = interleaved(works, calls=CALLS, elsewhere=_elsewhere(sd_jwt, mdoc, processes))
    return [_row(name, cost) for name in BUDGETS]


def _row(name: str, cost: Mapping[str, float]) -> Row:
    bare = cost["bare sign" if name.endswith("issue") else "bare verifies"]
    peers = {work.removesuffix(f" {name}"): value for work, value in cost.items() if work.endswith(f" {name}")}
    return Row(name, cost[name], "µs", bare, f"≤ {BUDGETS[name]}× bare", peers)


def _elsewhere(sd_jwt: SdJwtWork, mdoc: MdocWork, processes: ExitStack) -> dict[str, Callable[[], float]]:
    """By peer and row, what measures it in its own process."""
    if why := oracle.missing():
        print(f"Without most peers: {why}", file=sys.stderr)
        return {}
    node, pymdoccbor = processes.enter_context(oracle.node()), processes.enter_context(oracle.pymdoccbor())
    timed: dict[str, Callable[[], float]] = {}
    for name, given in {**sd_jwt.by_others(), **mdoc.by_others()}.items():
        node.ask("timing.prepare", name=name, **given)
        node.ask("timing.run", name=name, calls=WARM)
        peer = "@owf/mdoc" if name.startswith("mdoc") else "@sd-jwt/core"
        timed[f"{peer} {name}"] = partial(node.ask, "timing.run", name=name, calls=CALLS_ELSEWHERE)
    for name, given in mdoc.by_pymdoccbor().items():
        pymdoccbor.ask(f"timing.prepare_{name}", **given)
        timed[f"pymdoccbor mdoc-{name}"] = partial(pymdoccbor.ask, "timing.run", name=f"mdoc.{name}", calls=CALLS_ELSEWHERE)
    return timed
