"""From registers, form and visit to the person the issuer certifies. The form gives contact data only; registers the rest."""

from sinwon.core.refusal import Unmet
from sinwon.core.text import nfc
from sinwon.protocols.roles.person import Contact, Evidence, Linkage, Passport, Person, Registration
from sinwon.services.enrolment.eligibility import Facts
from sinwon.services.enrolment.form import Form, Visit
from sinwon.services.enrolment.registers import PassportRecord, RegistrationRecord


def build_person(facts: Facts, visit: Visit, *, portrait: str | None, chip_reader: bool) -> Person:
    """Raises Unmet("record_missing") when a register cannot vouch, whatever an officer resolved."""
    registration, passport = facts.records.registration, facts.records.passport
    if registration is None or passport is None or registration.rrn is None:
        raise Unmet("record_missing", "registration, number or passport not on file")
    return Person(
        name_ko=nfc(registration.name_ko),
        family_name=passport.family_name,
        given_name=passport.given_name,
        birthdate=registration.birthdate.isoformat(),
        sex=registration.sex,
        nationality="KR",
        residence_country=registration.residence_country,
        passport=_passport(passport),
        registration=_registration(facts, registration),
        contact=_contact(facts.form),
        evidence=_evidence(facts, visit, chip_reader),
        linkage=Linkage(registration.rrn),
        portrait=portrait,
    )


def _passport(record: PassportRecord) -> Passport:
    return Passport(
        type=record.type,
        issuing_state=record.issuing_state,
        number=record.number,
        issue_date=record.issue_date.isoformat(),
        expiry_date=record.expiry_date.isoformat(),
        authority=record.authority,
    )


def _registration(facts: Facts, record: RegistrationRecord) -> Registration:
    mission = facts.catalogue.mission(record.mission)
    if mission is None:
        raise Unmet("record_missing", "registered at a mission that the catalogue does not list")
    return Registration(record.number, record.serial, mission.name_ko, mission.id)


def _contact(form: Form) -> Contact:
    return Contact(nfc(form.address), form.phone, form.email)


def _evidence(facts: Facts, visit: Visit, chip_reader: bool) -> Evidence:
    """Only a reader may say that a chip was verified."""
    chip = visit.chip if chip_reader or visit.chip == "unreadable" else "not_read"
    return Evidence("consular_visit", facts.form.mission, facts.today.isoformat(), "physical", "physical", chip)
