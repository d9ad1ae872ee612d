"""Following the registers, beside the stories: feeds and cursors, outcomes, intervals, doubts."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import date
from pathlib import Path

import pytest
from sqlalchemy import select

from sinwon.adapters.registers.happenings import AddressChanged, Deregistered, Died, Happening, PassportIssued, PassportLost
from sinwon.core.refusal import Refusal, Unmet
from sinwon.protocols.roles.messages import Change, Changed
from sinwon.protocols.roles.register_events import EventKind, RegisterEvent, RegisterName
from sinwon.services.accounts.officer import Officer
from sinwon.services.enrolment.decide import approve_application
from sinwon.services.enrolment.forget import EVENTS_KEPT, forget
from sinwon.services.enrolment.offer import obtain_offer
from sinwon.services.enrolment.registers import Page, RegisterFeed, RegisterUnavailable
from sinwon.services.enrolment.views import officers_view
from sinwon.services.registers import take
from sinwon.services.registers.follow import follow_registers
from sinwon.services.registers.forward import FIRST_WAIT, LONGEST_WAIT, SHOWN_WITHIN, STRANGERS_WAIT, Round, forward_events
from sinwon.services.registers.take import PAGES, read_feeds
from sinwon.store.consulate.register_events import cursor_of
from sinwon.store.consulate.tables import AUDIT, METADATA, REGISTER_EVENTS
from sinwon.store.engine import open_engine, reading
from tests.counter import Counter, StandInIssuer, counter, people
from tests.world import NOW

PERSON = people()[0]
NEW_BOOK = PassportIssued("M765B4321", date(2026, 9, 1), date(2036, 9, 1))


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[Counter]:
    engine = open_engine(f"sqlite:///{tmp_path}/consulate.sqlite")
    METADATA.create_all(engine)
    yield counter(engine)
    engine.dispose()


@pytest.fixture
def officer(desk: Counter) -> Officer:
    return desk.officer()


def approved(desk: Counter, officer: Officer) -> str:
    made = desk.ready(PERSON, officer)
    approve_application(desk.consulate, officer, made.application, {})
    return made.application


@pytest.fixture
def application(desk: Counter, officer: Officer) -> str:
    application = approved(desk, officer)
    obtain_offer(desk.consulate, officer, application)
    return application


def outcomes(desk: Counter) -> list[str | None]:
    with desk.consulate.engine.connect() as connection:
        return list(connection.execute(select(REGISTER_EVENTS.c.outcome).order_by(REGISTER_EVENTS.c.occurred_at)).scalars())


def happens(desk: Counter, *what: Happening) -> None:
    for happening in what:
        desk.state.happen(PERSON.id, happening, at=desk.clock.now)


def test_an_approval_whose_offer_is_not_made_yet_waits(desk: Counter, officer: Officer) -> None:
    application = approved(desk, officer)
    happens(desk, PassportLost())
    assert follow_registers(desk.consulate) == Round(0, 1)
    obtain_offer(desk.consulate, officer, application)
    desk.clock.move(FIRST_WAIT)
    assert follow_registers(desk.consulate) == Round(1, 0)
    assert [(change.action, change.reason) for change in desk.issuer.changes] == [("raise", "PASSPORT_LOST")]


def test_what_is_sent(desk: Counter, application: str) -> None:
    """Which certificate, which reason, by whom, since when; the person only where data are new."""
    happens(desk, Deregistered(), NEW_BOOK)
    desk.clock.move(5)
    follow_registers(desk.consulate)
    stop, renewal = sorted(desk.issuer.changes, key=lambda change: change.action)
    assert (stop.application, stop.rrn, stop.officer, stop.occurred_at) == (application, None, "registration", NOW)
    assert stop.person is None
    assert (renewal.action, renewal.reason, renewal.officer) == ("release", "PASSPORT_EXPIRED", "passport")
    approved_as = desk.issuer.asked[0].person
    assert renewal.person is not None
    assert (renewal.person.passport.number, renewal.person.passport.expiry_date) == ("M765B4321", "2036-09-01")
    assert renewal.person.evidence == approved_as.evidence
    assert renewal.person.registration == approved_as.registration
    assert renewal.person.portrait != approved_as.portrait
    assert len({change.event_id for change in desk.issuer.changes}) == 2


def test_a_contact_reported_after_the_application_replaces_it(desk: Counter, application: str) -> None:
    desk.state.happen(PERSON.id, AddressChanged("Before", "+15550100001"), at=NOW - 1)
    follow_registers(desk.consulate)
    assert desk.issuer.changes == []
    happens(desk, AddressChanged("After", "+15550100002", "a@mail.example"))
    follow_registers(desk.consulate)
    person = desk.issuer.changes[0].person
    assert person is not None
    assert (person.contact.address, person.contact.phone_number, person.contact.email) == (
        "After",
        "+15550100002",
        "a@mail.example",
    )
    assert application == desk.issuer.changes[0].application


def test_intervals_grow_and_stay_bounded(desk: Counter, application: str) -> None:
    happens(desk, PassportLost())
    desk.issuer.down = True
    read_feeds(desk.consulate)
    waits = []
    for _ in range(12):
        assert forward_events(desk.consulate) == Round(0, 1)
        with desk.consulate.engine.connect() as connection:
            until = connection.execute(select(REGISTER_EVENTS.c.due_at)).scalar_one()
        waits.append(until - desk.clock.now)
        assert forward_events(desk.consulate) == Round(0, 0)
        desk.clock.now = until
    assert waits[:4] == [FIRST_WAIT, 2 * FIRST_WAIT, 4 * FIRST_WAIT, 8 * FIRST_WAIT]
    assert set(waits[7:]) == {LONGEST_WAIT}
    desk.issuer.down = False
    assert forward_events(desk.consulate) == Round(1, 0)
    assert desk.issuer.changes[0].application == application


def test_a_stranger_is_looked_for_twice(desk: Counter) -> None:
    """An approval that is being written when the event comes is on file soon after."""
    happens(desk, Died())
    assert follow_registers(desk.consulate) == Round(0, 1)
    desk.clock.move(STRANGERS_WAIT)
    assert follow_registers(desk.consulate) == Round(1, 0)
    assert outcomes(desk) == ["stranger"]
    assert desk.issuer.changes == []


def test_a_certificate_that_is_over_ends_its_application(desk: Counter, officer: Officer, application: str) -> None:
    desk.issuer.ended = True
    happens(desk, PassportLost())
    assert follow_registers(desk.consulate) == Round(1, 0)
    assert outcomes(desk) == ["ended"]
    assert officers_view(desk.consulate, officer, application)["state"] == "REVOKED"
    happens(desk, Died())
    assert follow_registers(desk.consulate) == Round(1, 0)


def test_an_issuer_that_says_no_is_asked_again(desk: Counter, application: str) -> None:
    class Refusing(StandInIssuer):
        def change(self, message: Change) -> Changed:
            raise Refusal("issuer_refused", f"unauthorized {message.reason}")

    consulate = replace(desk.consulate, issuer=Refusing())
    happens(desk, PassportLost())
    assert follow_registers(consulate) == Round(0, 1)
    desk.clock.move(FIRST_WAIT)
    assert follow_registers(desk.consulate) == Round(1, 0)
    assert application in {change.application for change in desk.issuer.changes}


def test_somebody_elses_passport_is_no_news(desk: Counter, officer: Officer, application: str) -> None:
    """A register that names the book of another person changes nothing: the registers do not agree on whose it is."""
    other = people()[1]
    event = RegisterEvent(
        "wrong",
        RegisterName.PASSPORT,
        EventKind.PASSPORT_ISSUED,
        NOW,
        rrn=PERSON.form.rrn,
        became=other.form.passport_number,
    )
    desk.state.told[RegisterName.PASSPORT].append(event)
    assert follow_registers(desk.consulate) == Round(0, 1)
    desk.clock.move(SHOWN_WITHIN)
    assert follow_registers(desk.consulate) == Round(1, 0)
    assert (outcomes(desk), desk.issuer.changes) == (["nothing_new"], [])
    history = [entry["action"] for entry in officers_view(desk.consulate, officer, application)["history"]]
    assert history[-1] == "register.nothing_new"


def test_a_new_passport_that_somebody_enrolled_is_no_news(desk: Counter, officer: Officer, application: str) -> None:
    other = people()[1]
    taken = desk.ready(other, officer)
    approve_application(desk.consulate, officer, taken.application, {})
    happens(desk, PassportIssued(other.form.passport_number, date(2026, 9, 1), date(2036, 9, 1)))
    follow_registers(desk.consulate)
    assert (outcomes(desk), desk.issuer.changes) == ([None], [])
    assert application not in {change.application for change in desk.issuer.changes}


# --- feeds ---


@dataclass
class Feed:
    """Two events a page, without end."""

    read: int = 0
    silent: bool = False
    register: RegisterName = RegisterName.PASSPORT

    def since(self, cursor: str | None) -> Page:
        if self.silent:
            raise RegisterUnavailable("silent")
        self.read += 1
        start = int(cursor or 0)
        kind = EventKind.PASSPORT_LOST
        events = tuple(
            RegisterEvent(f"e{number}", self.register, kind, NOW, passport_number=f"M{number:08}")
            for number in (start, start + 1)
        )
        return Page(events, str(start + 2))


def following(desk: Counter, feed: RegisterFeed) -> Counter:
    registers = replace(desk.consulate.registers, feeds={RegisterName.PASSPORT: feed})
    return replace(desk, consulate=replace(desk.consulate, registers=registers))


def test_a_feed_is_read_on_from_where_it_was_left(desk: Counter) -> None:
    feed = Feed()
    here = following(desk, feed)
    assert read_feeds(here.consulate) == 2 * PAGES
    with reading(here.consulate.engine) as connection:
        assert cursor_of(connection, "passport") == str(2 * PAGES)
    feed.silent = True
    assert read_feeds(here.consulate) == 0
    feed.silent = False
    assert read_feeds(here.consulate) == 2 * PAGES
    assert len(outcomes(here)) == 4 * PAGES


def test_a_feed_that_speaks_of_others_matters_is_skipped_not_stopped(desk: Counter) -> None:
    here = following(desk, Feed(register=RegisterName.RESIDENT))
    assert read_feeds(here.consulate) == 0
    with reading(here.consulate.engine) as connection:
        assert cursor_of(connection, "passport") == str(2 * PAGES)


@pytest.mark.parametrize(("length", "is_read"), [(256, True), (257, False)])
def test_a_cursor_is_as_long_as_we_can_keep(desk: Counter, length: int, is_read: bool) -> None:
    class Long(Feed):
        def since(self, cursor: str | None) -> Page:
            return replace(super().since(cursor and "0"), cursor="c" * length)

    here = following(desk, Long())
    assert read_feeds(here.consulate) == (2 if is_read else 0)


def test_too_much_that_waits_stops_the_intake(desk: Counter, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(take, "BACKLOG", 3)
    here = following(desk, Feed())
    assert read_feeds(here.consulate) == 4  # two pages: after the first there was room for a second
    with pytest.raises(Unmet, match="too_many_requests"), here.consulate.engine.begin() as connection:
        take._check_room(connection)
    desk.clock.move(STRANGERS_WAIT)
    forward_events(here.consulate)
    assert read_feeds(here.consulate) == 4


def test_names_of_events_are_forgotten_after_a_year(desk: Counter) -> None:
    happens(desk, Died())
    read_feeds(desk.consulate)
    desk.clock.move(EVENTS_KEPT + 1)
    forget(desk.consulate)
    assert len(outcomes(desk)) == 1  # not yet worked on
    forward_events(desk.consulate)
    forget(desk.consulate)
    assert outcomes(desk) == []


def test_the_trail_counts_what_registers_told(desk: Counter) -> None:
    happens(desk, Died())
    read_feeds(desk.consulate)
    with reading(desk.consulate.engine) as connection:
        entry = AUDIT.of(connection, "resident")[0]
    assert (entry.actor, entry.action, entry.details) == ("consulate", "register.told", {"events": 1})
