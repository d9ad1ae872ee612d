"""The issuance PIN (신분증 발급 비밀번호): six digits the applicant chooses, sealed until the issuer has it, never shown."""

from datetime import date
from re import compile as pattern
from typing import Final

from sinwon.core.refusal import Malformed, Unmet
from sinwon.services.enrolment.access import applicants_own
from sinwon.services.enrolment.application import Move, State
from sinwon.services.enrolment.consulate import Consulate
from sinwon.services.enrolment.form import Form
from sinwon.services.enrolment.progress import APPLICANT, move_application
from sinwon.services.enrolment.submit import FORM
from sinwon.store.engine import writing

SIX_DIGITS: Final = pattern(r"[0-9]{6}\Z")
REPEATED: Final = pattern(r"(?:(.)\1{5}|(..)\2{2}|(...)\3)\Z")
"""000000, 121212, 123123."""
UP: Final = "01234567890123456789"
DOWN: Final = UP[::-1]
PIN: Final = "applications.pin"


def choose_pin(consulate: Consulate, application: str, secret: str, *, pin: str) -> State:
    """Sets the PIN, or another one, before the approval. Raises Refusal."""
    with writing(consulate.engine) as connection:
        row = applicants_own(connection, application, secret)
        check_pin(pin, consulate.opened(row.form, FORM, row.id, Form).birthdate)
        changes = {"pin": consulate.sealed(pin, PIN, row.id)}
        return move_application(connection, row, Move.CHOOSE_PIN, by=APPLICANT, now=consulate.clock(), changes=changes)


def check_pin(pin: str, birthdate: date) -> None:
    """Raises Malformed("invalid_request"), or Unmet("pin_too_simple") for what a thief tries first."""
    if not SIX_DIGITS.match(pin):
        raise Malformed("invalid_request", "a PIN has six digits")
    dates = {birthdate.strftime(form) for form in ("%y%m%d", "%d%m%y", "%m%d%y", "%Y%m", "%m%Y")}
    if REPEATED.match(pin) or pin in UP or pin in DOWN or pin in dates:
        raise Unmet("pin_too_simple", "repeated, in sequence or a birth date")
