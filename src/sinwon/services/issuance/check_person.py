"""What the type of a person cannot say about the data a consulate sends."""

from datetime import date
from re import compile as pattern
from typing import Final

from sinwon.core.refusal import Malformed
from sinwon.protocols.roles.person import Person

RRN: Final = pattern(r"[0-9]{13}\Z")


def check_person(person: Person) -> None:
    """Raises Malformed("invalid_request")."""
    if not RRN.match(person.linkage.rrn):
        raise Malformed("invalid_request", "resident number has another form")
    parse_day(person.birthdate)
    parse_day(person.passport.expiry_date)


def parse_day(text: str) -> date:
    """Raises Malformed("invalid_request")."""
    try:
        day = date.fromisoformat(text)
    except ValueError:
        raise Malformed("invalid_request", "not a date") from None
    if day.isoformat() != text:
        raise Malformed("invalid_request", "not a date as YYYY-MM-DD")
    return day
