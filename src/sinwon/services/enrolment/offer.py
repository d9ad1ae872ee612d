"""Asking the issuer for the offer of an approved application. May be asked again until an answer arrives.

The approval stands whatever happens to the answer. One question is asked at a time. When the issuer says that it made the
offer already, its answer was lost and nobody holds that link: the lost offer is revoked before another is made under the next
name, so that two never stand side by side. With the answer, the PIN and the person's data are wiped here. The revocation code
is in the first answer only, for the receipt: it is not kept.
"""

from dataclasses import dataclass
from typing import Final

import msgspec

from sinwon.core.refusal import Fault, Refusal, Unmet
from sinwon.protocols.roles.application_names import NAMES, application_names
from sinwon.protocols.roles.messages import MakeOffer, OfferMade, Revoke
from sinwon.protocols.roles.person import Person
from sinwon.services.accounts.officer import Officer
from sinwon.services.enrolment.access import at_mission_of
from sinwon.services.enrolment.application import Move, State, advance
from sinwon.services.enrolment.choose_pin import PIN
from sinwon.services.enrolment.consulate import Consulate
from sinwon.services.enrolment.decide import PERSON
from sinwon.services.enrolment.form import Form
from sinwon.services.enrolment.issuer import ALREADY_OFFERED, IssuerUnavailable
from sinwon.services.enrolment.progress import move_application
from sinwon.services.enrolment.submit import FORM
from sinwon.store.audit import Details
from sinwon.store.consulate.applications import ApplicationRow, change_application, find_decision
from sinwon.store.engine import reading, writing

OFFER: Final = "applications.offer"
ASKING: Final = 60  # seconds; longer than every time limit of the requests in it, so that two never overlap


class Offer(msgspec.Struct, frozen=True, omit_defaults=True):
    """For the receipt."""

    offer: str
    uri: str
    expires_at: int
    revocation_code: str | None = None
    """Shown once; None afterwards."""


@dataclass(frozen=True, slots=True)
class Answered:
    name: str
    """Under which the issuer knows the application."""
    made: OfferMade


def obtain_offer(consulate: Consulate, officer: Officer, application: str) -> Offer:
    """The same one each time, with the revocation code the first time. Raises Unmet("issuer_unavailable"): nothing is lost."""
    row = _begin_asking(consulate, officer, application)
    if row.offer is not None:
        return offer_of(consulate, row)
    try:
        answered = _ask(consulate, _message(consulate, row))
    except (IssuerUnavailable, Refusal) as error:
        _end_asking(consulate, officer, application)
        if isinstance(error, Refusal):
            raise
        raise Unmet("issuer_unavailable", "no answer from the issuer; the approval is kept") from None
    _keep(consulate, officer, application, answered)
    made = answered.made
    return Offer(made.offer, made.uri, made.expires_at, made.revocation_code)


def offer_of(consulate: Consulate, row: ApplicationRow) -> Offer:
    if row.offer is None:
        raise Unmet("wrong_state", "no offer, or no longer")
    return consulate.opened(row.offer, OFFER, row.id, Offer)


def _begin_asking(consulate: Consulate, officer: Officer, application: str) -> ApplicationRow:
    """Raises Unmet("changed_meanwhile") while somebody else asks."""
    now = consulate.clock()
    with writing(consulate.engine) as connection:
        row = at_mission_of(connection, officer, application)
        if row.state == State.OFFERED:
            return row
        advance(State(row.state), Move.OFFER)
        if row.asked_until > now or not change_application(connection, row, {"asked_until": now + ASKING}):
            raise Unmet("changed_meanwhile", "the issuer is being asked already")
    return row


def _end_asking(consulate: Consulate, officer: Officer, application: str) -> None:
    with writing(consulate.engine) as connection:
        change_application(connection, at_mission_of(connection, officer, application), {"asked_until": 0})


def _message(consulate: Consulate, row: ApplicationRow) -> MakeOffer:
    with reading(consulate.engine) as connection:
        decision = find_decision(connection, row.id)
    if decision is None or row.pin is None or row.person is None:
        raise Fault("an approved application without decision, PIN or person")
    return MakeOffer(
        application=row.id,
        mission=row.mission,
        officer=decision.officer,
        person=consulate.opened(row.person, PERSON, row.id, Person),
        tx_code=consulate.opened(row.pin, PIN, row.id, str),
        language=consulate.opened(row.form, FORM, row.id, Form).language,
    )


def _ask(consulate: Consulate, message: MakeOffer) -> Answered:
    for name in application_names(message.application):
        try:
            return Answered(name, consulate.issuer.make_offer(msgspec.structs.replace(message, application=name)))
        except Refusal as refusal:
            if refusal.code != ALREADY_OFFERED:
                raise
            consulate.issuer.revoke(Revoke(application=name, officer=message.officer, reason="ISSUED_IN_ERROR"))
    raise Refusal("issuer_refused", f"{NAMES} answers lost")


def _keep(consulate: Consulate, officer: Officer, application: str, answered: Answered) -> None:
    made = answered.made
    changes = {
        "offer": consulate.sealed(Offer(made.offer, made.uri, made.expires_at), OFFER, application),
        "offered_as": answered.name,
        "offer_expires_at": made.expires_at,
        "asked_until": 0,
    }
    details: Details = {"offer": made.offer}
    with writing(consulate.engine) as connection:
        row = at_mission_of(connection, officer, application)
        move_application(connection, row, Move.OFFER, by=officer.id, now=consulate.clock(), changes=changes, details=details)
