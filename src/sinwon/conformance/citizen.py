"""The test citizen: one invented person whom the issuer certifies again and again, with an issuance PIN known to everybody."""

from datetime import date, timedelta
from typing import Final

from sinwon.adapters.registers.portraits import draw_portrait
from sinwon.core.clock import utc
from sinwon.core.ids import Randomness, new_id
from sinwon.protocols.roles.messages import MakeOffer
from sinwon.protocols.roles.person import Contact, Evidence, Linkage, Passport, Person, Registration
from sinwon.protocols.trust.catalogue import Catalogue, Mission

TX_CODE: Final = "123456"
OFFICER: Final = "conformance"
RRN: Final = "9001011000016"


def ask_for_offer(catalogue: Catalogue, by_value: bool, *, now: int, random: Randomness) -> MakeOffer:
    """What a consulate would ask the issuer for, for a new application of the test citizen."""
    mission = next(one for one in catalogue.missions if one.is_open(now))
    person, application = _person(mission, utc(now).date()), f"conformance-{new_id(random)}"
    return MakeOffer(application, mission.id, OFFICER, person, TX_CODE, "value" if by_value else "reference", "en")


def _person(mission: Mission, today: date) -> Person:
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
