"""The three state registers behind ports: overseas nationals (재외국민등록), residents (주민등록), passports (여권).

Records are what a register says, unjudged. A look-up answers None for "not on file" and raises RegisterUnavailable when the
register does not answer; the two are never confused. A register that keeps a feed of events offers it as well; others tell
what happened by signed messages, or not at all.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import Literal, Protocol

import msgspec

from sinwon.core.refusal import Fault
from sinwon.protocols.roles.register_events import RegisterEvent, RegisterName


class RegisterUnavailable(Fault):
    """The register did not answer. Eligibility then waits (REGISTRY_UNAVAILABLE); nothing else stops."""


class Sought(msgspec.Struct, frozen=True):
    """What a look-up knows of a person."""

    name_ko: str
    birthdate: date
    passport_number: str
    rrn: str | None
    """13 digits."""


class ReportedContact(msgspec.Struct, frozen=True):
    """What the person reported (변경신고) after the registration."""

    address: str
    phone: str
    """E.164."""
    email: str | None
    reported_at: int


class RegistrationRecord(msgspec.Struct, frozen=True):
    number: str
    serial: str
    mission: str
    """Our immutable mission id."""
    name_ko: str
    birthdate: date
    sex: int
    """ISO 5218."""
    rrn: str | None
    passport_number: str
    residence_country: str
    cancelled: bool
    """말소."""
    returned: bool = False
    """귀국신고."""
    contact: ReportedContact | None = None


class ResidentRecord(msgspec.Struct, frozen=True):
    rrn: str
    name_ko: str
    birthdate: date
    sex: int
    nationality: Literal["held", "lost"]
    deceased: bool


class PassportRecord(msgspec.Struct, frozen=True):
    number: str
    type: str
    issuing_state: str
    name_ko: str
    family_name: str
    given_name: str | None
    birthdate: date
    sex: int
    issue_date: date
    expiry_date: date
    authority: str
    electronic: bool
    status: Literal["valid", "lost", "cancelled"]


class RegistrationRegister(Protocol):
    def find(self, sought: Sought) -> RegistrationRecord | None:
        """Raises RegisterUnavailable."""
        ...


class ResidentRegister(Protocol):
    def find(self, rrn: str) -> ResidentRecord | None:
        """Raises RegisterUnavailable."""
        ...


class PassportRegister(Protocol):
    def find(self, number: str) -> PassportRecord | None:
        """Raises RegisterUnavailable."""
        ...

    def portrait(self, number: str) -> str | None:
        """The holder's picture as a `data:image/jpeg;base64,…` URL. Raises RegisterUnavailable."""
        ...


@dataclass(frozen=True, slots=True)
class Page:
    """Part of a feed, oldest first, and where the next one begins. Read to its end when it holds no event."""

    events: tuple[RegisterEvent, ...]
    cursor: str
    """The register's own; we only keep it."""


class RegisterFeed(Protocol):
    def since(self, cursor: str | None) -> Page:
        """What was told after `cursor`, or from the beginning. Raises RegisterUnavailable."""
        ...


@dataclass(frozen=True, slots=True)
class Registers:
    registration: RegistrationRegister
    resident: ResidentRegister
    passport: PassportRegister
    feeds: Mapping[RegisterName, RegisterFeed] = field(default_factory=dict)
