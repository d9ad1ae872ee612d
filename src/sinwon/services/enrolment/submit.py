"""Submitting an application: kept first, looked up then. A silent register never loses one.

Anybody may submit, at home, unseen: the answer is the same whoever the form names, and several applications may name one
person. The person's one place is taken by the application an officer sees them with (services.enrolment.visit).
"""

from dataclasses import dataclass
from typing import Final

import msgspec

from sinwon.core.ids import digest, new_id, new_secret
from sinwon.core.refusal import Unmet
from sinwon.services.enrolment.application import Move, State
from sinwon.services.enrolment.assess import Assessment, assess, knows_the_person
from sinwon.services.enrolment.checks import differences
from sinwon.services.enrolment.consulate import Consulate
from sinwon.services.enrolment.form import Form, parse_form
from sinwon.services.enrolment.progress import APPLICANT, move_application
from sinwon.services.enrolment.rrn import is_unassigned
from sinwon.store.audit import Details, Entry
from sinwon.store.consulate.applications import ApplicationRow, insert_application, lock_application
from sinwon.store.consulate.tables import AUDIT
from sinwon.store.engine import writing

FORM: Final = "applications.form"
DIFFERENCES: Final = "applications.differences"


@dataclass(frozen=True, slots=True)
class Submitted:
    application: str
    secret: str
    """The applicant's key to it; only its digest is kept."""
    state: State


def submit_application(consulate: Consulate, form: Form) -> Submitted:
    """A new application, checked as far as the registers answer. Raises Refusal for a form no register could hold."""
    form = parse_form(form)
    if consulate.catalogue().mission(form.mission) is None:
        raise Unmet("unknown_mission", "no such mission in the catalogue")
    application, secret = new_id(consulate.random), new_secret(consulate.random)
    _keep(consulate, form, application, secret)
    return Submitted(application, secret, check_application(consulate, application, form))


def check_application(consulate: Consulate, application: str, form: Form) -> State:
    """Looks a submitted or waiting application up. Raises Unmet("changed_meanwhile")."""
    assessment = assess(consulate, form)
    move = Move.WAIT if assessment.is_waiting else Move.CHECK
    with writing(consulate.engine) as connection:
        row = lock_application(connection, application)
        if row is None:
            raise Unmet("not_found", "the application is gone")
        changes = {**found(consulate, application, assessment), "told": row.told or knows_the_person(assessment.facts)}
        details: Details = {"codes": assessment.codes}
        return move_application(
            connection, row, move, by="consulate", now=assessment.facts.now, changes=changes, details=details
        )


def found(consulate: Consulate, application: str, assessment: Assessment) -> dict[str, object]:
    """The findings as kept: codes, field names, dates and missions; the differing values themselves sealed."""
    apart = differences(assessment.facts)
    return {
        "findings": msgspec.to_builtins(assessment.findings),
        "differences": consulate.sealed(apart, DIFFERENCES, application),
    }


def person_index(consulate: Consulate, form: Form, rrn: str | None) -> str:
    """One per person: by resident number, or by passport for those without one."""
    if rrn is not None and not is_unassigned(rrn):
        return index_of_person(consulate, rrn)
    return consulate.seal.index(f"passport:{form.passport_number}:{form.birthdate.isoformat()}", "applications.person")


def index_of_person(consulate: Consulate, rrn: str) -> str:
    return consulate.seal.index(f"rrn:{rrn}", "applications.person")


def _keep(consulate: Consulate, form: Form, application: str, secret: str) -> None:
    now = consulate.clock()
    row = ApplicationRow(
        id=application,
        version=1,
        state=State.SUBMITTED,
        mission=form.mission,
        secret_digest=digest(secret),
        person_index=person_index(consulate, form, form.rrn),
        place=None,
        submitted_at=now,
        changed_at=now,
        form=consulate.sealed(form, FORM, application),
        findings=[],
        differences=consulate.sealed({}, DIFFERENCES, application),
        told=False,
    )
    with writing(consulate.engine) as connection:
        insert_application(connection, row)
        AUDIT.write(connection, Entry(now, APPLICANT, "application.submitted", application, {"mission": form.mission}))
