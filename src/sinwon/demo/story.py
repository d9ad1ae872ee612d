"""The main job as one story: everybody applies at their mission, the eligible receive and sign in, what must be refused is."""

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Final

from sinwon.adapters.registers.people import InventedPerson
from sinwon.core.refusal import Refusal
from sinwon.demo.deployment import LIVE, Deployment
from sinwon.demo.expectations import Ledger
from sinwon.demo.journey import SHOWN_AS, Journey
from sinwon.demo.refusals import Refusals, Row
from sinwon.demo.traveller import Traveller
from sinwon.protocols.credential_types import IDENTITY_TYPE

PILOT: Final = 21


@dataclass
class Story:
    deployment: Deployment
    people: tuple[InventedPerson, ...]
    ledger: Ledger = field(default_factory=Ledger)
    travellers: list[Traveller] = field(default_factory=list)
    rows: list[Row] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.journey = Journey(self.deployment)
        self.spare = spare_of(self.people)
        _, self.strong, *_ = (person for person in self.people if person.is_eligible and person is not self.spare)
        """Whose phone's keys are attested. Not the first: with that one is tried what must be refused."""

    def run(self) -> Iterator[Traveller]:
        """Yields each person as they finish; the refusals come after the last one."""
        self._missions()
        held = {person.id: self._first_time(person) for person in self.people if person.holds_active}
        for person in self.people:
            if person is not self.spare:
                yield self._travel(person, held.get(person.id))
        fresh = self.journey.traveller(self.spare)
        self.journey.enrol(fresh)
        first = next(traveller for traveller in self.travellers if len(traveller.subjects) == len(LIVE))
        self._either_format(first)
        self.rows = Refusals(self.journey, self.ledger).run(first, fresh)
        self._everyone()

    def _missions(self) -> None:
        now, catalogue = self.deployment.world.clock(), self.deployment.catalogue
        opened = {mission.id for mission in catalogue.missions if mission.is_open(now)}
        served = {person.form.mission for person in self.people if person.is_eligible}
        self.ledger.expect("the pilot missions are open", True, served <= opened and len(served) == PILOT)

    def _travel(self, person: InventedPerson, known: Traveller | None) -> Traveller:
        strong = person is self.strong
        traveller = known or self.journey.traveller(person, attested=strong)
        self.travellers.append(traveller)
        self.journey.enrol(traveller)
        if person.is_eligible:
            self._eligible(traveller)
            if strong:
                self._level_three(traveller)
        else:
            self._ineligible(traveller)
        return traveller

    def _eligible(self, traveller: Traveller) -> None:
        name = traveller.person.id
        self.ledger.expect(f"{name} is eligible", (), traveller.codes)
        try:
            self.journey.receive(traveller)
        except Refusal as refusal:
            traveller.stopped_by = refusal.code
        self.ledger.expect(f"{name} has the certificate", True, traveller.received)
        before = traveller.holder.left()
        for service in LIVE:
            self.ledger.expect(f"{name} signs in at {service}", True, self.journey.sign_in(traveller, service))
        left = traveller.holder.left()
        used = {each: before[IDENTITY_TYPE.named(each)] - left[IDENTITY_TYPE.named(each)] for each in SHOWN_AS.values()}
        self.ledger.expect(f"{name} has shown one copy in each format", dict.fromkeys(used, 1), used)

    def _level_three(self, traveller: Traveller) -> None:
        """Their phone takes a PIN and a passkey, and the wallet provider says so."""
        for service in LIVE:
            shown = self.journey.shows_number(traveller, service)
            self.ledger.expect(f"{traveller.person.id} shows the resident number at {service}", True, shown)

    def _ineligible(self, traveller: Traveller) -> None:
        person = traveller.person
        self.ledger.expect_refusal(f"{person.id} is refused", person.scenario, _matching(traveller.codes, person.scenario))
        guided = all(reason.text and reason.next_step for reason in traveller.reasons)
        self.ledger.expect(f"{person.id} is told why and what to do", True, guided and bool(traveller.reasons))
        self.ledger.expect(f"{person.id} gets no offer", None, traveller.offer)

    def _first_time(self, person: InventedPerson) -> Traveller:
        """Somebody who will apply although they hold a certificate gets that certificate first."""
        traveller = self.journey.traveller(person)
        self.journey.enrol(traveller)
        self.journey.receive(traveller)
        traveller.offer = None
        return traveller

    def _either_format(self, traveller: Traveller) -> None:
        """At each service with the format of the other: it sees the person it knows."""
        known, formats = dict(traveller.subjects), tuple(SHOWN_AS.values())
        for service, other in zip(SHOWN_AS, reversed(formats), strict=True):
            self.journey.sign_in(traveller, service, other)
        self.ledger.expect("a service knows a person by one identifier in either format", known, traveller.subjects)

    def _everyone(self) -> None:
        subjects = [traveller.subjects for traveller in self.travellers if len(traveller.subjects) == len(LIVE)]
        apart = all(len(set(known.values())) == len(LIVE) for known in subjects)
        self.ledger.expect("services know a person by different identifiers", True, apart)
        for service in LIVE:
            known = [one[service] for one in subjects]
            self.ledger.expect(f"{service} tells its people apart", len(known), len(set(known)))


def spare_of(people: tuple[InventedPerson, ...]) -> InventedPerson:
    """An eligible person kept back, at the mission that has most: their offer is made, and its PIN guessed at."""
    eligible = [person for person in people if person.is_eligible]
    busiest, _ = Counter(person.form.mission for person in eligible).most_common(1)[0]
    return next(person for person in reversed(eligible) if person.form.mission == busiest)


def _matching(codes: tuple[str, ...], wanted: str) -> str | None:
    """The wanted code where it is among those given, else the first, else None."""
    return wanted if wanted in codes else next(iter(codes), None)
