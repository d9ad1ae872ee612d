"""Asking the issuer for the offer of an approved application. May be asked again until an answer arrives.

The approval stands whatever happens to the answer. The issuer knows the application by its id and makes one offer for it;
only the first answer that arrives is written, and the PIN and the person's data are wiped with it.
"""

from typing import Final

from sinwon.core.refusal import Fault, Unmet
from sinwon.protocols.roles.messages import MakeOffer, OfferMade
from sinwon.protocols.roles.person import Person
from sinwon.services.accounts.officer import Officer
from sinwon.services.enrolment.access import at_mission_of
from sinwon.services.enrolment.application import Move, State, advance
from sinwon.services.enrolment.choose_pin import PIN
from sinwon.services.enrolment.consulate import Consulate
from sinwon.services.enrolment.decide import PERSON
from sinwon.services.enrolment.issuer import IssuerUnavailable
from sinwon.services.enrolment.progress import move_application
from sinwon.store.consulate.applications import ApplicationRow, find_decision
from sinwon.store.engine import reading

OFFER: Final = "applications.offer"


def obtain_offer(consulate: Consulate, officer: Officer, application: str) -> OfferMade:
    """The offer for the receipt; the same one each time. Raises Unmet("issuer_unavailable"): the approval is kept."""
    row, message = _load(consulate, officer, application)
    if message is None:
        return offer_of(consulate, row)
    try:
        made = consulate.issuer.make_offer(message)
    except IssuerUnavailable:
        raise Unmet("issuer_unavailable", "no answer from the issuer; the approval is kept") from None
    with consulate.engine.begin() as connection:
        row = at_mission_of(connection, officer, application)
        if row.state == State.OFFERED:
            return offer_of(consulate, row)
        changes = {"offer": consulate.sealed(made, OFFER, row.id), "offer_expires_at": made.expires_at}
        details: dict[str, str | int | list[str]] = {"offer": made.offer}
        move_application(connection, row, Move.OFFER, by=officer.id, now=consulate.clock(), changes=changes, details=details)
    return made


def offer_of(consulate: Consulate, row: ApplicationRow) -> OfferMade:
    if row.offer is None:
        raise Unmet("wrong_state", "no offer, or no longer")
    return consulate.opened(row.offer, OFFER, row.id, OfferMade)


def _load(consulate: Consulate, officer: Officer, application: str) -> tuple[ApplicationRow, MakeOffer | None]:
    """The row, and the request to make unless the offer is there already."""
    with reading(consulate.engine) as connection:
        row = at_mission_of(connection, officer, application, lock=False)
        if row.state == State.OFFERED:
            return row, None
        advance(State(row.state), Move.OFFER)
        decision = find_decision(connection, application)
    if decision is None or row.pin is None or row.person is None:
        raise Fault("an approved application without decision, PIN or person")
    return row, MakeOffer(
        application=row.id,
        mission=row.mission,
        officer=decision.officer,
        person=consulate.opened(row.person, PERSON, row.id, Person),
        tx_code=consulate.opened(row.pin, PIN, row.id, str),
    )
