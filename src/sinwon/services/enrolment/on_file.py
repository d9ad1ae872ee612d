"""What the registers say of a certified person now: read anew and composed exactly as at the decision.

Whoever speaks of a change, the registers are asked. Data are taken over only when all three agree on who the person is: where
they differ an officer decides, as at the counter. A registration may still name the passport before the present one.
"""

from dataclasses import dataclass, replace

import msgspec

from sinwon.core.refusal import Unmet
from sinwon.core.text import nfc
from sinwon.protocols.roles.person import Contact, Linkage, Person
from sinwon.services.enrolment.certified import Numbers, fields_of, fingerprints, opened_numbers
from sinwon.services.enrolment.checks import mismatches
from sinwon.services.enrolment.consulate import Consulate
from sinwon.services.enrolment.eligibility import Facts, Records
from sinwon.services.enrolment.form import Form
from sinwon.services.enrolment.person import build_person
from sinwon.services.enrolment.registers import PassportRecord, RegistrationRecord, Sought
from sinwon.services.enrolment.submit import FORM
from sinwon.services.enrolment.visit import visit_of
from sinwon.store.consulate.applications import ApplicationRow
from sinwon.store.consulate.certified import CertifiedRow


@dataclass(frozen=True, slots=True)
class Case:
    """A certified person's application, with what is remembered of them, as read from the database."""

    application: ApplicationRow
    certified: CertifiedRow
    decided_at: int


@dataclass(frozen=True, slots=True)
class OnFile:
    records: Records
    numbers: Numbers
    """By which the registers know the person now."""
    person: Person | None
    """None where a register lacks the record, or they disagree."""
    new: frozenset[str]
    """The fields in which this is not what the issuer was given."""

    @property
    def is_registered(self) -> bool:
        registration = self.records.registration
        return registration is not None and not registration.cancelled and not registration.returned


def read_on_file(consulate: Consulate, case: Case, *, rrn: str | None = None, passport: str | None = None) -> OnFile:
    """`rrn` and `passport`: numbers that are said to have replaced those remembered. Raises RegisterUnavailable."""
    form = consulate.opened(case.application.form, FORM, case.application.id, Form)
    known = opened_numbers(consulate, case.certified)
    registration = _registration(consulate, form, known, rrn)
    number = (registration.rrn if registration else None) or known.rrn
    records = Records(
        registration,
        consulate.registers.resident.find(number),
        consulate.registers.passport.find(passport or known.passport),
    )
    person = _person(consulate, case, form, records)
    numbers = Numbers(
        number,
        records.passport.number if records.passport and _is_theirs(registration, records.passport) else known.passport,
        registration.number if registration else known.registration,
    )
    return OnFile(records, numbers, person, _new(consulate, case, records, person))


def _registration(consulate: Consulate, form: Form, known: Numbers, rrn: str | None) -> RegistrationRecord | None:
    """By the number it is said to be, by the one it was, or by passport and birth date; and only if it is this person's."""
    numbers = (rrn, known.rrn, None) if rrn else (known.rrn, None)
    for number in numbers:
        record = consulate.registers.registration.find(Sought(form.name_ko, form.birthdate, known.passport, number))
        if record and (record.number == known.registration or record.rrn == known.rrn):
            return record
    return None


def _is_theirs(registration: RegistrationRecord | None, passport: PassportRecord) -> bool:
    """A passport to ask for next time, though its name may not be that of the registration yet."""
    if registration is None:
        return False
    return (registration.birthdate, registration.sex) == (passport.birthdate, passport.sex)


def _person(consulate: Consulate, case: Case, form: Form, records: Records) -> Person | None:
    registration, passport = records.registration, records.passport
    if registration is None or passport is None:
        return None
    visit, settings = visit_of(consulate, case.application), consulate.settings
    facts = Facts(
        form=_as_registered(form, registration, passport),
        records=records,
        catalogue=consulate.catalogue(),
        now=case.decided_at,
        visit=visit,
        rules=settings.rules,
    )
    if mismatches(replace(facts, records=replace(records, registration=_with_passport(registration, passport)))):
        return None
    portrait = consulate.registers.passport.portrait(passport.number)
    try:
        person = build_person(facts, visit, portrait=portrait, chip_reader=settings.chip_reader)
    except Unmet:
        return None
    return msgspec.structs.replace(person, contact=_contact(person.contact, registration, case.application))


def _as_registered(form: Form, registration: RegistrationRecord, passport: PassportRecord) -> Form:
    """The form as the person would fill it in today: what was typed then is no news."""
    return msgspec.structs.replace(
        form,
        name_ko=registration.name_ko,
        birthdate=registration.birthdate,
        rrn=registration.rrn,
        family_name=passport.family_name,
        given_name=passport.given_name,
        passport_number=passport.number,
        passport_expiry=passport.expiry_date,
    )


def _with_passport(registration: RegistrationRecord, passport: PassportRecord) -> RegistrationRecord:
    return msgspec.structs.replace(registration, passport_number=passport.number)


def _contact(applied_with: Contact, registration: RegistrationRecord, application: ApplicationRow) -> Contact:
    """What was reported after the application replaces what was written in it."""
    reported = registration.contact
    if reported is None or reported.reported_at < application.submitted_at:
        return applied_with
    return Contact(nfc(reported.address), reported.phone, reported.email)


def _new(consulate: Consulate, case: Case, records: Records, person: Person | None) -> frozenset[str]:
    registration = records.registration
    if person is not None:
        fields = fields_of(person)
    elif registration is not None:
        number = Linkage(registration.rrn) if registration.rrn else None
        fields = {"name_ko": nfc(registration.name_ko), **({"linkage": number} if number else {})}
    else:
        return frozenset()
    now = fingerprints(consulate, case.certified.application, fields)
    return frozenset(name for name, value in now.items() if case.certified.known.get(name) != value)
