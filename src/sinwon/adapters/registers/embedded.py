"""The three registers over invented people. They answer from memory, exactly as the ports say, and judge nothing.

Things can be made to happen to the people (`adapters.registers.happenings`): the records change, and each register tells it in
its feed.
"""

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Final

import msgspec

from sinwon.adapters.registers.happenings import Happening, happened
from sinwon.adapters.registers.people import InventedPerson, load_people
from sinwon.adapters.registers.portraits import draw_portrait
from sinwon.protocols.roles.register_events import RegisterEvent, RegisterName
from sinwon.services.enrolment.registers import (
    Page,
    PassportRecord,
    Registers,
    RegisterUnavailable,
    RegistrationRecord,
    ResidentRecord,
    Sought,
)

PAGE: Final = 100  # events


@dataclass(frozen=True, slots=True)
class Outage:
    """Registers that are switched off as a whole; tests and the demonstration change it."""

    silent: set[str] = field(default_factory=set)

    def check(self, register: str, person: InventedPerson | None) -> None:
        """Raises RegisterUnavailable."""
        if register in self.silent or (person is not None and register in person.silent):
            raise RegisterUnavailable(f"the {register} register does not answer")


class EmbeddedRegisters:
    """The people as they are now, what happened to them, and the registers that say so."""

    def __init__(self, people: Iterable[InventedPerson] | None = None, outage: Outage | None = None) -> None:
        everyone = load_people() if people is None else people
        self.people = {person.id: person for person in everyone}
        self.outage = outage or Outage()
        self.old_passports: dict[str, PassportRecord] = {}
        self.told: dict[RegisterName, list[RegisterEvent]] = {name: [] for name in RegisterName}

    @property
    def registers(self) -> Registers:
        """As the consulate knows them, each with a feed."""
        return Registers(
            EmbeddedRegistration(self),
            EmbeddedResident(self),
            EmbeddedPassport(self),
            {name: EmbeddedFeed(self, name) for name in RegisterName},
        )

    def happen(self, person: str, happening: Happening, *, at: int) -> RegisterEvent:
        """It happens to the person with this id: the records change, and the register whose matter it is tells it."""
        before = self.people[person]
        after, event = happened(before, happening, number=sum(map(len, self.told.values())) + 1, at=at)
        if before.passport and after.passport and before.passport.number != after.passport.number:
            self.old_passports[before.passport.number] = _replaced(before.passport)
        self.people[person] = after
        self.told[event.register].append(event)
        return event


class EmbeddedRegistration:
    """A RegistrationRegister: by resident number, else by passport and birth date."""

    def __init__(self, world: EmbeddedRegisters) -> None:
        self.world = world

    def find(self, sought: Sought) -> RegistrationRecord | None:
        everyone = self.world.people.values()
        person = next((p for p in everyone if p.registration and _is_sought(p.registration, sought)), None)
        self.world.outage.check("registration", person)
        return person.registration if person else None


class EmbeddedResident:
    """A ResidentRegister."""

    def __init__(self, world: EmbeddedRegisters) -> None:
        self.world = world

    def find(self, rrn: str) -> ResidentRecord | None:
        person = next((p for p in self.world.people.values() if p.resident and p.resident.rrn == rrn), None)
        self.world.outage.check("resident", person)
        return person.resident if person else None


class EmbeddedPassport:
    """A PassportRegister. Pictures are drawn when they are asked for."""

    def __init__(self, world: EmbeddedRegisters) -> None:
        self.world = world

    def find(self, number: str) -> PassportRecord | None:
        person = next((p for p in self.world.people.values() if p.passport and p.passport.number == number), None)
        self.world.outage.check("passport", person)
        return person.passport if person else self.world.old_passports.get(number)

    def portrait(self, number: str) -> str | None:
        return draw_portrait(number) if self.find(number) else None


class EmbeddedFeed:
    """A RegisterFeed: the cursor is how many events came before."""

    def __init__(self, world: EmbeddedRegisters, register: RegisterName) -> None:
        self.world = world
        self.register = register

    def since(self, cursor: str | None) -> Page:
        self.world.outage.check(self.register, None)
        start = int(cursor or 0)
        events = tuple(self.world.told[self.register][start : start + PAGE])
        return Page(events, str(start + len(events)))


def embedded_registers(people: Iterable[InventedPerson] | None = None, outage: Outage | None = None) -> Registers:
    """The registers over `people`, by default those of the package."""
    return EmbeddedRegisters(people, outage).registers


def _replaced(passport: PassportRecord) -> PassportRecord:
    """One that was lost stays lost."""
    return msgspec.structs.replace(passport, status="cancelled") if passport.status == "valid" else passport


def _is_sought(record: RegistrationRecord, sought: Sought) -> bool:
    if record.rrn is not None and sought.rrn is not None:
        return record.rrn == sought.rrn
    return record.passport_number == sought.passport_number and record.birthdate == sought.birthdate
