"""Looking an application up again: after a register was silent, or was corrected."""

from sinwon.services.accounts.officer import Officer
from sinwon.services.enrolment.access import at_mission_of
from sinwon.services.enrolment.application import Move, State, advance
from sinwon.services.enrolment.assess import assess
from sinwon.services.enrolment.consulate import Consulate
from sinwon.services.enrolment.form import Form
from sinwon.services.enrolment.progress import move_application
from sinwon.services.enrolment.submit import FORM, found
from sinwon.services.enrolment.visit import visit_of
from sinwon.store.audit import Details
from sinwon.store.engine import reading, writing


def recheck_application(consulate: Consulate, officer: Officer, application: str) -> State:
    """Raises Unmet("changed_meanwhile") when the application moved while the registers were asked."""
    with reading(consulate.engine) as connection:
        row = at_mission_of(connection, officer, application, lock=False)
    advance(State(row.state), Move.CHECK)
    visit = visit_of(consulate, row) if row.visit else None
    form = consulate.opened(row.form, FORM, row.id, Form)
    assessment = assess(consulate, form, visit=visit, phone_proven=row.phone_proven_at is not None)
    move = Move.WAIT if assessment.is_waiting else Move.CHECK
    details: Details = {"codes": assessment.codes}
    with writing(consulate.engine) as connection:
        return move_application(
            connection,
            row,
            move,
            by=officer.id,
            now=assessment.facts.now,
            changes=found(consulate, row.id, assessment),
            details=details,
        )
