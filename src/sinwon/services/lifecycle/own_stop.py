"""A holder stops their certificate from its phone, releases it, or ends it.

Whoever has the phone may stop and end. Releasing takes a second thing: the revocation code of the receipt, or a code that was
mailed; the phone alone may be in a thief's hands.
"""

from typing import Final

from sqlalchemy import Connection

from sinwon.core.clock import DAY
from sinwon.core.refusal import Fault, Malformed, Refusal, Unmet
from sinwon.protocols.own_certificate import INVALID_CODE, OwnCertificate
from sinwon.services.issuance.issuer import Issuer
from sinwon.services.lifecycle.change import change, take
from sinwon.services.lifecycle.machine import RULES, Actor, Effect, Raise, Reason, Release
from sinwon.services.lifecycle.own_state import state_of
from sinwon.services.lifecycle.proven_device import Claimant, prove_device
from sinwon.services.lifecycle.revocation_code import parse_revocation_code
from sinwon.store.audit import Entry
from sinwon.store.engine import writing
from sinwon.store.issuer import ceilings, lives, losses
from sinwon.store.issuer.ceilings import Ceiling
from sinwon.store.issuer.lives import LifeRow
from sinwon.store.issuer.losses import Purpose
from sinwon.store.issuer.tables import AUDIT

STOPS: Final = frozenset({Reason.LOSS_REPORTED, Reason.PIN_LOCKED})
"""What a phone may stop its certificate for."""


def suspend_own(issuer: Issuer, claimant: Claimant, reason: str) -> OwnCertificate:
    """Raises Refusal as prove_device and change do."""
    if reason not in STOPS:
        raise Malformed("invalid_request", "not a reason that a phone gives")
    return _raise(issuer, claimant, Reason(reason))


def end_own(issuer: Issuer, claimant: Claimant) -> OwnCertificate:
    """Final. Raises Refusal as prove_device does."""
    return _raise(issuer, claimant, Reason.HOLDER_REQUEST)


def release_own(issuer: Issuer, claimant: Claimant, code: str) -> OwnCertificate:
    """Undoes every stop that is the holder's to undo; what else stands against the certificate stays. Raises Refusal as
    prove_device does, "invalid_code", "too_many_requests"."""
    written = parse_revocation_code(code)
    with writing(issuer.engine) as connection:
        outcome = _release(issuer, connection, claimant, written, issuer.clock())
    # A wrong code is counted, so its transaction is kept and the refusal raised after it.
    if isinstance(outcome, Refusal):
        raise outcome
    return outcome


def stops_of(row: LifeRow) -> tuple[Reason, ...]:
    """Open stops that the holder may undo."""
    reasons = (Reason(hold.reason) for hold in row.holds)
    rules = ((reason, RULES[reason]) for reason in reasons)
    return tuple(reason for reason, rule in rules if rule.effect is Effect.SUSPENDS and Actor.HOLDER in rule.released_by)


def locked(connection: Connection, certificate: str) -> LifeRow:
    row = lives.lock(connection, certificate)
    if row is None:
        raise Fault("a certificate that was proven is gone")
    return row


def _raise(issuer: Issuer, claimant: Claimant, reason: Reason) -> OwnCertificate:
    now = issuer.clock()
    with writing(issuer.engine) as connection:
        certificate = prove_device(issuer, connection, claimant)
        change(issuer, connection, certificate, Raise(reason), by=Actor.HOLDER, actor=Actor.HOLDER.value, now=now)
        return state_of(connection, certificate)


def _release(issuer: Issuer, connection: Connection, claimant: Claimant, code: str, now: int) -> OwnCertificate | Refusal:
    certificate = prove_device(issuer, connection, claimant)
    row = locked(connection, certificate)
    if not _is_right(issuer, connection, certificate, code, now):
        return _count_wrong(issuer, connection, certificate, now)
    take(connection, [certificate])
    for reason in stops_of(row):
        change(issuer, connection, certificate, Release(reason), by=Actor.HOLDER, actor=Actor.HOLDER.value, now=now)
    return state_of(connection, certificate)


def _is_right(issuer: Issuer, connection: Connection, certificate: str, code: str, now: int) -> bool:
    """The one that was printed, which stays good, or one that was mailed, which is used up by it."""
    if lives.has_revocation_code(connection, certificate, issuer.revocation_index(code)):
        return True
    return losses.use(connection, issuer.release_index(code, certificate), Purpose.RELEASE, now=now)


def _count_wrong(issuer: Issuer, connection: Connection, certificate: str, now: int) -> Refusal:
    ceiling = Ceiling(f"release:{certificate}", issuer.settings.release_tries, DAY)
    if not ceilings.count(connection, ceiling, now=now):
        return Unmet("too_many_requests", "too many wrong codes today")
    AUDIT.write(connection, Entry(now, Actor.HOLDER.value, "release.refused", certificate))
    return Unmet(INVALID_CODE, "neither the printed code nor one that was mailed")
