"""An officer's decision on an application: the one place where an approval is decided.

Everything is looked up again at this moment. Class H stops, class R waits, class O needs the officer's recorded reason. The
decision keeps the policy's version, keyed hashes of what it saw, the officer and the time.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from sqlalchemy import Connection

from sinwon.core.refusal import Unmet
from sinwon.core.strict_json import dump
from sinwon.services.accounts.officer import Officer
from sinwon.services.enrolment.access import at_mission_of
from sinwon.services.enrolment.application import Move, State, advance
from sinwon.services.enrolment.assess import Assessment, assess
from sinwon.services.enrolment.certified import bind_in, remember_person
from sinwon.services.enrolment.consulate import Consulate
from sinwon.services.enrolment.eligibility import blocking, policy_version
from sinwon.services.enrolment.form import Form
from sinwon.services.enrolment.person import build_person
from sinwon.services.enrolment.progress import move_application
from sinwon.services.enrolment.reasons import Kind
from sinwon.services.enrolment.registers import RegisterUnavailable
from sinwon.services.enrolment.submit import FORM, found, person_index
from sinwon.services.enrolment.visit import visit_of
from sinwon.store.audit import Details
from sinwon.store.consulate.applications import ApplicationRow, DecisionRow, insert_decision
from sinwon.store.engine import reading, writing

PERSON: Final = "applications.person"
WORDS: Final = "decisions.reasons"


@dataclass(frozen=True, slots=True)
class Decided:
    state: State
    codes: tuple[str, ...]


def approve_application(consulate: Consulate, officer: Officer, application: str, overrides: Mapping[str, str]) -> Decided:
    """`overrides`: reason code → why the officer resolved it. Raises Unmet("not_eligible") with the findings written."""
    row, form = _load(consulate, officer, application, Move.APPROVE)
    visit = visit_of(consulate, row)
    assessment = assess(consulate, form, visit=visit, phone_proven=row.phone_proven_at is not None)
    _check_eligible(consulate, officer, row, assessment, overrides)
    person = build_person(
        assessment.facts,
        visit,
        portrait=_portrait(consulate, form.passport_number),
        chip_reader=consulate.settings.chip_reader,
    )
    used = {code: overrides[code] for code in assessment.codes if code in overrides}
    changes = {**found(consulate, row.id, assessment), "person": consulate.sealed(person, PERSON, row.id)}
    with writing(consulate.engine) as connection:
        bind_in(consulate, connection, form.passport_number, person_index(consulate, form, assessment.rrn))
        state = move_application(
            connection,
            row,
            Move.APPROVE,
            by=officer.id,
            now=assessment.facts.now,
            changes=changes,
            details={"codes": assessment.codes, "overridden": sorted(used)},
        )
        _record(consulate, connection, officer, row, "approve", assessment, used)
        remember_person(consulate, connection, row.id, person)
    return Decided(state, tuple(assessment.codes))


def refuse_application(consulate: Consulate, officer: Officer, application: str, *, reason: str | None) -> Decided:
    """For what was found, or for a reason of the officer's own. Raises Unmet("reason_missing") when there is neither."""
    row, form = _load(consulate, officer, application, Move.REFUSE)
    visit = None if row.visit is None else visit_of(consulate, row)
    assessment = assess(consulate, form, visit=visit, phone_proven=row.phone_proven_at is not None)
    if not assessment.findings and not reason:
        raise Unmet("reason_missing", "a refusal without any finding")
    with writing(consulate.engine) as connection:
        details: Details = {"codes": assessment.codes}
        state = move_application(
            connection,
            row,
            Move.REFUSE,
            by=officer.id,
            now=assessment.facts.now,
            changes=found(consulate, row.id, assessment),
            details=details,
        )
        _record(consulate, connection, officer, row, "refuse", assessment, {"": reason} if reason else {})
    return Decided(state, tuple(assessment.codes))


def _load(consulate: Consulate, officer: Officer, application: str, move: Move) -> tuple[ApplicationRow, Form]:
    with reading(consulate.engine) as connection:
        row = at_mission_of(connection, officer, application, lock=False)
    advance(State(row.state), move)
    return row, consulate.opened(row.form, FORM, row.id, Form)


def _check_eligible(
    consulate: Consulate, officer: Officer, row: ApplicationRow, assessment: Assessment, overrides: Mapping[str, str]
) -> None:
    left = blocking(assessment.findings, (code for code, reason in overrides.items() if reason.strip()))
    if not left:
        return
    with writing(consulate.engine) as connection:
        details: Details = {"codes": assessment.codes}
        move = Move.WAIT if assessment.is_waiting else Move.CHECK
        now = assessment.facts.now
        move_application(
            connection, row, move, by=officer.id, now=now, changes=found(consulate, row.id, assessment), details=details
        )
    if all(finding.kind is Kind.RETRY for finding in left):
        raise Unmet("registry_unavailable", "a register or the issuer did not answer")
    raise Unmet("not_eligible", ", ".join(finding.code for finding in left))


def _portrait(consulate: Consulate, passport_number: str) -> str | None:
    try:
        return consulate.registers.passport.portrait(passport_number)
    except RegisterUnavailable:
        raise Unmet("registry_unavailable", "the passport register gave no picture") from None


def _record(
    consulate: Consulate,
    connection: Connection,
    officer: Officer,
    row: ApplicationRow,
    verdict: str,
    assessment: Assessment,
    words: Mapping[str, str],
) -> None:
    insert_decision(
        connection,
        DecisionRow(
            application=row.id,
            at=assessment.facts.now,
            officer=officer.id,
            verdict=verdict,
            codes=assessment.codes,
            overridden=sorted(code for code in words if code),
            reasons=consulate.sealed(dict(words), WORDS, row.id),
            policy=policy_version(consulate.settings.policy),
            inputs=_inputs(consulate, assessment),
        ),
    )


def _inputs(consulate: Consulate, assessment: Assessment) -> dict[str, str]:
    """Keyed, so that they show which record was seen and reveal nothing of it."""
    records = assessment.facts.records
    seen: dict[str, Any] = {
        "form": assessment.facts.form,
        "visit": assessment.facts.visit,
        "registration": records.registration,
        "resident": records.resident,
        "passport": records.passport,
    }
    return {name: consulate.seal.index(dump(value).decode(), f"decisions.{name}") for name, value in seen.items()}
