"""What a state register tells the consulate: that something happened to a person.

Owns the shape of events, the message that carries them, and which register may speak of what. An event is a hint: it names the
person and the kind of change, never the new data, which the consulate reads from the registers (services.registers).
"""

from collections.abc import Mapping
from enum import StrEnum
from typing import Annotated, Final

import msgspec

from sinwon.core.refusal import Malformed, Unmet

REGISTER_EVENTS: Final = "register_events"
PATH: Final = "/register-events"
"""POST: RegisterNews, as a signed request of the register → 202 NewsTaken."""
MAX_EVENTS: Final = 32  # a message of the longest events stays below the consulate's 16 KiB
EARLIEST: Final = 0
LATEST: Final = 253_402_300_799  # 9999-12-31: sums of times end somewhere


class RegisterName(StrEnum):
    RESIDENT = "resident"
    """주민등록."""
    REGISTRATION = "registration"
    """재외국민등록."""
    PASSPORT = "passport"
    """여권."""


class EventKind(StrEnum):
    DECEASED = "deceased"
    NATIONALITY_LOST = "nationality_lost"
    NAME_CHANGED = "name_changed"
    RRN_CHANGED = "rrn_changed"
    REGISTERED = "registered"
    """Registered again after a cancellation or a reported return."""
    DEREGISTERED = "deregistered"
    """말소."""
    MOVED_MISSION = "moved_mission"
    """이동신고."""
    RETURN_REPORTED = "return_reported"
    """귀국신고."""
    ADDRESS_CHANGED = "address_changed"
    """Address, telephone number or e-mail."""
    PASSPORT_ISSUED = "passport_issued"
    PASSPORT_LOST = "passport_lost"
    PASSPORT_CANCELLED = "passport_cancelled"


SPEAKS_OF: Final[Mapping[RegisterName, frozenset[EventKind]]] = {
    RegisterName.RESIDENT: frozenset(
        {EventKind.DECEASED, EventKind.NATIONALITY_LOST, EventKind.NAME_CHANGED, EventKind.RRN_CHANGED}
    ),
    RegisterName.REGISTRATION: frozenset(
        {
            EventKind.REGISTERED,
            EventKind.DEREGISTERED,
            EventKind.MOVED_MISSION,
            EventKind.RETURN_REPORTED,
            EventKind.ADDRESS_CHANGED,
            EventKind.NAME_CHANGED,
            EventKind.RRN_CHANGED,
        }
    ),
    RegisterName.PASSPORT: frozenset({EventKind.PASSPORT_ISSUED, EventKind.PASSPORT_LOST, EventKind.PASSPORT_CANCELLED}),
}
Number = Annotated[str, msgspec.Meta(pattern=r"^[\x21-\x7e]{1,40}\Z")]


class RegisterEvent(msgspec.Struct, frozen=True, omit_defaults=True):
    """About the person with exactly one of the three numbers, as it was before the event."""

    id: Annotated[str, msgspec.Meta(pattern=r"^[\x21-\x7e]{1,64}\Z")]
    """The register's own, the same whenever the event is told again."""
    register: RegisterName
    kind: EventKind
    occurred_at: Annotated[int, msgspec.Meta(ge=EARLIEST, le=LATEST)]
    rrn: Annotated[str, msgspec.Meta(pattern=r"^[0-9]{13}\Z")] | None = None
    passport_number: Number | None = None
    registration_number: Number | None = None
    became: Number | None = None
    """The number that replaces the old one: of a new passport, or the new resident number."""


class RegisterNews(msgspec.Struct, frozen=True):
    events: Annotated[tuple[RegisterEvent, ...], msgspec.Meta(min_length=1, max_length=MAX_EVENTS)]


class NewsTaken(msgspec.Struct, frozen=True):
    taken: int
    known: int
    """Told before: nothing more comes of them."""


def check_event(event: RegisterEvent, register: str) -> None:
    """Whether `register`, who tells it, may. Raises Unmet("unauthorized") or Malformed("invalid_request")."""
    # 1 of its own records
    if event.register != register or event.kind not in SPEAKS_OF[event.register]:
        raise Unmet("unauthorized", "a register speaks of its own records only")
    # 2 about one person
    if sum(number is not None for number in (event.rrn, event.passport_number, event.registration_number)) != 1:
        raise Malformed("invalid_request", "not exactly one number of a person")
