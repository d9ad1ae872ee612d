"""Whom a certificate is about, as the consulate remembers it: numbers to ask the registers with, and what the issuer knows.

The numbers are sealed and found by keyed hashes. Of what the issuer was given only keyed hashes stay, field by field: enough to
say what is new. Begins with the approval, ends with the application.
"""

from collections.abc import Collection, Mapping
from typing import Any, Final

import msgspec
from sqlalchemy import Connection

from sinwon.core.refusal import Unmet
from sinwon.core.strict_json import dump
from sinwon.protocols.roles.person import Person
from sinwon.protocols.roles.register_events import RegisterEvent
from sinwon.services.enrolment.consulate import Consulate
from sinwon.services.enrolment.submit import index_of_person
from sinwon.store.consulate.applications import enrol_passport
from sinwon.store.consulate.certified import (
    CertifiedRow,
    certified_about,
    change_certified,
    insert_certified,
    rebind_passports,
)
from sinwon.store.engine import writing

NUMBERS: Final = "certified.numbers"
ASPECTS: Final[Mapping[str, tuple[str, ...]]] = {
    "name": ("name_ko", "family_name", "given_name"),
    "rrn": ("linkage", "birthdate", "sex"),
    "passport": ("passport",),
    "registration": ("registration",),
    "address": ("contact", "residence_country"),
}
"""What may change in a person's life, as the issuer takes it over. The portrait goes with the passport, the evidence with the
visit."""


class Numbers(msgspec.Struct, frozen=True):
    rrn: str
    passport: str
    registration: str


def numbers_of(person: Person) -> Numbers:
    return Numbers(person.linkage.rrn, person.passport.number, person.registration.number)


def remember_person(consulate: Consulate, connection: Connection, application: str, person: Person) -> None:
    """Once, with the approval."""
    numbers = numbers_of(person)
    insert_certified(
        connection,
        CertifiedRow(
            application=application,
            numbers=consulate.sealed(numbers, NUMBERS, application),
            known=fingerprints(consulate, application, fields_of(person)),
            **_indices(consulate, numbers),
        ),
    )


def update_person(
    consulate: Consulate,
    connection: Connection,
    row: CertifiedRow,
    numbers: Numbers,
    given: Person | None,
    *,
    renewed: Collection[str] = (),
) -> None:
    """The person goes by these numbers now; of what the issuer was `given` it took these aspects over."""
    changes: dict[str, Any] = {}
    old = opened_numbers(consulate, row)
    if numbers != old:
        changes |= {"numbers": consulate.sealed(numbers, NUMBERS, row.application), **_indices(consulate, numbers)}
    if numbers.rrn != old.rrn:
        before, after = (index_of_person(consulate, number) for number in (old.rrn, numbers.rrn))
        rebind_passports(connection, before, after)
    if given is not None and renewed:
        fields = {name: getattr(given, name) for aspect in renewed for name in ASPECTS[aspect]}
        changes["known"] = {**row.known, **fingerprints(consulate, row.application, fields)}
    change_certified(connection, row.application, changes)


def bind_passport(consulate: Consulate, person: Person) -> None:
    """As bind_in, for a person who is certified already, in a transaction of its own."""
    with writing(consulate.engine) as connection:
        bind_in(consulate, connection, person.passport.number, index_of_person(consulate, person.linkage.rrn))


def bind_in(consulate: Consulate, connection: Connection, passport: str, person_index: str) -> None:
    """One passport, one person, for good. Raises Unmet("passport_enrolled") for whoever comes second with it."""
    name = consulate.seal.index(f"KOR:{passport}", "enrolled_passports")
    if not enrol_passport(connection, name, person_index):
        raise Unmet("passport_enrolled", "the passport was enrolled by another person")


def opened_numbers(consulate: Consulate, row: CertifiedRow) -> Numbers:
    return consulate.opened(row.numbers, NUMBERS, row.application, Numbers)


def people_of(consulate: Consulate, connection: Connection, event: RegisterEvent) -> tuple[CertifiedRow, ...]:
    """Everything that the person of this event has. Empty for people without a certificate of ours: most."""
    numbers = {"rrn": event.rrn, "passport": event.passport_number, "registration": event.registration_number}
    given = {name: _index(consulate, name, number) for name, number in numbers.items() if number is not None}
    return certified_about(connection, **given)


def fields_of(person: Person) -> dict[str, Any]:
    return {name: getattr(person, name) for fields in ASPECTS.values() for name in fields}


def fingerprints(consulate: Consulate, application: str, fields: Mapping[str, Any]) -> dict[str, str]:
    """Field → keyed hash, of no use beside another application's."""
    return {
        name: consulate.seal.index(f"{application}:{dump(value).decode()}", f"certified.{name}")
        for name, value in fields.items()
    }


def _indices(consulate: Consulate, numbers: Numbers) -> dict[str, str]:
    return {f"{name}_index": _index(consulate, name, getattr(numbers, name)) for name in ("rrn", "passport", "registration")}


def _index(consulate: Consulate, name: str, number: str) -> str:
    return consulate.seal.index(number, f"certified.{name}_index")
