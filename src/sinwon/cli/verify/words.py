"""The texts of a report in Korean and English. What the steps ask and why one refused is written in English in the code that
checks; Korean is looked up by it, and tests find what has no Korean."""

from pathlib import Path
from re import Pattern, escape
from re import compile as pattern
from typing import Final

from sinwon.web.shared.pages import Texts

LOCALE: Final = Path(__file__).parent / "locale"
GAP: Final = "{}"
"""What the program filled in: a limit of ours, the name of a member."""


class Words:
    """`label` by key; `step` and `reason` by their English, which stays English where it has no Korean."""

    def __init__(self, language: str) -> None:
        self.label = Texts(language, [LOCALE])
        translated = language != "en"
        self._steps = Texts(language, [LOCALE / "steps"] if translated else [])
        self._reasons = Texts(language, [LOCALE / "reasons"] if translated else [])
        self._filled = tuple((_gaps(why), why) for why in sorted(self._reasons.keys) if GAP in why)

    def step(self, text: str) -> str:
        return self._steps(text) if text in self._steps.keys else text

    def reason(self, why: str) -> str:
        if why in self._reasons.keys:
            return self._reasons(why)
        for shape, key in self._filled:
            if found := shape.fullmatch(why):
                return self._reasons(key).format(*found.groups())
        return why


def language_of(environment: str) -> str:
    """`ko_KR.UTF-8` is Korean, everything else English."""
    return "ko" if environment[:2].lower() == "ko" else "en"


def _gaps(why: str) -> Pattern[str]:
    return pattern("(.*)".join(map(escape, why.split(GAP))))
