"""Resident registration numbers (주민등록번호): what their digits may and may not prove.

Since October 2020 the six digits after the first of the back part are random, so the check digit and the region prove
nothing: only structure, calendar date, the century-and-sex digit and agreement with the register decide.
"""

from datetime import date
from re import compile as pattern
from typing import Final

FORM: Final = pattern(r"[0-9]{6}-?[0-9]{7}\Z")
UNASSIGNED: Final = pattern(r"[0-9]{6}-?[0-9]000000\Z")
CENTURY: Final = {"9": 1800, "0": 1800, "1": 1900, "2": 1900, "3": 2000, "4": 2000}
"""5 to 8 mark foreigners' registration numbers, which are not resident numbers."""
SEX: Final = {"1": 1, "3": 1, "9": 1, "2": 2, "4": 2, "0": 2}
WEIGHTS: Final = (2, 3, 4, 5, 6, 7, 8, 9, 2, 3, 4, 5)


def digits(rrn: str) -> str:
    return rrn.replace("-", "")


def is_unassigned(rrn: str) -> bool:
    """`G000000`: a birth date, and no number yet."""
    return UNASSIGNED.match(rrn) is not None


def birthdate_of(rrn: str) -> date | None:
    """The birth date its digits state, or None for an impossible date or digit."""
    plain = digits(rrn)
    if not FORM.match(plain) or plain[6] not in CENTURY:
        return None
    try:
        return date(CENTURY[plain[6]] + int(plain[:2]), int(plain[2:4]), int(plain[4:6]))
    except ValueError:
        return None


def agrees(rrn: str, birthdate: date, sex: int) -> bool:
    """Whether the number is well formed and says what the register says of birth date and sex."""
    return birthdate_of(rrn) == birthdate and (sex not in (1, 2) or SEX[digits(rrn)[6]] == sex)


def checksum_holds(rrn: str) -> bool:
    """The legacy check digit: a hint to the officer, never a verdict."""
    plain = digits(rrn)
    if not FORM.match(plain):
        return False
    total = sum(int(digit) * weight for digit, weight in zip(plain, WEIGHTS, strict=False))
    return (11 - total % 11) % 10 == int(plain[12])
