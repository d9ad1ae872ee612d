"""Time as a value: seconds since 1970 (UTC), given to whoever needs it and read nowhere below `cli`.

Ages and expiry dates of people and passports are judged by the date in Seoul (KST, UTC+9, no summer time).
"""

from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta, timezone
from typing import Final

Clock = Callable[[], int]
KST: Final = timezone(timedelta(hours=9), "KST")
MINUTE: Final = 60
HOUR: Final = 60 * MINUTE
DAY: Final = 24 * HOUR


def seoul_date(now: int) -> date:
    """The calendar date in Seoul at `now`."""
    return datetime.fromtimestamp(now, KST).date()


def utc(now: int) -> datetime:
    return datetime.fromtimestamp(now, UTC)


def whole_hour(now: int) -> int:
    """`now` rounded down to the hour, so that copies issued together or apart do not betray each other."""
    return now - now % HOUR


def start_of_day_in_seoul(day: date) -> int:
    """Midnight at the beginning of `day` in Seoul, which is a whole hour everywhere that counts in whole hours."""
    return int(datetime(day.year, day.month, day.day, tzinfo=KST).timestamp())


def end_of_day_in_seoul(day: date) -> int:
    """The last second of `day` in Seoul: a passport is valid through its date of expiry."""
    return int(datetime(day.year, day.month, day.day, 23, 59, 59, tzinfo=KST).timestamp())
