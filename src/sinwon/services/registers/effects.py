"""What follows from an event: which reasons the issuer is to raise or release, given what the registers say now.

Pure. The event only says where to look. Nothing follows from what no register confirms: it may be early, late or wrong. With
new data goes the person as on file; the issuer releases by itself the reasons that these cure.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Final, Literal

from sinwon.protocols.roles.messages import ChangeReason
from sinwon.protocols.roles.register_events import EventKind
from sinwon.services.enrolment.on_file import OnFile


@dataclass(frozen=True, slots=True)
class Step:
    action: Literal["raise", "release"]
    reason: ChangeReason
    with_person: bool = False


Steps = tuple[Step, ...]
NOTHING: Final[Steps] = ()


def steps_of(kind: EventKind, found: OnFile, *, today: date) -> Steps:
    """Empty: the registers do not show it. `today` in Seoul."""
    return RULES[kind](found, today)


def _life(found: OnFile, _today: date) -> Steps:
    resident = found.records.resident
    if resident is None:
        return NOTHING
    if resident.deceased:
        return (Step("raise", "DECEASED"),)
    return (Step("raise", "NATIONALITY_LOST"),) if resident.nationality == "lost" else NOTHING


def _changed(reason: ChangeReason, *fields: str) -> Callable[[OnFile, date], Steps]:
    """`reason`, when one of these is new."""

    def rule(found: OnFile, _today: date) -> Steps:
        return (Step("raise", reason, with_person=True),) if found.new & set(fields) else NOTHING

    return rule


def _stopped(found: OnFile, _today: date) -> Steps:
    """Cancelled or returned; both where the register says both."""
    registration = found.records.registration
    if registration is None:
        return NOTHING
    cancelled: Steps = (Step("raise", "DEREGISTERED"),) if registration.cancelled else NOTHING
    returned: Steps = (Step("raise", "RETURN_REPORTED"),) if registration.returned else NOTHING
    return cancelled + returned


def _deregistered(found: OnFile, today: date) -> Steps:
    """A register that cancelled may have the record no longer."""
    return (Step("raise", "DEREGISTERED"),) if found.records.registration is None else _stopped(found, today)


def _registered(found: OnFile, today: date) -> Steps:
    """In force: with whatever is new in it."""
    if not found.is_registered:
        return _stopped(found, today)
    return Step("release", "DEREGISTERED", with_person=True), Step("release", "RETURN_REPORTED")


def _moved(found: OnFile, today: date) -> Steps:
    if not found.is_registered:
        return _stopped(found, today)
    return _changed("MOVED_MISSION", "registration")(found, today)


def _passport(found: OnFile, today: date) -> Steps:
    """Of the present passport. One that was lost or cancelled stays so; only another one releases."""
    passport = found.records.passport
    if passport is None:
        return NOTHING
    is_new = found.person is not None and "passport" in found.new
    if passport.status == "lost":
        return (Step("raise", "PASSPORT_LOST", with_person=is_new),)
    if passport.status == "cancelled":
        return (Step("raise", "PASSPORT_CANCELLED", with_person=is_new),)
    return (Step("release", "PASSPORT_EXPIRED", with_person=True),) if is_new and passport.expiry_date >= today else NOTHING


RULES: Final[Mapping[EventKind, Callable[[OnFile, date], Steps]]] = {
    EventKind.DECEASED: _life,
    EventKind.NATIONALITY_LOST: _life,
    EventKind.NAME_CHANGED: _changed("NAME_CHANGED", "name_ko", "family_name", "given_name"),
    EventKind.RRN_CHANGED: _changed("RRN_CHANGED", "linkage", "birthdate", "sex"),
    EventKind.REGISTERED: _registered,
    EventKind.DEREGISTERED: _deregistered,
    EventKind.MOVED_MISSION: _moved,
    EventKind.RETURN_REPORTED: _stopped,
    EventKind.ADDRESS_CHANGED: _changed("ADDRESS_CHANGED", "contact", "residence_country"),
    EventKind.PASSPORT_ISSUED: _passport,
    EventKind.PASSPORT_LOST: _passport,
    EventKind.PASSPORT_CANCELLED: _passport,
}
