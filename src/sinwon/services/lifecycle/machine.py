"""The life of one certificate as a state machine: states, reasons, who may raise and release them, and `advance`.

A living certificate holds a set of open reasons, because two can stand at once; its state follows from them. What is to be
fetched anew (`stale`) stays until a wallet has fetched it, whatever is raised and released meanwhile. Owns no storage and no
clock: services.lifecycle.change loads a life, advances it and writes what came of it.

OFFERED ─ first copy → ACTIVE ⇄ NEEDS_RENEWAL, SUSPENDED      any of these → REVOKED, EXPIRED; never fetched → LAPSED
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import Final

from sinwon.core.refusal import Unmet
from sinwon.formats.status.token import INVALID, NEEDS_RENEWAL, SUSPENDED, VALID, Kind
from sinwon.store.issuer.certificates import LIVING, CertificateState


class Actor(StrEnum):
    HOLDER = "holder"
    """On a device that was proven."""
    PUBLIC = "public"
    """Whoever stands at the page for lost phones."""
    OFFICER = "officer"
    OPERATOR = "operator"
    REGISTER = "register"
    ISSUER = "issuer"
    """The clock, and rules of our own."""


class Effect(StrEnum):
    SUSPENDS = "suspends"
    """A stop that can be undone."""
    OUTDATES = "outdates"
    """What the copies say is no longer true: refused where that matters."""
    NOTES = "notes"
    """What the copies say is old, and nobody is refused for it."""
    MOVES = "moves"
    """The copies end, the certificate goes on elsewhere."""
    ENDS = "ends"
    """Final."""


class Aspect(StrEnum):
    """Parts of a person's data, each with a history of its own."""

    PASSPORT = "passport"
    REGISTRATION = "registration"
    NAME = "name"
    RRN = "rrn"
    ADDRESS = "address"
    LIFE = "life"


class Reason(StrEnum):
    LOSS_REPORTED = "LOSS_REPORTED"
    PIN_LOCKED = "PIN_LOCKED"
    PHONE_CHANGED = "PHONE_CHANGED"
    KEY_LOST = "KEY_LOST"
    PASSPORT_EXPIRED = "PASSPORT_EXPIRED"
    PASSPORT_LOST = "PASSPORT_LOST"
    PASSPORT_CANCELLED = "PASSPORT_CANCELLED"
    DEREGISTERED = "DEREGISTERED"
    MOVED_MISSION = "MOVED_MISSION"
    RETURN_REPORTED = "RETURN_REPORTED"
    NAME_CHANGED = "NAME_CHANGED"
    RRN_CHANGED = "RRN_CHANGED"
    ADDRESS_CHANGED = "ADDRESS_CHANGED"
    NATIONALITY_LOST = "NATIONALITY_LOST"
    DECEASED = "DECEASED"
    ISSUED_IN_ERROR = "ISSUED_IN_ERROR"
    KEY_COMPROMISE = "KEY_COMPROMISE"
    HOLDER_REQUEST = "HOLDER_REQUEST"


@dataclass(frozen=True, slots=True)
class Rule:
    effect: Effect
    raised_by: frozenset[Actor]
    released_by: frozenset[Actor] = frozenset()
    aspect: Aspect | None = None
    """The data it is about: new data of this aspect release it, and an older event about it counts no more."""


OFFICES: Final = frozenset({Actor.OFFICER, Actor.REGISTER})
"""Who speaks for a person's data."""
PERSONAL: Final = frozenset({Actor.HOLDER, Actor.OFFICER})


def _of_data(effect: Effect, aspect: Aspect, *more: Actor) -> Rule:
    """Raised and released as registers say, or an officer who saw the document."""
    return Rule(effect, OFFICES | set(more), OFFICES, aspect)


def _final(*by: Actor, aspect: Aspect | None = None) -> Rule:
    return Rule(Effect.ENDS, frozenset(by), aspect=aspect)


RULES: Final[Mapping[Reason, Rule]] = {
    Reason.LOSS_REPORTED: Rule(Effect.SUSPENDS, PERSONAL | {Actor.PUBLIC, Actor.OPERATOR}, PERSONAL),
    Reason.PIN_LOCKED: Rule(Effect.SUSPENDS, PERSONAL, PERSONAL),
    Reason.PHONE_CHANGED: Rule(Effect.MOVES, PERSONAL),
    Reason.KEY_LOST: _final(Actor.HOLDER, Actor.OFFICER, Actor.ISSUER),
    Reason.PASSPORT_EXPIRED: _of_data(Effect.OUTDATES, Aspect.PASSPORT, Actor.ISSUER),
    Reason.PASSPORT_LOST: _of_data(Effect.SUSPENDS, Aspect.PASSPORT),
    Reason.PASSPORT_CANCELLED: _of_data(Effect.SUSPENDS, Aspect.PASSPORT),
    Reason.DEREGISTERED: _of_data(Effect.SUSPENDS, Aspect.REGISTRATION),
    Reason.MOVED_MISSION: _of_data(Effect.NOTES, Aspect.REGISTRATION),
    Reason.RETURN_REPORTED: _of_data(Effect.SUSPENDS, Aspect.REGISTRATION),
    Reason.NAME_CHANGED: _of_data(Effect.OUTDATES, Aspect.NAME),
    Reason.RRN_CHANGED: _of_data(Effect.OUTDATES, Aspect.RRN),
    Reason.ADDRESS_CHANGED: _of_data(Effect.NOTES, Aspect.ADDRESS),
    Reason.NATIONALITY_LOST: _final(*OFFICES, aspect=Aspect.LIFE),
    Reason.DECEASED: _final(*OFFICES, aspect=Aspect.LIFE),
    Reason.ISSUED_IN_ERROR: _final(Actor.OFFICER, Actor.OPERATOR),
    Reason.KEY_COMPROMISE: _final(Actor.OFFICER, Actor.OPERATOR, Actor.ISSUER),
    Reason.HOLDER_REQUEST: _final(Actor.HOLDER, Actor.OFFICER),
}
OUTDATING: Final = frozenset({Aspect.PASSPORT, Aspect.NAME, Aspect.RRN})
"""Aspects whose old data must not be shown as true; the others are merely old."""
OF_NEW_DATA: Final = frozenset({Reason.NAME_CHANGED, Reason.RRN_CHANGED, Reason.ADDRESS_CHANGED, Reason.MOVED_MISSION})
"""Reasons that say no more than that there are newer data; they stand open only until those are on file."""
ENDED: Final = frozenset({CertificateState.REVOKED, CertificateState.EXPIRED, CertificateState.LAPSED})


@dataclass(frozen=True, slots=True)
class Life:
    """`fetched`: a wallet has had copies. `stale`: there are newer data than the copies show, OUTDATES or NOTES."""

    state: CertificateState
    holds: frozenset[Reason] = frozenset()
    stale: Effect | None = None
    fetched: bool = False

    @property
    def is_over(self) -> bool:
        return self.state in ENDED


@dataclass(frozen=True, slots=True)
class Raise:
    """PHONE_CHANGED leaves no hold: another device takes the certificate over, now."""

    reason: Reason


@dataclass(frozen=True, slots=True)
class Release:
    reason: Reason


@dataclass(frozen=True, slots=True)
class Renew:
    """The person's data are others now, in these aspects. Reasons that were about the old ones are cured by it."""

    changed: frozenset[Aspect]


@dataclass(frozen=True, slots=True)
class Fetch:
    """A wallet takes new copies."""


@dataclass(frozen=True, slots=True)
class Expire:
    """Its time is over."""


@dataclass(frozen=True, slots=True)
class Lapse:
    """Nobody fetched it in time."""


Trigger = Raise | Release | Renew | Fetch | Expire | Lapse


def advance(life: Life, trigger: Trigger, by: Actor) -> Life:
    """The life after `trigger`: the same where it was told already.

    Raises Unmet("not_allowed"), Unmet("certificate_ended") or, for copies and moves, Unmet("certificate_suspended").
    """
    match trigger:
        case Raise(reason):
            return _raise(life, reason, by)
        case Release(reason):
            _check_by(by, RULES[reason].released_by)
            return _settled(replace(_living(life), holds=life.holds - {reason}))
        case Renew(changed):
            return _renew(life, changed, by)
        case Fetch():
            return _settled(replace(_usable(life), fetched=True, stale=None))
        case Expire():
            return _finished(life, CertificateState.EXPIRED, by)
        case Lapse():
            return life if life.fetched else _finished(life, CertificateState.LAPSED, by)


def status_of(life: Life, kind: Kind) -> int:
    """What a status list of this kind says of the copies there are. A CWT list knows only valid and invalid."""
    value = _value(life)
    return INVALID if kind is Kind.CWT and value != VALID else value


def _value(life: Life) -> int:
    if life.is_over:
        return INVALID
    if life.state is CertificateState.SUSPENDED:
        return SUSPENDED
    return NEEDS_RENEWAL if Effect.OUTDATES in _effects(life) else VALID


def _raise(life: Life, reason: Reason, by: Actor) -> Life:
    rule = RULES[reason]
    _check_by(by, rule.raised_by)
    if rule.effect is Effect.MOVES:
        return _settled(replace(_usable(life), stale=None))
    if rule.effect is Effect.ENDS:
        return life if life.is_over else Life(CertificateState.REVOKED, fetched=life.fetched)
    return _settled(replace(_living(life), holds=life.holds | {reason}))


def _renew(life: Life, changed: frozenset[Aspect], by: Actor) -> Life:
    """A wallet that has copies is to fetch others; what their old data mean until then is the worst of what changed."""
    _check_by(by, OFFICES)
    left = frozenset(reason for reason in _living(life).holds if RULES[reason].aspect not in changed)
    if not changed or not life.fetched:
        return _settled(replace(life, holds=left))
    is_outdated = bool(changed & OUTDATING) or life.stale is Effect.OUTDATES
    return _settled(replace(life, holds=left, stale=Effect.OUTDATES if is_outdated else Effect.NOTES))


def _finished(life: Life, state: CertificateState, by: Actor) -> Life:
    _check_by(by, frozenset({Actor.ISSUER}))
    return life if life.is_over else Life(state, fetched=life.fetched)


def _settled(life: Life) -> Life:
    """With the state that follows from what stands against it."""
    effects = _effects(life)
    if Effect.SUSPENDS in effects:
        return replace(life, state=CertificateState.SUSPENDED)
    if effects:
        return replace(life, state=CertificateState.NEEDS_RENEWAL)
    return replace(life, state=CertificateState.ACTIVE if life.fetched else CertificateState.OFFERED)


def _effects(life: Life) -> frozenset[Effect]:
    of_data = frozenset() if life.stale is None else frozenset({life.stale})
    return of_data | {RULES[reason].effect for reason in life.holds}


def _living(life: Life) -> Life:
    if life.is_over:
        raise Unmet("certificate_ended", f"the certificate is {life.state}")
    return life


def _usable(life: Life) -> Life:
    if _living(life).state not in LIVING:
        raise Unmet("certificate_suspended", "the certificate is stopped")
    return life


def _check_by(by: Actor, allowed: frozenset[Actor]) -> None:
    if by not in allowed:
        raise Unmet("not_allowed", f"not for {by}")
