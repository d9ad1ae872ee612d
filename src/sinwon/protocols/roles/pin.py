"""PINs that people choose for a hand-over: six digits, not those that a thief tries first."""

from datetime import date
from re import compile as pattern
from typing import Final

from sinwon.core.refusal import Malformed, Unmet

SIX_DIGITS: Final = pattern(r"[0-9]{6}\Z")
REPEATED: Final = pattern(r"(?:(.)\1{5}|(..)\2{2}|(...)\3)\Z")
"""000000, 121212, 123123."""
UP: Final = "01234567890123456789"
DOWN: Final = UP[::-1]


def check_pin(pin: str, birthdate: date) -> None:
    """Raises Malformed("invalid_request"), or Unmet("pin_too_simple")."""
    if not SIX_DIGITS.match(pin):
        raise Malformed("invalid_request", "a PIN has six digits")
    dates = {birthdate.strftime(form) for form in ("%y%m%d", "%d%m%y", "%m%d%y", "%Y%m", "%m%Y")}
    if REPEATED.match(pin) or pin in UP or pin in DOWN or pin in dates:
        raise Unmet("pin_too_simple", "repeated, in sequence or a birth date")
