"""The invented people of `people.jsonl`: one line each, and what of it differs between form, registers and counter.

Nobody in it exists. Resident numbers carry region digits 97 to 99 and a wrong check digit, which no legacy number has; the
telephone numbers are valid in form and, where a country keeps a range for fiction, taken from it. `scenario` names the reason
code a person stands for, or ELIGIBLE. What an eye decides, or data that only an application has, is a hint in `differs`.
"""

from dataclasses import dataclass
from datetime import date
from importlib.resources import files
from typing import Any, Final, Literal, TypeVar

import msgspec

from sinwon.core.strict_json import convert, parse_as
from sinwon.services.enrolment.form import Form, Visit
from sinwon.services.enrolment.registers import PassportRecord, RegistrationRecord, ResidentRecord

T = TypeVar("T")
ELIGIBLE: Final = "ELIGIBLE"
AUTHORITY: Final = "MINISTRY OF FOREIGN AFFAIRS"
CONSENTED: Final = {"personal_data": True, "unique_identifiers": True, "third_parties": True}
UNDISTURBED: Final = {"document": "presented", "chip": "not_read", "face": "match", "presence": "in_person"}


class Differences(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Members that differ from the line's own; None for a record that does not exist."""

    form: dict[str, Any] = {}
    registration: dict[str, Any] | None = {}
    resident: dict[str, Any] | None = {}
    passport: dict[str, Any] | None = {}
    visit: dict[str, Any] = {}
    silent: tuple[Literal["registration", "resident", "passport"], ...] = ()
    """Registers that do not answer for this person."""
    proves_phone: bool = True
    holds_active: bool = False
    """Applies again with a certificate in hand."""


class Line(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    id: str
    scenario: str
    mission: str
    country: str
    name_ko: str
    family_name: str
    given_name: str | None
    birthdate: date
    sex: int
    rrn: str
    passport_number: str
    passport_issued: date
    passport_expires: date
    registration_number: str
    address: str
    phone: str
    email: str | None
    language: Literal["ko", "en"]
    note: str = ""
    differs: Differences = Differences()


@dataclass(frozen=True, slots=True)
class InventedPerson:
    """One person: what they type, what the registers hold, what the officer will see."""

    id: str
    scenario: str
    note: str
    form: Form
    visit: Visit
    registration: RegistrationRecord | None
    resident: ResidentRecord | None
    passport: PassportRecord | None
    silent: tuple[str, ...]
    proves_phone: bool
    holds_active: bool

    @property
    def is_eligible(self) -> bool:
        return self.scenario == ELIGIBLE


def load_people() -> tuple[InventedPerson, ...]:
    """All of them, in the file's order."""
    text = files(__package__).joinpath("people.jsonl").read_text(encoding="utf-8")
    return tuple(_person(parse_as(line, Line)) for line in text.splitlines())


def _person(line: Line) -> InventedPerson:
    differs = line.differs
    return InventedPerson(
        id=line.id,
        scenario=line.scenario,
        note=line.note,
        form=convert({**_form(line), **differs.form}, Form),
        visit=convert({**UNDISTURBED, **differs.visit}, Visit),
        registration=_record(_registration(line), differs.registration, RegistrationRecord),
        resident=_record(_resident(line), differs.resident, ResidentRecord),
        passport=_record(_passport(line), differs.passport, PassportRecord),
        silent=differs.silent,
        proves_phone=differs.proves_phone,
        holds_active=differs.holds_active,
    )


def _record(base: dict[str, Any], differs: dict[str, Any] | None, shape: type[T]) -> T | None:
    return None if differs is None else convert({**base, **differs}, shape)


def _form(line: Line) -> dict[str, Any]:
    return {
        "mission": line.mission,
        "name_ko": line.name_ko,
        "family_name": line.family_name,
        "given_name": line.given_name,
        "birthdate": line.birthdate,
        "rrn": line.rrn,
        "passport_number": line.passport_number,
        "passport_expiry": line.passport_expires,
        "phone": line.phone,
        "address": line.address,
        "residence_country": line.country,
        "email": line.email,
        "language": line.language,
        "consents": CONSENTED,
    }


def _registration(line: Line) -> dict[str, Any]:
    return {
        "number": line.registration_number,
        "serial": "1",
        "mission": line.mission,
        "name_ko": line.name_ko,
        "birthdate": line.birthdate,
        "sex": line.sex,
        "rrn": line.rrn,
        "passport_number": line.passport_number,
        "residence_country": line.country,
        "cancelled": False,
    }


def _resident(line: Line) -> dict[str, Any]:
    return {
        "rrn": line.rrn,
        "name_ko": line.name_ko,
        "birthdate": line.birthdate,
        "sex": line.sex,
        "nationality": "held",
        "deceased": False,
    }


def _passport(line: Line) -> dict[str, Any]:
    return {
        "number": line.passport_number,
        "type": "PM",
        "issuing_state": "KOR",
        "name_ko": line.name_ko,
        "family_name": line.family_name,
        "given_name": line.given_name,
        "birthdate": line.birthdate,
        "sex": line.sex,
        "issue_date": line.passport_issued,
        "expiry_date": line.passport_expires,
        "authority": AUTHORITY,
        "electronic": True,
        "status": "valid",
    }
