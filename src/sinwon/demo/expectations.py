"""What the demonstration promised and what happened: nothing is printed that was not first expected and then seen."""

from collections import Counter
from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class Expectation:
    what: str
    held: bool
    seen: str


@dataclass
class Ledger:
    """Expectations, and the refusals seen, by code."""

    expectations: list[Expectation] = field(default_factory=list)
    refusals: Counter[str] = field(default_factory=Counter)

    def expect(self, what: str, wanted: object, seen: object) -> bool:
        """Notes whether `seen` is `wanted`."""
        held = wanted == seen
        self.expectations.append(Expectation(what, held, "" if held else f"wanted {wanted!r}, saw {seen!r}"))
        return held

    def expect_refusal(self, what: str, code: str, seen: str | None) -> bool:
        """Notes a refusal: `seen` is the code that came back, None if nothing was refused."""
        if seen is not None:
            self.refusals[seen] += 1
        return self.expect(what, code, seen)

    @property
    def failed(self) -> list[Expectation]:
        return [expectation for expectation in self.expectations if not expectation.held]
