"""A mission's counter for tests: invented posts, invented people, an issuer and a message route that can fail on demand."""

from dataclasses import dataclass, field, replace
from datetime import date
from functools import cache

import msgspec
from sqlalchemy import Engine

from sinwon.adapters.registers.embedded import EmbeddedRegisters, Outage
from sinwon.adapters.registers.people import InventedPerson, load_people
from sinwon.core.refusal import Refusal
from sinwon.keys.jwk import parse_public_jwk
from sinwon.keys.seal import MasterKey, Seal
from sinwon.protocols.roles.messages import Change, Changed, MakeOffer, OfferMade, Revoke, Revoked, Standing
from sinwon.protocols.roles.register_events import RegisterName
from sinwon.protocols.trust.catalogue import Catalogue, Mission
from sinwon.services.accounts.officer import Officer
from sinwon.services.accounts.password import Cost
from sinwon.services.accounts.register_officer import register_officer
from sinwon.services.enrolment.application import State
from sinwon.services.enrolment.choose_pin import choose_pin
from sinwon.services.enrolment.consulate import Consulate, Settings
from sinwon.services.enrolment.form import Visit
from sinwon.services.enrolment.issuer import ALREADY_OFFERED, ENDED, IssuerUnavailable
from sinwon.services.enrolment.phone import prove_phone, send_phone_code
from sinwon.services.enrolment.submit import Submitted, submit_application
from sinwon.services.enrolment.visit import record_visit
from sinwon.services.notify.message import Message, MessageNotSent
from tests.world import CONSULATE, NOW, SeededRandomness, StandingClock, key

HERE, THERE, CLOSED = "m-zz-test", "m-zz-other", "m-zz-closed"
COUNTRY = "ZZ"
PIN = "729403"
SECRET = "a long secret for the counter"
SEEN = Visit("presented", "not_read", "match", "in_person")


def invented_missions() -> tuple[Mission, ...]:
    def post(mission: str, opens_on: date | None, country: str = COUNTRY) -> Mission:
        code = mission.removeprefix("m-")
        return Mission(mission, code, f"시험 공관 {code}", f"Test post {code}", "대사관", country, "시험", "UTC", opens_on)

    return (post(HERE, date(2024, 7, 3)), post(THERE, date(2024, 7, 3), "ZY"), post(CLOSED, None))


def catalogue() -> Catalogue:
    return Catalogue(1, NOW, NOW + 86_400, invented_missions(), (), (), {"ZX": HERE})


@cache
def people() -> tuple[InventedPerson, ...]:
    """The eligible people of the embedded register, moved to our invented post."""
    return tuple(_moved(person) for person in load_people() if person.is_eligible)


def _moved(person: InventedPerson) -> InventedPerson:
    assert person.registration is not None
    change = msgspec.structs.replace
    return replace(
        person,
        form=change(person.form, mission=HERE, residence_country=COUNTRY),
        registration=change(person.registration, mission=HERE, residence_country=COUNTRY),
    )


@dataclass
class Route:
    """A message route: keeps what it was given."""

    sent: list[Message] = field(default_factory=list)
    down: bool = False

    def send(self, message: Message) -> None:
        if self.down:
            raise MessageNotSent("no route")
        self.sent.append(message)

    def code(self, number: str) -> str:
        text = next(message.text for message in reversed(self.sent) if message.to == number)
        return next(word for word in text.replace(".", " ").split() if word.isdigit() and len(word) == 6)


@dataclass
class StandInIssuer:
    """Keeps the issuer's promises: one offer per name, revocation is final. May be down, or act and lose its answer."""

    down: bool = False
    loses_answers: int = 0
    active: set[str] = field(default_factory=set)
    asked: list[MakeOffer] = field(default_factory=list)
    offers: dict[str, OfferMade] = field(default_factory=dict)
    revoked: list[str] = field(default_factory=list)
    changes: list[Change] = field(default_factory=list)
    ended: bool = False

    def make_offer(self, message: MakeOffer) -> OfferMade:
        self._answer()
        if message.application in self.offers:
            raise Refusal(ALREADY_OFFERED, "made before")
        number = len(self.offers) + 1
        made = OfferMade(f"offer-{number}", f"openid-credential-offer://?x={number}", NOW + 259_200, "0123-4567-89AB")
        self.offers[message.application] = made
        self.asked.append(message)
        if self.loses_answers:
            self.loses_answers -= 1
            raise IssuerUnavailable("answered too late")
        return made

    def is_active(self, rrn: str) -> bool:
        self._answer()
        return rrn in self.active

    def revoke(self, message: Revoke) -> Revoked:
        self._answer()
        if message.application not in self.offers:
            raise Refusal("issuer_refused", "unknown_application")
        self.revoked.append(message.application)
        return Revoked("certificate", 0)

    def change(self, message: Change) -> Changed:
        self._answer()
        if self.ended:
            raise Refusal(ENDED, "over")
        self.changes.append(message)
        taken = ("address", "name", "passport", "registration", "rrn") if message.person else ()
        return Changed("certificate", "active", (), stale=False, renewed=taken)

    def standing(self, application: str) -> Standing:
        self._answer()
        if application not in self.offers:
            raise Refusal("issuer_refused", "unknown_application")
        return Standing("certificate", "revoked" if self.ended else "active", NOW, (), stale=False)

    def _answer(self) -> None:
        if self.down:
            raise IssuerUnavailable("no answer")

    @property
    def live(self) -> list[str]:
        return [name for name in self.offers if name not in self.revoked]


@dataclass
class Counter:
    """Everything around one consulate, and the everyday steps in one word each."""

    consulate: Consulate
    clock: StandingClock
    route: Route
    issuer: StandInIssuer
    outage: Outage
    state: EmbeddedRegisters
    """The registers, to which things can be made to happen."""

    def officer(self, mission: str = HERE, login: str = "yeongsa") -> Officer:
        return register_officer(self.consulate, login=login, secret=SECRET, name="시험 영사", mission=mission)

    def apply(self, person: InventedPerson) -> Submitted:
        return submit_application(self.consulate, person.form)

    def prove_phone(self, person: InventedPerson, made: Submitted) -> State:
        send_phone_code(self.consulate, made.application, made.secret, number=None)
        code = self.route.code(person.form.phone)
        return prove_phone(self.consulate, made.application, made.secret, code=code)

    def ready(self, person: InventedPerson, officer: Officer, visit: Visit = SEEN) -> Submitted:
        """An application with phone, PIN and visit: all that a decision needs."""
        made = self.apply(person)
        self.prove_phone(person, made)
        choose_pin(self.consulate, made.application, made.secret, pin=PIN)
        record_visit(self.consulate, officer, made.application, visit)
        return made


def counter(
    engine: Engine,
    *,
    everyone: tuple[InventedPerson, ...] | None = None,
    missions: Catalogue | None = None,
    settings: Settings | None = None,
) -> Counter:
    """A consulate over `engine`, whose tables exist."""
    clock, route, issuer, outage = StandingClock(), Route(), StandInIssuer(), Outage()
    random = SeededRandomness(5)
    known = missions or catalogue()
    state = EmbeddedRegisters(people() if everyone is None else everyone, outage)
    consulate = Consulate(
        origin=CONSULATE,
        engine=engine,
        seal=Seal(MasterKey(b"\x05" * 32), random),
        registers=state.registers,
        messages=route,
        issuer=issuer,
        catalogue=lambda: known,
        clock=clock,
        random=random,
        register_keys={name: parse_public_jwk(key(f"register {name}").public_jwk) for name in RegisterName},
        settings=settings or Settings(cost=Cost(n=2**4, r=1, p=1)),
    )
    return Counter(consulate, clock, route, issuer, outage, state)
