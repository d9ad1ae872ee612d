"""How long a certificate and its copies last. Copies are stamped in whole hours so that they do not betray each other."""

from datetime import date

from sinwon.core.clock import end_of_day_in_seoul, seoul_date, whole_hour


def certificate_end(passport_expiry: date, *, years: int, now: int) -> int:
    """The earlier of `years` from today and the passport's last second, both by the date in Seoul."""
    return end_of_day_in_seoul(min(passport_expiry, years_after(seoul_date(now), years)))


def copy_times(*, now: int, lifetime: int, certificate_end: int, true_until: int | None = None) -> tuple[int, int]:
    """`nbf` and `exp` of a copy; the second is not after the certificate's end, nor after what it says stops being true."""
    ends = min(now + lifetime, certificate_end)
    return whole_hour(now), whole_hour(ends if true_until is None else min(ends, true_until))


def years_after(day: date, years: int) -> date:
    """The same day `years` later; 29 February becomes 1 March in a common year."""
    try:
        return day.replace(year=day.year + years)
    except ValueError:
        return date(day.year + years, 3, 1)
