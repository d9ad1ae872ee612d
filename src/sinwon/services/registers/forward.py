"""Passing events on to the issuer: look who it is about, read the registers, say what follows, remember what was said.

Nothing is lost: what cannot be done now, because a register or the issuer is silent or the offer is not made yet, is tried
again at growing intervals. What no register shows within a day has no effect, and the officer can see that. Telling the issuer
twice is safe: it knows what it was told by name, and an older event about the same data changes nothing there.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import Final

import structlog
from sqlalchemy import Connection

from sinwon.core.clock import DAY, HOUR, MINUTE, seoul_date
from sinwon.core.refusal import Fault, Refusal, Unmet
from sinwon.core.strict_json import dump
from sinwon.protocols.roles.messages import Change, Changed
from sinwon.protocols.roles.register_events import EventKind, RegisterEvent
from sinwon.services.enrolment.application import Move, State
from sinwon.services.enrolment.certified import bind_passport, people_of, update_person
from sinwon.services.enrolment.consulate import Consulate
from sinwon.services.enrolment.issuer import ENDED, REVOKED
from sinwon.services.enrolment.on_file import Case, OnFile, read_on_file
from sinwon.services.enrolment.progress import move_application
from sinwon.services.registers.effects import Step, Steps, steps_of
from sinwon.services.registers.take import TOLD
from sinwon.store.audit import Details, Entry
from sinwon.store.consulate.applications import find_application, find_decision, lock_application
from sinwon.store.consulate.register_events import EventRow, due_events, finish_event, postpone_event, take_event
from sinwon.store.consulate.tables import AUDIT
from sinwon.store.engine import reading, writing

AT_ONCE: Final = 50  # events of one round
LEASE: Final = 5 * MINUTE  # longer than all that one event makes us wait for
FIRST_WAIT: Final = 30  # seconds, doubled with each attempt
LONGEST_WAIT: Final = HOUR
STRANGERS_WAIT: Final = 2 * MINUTE  # an approval that is just being written is not on file yet
SHOWN_WITHIN: Final = DAY  # by the register that told it
log = structlog.stdlib.get_logger("sinwon.registers")


class Outcome(StrEnum):
    FORWARDED = "forwarded"
    STRANGER = "stranger"
    """Nobody with a certificate of ours."""
    ENDED = "ended"
    """The certificate was over already."""
    NOTHING_NEW = "nothing_new"
    """The registers show nothing that the issuer does not know."""


class Later(Exception):
    """Cannot be done now. Says why, with nothing personal."""


@dataclass(frozen=True, slots=True)
class Round:
    done: int
    waiting: int


def forward_events(consulate: Consulate) -> Round:
    """Works on what is due, oldest first. Run whenever events came in, and every minute."""
    now = consulate.clock()
    with reading(consulate.engine) as connection:
        due = due_events(connection, now=now, most=AT_ONCE)
    done = [_work_on(consulate, row) for row in due if _take(consulate, row, now)]
    return Round(sum(done), len(done) - sum(done))


def _take(consulate: Consulate, row: EventRow, now: int) -> bool:
    with writing(consulate.engine) as connection:
        return take_event(connection, row, until=now + LEASE)


def _work_on(consulate: Consulate, row: EventRow) -> bool:
    """Whether it is done."""
    try:
        outcome = _outcome(consulate, row)
    except (Later, Fault) as later:
        log.info("event waits", register=row.register, kind=row.kind, attempt=row.attempts + 1, why=str(later))
        until = consulate.clock() + min(FIRST_WAIT * 2 ** min(row.attempts, 16), LONGEST_WAIT)
        with writing(consulate.engine) as connection:
            postpone_event(connection, row.event, until=until)
        return False
    with writing(consulate.engine) as connection:
        finish_event(connection, row.event, outcome.value)
    return True


def _outcome(consulate: Consulate, row: EventRow) -> Outcome:
    """Raises Later."""
    event = consulate.opened(row.told or b"", TOLD, row.event, RegisterEvent)
    cases = _cases(consulate, event)
    if not cases:
        if row.received_at + STRANGERS_WAIT > consulate.clock():
            raise Later("about nobody on file, or not yet")
        return Outcome.STRANGER
    outcomes = {_forward(consulate, row, event, case) for case in cases}
    return min(outcomes, key=list(Outcome).index)


def _cases(consulate: Consulate, event: RegisterEvent) -> list[Case]:
    found = []
    with reading(consulate.engine) as connection:
        for certified in people_of(consulate, connection, event):
            application = find_application(connection, certified.application)
            decision = find_decision(connection, certified.application)
            if application is None or decision is None:
                raise Fault("a certified person without application or decision")
            found.append(Case(application, certified, decision.at))
    return found


def _forward(consulate: Consulate, row: EventRow, event: RegisterEvent, case: Case) -> Outcome:
    """Raises Later, or a Fault where a register or the issuer is silent."""
    if case.application.state == State.APPROVED:
        raise Later("the offer is not made yet")
    if case.application.state != State.OFFERED:
        return Outcome.ENDED
    found = _on_file(consulate, event, case)
    steps = steps_of(event.kind, found, today=seoul_date(consulate.clock()))
    try:
        answers = [consulate.issuer.change(_message(consulate, row, case, found, step)) for step in steps]
    except Refusal as refusal:
        if refusal.code != ENDED:
            raise Later(f"the issuer refused: {refusal.why}") from None
        _note_end(consulate, event, case)
        return Outcome.ENDED
    _remember(consulate, row, case, found, steps, answers)
    if not steps and row.received_at + SHOWN_WITHIN > consulate.clock():
        raise Later("the registers do not show it, or no longer")
    return Outcome.FORWARDED if steps else Outcome.NOTHING_NEW


def _on_file(consulate: Consulate, event: RegisterEvent, case: Case) -> OnFile:
    """With a new passport bound to its person; one of somebody else's is none of theirs."""
    rrn = event.became if event.kind is EventKind.RRN_CHANGED else None
    passport = event.became if event.kind is EventKind.PASSPORT_ISSUED else None
    found = read_on_file(consulate, case, rrn=rrn, passport=passport)
    if found.person is None or "passport" not in found.new:
        return found
    try:
        bind_passport(consulate, found.person)
    except Unmet:
        log.warning("a passport that another person enrolled", register=event.register.value, application=case.application.id)
        return replace(found, person=None, new=frozenset())
    return found


def _message(consulate: Consulate, row: EventRow, case: Case, found: OnFile, step: Step) -> Change:
    """Named after all that it says, so that the same is said once and something else is heard."""
    application = case.application.offered_as or case.application.id
    person = found.person if step.with_person else None
    name = dump([row.event, application, step.action, step.reason, person]).decode()
    return Change(
        action=step.action,
        reason=step.reason,
        officer=row.register,
        application=application,
        event_id=consulate.seal.index(name, "register_events.sent"),
        occurred_at=row.occurred_at,
        person=person,
    )


def _remember(consulate: Consulate, row: EventRow, case: Case, found: OnFile, steps: Steps, answers: Sequence[Changed]) -> None:
    """What the issuer was given, in the trail of the application; and its end, where that is what came of it."""
    application, now = case.application.id, consulate.clock()
    given = found.person if any(step.with_person for step in steps) else None
    renewed = sorted({aspect for answer in answers for aspect in answer.renewed})
    details: Details = {"event": row.event, "kind": row.kind, "steps": [f"{step.action} {step.reason}" for step in steps]}
    with writing(consulate.engine) as connection:
        update_person(consulate, connection, case.certified, found.numbers, given, renewed=renewed)
        if answers:
            details["state"] = answers[-1].state
            AUDIT.write(connection, Entry(now, row.register, "register.forwarded", application, details))
            _end(connection, application, answers[-1].state, by=row.register, now=now)
        elif row.received_at + SHOWN_WITHIN <= now:
            AUDIT.write(connection, Entry(now, row.register, "register.nothing_new", application, details))


def _note_end(consulate: Consulate, event: RegisterEvent, case: Case) -> None:
    standing = consulate.issuer.standing(case.application.offered_as or case.application.id)
    with writing(consulate.engine) as connection:
        _end(connection, case.application.id, standing.state, by=event.register.value, now=consulate.clock())


def _end(connection: Connection, application: str, state: str, *, by: str, now: int) -> None:
    """A revoked certificate is the end of its application too, which is forgotten some time after."""
    row = lock_application(connection, application)
    if state == REVOKED and row is not None and row.state == State.OFFERED:
        move_application(connection, row, Move.REVOKE, by=by, now=now)
