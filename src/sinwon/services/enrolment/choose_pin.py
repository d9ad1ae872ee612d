"""The issuance PIN (신분증 발급 비밀번호): six digits the applicant chooses, sealed until the issuer has it, never shown."""

from typing import Final

from sinwon.protocols.roles.pin import check_pin
from sinwon.services.enrolment.access import applicants_own
from sinwon.services.enrolment.application import Move, State
from sinwon.services.enrolment.consulate import Consulate
from sinwon.services.enrolment.form import Form
from sinwon.services.enrolment.progress import APPLICANT, move_application
from sinwon.services.enrolment.submit import FORM
from sinwon.store.engine import writing

PIN: Final = "applications.pin"


def choose_pin(consulate: Consulate, application: str, secret: str, *, pin: str) -> State:
    """Sets the PIN, or another one, before the approval. Raises Refusal."""
    with writing(consulate.engine) as connection:
        row = applicants_own(connection, application, secret)
        check_pin(pin, consulate.opened(row.form, FORM, row.id, Form).birthdate)
        changes = {"pin": consulate.sealed(pin, PIN, row.id)}
        return move_application(connection, row, Move.CHOOSE_PIN, by=APPLICANT, now=consulate.clock(), changes=changes)
