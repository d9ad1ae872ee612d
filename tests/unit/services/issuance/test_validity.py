"""How long certificates and copies last."""

from datetime import UTC, date, datetime

import pytest

from sinwon.core.clock import DAY, HOUR, KST
from sinwon.services.issuance.validity import certificate_end, copy_times, years_after
from tests.world import NOW


@pytest.mark.parametrize(
    ("passport", "last_day"), [(date(2032, 3, 4), date(2029, 9, 21)), (date(2027, 3, 4), date(2027, 3, 4))]
)
def test_a_certificate_ends_with_the_third_year_or_the_passport(passport: date, last_day: date) -> None:
    end = certificate_end(passport, years=3, now=NOW)
    assert datetime.fromtimestamp(end, KST) == datetime(last_day.year, last_day.month, last_day.day, 23, 59, 59, tzinfo=KST)


def test_copies_are_stamped_in_whole_hours_and_never_outlast_the_certificate() -> None:
    begins, ends = copy_times(now=NOW, lifetime=14 * DAY, certificate_end=NOW + 365 * DAY)
    assert (begins % HOUR, ends % HOUR) == (0, 0)
    assert begins <= NOW < begins + HOUR
    assert NOW + 14 * DAY - HOUR < ends <= NOW + 14 * DAY
    _begins, short = copy_times(now=NOW, lifetime=14 * DAY, certificate_end=NOW + DAY)
    assert NOW + DAY - HOUR < short <= NOW + DAY


def test_leap_day_plus_years() -> None:
    assert years_after(date(2028, 2, 29), 3) == date(2031, 3, 1)
    assert years_after(date(2028, 2, 29), 4) == date(2032, 2, 29)
    assert datetime.fromtimestamp(NOW, UTC).year == 2026
