"""Choosing invented people for a run, and inventing more of them when a run wants more than the package has.

Invented the way the package's people are: resident numbers with region digits 97–99 and a wrong check digit, telephone
numbers valid in form, names put together from common syllables. Nobody in it exists.
"""

from collections.abc import Iterator
from datetime import date, timedelta
from itertools import count
from random import Random
from typing import Final

from msgspec.structs import replace

from sinwon.adapters.registers.people import InventedPerson
from sinwon.core.refusal import Fault
from sinwon.services.enrolment.rrn import WEIGHTS

SURNAMES: Final = (
    ("김", "KIM"),
    ("이", "LEE"),
    ("박", "PARK"),
    ("최", "CHOI"),
    ("정", "JUNG"),
    ("한", "HAN"),
    ("남궁", "NAMGUNG"),
)
SYLLABLES: Final = (
    ("해", "HAE"),
    ("솔", "SOL"),
    ("나", "NA"),
    ("라", "RA"),
    ("새", "SAE"),
    ("봄", "BOM"),
    ("별", "BYEOL"),
    ("늘", "NEUL"),
)


def with_more(people: tuple[InventedPerson, ...], eligible: int) -> tuple[InventedPerson, ...]:
    """`people` and as many more eligible ones, spread over the missions, as bring their number to `eligible`."""
    models = [person for person in people if person.is_eligible]
    missing = max(0, eligible - len(models))
    invented = _invent(models)
    return (*people, *(next(invented) for _ in range(missing)))


def _invent(models: list[InventedPerson]) -> Iterator[InventedPerson]:
    random = Random(35)  # noqa: S311 (the same people in each run)
    for number in count(1):
        yield _invented(models[number % len(models)], number, random)


def _invented(model: InventedPerson, number: int, random: Random) -> InventedPerson:
    """Somebody who lives where `model` does."""
    surname, given = random.choice(SURNAMES), random.sample(SYLLABLES, 2)
    name_ko = surname[0] + given[0][0] + given[1][0]
    birthdate = date(1960, 1, 1) + timedelta(days=number * 37 % 16_001)
    sex = 1 + number % 2
    rrn = _rrn(birthdate, sex, number)
    passport_number = f"M{number // 10_000 % 1000:03d}Z{number % 10_000:04d}"
    names = {"name_ko": name_ko, "birthdate": birthdate}
    latin = {"family_name": surname[1], "given_name": given[0][1] + given[1][1]}
    if model.registration is None or model.resident is None or model.passport is None:
        raise Fault("an eligible person without a record is no model")
    form = replace(model.form, **names, **latin, rrn=rrn, passport_number=passport_number, email=f"x{number}@example.org")
    registration = replace(
        model.registration, **names, sex=sex, rrn=rrn, passport_number=passport_number, number=f"x-26-{number:05d}-0"
    )
    resident = replace(model.resident, **names, sex=sex, rrn=rrn)
    passport = replace(model.passport, **names, **latin, sex=sex, number=passport_number)
    return InventedPerson(
        id=f"x{number:05d}",
        scenario=model.scenario,
        note="",
        form=replace(form, passport_expiry=passport.expiry_date),
        visit=model.visit,
        registration=registration,
        resident=resident,
        passport=passport,
        silent=(),
        proves_phone=True,
        holds_active=False,
    )


def _rrn(birthdate: date, sex: int, number: int) -> str:
    """Region digits 97 to 99 and a wrong check digit: no real person's."""
    body = f"{birthdate:%y%m%d}{sex}{97 + number % 3}{number // 3 % 1000:03d}"
    total = sum(int(digit) * weight for digit, weight in zip(body, WEIGHTS, strict=True))
    right = (11 - total % 11) % 10
    return f"{body}{(right + 1) % 10}"
