"""The steps of a check, read from the code that makes them: its numbered comments and their anchors.

Nothing is written twice. The comments are the ones that docs/protocol-map.md is made from; which function's steps stand below
which step is read from the calls between them; and the step that refused is the one whose lines the Refusal came through. So
the checks themselves carry nothing for this, and take no time for it. Needs the program's source, as a traceback does.
"""

import ast
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from inspect import getsourcelines, unwrap
from re import compile as pattern
from textwrap import dedent
from types import CodeType, FunctionType
from typing import Any, Final

from sinwon.core.refusal import Fault

STEP: Final = pattern(r"^ *# ([0-9]+) (.+?)(?: \[([^\]]+)\])?\n?\Z")
OURS: Final = "sinwon."


@dataclass(frozen=True, slots=True)
class Step:
    """One step: `depth` says below which it stands, `code` and `line` where in the program."""

    depth: int
    text: str
    spec: str
    code: CodeType
    line: int


def steps_of(check: Callable[..., Any], *, without: Iterable[Callable[..., Any]] = ()) -> tuple[Step, ...]:
    """All steps of `check` in order, those of the functions it calls below its own. `without` names functions that a branch
    not taken would call."""
    return tuple(_steps(_function(check), 0, frozenset(_function(one) for one in without)))


def refusing_step(steps: tuple[Step, ...], error: BaseException) -> int | None:
    """The position of the step that `error` came out of, the innermost one; None where it came before all of them."""
    lines = _lines(error)
    found = [place for place, step in enumerate(steps) if _is_within(steps, step, lines.get(step.code, 0))]
    return max(found, default=None)


def _steps(function: FunctionType, depth: int, known: frozenset[FunctionType]) -> Iterator[Step]:
    """`known` are the functions above this one, and those left out."""
    own = _own_steps(function, depth)
    calls = _calls(function)
    known |= {function}
    for place, step in enumerate((None, *own)):
        if step is not None:
            yield step
        begin, end = step.line if step else 0, own[place].line if place < len(own) else None
        for line, called in calls:
            if begin < line and (end is None or line < end) and called not in known:
                yield from _steps(called, depth + (step is not None), known)


def _own_steps(function: FunctionType, depth: int) -> list[Step]:
    lines, first = _source(function)
    found = ((place, STEP.match(line)) for place, line in enumerate(lines, first))
    return [Step(depth, match[2], match[3] or "", function.__code__, place) for place, match in found if match is not None]


def _calls(function: FunctionType) -> list[tuple[int, FunctionType]]:
    """Functions of ours that it calls by name, with the line of each call."""
    lines, first = _source(function)
    nodes = (node for node in ast.walk(ast.parse(dedent("".join(lines)))) if isinstance(node, ast.Call))
    named = ((node.lineno + first - 1, node.func.id) for node in nodes if isinstance(node.func, ast.Name))
    found = ((line, unwrap(function.__globals__.get(name, len))) for line, name in named)
    ours = ((line, one) for line, one in found if isinstance(one, FunctionType) and one.__module__.startswith(OURS))
    return sorted(ours, key=lambda call: call[0])


def _is_within(steps: tuple[Step, ...], step: Step, line: int) -> bool:
    """The line belongs to the last step of its function that begins above it."""
    return step.line < line and not any(other.code is step.code and step.line < other.line < line for other in steps)


def _lines(error: BaseException | None) -> dict[CodeType, int]:
    """The line of each function that `error` came through. Where a refusal was turned into another, the first one counts: the
    other is raised below all steps."""
    found: dict[CodeType, int] = {}
    while error is not None:
        trace = error.__traceback__
        while trace is not None:
            found[trace.tb_frame.f_code] = trace.tb_lineno
            trace = trace.tb_next
        error = error.__context__
    return found


def _function(check: Callable[..., Any]) -> FunctionType:
    found = unwrap(check)
    if not isinstance(found, FunctionType):
        raise Fault("a check that is no function")
    return found


def _source(function: FunctionType) -> tuple[list[str], int]:
    try:
        return getsourcelines(function)
    except OSError:
        raise Fault("the steps are read from the program's source, which is not there") from None
