"""What can happen to an invented person: how each of their records changes, and the event by which a register tells it.

A happening is a plain value; nothing here is looked up or judged. A change of name reaches the resident and the registration
register, not the passport: that keeps the old name until another one is issued, as in life.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import date
from typing import Any, Final

import msgspec

from sinwon.adapters.registers.people import InventedPerson
from sinwon.protocols.roles.register_events import SPEAKS_OF, EventKind, RegisterEvent, RegisterName
from sinwon.services.enrolment.registers import ReportedContact


@dataclass(frozen=True, slots=True)
class Died:
    pass


@dataclass(frozen=True, slots=True)
class NationalityLost:
    pass


@dataclass(frozen=True, slots=True)
class NameChanged:
    name_ko: str


@dataclass(frozen=True, slots=True)
class RRNChanged:
    rrn: str


@dataclass(frozen=True, slots=True)
class Registered:
    """In force again, under the old number."""


@dataclass(frozen=True, slots=True)
class Deregistered:
    pass


@dataclass(frozen=True, slots=True)
class ReturnReported:
    pass


@dataclass(frozen=True, slots=True)
class MovedMission:
    mission: str
    country: str
    number: str
    """Of the registration there."""


@dataclass(frozen=True, slots=True)
class AddressChanged:
    address: str
    phone: str
    email: str | None = None


@dataclass(frozen=True, slots=True)
class PassportIssued:
    """In the name that stands in the registration; in Latin letters as before, unless `latin` says family and given name."""

    number: str
    issued: date
    expires: date
    latin: tuple[str, str | None] | None = None


@dataclass(frozen=True, slots=True)
class PassportLost:
    pass


@dataclass(frozen=True, slots=True)
class PassportCancelled:
    pass


Happening = (
    Died
    | NationalityLost
    | NameChanged
    | RRNChanged
    | Registered
    | Deregistered
    | ReturnReported
    | MovedMission
    | AddressChanged
    | PassportIssued
    | PassportLost
    | PassportCancelled
)

Change = Callable[[InventedPerson, Any, int], InventedPerson]
"""Person, happening and time → the person afterwards."""


def happened(person: InventedPerson, happening: Happening, *, number: int, at: int) -> tuple[InventedPerson, RegisterEvent]:
    """The person afterwards, and the event with this number."""
    kind, change = CHANGES[type(happening)]
    register = next(name for name in RegisterName if kind in SPEAKS_OF[name])
    event = RegisterEvent(
        id=f"{register}-{number}",
        register=register,
        kind=kind,
        occurred_at=at,
        became=_became(happening),
        **_named(person, register),
    )
    return change(person, happening, at), event


def _became(happening: Happening) -> str | None:
    match happening:
        case PassportIssued(number=number):
            return number
        case RRNChanged(rrn=rrn):
            return rrn
        case _:
            return None


def _named(person: InventedPerson, register: RegisterName) -> dict[str, str]:
    """By the number that the register keeps people under."""
    if register is RegisterName.RESIDENT and person.resident:
        return {"rrn": person.resident.rrn}
    if register is RegisterName.REGISTRATION and person.registration:
        return {"registration_number": person.registration.number}
    if register is RegisterName.PASSPORT and person.passport:
        return {"passport_number": person.passport.number}
    raise LookupError(f"no {register} record of this person")


def _with(person: InventedPerson, register: str, changes: Mapping[str, object]) -> InventedPerson:
    record, values = getattr(person, register), dict(changes)
    return person if record is None else replace(person, **{register: msgspec.structs.replace(record, **values)})


def _everywhere(person: InventedPerson, changes: Mapping[str, object]) -> InventedPerson:
    """But in the passport."""
    return _with(_with(person, "resident", changes), "registration", changes)


def _moved(person: InventedPerson, happening: Any, _at: int) -> InventedPerson:
    place = {"mission": happening.mission, "residence_country": happening.country, "number": happening.number}
    return _with(person, "registration", {**place, "cancelled": False, "returned": False})


def _reached_at(person: InventedPerson, happening: Any, at: int) -> InventedPerson:
    contact = ReportedContact(happening.address, happening.phone, happening.email, at)
    return _with(person, "registration", {"contact": contact})


def _issued(person: InventedPerson, happening: Any, _at: int) -> InventedPerson:
    latin = {} if happening.latin is None else dict(zip(("family_name", "given_name"), happening.latin, strict=True))
    name = {} if person.registration is None else {"name_ko": person.registration.name_ko}
    book = {"number": happening.number, "issue_date": happening.issued, "expiry_date": happening.expires, "status": "valid"}
    return _with(person, "passport", {**book, "electronic": True, **name, **latin})


def _set(register: str, changes: Mapping[str, object]) -> Change:
    return lambda person, _happening, _at: _with(person, register, changes)


CHANGES: Final[dict[type[Happening], tuple[EventKind, Change]]] = {
    Died: (EventKind.DECEASED, _set("resident", {"deceased": True})),
    NationalityLost: (EventKind.NATIONALITY_LOST, _set("resident", {"nationality": "lost"})),
    NameChanged: (EventKind.NAME_CHANGED, lambda person, new, _at: _everywhere(person, {"name_ko": new.name_ko})),
    RRNChanged: (EventKind.RRN_CHANGED, lambda person, new, _at: _everywhere(person, {"rrn": new.rrn})),
    Registered: (EventKind.REGISTERED, _set("registration", {"cancelled": False, "returned": False})),
    Deregistered: (EventKind.DEREGISTERED, _set("registration", {"cancelled": True})),
    ReturnReported: (EventKind.RETURN_REPORTED, _set("registration", {"returned": True})),
    MovedMission: (EventKind.MOVED_MISSION, _moved),
    AddressChanged: (EventKind.ADDRESS_CHANGED, _reached_at),
    PassportIssued: (EventKind.PASSPORT_ISSUED, _issued),
    PassportLost: (EventKind.PASSPORT_LOST, _set("passport", {"status": "lost"})),
    PassportCancelled: (EventKind.PASSPORT_CANCELLED, _set("passport", {"status": "cancelled"})),
}
