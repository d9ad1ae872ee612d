"""The test citizen: one invented person whom the issuer certifies again and again, with an issuance PIN known to everybody, and
who signs in by pressing a button."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Final

from sqlalchemy import Connection

from sinwon.adapters.registers.portraits import draw_portrait
from sinwon.core.clock import utc
from sinwon.core.ids import Randomness, new_id
from sinwon.core.refusal import Refusal, Unmet
from sinwon.protocols.roles.application_names import application_names
from sinwon.protocols.roles.messages import MakeOffer, OfferMade
from sinwon.protocols.roles.person import Contact, Evidence, Linkage, Passport, Person, Registration
from sinwon.protocols.trust.catalogue import Catalogue, Mission
from sinwon.services.authorization.sign_in import Proven
from sinwon.services.authorization.sign_in_by_pin import WRONG
from sinwon.services.enrolment.consulate import Consulate
from sinwon.services.issuance.issuer import Issuer
from sinwon.store.issuer import certificates, offers
from sinwon.store.issuer.authorizations import Authorization

TX_CODE: Final = "123456"
OFFICER: Final = "conformance"
RRN: Final = "9001011000016"


@dataclass(frozen=True, slots=True)
class ByButton:
    """The test citizen signs in: as whom the request's offer is for, or for a new application where it came from none."""

    make_offer: Callable[[], str]
    """Gives the number of a new application, whose offer is open."""
    name: str = "auto"

    @property
    def prepare(self) -> Callable[[Mapping[str, str]], Mapping[str, str]]:
        return lambda _form: {"application": self.make_offer()}

    def prove(
        self, _issuer: Issuer, connection: Connection, request: Authorization, form: Mapping[str, str], now: int
    ) -> Proven | Refusal:
        wanted = None if request.wanted is None else certificates.application_of(connection, request.wanted)
        offer = offers.of_application(connection, application_names(wanted or form["application"]), now=now)
        if offer is None:
            return Unmet(WRONG, "the offer is used or over")
        return Proven(offer.certificate, offer.configurations, offer.id)


def certify(consulate: Consulate, *, by_value: bool = False) -> tuple[MakeOffer, OfferMade]:
    """A new application, whose offer is open."""
    message = ask_for_offer(consulate.catalogue(), by_value, now=consulate.clock(), random=consulate.random)
    return message, consulate.issuer.make_offer(message)


def ask_for_offer(catalogue: Catalogue, by_value: bool, *, now: int, random: Randomness) -> MakeOffer:
    """What a consulate would ask the issuer for, for a new application of the test citizen."""
    mission = next(one for one in catalogue.missions if one.is_open(now))
    person, application = citizen(mission, utc(now).date()), f"conformance-{new_id(random)}"
    return MakeOffer(application, mission.id, OFFICER, person, TX_CODE, "value" if by_value else "reference", "en")


def citizen(mission: Mission, today: date) -> Person:
    """As a consulate of that mission would have proved them today."""
    issued = today - timedelta(days=365)
    passport = Passport(
        "PM",
        "KOR",
        "M000C0000",
        issued.isoformat(),
        issued.replace(day=1, year=issued.year + 10).isoformat(),
        "MINISTRY OF FOREIGN AFFAIRS",
    )
    return Person(
        name_ko="시험용",
        family_name="SI",
        given_name="HEOMYONG",
        birthdate="1990-01-01",
        sex=1,
        nationality="KR",
        residence_country=mission.country,
        passport=passport,
        registration=Registration("conformance-1", "1", mission.name_ko, mission.id),
        contact=Contact("1 Example Street", "+12025550100", "citizen@harness.example"),
        evidence=Evidence("consular_visit", mission.id, today.isoformat(), "physical", "physical", "not_read"),
        linkage=Linkage(RRN),
        portrait=draw_portrait("conformance"),
    )
