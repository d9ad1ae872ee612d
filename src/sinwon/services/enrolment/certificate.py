"""What an officer does about a certificate that was issued here: look how it stands, stop it, let it go on, renew its data.

The issuer decides and is asked first; nothing is done here until it says so. Data come from the registers, as at the decision:
an officer who saw a new passport says which, never what is in it. Revoking is final and has a use case of its own (revoke).
"""

from typing import Final, Literal

from sinwon.core.clock import seoul_date
from sinwon.core.refusal import Fault, Refusal, Unmet
from sinwon.protocols.roles.messages import Change, Changed, ChangeReason, Standing
from sinwon.protocols.roles.person import Person
from sinwon.services.accounts.officer import Officer
from sinwon.services.enrolment.access import at_mission_of
from sinwon.services.enrolment.application import State
from sinwon.services.enrolment.certified import bind_passport, update_person
from sinwon.services.enrolment.consulate import Consulate
from sinwon.services.enrolment.issuer import IssuerUnavailable
from sinwon.services.enrolment.on_file import Case, OnFile, read_on_file
from sinwon.services.enrolment.registers import RegisterUnavailable
from sinwon.store.audit import Details, Entry
from sinwon.store.consulate.applications import ApplicationRow, find_decision
from sinwon.store.consulate.certified import find_certified
from sinwon.store.consulate.tables import AUDIT
from sinwon.store.engine import reading, writing

StopReason = Literal["LOSS_REPORTED", "PIN_LOCKED", "PASSPORT_LOST", "PASSPORT_CANCELLED", "DEREGISTERED", "RETURN_REPORTED"]
"""What an officer may stop a certificate for, and let it go on after."""
ReleaseReason = Literal[StopReason, "PASSPORT_EXPIRED", "MOVED_MISSION", "NAME_CHANGED", "RRN_CHANGED", "ADDRESS_CHANGED"]
STOPPED: Final = "certificate.suspended"
RELEASED: Final = "certificate.released"
RENEWED: Final = "certificate.renewed"


def standing_of(consulate: Consulate, row: ApplicationRow) -> Standing | None:
    """How the certificate of an application stands; None before there is one, and while the issuer is silent."""
    if row.state != State.OFFERED:
        return None
    try:
        return consulate.issuer.standing(row.offered_as or row.id)
    except (IssuerUnavailable, Refusal):
        return None


def suspend_certificate(consulate: Consulate, officer: Officer, application: str, *, reason: StopReason) -> Changed:
    """Raises Refusal: not_found, wrong_state, issuer_unavailable, certificate_ended, not_allowed."""
    row = _row(consulate, officer, application)
    changed = _ask(consulate, Change("raise", reason, officer.id, application=row.offered_as or row.id))
    _note(consulate, officer, application, STOPPED, changed, {"reason": reason})
    return changed


def release_certificate(consulate: Consulate, officer: Officer, application: str, *, reason: ReleaseReason) -> Changed:
    """One reason of perhaps several: the others stay. Raises as suspend_certificate."""
    row = _row(consulate, officer, application)
    changed = _ask(consulate, Change("release", reason, officer.id, application=row.offered_as or row.id))
    _note(consulate, officer, application, RELEASED, changed, {"reason": reason})
    return changed


def renew_certificate(consulate: Consulate, officer: Officer, application: str, *, passport_number: str | None) -> Changed:
    """With what the registers say now, and the passport of that number if there is a new one. Also raises
    registry_unavailable, record_missing, registers_differ, passport_enrolled, passport_unusable."""
    case = _case(consulate, officer, application)
    found = _on_file(consulate, case, passport_number)
    person = _usable(consulate, found)
    bind_passport(consulate, person)
    reason: ChangeReason = "PASSPORT_EXPIRED"
    name = case.application.offered_as or case.application.id
    changed = _ask(consulate, Change("release", reason, officer.id, application=name, person=person))
    with writing(consulate.engine) as connection:
        update_person(consulate, connection, case.certified, found.numbers, person, renewed=changed.renewed)
    _note(consulate, officer, application, RENEWED, changed, {"renewed": list(changed.renewed)})
    return changed


def _row(consulate: Consulate, officer: Officer, application: str) -> ApplicationRow:
    """Raises Unmet("not_found") or ("wrong_state")."""
    with reading(consulate.engine) as connection:
        row = at_mission_of(connection, officer, application, lock=False)
    if row.state != State.OFFERED:
        raise Unmet("wrong_state", "no certificate, or none any more")
    return row


def _case(consulate: Consulate, officer: Officer, application: str) -> Case:
    row = _row(consulate, officer, application)
    with reading(consulate.engine) as connection:
        certified, decision = find_certified(connection, row.id), find_decision(connection, row.id)
    if certified is None or decision is None:
        raise Fault("an offered application without decision or person")
    return Case(row, certified, decision.at)


def _on_file(consulate: Consulate, case: Case, passport_number: str | None) -> OnFile:
    try:
        return read_on_file(consulate, case, passport=passport_number)
    except RegisterUnavailable:
        raise Unmet("registry_unavailable", "a register did not answer") from None


def _usable(consulate: Consulate, found: OnFile) -> Person:
    passport = found.records.passport
    if passport is None or found.records.registration is None:
        raise Unmet("record_missing", "registration or passport not on file")
    if passport.status != "valid" or not passport.electronic or passport.expiry_date < seoul_date(consulate.clock()):
        raise Unmet("passport_unusable", "the passport is lost, cancelled, expired or not electronic")
    if found.person is None:
        raise Unmet("registers_differ", "the registers do not agree on the person")
    return found.person


def _ask(consulate: Consulate, message: Change) -> Changed:
    try:
        return consulate.issuer.change(message)
    except IssuerUnavailable:
        raise Unmet("issuer_unavailable", "no answer from the issuer; nothing is changed yet") from None


def _note(consulate: Consulate, officer: Officer, application: str, action: str, changed: Changed, details: Details) -> None:
    with writing(consulate.engine) as connection:
        at = consulate.clock()
        AUDIT.write(connection, Entry(at, officer.id, action, application, {**details, "state": changed.state}))
