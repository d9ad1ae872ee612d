"""The visit: what the officer observed, and the person's place at the counter.

Recording it looks everything up again and asks the issuer for an active certificate. The application that an officer sees
the person with takes the person's place; others in the same name, made by whomever, are withdrawn.
"""

from typing import Final

from sqlalchemy import Connection

from sinwon.core.refusal import Unmet
from sinwon.services.accounts.officer import Officer
from sinwon.services.enrolment.access import at_mission_of
from sinwon.services.enrolment.application import OPEN, Move, State, advance
from sinwon.services.enrolment.assess import Assessment, assess
from sinwon.services.enrolment.consulate import Consulate
from sinwon.services.enrolment.eligibility import Finding
from sinwon.services.enrolment.form import Form, Visit
from sinwon.services.enrolment.progress import move_application
from sinwon.services.enrolment.submit import FORM, found, person_index
from sinwon.store.audit import Details
from sinwon.store.consulate.applications import ApplicationRow, application_at, other_applications
from sinwon.store.engine import reading, writing

VISIT: Final = "applications.visit"


def record_visit(consulate: Consulate, officer: Officer, application: str, visit: Visit) -> tuple[Finding, ...]:
    """The findings, with what the eye decides. May be recorded again until the decision. Raises Refusal."""
    with reading(consulate.engine) as connection:
        row = at_mission_of(connection, officer, application, lock=False)
    advance(State(row.state), Move.CHECK)
    form = consulate.opened(row.form, FORM, row.id, Form)
    assessment = assess(consulate, form, visit=visit, phone_proven=row.phone_proven_at is not None)
    place = person_index(consulate, form, assessment.rrn)
    with writing(consulate.engine) as connection:
        _write(consulate, connection, officer, row, visit, assessment, place)
    return assessment.findings


def _write(
    consulate: Consulate,
    connection: Connection,
    officer: Officer,
    row: ApplicationRow,
    visit: Visit,
    assessment: Assessment,
    place: str,
) -> None:
    now = assessment.facts.now
    changes = {
        **found(consulate, row.id, assessment),
        "visit": consulate.sealed(visit, VISIT, row.id),
        "visited_at": now,
        "told": row.told or _is_the_person(visit),
        **({"place": place} if _is_the_person(visit) else {}),
    }
    if _is_the_person(visit) and application_at(connection, place) not in (None, row.id):
        raise Unmet("place_taken", "another application of this person is at a counter")
    move = Move.WAIT if assessment.is_waiting else Move.CHECK
    details: Details = {"codes": assessment.codes, "visit": 1}
    move_application(connection, row, move, by=officer.id, now=now, changes=changes, details=details)
    if _is_the_person(visit):
        _supersede(connection, row, place, now)


def _is_the_person(visit: Visit) -> bool:
    """Somebody else at the counter takes nobody's place and is told nothing of the registers."""
    return visit.presence == "in_person" and visit.face != "mismatch"


def _supersede(connection: Connection, row: ApplicationRow, place: str, now: int) -> None:
    for other in other_applications(connection, place, row.id, [state.value for state in OPEN]):
        move_application(connection, other, Move.WITHDRAW, by="consulate", now=now, details={"superseded_by": row.id})


def visit_of(consulate: Consulate, row: ApplicationRow) -> Visit:
    """Raises Unmet("visit_missing")."""
    if row.visit is None:
        raise Unmet("visit_missing", "no officer has seen the person yet")
    return consulate.opened(row.visit, VISIT, row.id, Visit)
