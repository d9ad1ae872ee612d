"""Life goes on after the certificate: what happens in the registers reaches the status list that services read.

Registers, consulate and issuer speak HTTP with each other, or the consulate reads the registers' feeds; the list is the one the
issuer publishes.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from sinwon.adapters.registers.happenings import (
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
from sinwon.core.clock import DAY
from sinwon.formats.sdjwt.parse import parse_sd_jwt
from sinwon.formats.sdjwt.vc import verify_sd_jwt_vc
from sinwon.formats.status.reference import StatusReference
from sinwon.formats.status.token import INVALID, NEEDS_RENEWAL, SUSPENDED, VALID
from sinwon.formats.status.token_jwt import verify_status_list
from sinwon.protocols.roles.messages import OfferMade
from sinwon.protocols.roles.register_events import EventKind, RegisterEvent, RegisterName
from sinwon.services.registers.follow import follow_registers
from sinwon.services.registers.forward import FIRST_WAIT, SHOWN_WITHIN
from sinwon.store.issuer.tables import AUDIT, NOTICES
from tests.counter import PIN, THERE
from tests.issued import place_of
from tests.issuing import code_of, rows
from tests.town import PERSON, Town, build, news, tell
from tests.world import trust_anchors

NEW_BOOK = PassportIssued("M765B4321", date(2026, 9, 1), date(2036, 9, 1))
NEXT_BOOK = PassportIssued("M765B4322", date(2026, 9, 2), date(2036, 9, 2))
ELSEWHERE = AddressChanged("9 Example Road\nExampleton", "+15550100199", "new@mail.example")
MOVE = MovedMission(THERE, "ZY", "zy-26-000001-7")
NEW_RRN = "9001019979999"


@dataclass
class Life:
    """One person with a certificate in the wallet."""

    town: Town
    path: str
    token: str
    copies: list[dict[str, Any]]

    def happens(self, happening: Happening, *, at: int | None = None) -> RegisterEvent:
        now = self.town.issuing.clock.now if at is None else at
        return self.town.desk.state.happen(PERSON.id, happening, at=now)

    def told(self, *events: RegisterEvent) -> dict[str, Any]:
        answer = tell(self.town, news(self.town, *events))
        assert answer.status_code == 202, answer.text
        return dict(answer.json())

    def fetch(self) -> None:
        answer = self.town.issuing.issue(1, token=self.token)
        self.copies.append(answer)

    def claims(self) -> dict[str, Any]:
        """What the newest copy says."""
        now = self.town.issuing.clock.now
        text = self.copies[-1]["credentials"][0]["credential"]
        return dict(verify_sd_jwt_vc(parse_sd_jwt(text), anchors=trust_anchors(), now=now).claims)

    def published(self, number: int = -1) -> int:
        """What the list in the net says of a copy."""
        issuing = self.town.issuing
        place = self._place(number)
        token = issuing.get(place.uri, headers={"Accept": "application/statuslist+jwt"}).content
        return verify_status_list(token, uri=place.uri, anchors=trust_anchors(), now=issuing.clock.now).at(place.index)

    def _place(self, number: int) -> StatusReference:
        text = self.copies[number]["credentials"][0]["credential"]
        return place_of(verify_sd_jwt_vc(parse_sd_jwt(text), anchors=trust_anchors(), now=self.town.issuing.clock.now))

    def view(self) -> dict[str, Any]:
        return dict(self.town.get(f"/officer{self.path}", self.town.sign_in()).json())

    def standing(self) -> tuple[str, list[str], bool]:
        found = self.view()["certificate"]
        return found["state"], [hold["reason"] for hold in found["holds"]], found["stale"]

    def history(self) -> list[str]:
        return [entry["action"] for entry in self.view()["history"]][8:]


@pytest.fixture
def town(tmp_path: Path) -> Iterator[Town]:
    town = build(tmp_path)
    yield town
    town.desk.consulate.engine.dispose()
    town.issuing.issuer.engine.dispose()


@pytest.fixture
def life(town: Town) -> Life:
    officer = town.officer()
    path, _secret = town.ready(officer)
    offer = town.post(f"/officer{path}/decision", {"verdict": "approve"}, officer).json()["offer"]
    token = town.issuing.redeem(code_of(town.issuing.open(OfferMade(**offer))), PIN).json()["access_token"]
    life = Life(town, path, token, [])
    life.fetch()
    town.issuing.clock.move(100)
    return life


# --- each kind and its effect ---

EFFECTS: list[tuple[Happening, tuple[str, list[str], bool], int]] = [
    (Deregistered(), ("suspended", ["DEREGISTERED"], False), SUSPENDED),
    (ReturnReported(), ("suspended", ["RETURN_REPORTED"], False), SUSPENDED),
    (PassportLost(), ("suspended", ["PASSPORT_LOST"], False), SUSPENDED),
    (PassportCancelled(), ("suspended", ["PASSPORT_CANCELLED"], False), SUSPENDED),
    (NameChanged("홍새롬"), ("needs_renewal", ["NAME_CHANGED"], False), NEEDS_RENEWAL),
    (RRNChanged(NEW_RRN), ("needs_renewal", [], True), NEEDS_RENEWAL),
    (NEW_BOOK, ("needs_renewal", [], True), NEEDS_RENEWAL),
    (MOVE, ("needs_renewal", [], True), VALID),
    (ELSEWHERE, ("needs_renewal", [], True), VALID),
]


@pytest.mark.parametrize("way", ["message", "feed"])
@pytest.mark.parametrize(("happening", "standing", "status"), EFFECTS, ids=lambda value: type(value).__name__)
def test_what_happens_is_seen_in_the_published_list(
    life: Life, happening: Happening, standing: tuple[str, list[str], bool], status: int, way: str
) -> None:
    assert life.published() == VALID
    event = life.happens(happening)
    if way == "message":
        assert life.told(event) == {"taken": 1, "known": 0}
    else:
        assert follow_registers(life.town.desk.consulate).done == 1
    life.town.issuing.clock.move(1)
    assert (life.standing(), life.published()) == (standing, status)
    assert life.history() == ["register.forwarded"]


@pytest.mark.parametrize("happening", [Died(), NationalityLost()], ids=["death", "nationality"])
def test_death_and_the_loss_of_nationality_end_it(life: Life, happening: Happening) -> None:
    life.told(life.happens(happening))
    life.town.issuing.clock.move(1)
    assert life.published() == INVALID
    assert (life.view()["state"], life.view()["certificate"]) == ("REVOKED", None)
    assert life.history() == ["register.forwarded", "application.revoked"]


@pytest.mark.parametrize("happening", [ELSEWHERE, MOVE, NEW_BOOK, RRNChanged(NEW_RRN)], ids=lambda h: type(h).__name__)
def test_new_data_are_fetched_and_all_is_well(life: Life, happening: Happening) -> None:
    before = life.claims()
    life.told(life.happens(happening))
    life.fetch()
    assert life.standing() == ("active", [], False)
    assert life.published() == VALID
    assert life.claims() != before or isinstance(happening, RRNChanged)


def test_a_new_name_waits_for_the_passport_that_bears_it(life: Life) -> None:
    life.told(life.happens(NameChanged("홍새롬")))
    assert life.standing() == ("needs_renewal", ["NAME_CHANGED"], False)
    life.town.issuing.clock.move(60)
    life.told(life.happens(NEW_BOOK))
    assert life.standing() == ("needs_renewal", [], True)
    life.fetch()
    assert life.published() == VALID
    assert life.standing() == ("active", [], False)


def test_a_lost_passport_stops_and_the_next_one_lets_go_on(life: Life) -> None:
    life.told(life.happens(PassportLost()))
    assert life.published() == SUSPENDED
    life.town.issuing.clock.move(DAY)
    life.told(life.happens(NEW_BOOK))
    assert life.standing() == ("needs_renewal", [], True)
    life.town.issuing.clock.move(DAY)
    life.told(life.happens(PassportLost()))
    assert life.standing() == ("suspended", ["PASSPORT_LOST"], True)


@pytest.mark.parametrize("stop", [Deregistered(), ReturnReported()], ids=["cancelled", "returned"])
def test_registered_again_it_goes_on(life: Life, stop: Happening) -> None:
    life.told(life.happens(stop))
    life.town.issuing.clock.move(DAY)
    life.told(life.happens(Registered()))
    assert (life.standing(), life.published()) == (("active", [], False), VALID)


def test_two_reasons_are_two(life: Life) -> None:
    life.told(life.happens(PassportLost()))
    life.told(life.happens(Deregistered()))
    life.town.issuing.clock.move(1)
    life.told(life.happens(Registered()))
    assert (life.standing(), life.published()) == (("suspended", ["PASSPORT_LOST"], False), SUSPENDED)


# --- once, and in order ---


@pytest.mark.parametrize("happening", [PassportLost(), ELSEWHERE, NEW_BOOK], ids=lambda h: type(h).__name__)
def test_told_again_nothing_changes(life: Life, happening: Happening) -> None:
    event = life.happens(happening)
    assert life.told(event, event) == {"taken": 1, "known": 0}
    told, sent = rows(life.town.issuing, AUDIT.table), rows(life.town.issuing, NOTICES)
    assert life.told(event) == {"taken": 0, "known": 1}
    follow_registers(life.town.desk.consulate)  # by the feed, too
    assert (rows(life.town.issuing, AUDIT.table), rows(life.town.issuing, NOTICES)) == (told, sent)
    assert life.history() == ["register.forwarded"]


def test_a_late_older_event_changes_nothing(life: Life) -> None:
    lost = life.happens(PassportLost())
    life.town.issuing.clock.move(60)
    issued = life.happens(NEW_BOOK)
    life.told(issued)
    life.fetch()
    life.told(lost)
    assert (life.standing(), life.published()) == (("active", [], False), VALID)


def test_a_late_older_event_loses_even_where_the_register_repeats_it(life: Life) -> None:
    """The issuer knows what came last of each kind of data, whatever a consulate believes."""
    clock = life.town.issuing.clock
    cancelled = life.happens(Deregistered(), at=clock.now - 50)
    life.told(cancelled)
    life.told(life.happens(Registered(), at=clock.now - 10))
    assert life.standing() == ("active", [], False)
    life.town.desk.state.happen(PERSON.id, Deregistered(), at=clock.now)
    late = RegisterEvent("late", RegisterName.REGISTRATION, EventKind.DEREGISTERED, clock.now - 30, rrn=PERSON.form.rrn)
    life.told(late)
    assert (life.standing(), life.published()) == (("active", [], False), VALID)


def test_events_in_one_message_work_in_the_order_in_which_they_happened(life: Life) -> None:
    clock = life.town.issuing.clock
    first = life.happens(Deregistered(), at=clock.now - 20)
    second = life.happens(Registered(), at=clock.now - 10)
    life.told(second, first)
    assert life.standing() == ("active", [], False)


def test_a_time_that_has_not_come_counts_as_now(life: Life) -> None:
    """Or nothing would ever be newer."""
    clock = life.town.issuing.clock
    life.told(life.happens(Deregistered(), at=clock.now + 100 * DAY))
    assert life.standing() == ("suspended", ["DEREGISTERED"], False)
    clock.move(DAY)
    life.told(life.happens(Registered()))
    assert life.standing() == ("active", [], False)


# --- nothing is lost ---


@pytest.mark.parametrize("cut", ["before", "issuer acts"])
def test_an_issuer_that_is_down_hears_of_it_later(life: Life, cut: str) -> None:
    consulate, clock, wire = life.town.desk.consulate, life.town.issuing.clock, life.town.wire
    wire.cut = "before" if cut == "before" else "answers"
    assert life.told(life.happens(PassportLost())) == {"taken": 1, "known": 0}
    assert life.view()["certificate"] is None
    clock.move(FIRST_WAIT)
    assert follow_registers(consulate).waiting == 1
    wire.cut = ""
    assert follow_registers(consulate).done == 0  # not yet: the interval grows
    clock.move(2 * FIRST_WAIT)
    assert follow_registers(consulate).done == 1
    assert (life.standing(), life.published()) == (("suspended", ["PASSPORT_LOST"], False), SUSPENDED)
    assert rows(life.town.issuing, NOTICES) == 1


def test_a_silent_register_is_asked_again(life: Life) -> None:
    consulate, clock, outage = life.town.desk.consulate, life.town.issuing.clock, life.town.desk.outage
    event = life.happens(PassportLost())
    outage.silent.add("passport")
    life.told(event)
    assert life.standing() == ("active", [], False)
    outage.silent.clear()
    clock.move(FIRST_WAIT)
    follow_registers(consulate)
    assert life.published() == SUSPENDED


def test_what_no_register_shows_has_no_effect(life: Life) -> None:
    """An event is a hint: the register is read, now and for a day, and the officer sees that nothing came of it."""
    consulate, clock = life.town.desk.consulate, life.town.issuing.clock
    life.told(RegisterEvent("hint", RegisterName.RESIDENT, EventKind.DECEASED, clock.now, rrn=PERSON.form.rrn))
    assert (life.standing(), life.published()) == (("active", [], False), VALID)
    clock.move(SHOWN_WITHIN)
    assert follow_registers(consulate).done == 1
    assert life.standing() == ("active", [], False)
    assert life.history() == ["register.nothing_new"]


def test_the_register_may_be_later_than_its_event(life: Life) -> None:
    consulate, clock = life.town.desk.consulate, life.town.issuing.clock
    number = PERSON.form.passport_number
    life.told(RegisterEvent("hint", RegisterName.PASSPORT, EventKind.PASSPORT_LOST, clock.now, passport_number=number))
    assert life.standing() == ("active", [], False)
    life.happens(PassportLost())
    clock.move(FIRST_WAIT)
    follow_registers(consulate)
    assert life.published() == SUSPENDED


def test_people_without_a_certificate_are_none_of_the_issuers_business(life: Life) -> None:
    consulate, clock = life.town.desk.consulate, life.town.issuing.clock
    sent = life.town.issuing.client
    life.told(RegisterEvent("other", RegisterName.RESIDENT, EventKind.DECEASED, clock.now, rrn="9001019979998"))
    clock.move(DAY)
    assert follow_registers(consulate).done == 1
    assert (life.standing(), life.history()) == (("active", [], False), [])
    assert sent is life.town.issuing.client
