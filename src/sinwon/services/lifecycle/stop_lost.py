"""Lost phone at three in the morning: whoever has the printed code, or the mailed link, stops all of a person's certificates.

No sign-in, no telephone number, nobody else's help. A right code counts however many wrong ones came with it: guesses at 60
bits are hopeless, and a flood of them must not keep anybody from stopping. What is stopped already stays as it was.
"""

from dataclasses import dataclass
from typing import Final

from sqlalchemy import Connection

from sinwon.core.clock import MINUTE
from sinwon.core.ids import digest
from sinwon.core.refusal import Fault, Refusal, Unmet
from sinwon.protocols.trust.catalogue import Mission
from sinwon.services.issuance.issuer import Issuer
from sinwon.services.lifecycle.change import change, take
from sinwon.services.lifecycle.machine import Actor, Raise, Reason
from sinwon.services.lifecycle.notices import zone_of
from sinwon.services.lifecycle.revocation_code import parse_revocation_code
from sinwon.store.engine import reading, writing
from sinwon.store.issuer import ceilings, lives, losses
from sinwon.store.issuer.ceilings import Ceiling
from sinwon.store.issuer.losses import Purpose

UNKNOWN_CODE: Final = "unknown_code"
LINK_OVER: Final = "link_over"


@dataclass(frozen=True, slots=True)
class Stopped:
    """What whoever stopped it is shown: nothing of the person."""

    since: int
    certificates: int
    """How many are stopped now."""
    mission: Mission | None
    """Whom to turn to, where the catalogue is at hand."""
    zone: str | None


def stop_by_code(issuer: Issuer, typed: str) -> Stopped:
    """Raises Refusal("invalid_code" | "unknown_code" | "too_many_requests")."""
    code, now = parse_revocation_code(typed), issuer.clock()
    with writing(issuer.engine) as connection:
        certificate = lives.of_revocation_code(connection, issuer.revocation_index(code))
        outcome = _wrong(issuer, connection, now) if certificate is None else _stop(issuer, connection, certificate, now)
    # A wrong code is counted, so its transaction is kept and the refusal raised after it.
    if isinstance(outcome, Refusal):
        raise outcome
    return outcome


def check_link(issuer: Issuer, secret: str) -> None:
    """Whether the link of this secret is still good; looking changes nothing, since machines look at mail too. Raises
    Unmet("link_over")."""
    with reading(issuer.engine) as connection:
        if losses.find(connection, digest(secret), Purpose.STOP, now=issuer.clock()) is None:
            raise Unmet(LINK_OVER, "unknown, used or too old")


def stop_by_link(issuer: Issuer, secret: str) -> Stopped:
    """Raises Unmet("link_over")."""
    link, now = digest(secret), issuer.clock()
    with writing(issuer.engine) as connection:
        certificate = losses.find(connection, link, Purpose.STOP, now=now)
        if certificate is None or not losses.use(connection, link, Purpose.STOP, now=now):
            raise Unmet(LINK_OVER, "unknown, used or too old")
        return _stop(issuer, connection, certificate, now)


def _stop(issuer: Issuer, connection: Connection, certificate: str, now: int) -> Stopped:
    take(connection, lives.of_same_person(connection, certificate))
    found = lives.of_same_person(connection, certificate)  # one may have ended while we waited for it
    if certificate not in found:
        raise Unmet(LINK_OVER, "the certificate ended")
    for one in found:
        change(issuer, connection, one, Raise(Reason.LOSS_REPORTED), by=Actor.PUBLIC, actor=Actor.PUBLIC.value, now=now)
    row = lives.find(connection, certificate)
    if row is None:
        raise Fault("a certificate that was stopped is gone")
    since = next(hold.since for hold in row.holds if hold.reason == Reason.LOSS_REPORTED)
    return Stopped(since, len(found), _mission(issuer, row.mission), zone_of(issuer, row.mission))


def _wrong(issuer: Issuer, connection: Connection, now: int) -> Refusal:
    ceiling = Ceiling("loss.wrong_codes", issuer.settings.loss_wrong_codes, MINUTE)
    if not ceilings.count(connection, ceiling, now=now):
        return Unmet("too_many_requests", "too many wrong codes in this minute")
    return Unmet(UNKNOWN_CODE, "no certificate with this code")


def _mission(issuer: Issuer, mission: str) -> Mission | None:
    try:
        return issuer.catalogue().mission(mission)
    except Fault:
        return None
