"""Dates in Seoul, whole hours."""

from datetime import date

import pytest

from sinwon.core.clock import HOUR, end_of_day_in_seoul, seoul_date, utc, whole_hour

NEW_YEAR_IN_SEOUL = 1_798_729_200  # 2026-12-31T15:00:00Z


@pytest.mark.parametrize(
    ("now", "expected"),
    [(NEW_YEAR_IN_SEOUL - 1, date(2026, 12, 31)), (NEW_YEAR_IN_SEOUL, date(2027, 1, 1)), (0, date(1970, 1, 1))],
)
def test_the_date_in_seoul(now: int, expected: date) -> None:
    assert seoul_date(now) == expected


def test_a_day_ends_a_second_before_the_next() -> None:
    assert end_of_day_in_seoul(date(2026, 12, 31)) == NEW_YEAR_IN_SEOUL - 1
    assert seoul_date(end_of_day_in_seoul(date(2028, 2, 29)) + 1) == date(2028, 3, 1)


def test_whole_hour_rounds_down() -> None:
    assert whole_hour(NEW_YEAR_IN_SEOUL + HOUR - 1) == NEW_YEAR_IN_SEOUL
    assert whole_hour(NEW_YEAR_IN_SEOUL) == NEW_YEAR_IN_SEOUL


def test_utc() -> None:
    assert utc(NEW_YEAR_IN_SEOUL).isoformat() == "2026-12-31T15:00:00+00:00"
