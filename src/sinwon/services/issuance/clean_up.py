"""What the issuer forgets: values whose time is over, and persons of certificates that nobody fetched or that have ended.

Run every minute by whoever serves the role. What stays is listed in sinwon.store.issuer.tables.
"""

from dataclasses import dataclass
from typing import Final

from sinwon.core.clock import DAY, HOUR
from sinwon.services.issuance.issuer import Issuer
from sinwon.services.lifecycle.change import change
from sinwon.services.lifecycle.machine import ENDED, Actor, Expire, Lapse
from sinwon.store.engine import reading, writing
from sinwon.store.issuer import authorizations, ceilings, devices, lives, losses, notices, offers, once, pendings

AT_ONCE: Final = 500  # certificates end together, at midnight in Seoul
NOTICES_KEPT: Final = 30 * DAY
"""How long a notice that was sent can still be looked up, without its addresses."""
EVENTS_KEPT: Final = 400 * DAY
"""How long a register may tell an event again; an older one changes nothing, since what it is about has a later time."""


@dataclass(frozen=True, slots=True)
class CleanedUp:
    forgotten: int
    lapsed: int
    expired: int


def clean_up(issuer: Issuer, *, most: int = AT_ONCE) -> CleanedUp:
    """At most so many certificates of each kind: the next minute brings the next."""
    now = issuer.clock()
    forgotten = _forget(issuer, now)
    # A code minted in the last moment of the window and its token are let live to their end.
    grace = issuer.settings.code_lifetime + issuer.settings.token_lifetime
    with reading(issuer.engine) as connection:
        never_fetched = offers.lapsed(connection, before=now - grace, most=most)
        past_end = lives.past_end(connection, now=now, most=most)
    lapsed = sum(_end(issuer, certificate, Lapse(), now) for certificate in never_fetched)
    return CleanedUp(forgotten, lapsed, sum(_end(issuer, certificate, Expire(), now) for certificate in past_end))


def _forget(issuer: Issuer, now: int) -> int:
    with writing(issuer.engine) as connection:
        forgotten = once.forget_expired(connection, now=now)
        forgotten += pendings.forget_expired(connection, now=now)
        forgotten += authorizations.forget(connection, before=now - HOUR)  # a code that comes again is known for so long
        forgotten += notices.forget(connection, before=now - NOTICES_KEPT)
        forgotten += ceilings.forget(connection, before=now - 2 * DAY)
        forgotten += losses.forget(connection, before=now - DAY)
        for certificate in sorted(devices.late(connection, before=now - issuer.settings.transfer_arrival)):
            lives.lock(connection, certificate)
            devices.call_off(connection, certificate)
        return forgotten + lives.forget_events(connection, before=now - EVENTS_KEPT)


def _end(issuer: Issuer, certificate: str, trigger: Expire | Lapse, now: int) -> bool:
    """Whether it was still to be ended. One transaction each: none waits for many others."""
    with writing(issuer.engine) as connection:
        row = lives.lock(connection, certificate)
        if row is None or row.state in ENDED or (isinstance(trigger, Expire) and row.valid_until >= now):
            return False
        return change(issuer, connection, certificate, trigger, by=Actor.ISSUER, actor="issuer", now=now).is_over
