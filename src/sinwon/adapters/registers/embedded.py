"""The three registers over invented people. They answer from memory, exactly as the ports say, and judge nothing."""

from collections.abc import Iterable
from dataclasses import dataclass, field

from sinwon.adapters.registers.people import InventedPerson, load_people
from sinwon.adapters.registers.portraits import draw_portrait
from sinwon.services.enrolment.registers import (
    PassportRecord,
    Registers,
    RegisterUnavailable,
    RegistrationRecord,
    ResidentRecord,
    Sought,
)


@dataclass(frozen=True, slots=True)
class Outage:
    """Registers that are switched off as a whole; tests and the demonstration change it."""

    silent: set[str] = field(default_factory=set)

    def check(self, register: str, person: InventedPerson | None) -> None:
        """Raises RegisterUnavailable."""
        if register in self.silent or (person is not None and register in person.silent):
            raise RegisterUnavailable(f"the {register} register does not answer")


class EmbeddedRegistration:
    """A RegistrationRegister: by resident number, else by passport and birth date."""

    def __init__(self, people: Iterable[InventedPerson], outage: Outage) -> None:
        self.outage = outage
        self.people = tuple(person for person in people if person.registration or "registration" in person.silent)

    def find(self, sought: Sought) -> RegistrationRecord | None:
        person = next((p for p in self.people if p.registration and _is_sought(p.registration, sought)), None)
        self.outage.check("registration", person)
        return person.registration if person else None


class EmbeddedResident:
    """A ResidentRegister."""

    def __init__(self, people: Iterable[InventedPerson], outage: Outage) -> None:
        self.outage = outage
        self.by_rrn = {person.resident.rrn: person for person in people if person.resident}

    def find(self, rrn: str) -> ResidentRecord | None:
        person = self.by_rrn.get(rrn)
        self.outage.check("resident", person)
        return person.resident if person else None


class EmbeddedPassport:
    """A PassportRegister. Pictures are drawn when they are asked for."""

    def __init__(self, people: Iterable[InventedPerson], outage: Outage) -> None:
        self.outage = outage
        self.by_number = {person.passport.number: person for person in people if person.passport}

    def find(self, number: str) -> PassportRecord | None:
        person = self.by_number.get(number)
        self.outage.check("passport", person)
        return person.passport if person else None

    def portrait(self, number: str) -> str | None:
        return draw_portrait(number) if self.find(number) else None


def _is_sought(record: RegistrationRecord, sought: Sought) -> bool:
    if record.rrn is not None and sought.rrn is not None:
        return record.rrn == sought.rrn
    return record.passport_number == sought.passport_number and record.birthdate == sought.birthdate


def embedded_registers(people: Iterable[InventedPerson] | None = None, outage: Outage | None = None) -> Registers:
    """The registers over `people`, by default those of the package."""
    everyone = load_people() if people is None else tuple(people)
    switch = outage or Outage()
    return Registers(
        EmbeddedRegistration(everyone, switch),
        EmbeddedResident(everyone, switch),
        EmbeddedPassport(everyone, switch),
    )
