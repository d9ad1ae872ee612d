"""What the type of a person cannot say about the data a consulate sends."""

from base64 import b64decode
from datetime import date
from re import compile as pattern
from typing import Final

from sinwon.core.refusal import Malformed
from sinwon.protocols.elements import JPEG
from sinwon.protocols.roles.person import Person

RRN: Final = pattern(r"[0-9]{13}\Z")
START_OF_JPEG: Final = b"\xff\xd8\xff"


def check_person(person: Person) -> None:
    """Raises Malformed("invalid_request")."""
    if not RRN.match(person.linkage.rrn):
        raise Malformed("invalid_request", "resident number has another form")
    for day in (person.birthdate, person.passport.issue_date, person.passport.expiry_date, person.evidence.date):
        parse_day(day)
    if person.portrait is not None:
        _check_portrait(person.portrait)


def _check_portrait(url: str) -> None:
    """An mdoc holds the bytes, so it must be known now that there are some; nobody looks at the picture here."""
    try:
        picture = b64decode(url.removeprefix(JPEG), validate=True)
    except ValueError:
        picture = b""
    if not url.startswith(JPEG) or not picture.startswith(START_OF_JPEG):
        raise Malformed("invalid_request", "a portrait that is no JPEG")


def parse_day(text: str) -> date:
    """Raises Malformed("invalid_request")."""
    try:
        day = date.fromisoformat(text)
    except ValueError:
        raise Malformed("invalid_request", "not a date") from None
    if day.isoformat() != text:
        raise Malformed("invalid_request", "not a date as YYYY-MM-DD")
    return day
