"""What a check found, step by step, and going through the checks: after the first refusal nothing more is done."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from re import compile as pattern
from typing import Any, Final, TypeVar

from sinwon.cli.verify.steps import Step, refusing_step, steps_of
from sinwon.core.refusal import Refusal

T = TypeVar("T")
CODES: Final = pattern(r"^(?:[a-z_]+: )+")
"""What a Refusal keeps in front of its reason of the codes it had before."""
PASSED_ALL: Final = 0
REFUSED_ONE: Final = 1
NOT_CHECKED: Final = 2


class Outcome(StrEnum):
    PASSED = "passed"
    REFUSED = "refused"
    NOT_DONE = "not_done"


@dataclass(frozen=True, slots=True)
class Line:
    """One step: where it stands among the others (`2.1`), what it asks, the section that asks it, what came of it."""

    number: str
    text: str
    spec: str
    outcome: Outcome
    why: str = ""


@dataclass(frozen=True, slots=True)
class Section:
    """The steps of one check. `needs` names what was not given and without which it could not be made."""

    name: str
    about: str
    lines: tuple[Line, ...]
    needs: str = ""


@dataclass(frozen=True, slots=True)
class Opening:
    """A first step that has no number in the code, because it is the shape on which everything else rests."""

    text: str
    spec: str


@dataclass(slots=True)
class Report:
    """`facts` are what may be said once it has passed; `notes` are what nobody looked at."""

    kind: str
    sections: list[Section] = field(default_factory=list)
    facts: dict[str, str] = field(default_factory=dict)
    notes: list[str] = field(default_factory=list)

    @property
    def refused(self) -> tuple[Section, Line] | None:
        """The step that refused; those it is a part of stand above it."""
        lines = [(section, line) for section in self.sections for line in section.lines if line.outcome is Outcome.REFUSED]
        return lines[-1] if lines else None

    @property
    def exit_code(self) -> int:
        if self.refused is not None:
            return REFUSED_ONE
        return NOT_CHECKED if any(section.needs for section in self.sections) else PASSED_ALL

    def take(
        self,
        name: str,
        action: Callable[[], T] | None,
        *checks: Callable[..., Any],
        opening: Opening | None = None,
        about: str = "",
        needs: str = "",
        without: Sequence[Callable[..., Any]] = (),
    ) -> T | None:
        """One section: `action` makes the `checks`, whose steps are shown. None where it is refused, or not done because
        something was refused before or, `action` being None, `needs` was not given."""
        steps = tuple(step for check in checks for step in steps_of(check, without=without))
        texts = [(0, opening.text, opening.spec)] if opening else []
        texts += [(step.depth, step.text, step.spec) for step in steps]
        if action is None or self.refused is not None:
            self._add(name, about, texts, None, "" if action else needs)
            return None
        try:
            value = action()
        except Refusal as refusal:
            self._add(name, about, texts, (_place(steps, refusal, opening), CODES.sub("", refusal.why)), "")
            return None
        self._add(name, about, texts, (len(texts), ""), "")
        return value

    def _add(
        self, name: str, about: str, texts: Sequence[tuple[int, str, str]], end: tuple[int, str] | None, needs: str
    ) -> None:
        numbers = _numbers([depth for depth, _, _ in texts])
        lines = [
            Line(number, text, spec, *_outcome(place, texts, end))
            for place, (number, (_, text, spec)) in enumerate(zip(numbers, texts, strict=True))
        ]
        self.sections.append(Section(name, about, tuple(lines), needs))


def _place(steps: tuple[Step, ...], refusal: Refusal, opening: Opening | None) -> int:
    found = refusing_step(steps, refusal)
    return 0 if found is None else found + (opening is not None)


def _outcome(place: int, texts: Sequence[tuple[int, str, str]], end: tuple[int, str] | None) -> tuple[Outcome, str]:
    """Steps before the refusing one have passed, except those it is a part of: they are refused with it."""
    if end is None or place > end[0]:
        return Outcome.NOT_DONE, ""
    if place == end[0]:
        return Outcome.REFUSED, end[1]
    if end[0] < len(texts) and _is_above(place, end[0], [depth for depth, _, _ in texts]):
        return Outcome.REFUSED, ""
    return Outcome.PASSED, ""


def _is_above(place: int, below: int, depths: Sequence[int]) -> bool:
    return depths[place] < depths[below] and all(depth > depths[place] for depth in depths[place + 1 : below + 1])


def _numbers(depths: Sequence[int]) -> list[str]:
    """1, 2, 2.1, 2.2, 3."""
    counts: list[int] = []
    found = []
    for depth in depths:
        counts = [*counts[: depth + 1], *[0] * (depth + 1 - len(counts))]
        counts[depth] += 1
        found.append(".".join(map(str, counts)))
    return found
