"""Things that happen to invented people: the records change, the right register tells it, once."""

from datetime import date

import pytest

from sinwon.adapters.registers.embedded import EmbeddedRegisters, Outage
from sinwon.adapters.registers.happenings import (
    CHANGES,
    AddressChanged,
    Deregistered,
    Died,
    Happening,
    MovedMission,
    NameChanged,
    NationalityLost,
    PassportCancelled,
    PassportIssued,
    PassportLost,
    Registered,
    ReturnReported,
    RRNChanged,
)
from sinwon.adapters.registers.people import load_people
from sinwon.protocols.roles.register_events import EventKind, RegisterName, check_event
from sinwon.services.enrolment.registers import RegisterUnavailable
from tests.world import NOW

PERSON = next(person for person in load_people() if person.is_eligible)
BOOK = PassportIssued("M765B4321", date(2026, 9, 1), date(2036, 9, 1), ("NEW", None))
ALL: tuple[Happening, ...] = (
    Died(),
    NationalityLost(),
    NameChanged("새이름"),
    RRNChanged("9001019979999"),
    Deregistered(),
    ReturnReported(),
    Registered(),
    MovedMission("m-zz", "ZZ", "zz-26-1"),
    AddressChanged("Somewhere", "+15550100100"),
    BOOK,
    PassportLost(),
    PassportCancelled(),
)


def test_each_kind_of_event_can_happen() -> None:
    assert {type(happening) for happening in ALL} == set(CHANGES)
    assert {kind for kind, _change in CHANGES.values()} == set(EventKind)


@pytest.mark.parametrize("happening", ALL, ids=lambda happening: type(happening).__name__)
def test_the_records_change_and_a_register_tells_it(happening: Happening) -> None:
    world = EmbeddedRegisters([PERSON])
    if isinstance(happening, Registered):
        world.happen(PERSON.id, Deregistered(), at=NOW - 1)
    before = world.people[PERSON.id]
    event = world.happen(PERSON.id, happening, at=NOW)
    check_event(event, event.register)
    assert event.occurred_at == NOW
    assert world.people[PERSON.id] != before
    page = world.registers.feeds[event.register].since(None)
    assert page.events[-1] == event
    assert world.registers.feeds[event.register].since(page.cursor).events == ()


def test_ids_are_each_events_own() -> None:
    world = EmbeddedRegisters([PERSON])
    events = [world.happen(PERSON.id, happening, at=NOW) for happening in ALL]
    assert len({event.id for event in events}) == len(events)


@pytest.mark.parametrize(("before", "status"), [(None, "cancelled"), (PassportLost(), "lost")], ids=["valid", "lost"])
def test_the_old_passport_stays_on_file(before: Happening | None, status: str) -> None:
    world = EmbeddedRegisters([PERSON])
    if before:
        world.happen(PERSON.id, before, at=NOW)
    event = world.happen(PERSON.id, BOOK, at=NOW)
    old = world.registers.passport.find(PERSON.form.passport_number)
    new = world.registers.passport.find(BOOK.number)
    assert old is not None
    assert new is not None
    assert (old.status, new.status, new.family_name, new.given_name) == (status, "valid", "NEW", None)
    assert (event.passport_number, event.became) == (PERSON.form.passport_number, BOOK.number)


def test_a_name_changes_everywhere_but_in_the_passport() -> None:
    world = EmbeddedRegisters([PERSON])
    world.happen(PERSON.id, NameChanged("새이름"), at=NOW)
    after = world.people[PERSON.id]
    assert after.registration is not None
    assert after.resident is not None
    assert after.passport is not None
    assert (after.registration.name_ko, after.resident.name_ko) == ("새이름", "새이름")
    assert after.passport.name_ko == PERSON.form.name_ko
    world.happen(PERSON.id, BOOK, at=NOW)
    assert world.people[PERSON.id].passport != after.passport
    assert getattr(world.people[PERSON.id].passport, "name_ko", None) == "새이름"


def test_nothing_happens_to_records_that_are_not_there() -> None:
    nobody = next(person for person in load_people() if person.passport is None)
    with pytest.raises(LookupError):
        EmbeddedRegisters([nobody]).happen(nobody.id, PassportLost(), at=NOW)


def test_a_feed_of_a_register_that_is_switched_off_is_silent() -> None:
    world = EmbeddedRegisters([PERSON], Outage({"passport"}))
    with pytest.raises(RegisterUnavailable):
        world.registers.feeds[RegisterName.PASSPORT].since(None)
