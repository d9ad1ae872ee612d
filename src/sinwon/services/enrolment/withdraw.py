"""Withdrawing an application that is not decided yet."""

from sinwon.services.enrolment.access import applicants_own
from sinwon.services.enrolment.application import Move, State
from sinwon.services.enrolment.consulate import Consulate
from sinwon.services.enrolment.progress import APPLICANT, move_application
from sinwon.store.engine import writing


def withdraw_application(consulate: Consulate, application: str, secret: str) -> State:
    with writing(consulate.engine) as connection:
        row = applicants_own(connection, application, secret)
        return move_application(connection, row, Move.WITHDRAW, by=APPLICANT, now=consulate.clock())
