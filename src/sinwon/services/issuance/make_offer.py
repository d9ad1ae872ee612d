"""The consulate asks for an offer: one per approved application, for a mission that is open.

From here on the person is kept sealed, the resident number within; outside it stands a keyed hash of the number, which leads
to a stable random person id, and one of the issuance PIN.
"""

from dataclasses import dataclass
from re import compile as pattern
from typing import Final

import msgspec
from sqlalchemy import Connection

from sinwon.core.ids import digest, new_id, new_secret
from sinwon.core.refusal import Malformed, Unmet
from sinwon.protocols.roles.messages import MAKE_OFFER, MakeOffer, OfferMade
from sinwon.protocols.roles.request import VerifiedRoleRequest
from sinwon.protocols.trust.catalogue import Catalogue
from sinwon.protocols.vci.offer import link_by_reference, link_by_value
from sinwon.services.issuance.check_person import check_person, parse_day
from sinwon.services.issuance.issuer import IssuanceSettings, Issuer
from sinwon.services.issuance.open_offer import FIRST_PIN, offer_message
from sinwon.services.issuance.role_request import consume_request, verify_request
from sinwon.services.issuance.validity import certificate_end
from sinwon.services.lifecycle.remind import reminder_due
from sinwon.services.lifecycle.revocation_code import new_revocation_code
from sinwon.store.audit import Details, Entry
from sinwon.store.engine import writing
from sinwon.store.issuer import certificates, offers
from sinwon.store.issuer.certificates import NewCertificate, seal_context
from sinwon.store.issuer.offers import NewOffer
from sinwon.store.issuer.tables import AUDIT

DIGITS: Final = pattern(r"[0-9]+\Z")
MAX_APPLICATION: Final = 128  # characters; an opaque id of the consulate's


@dataclass(frozen=True, slots=True)
class _Drafted:
    """Everything that is written when the offer is made, and what is answered."""

    certificate: NewCertificate
    offer: NewOffer
    code: str | None
    made: OfferMade


def make_offer(issuer: Issuer, token: str) -> OfferMade:
    """`token` is the signed request. Raises Refusal: unauthorized, invalid_request, mission_not_open, already_offered."""
    request, message = verify_request(issuer, token, MAKE_OFFER, MakeOffer)
    now = issuer.clock()
    check_message(message, settings=issuer.settings)
    check_mission(message.mission, issuer.catalogue(), now=now)
    valid_until = certificate_end(parse_day(message.person.passport.expiry_date), years=issuer.settings.validity_years, now=now)
    if valid_until <= now:
        raise Unmet("passport_expired", "the passport is over")
    with writing(issuer.engine) as connection:
        return _write(issuer, connection, request, message, valid_until=valid_until, now=now)


def check_message(message: MakeOffer, *, settings: IssuanceSettings) -> None:
    """What the message type cannot say. Raises Malformed."""
    if not 0 < len(message.application) <= MAX_APPLICATION:
        raise Malformed("invalid_request", "application id empty or too long")
    if len(message.tx_code) != settings.pin_length or not DIGITS.match(message.tx_code):
        raise Malformed("invalid_request", "tx_code has another form")
    check_person(message.person)


def check_mission(mission_id: str, catalogue: Catalogue, *, now: int) -> None:
    """Only missions that have begun issue. Raises Unmet."""
    mission = catalogue.mission(mission_id)
    if mission is None or not mission.is_open(now):
        raise Unmet("mission_not_open", "the mission is unknown or not open")


def _write(
    issuer: Issuer,
    connection: Connection,
    request: VerifiedRoleRequest,
    message: MakeOffer,
    *,
    valid_until: int,
    now: int,
) -> OfferMade:
    consume_request(connection, request)
    rrn_index = issuer.rrn_index(message.person.linkage.rrn)
    person_id = certificates.person_id_of(connection, rrn_index, new_id(issuer.random), now=now)
    drafted = _draft(issuer, message, person_id, valid_until=valid_until, now=now)
    if not certificates.add(connection, drafted.certificate):
        raise Unmet("already_offered", "this application has its offer")
    offers.add(connection, drafted.offer)
    if drafted.code is not None:
        offers.add_code(connection, digest(drafted.code), drafted.offer.id, expires_at=drafted.made.expires_at)
    details: Details = {
        "application": message.application,
        "mission": message.mission,
        "by": message.by,
        "role": request.sender,
    }
    AUDIT.write(connection, Entry(now, message.officer, "offer.made", drafted.certificate.id, details))
    return drafted.made


def _draft(issuer: Issuer, message: MakeOffer, person_id: str, *, valid_until: int, now: int) -> _Drafted:
    certificate_id, offer_id, secret = new_id(issuer.random), new_id(issuer.random), new_secret(issuer.random)
    sealed = issuer.seal.seal(msgspec.json.encode(message.person), seal_context(certificate_id))
    revocation_code = new_revocation_code(issuer.random)
    certificate = NewCertificate(
        id=certificate_id,
        application=message.application,
        person_id=person_id,
        mission=message.mission,
        person=sealed,
        valid_until=valid_until,
        issued_at=now,
        language=message.language,
        revocation_code=issuer.revocation_index(revocation_code),
        registration_index=issuer.registration_index(message.person.registration.number, message.person.birthdate),
        reminded=reminder_due(valid_until, now=now),
    )
    by_value = message.by == "value"
    expires_at = now + (issuer.settings.code_lifetime if by_value else issuer.settings.claim_window)
    configurations = issuer.settings.configurations
    offer = NewOffer(
        id=offer_id,
        certificate=certificate_id,
        link=None if by_value else digest(secret),
        tx_code=issuer.tx_code_index(message.tx_code, offer_id),
        configurations=configurations,
        expires_at=expires_at,
    )
    uri = (
        link_by_value(offer_message(issuer, secret, configurations, asks=FIRST_PIN, offer=offer_id))
        if by_value
        else link_by_reference(issuer.offer_url(secret))
    )
    return _Drafted(certificate, offer, secret if by_value else None, OfferMade(offer_id, uri, expires_at, revocation_code))
