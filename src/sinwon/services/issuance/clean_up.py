"""What the issuer forgets: values whose time is over, and persons of certificates that nobody fetched or that have ended.

Run every minute by whoever serves the role. What stays is listed in sinwon.store.issuer.tables.
"""

from dataclasses import dataclass
from operator import itemgetter
from typing import Final

from sinwon.core.clock import DAY
from sinwon.services.issuance.issuer import Issuer
from sinwon.services.lifecycle.change import change
from sinwon.services.lifecycle.machine import Actor, Expire, Lapse, Trigger
from sinwon.store.engine import writing
from sinwon.store.issuer import ceilings, devices, lives, losses, notices, offers, once

NOTICES_KEPT: Final = 30 * DAY
"""How long a notice that was sent can still be looked up, without its addresses."""
EVENTS_KEPT: Final = 400 * DAY
"""How long a register may tell an event again; an older one changes nothing, since what it is about has a later time."""


@dataclass(frozen=True, slots=True)
class CleanedUp:
    forgotten: int
    lapsed: int
    expired: int


def clean_up(issuer: Issuer) -> CleanedUp:
    """A code minted in the last moment of the window and its token are let live to their end."""
    now = issuer.clock()
    grace = issuer.settings.code_lifetime + issuer.settings.token_lifetime
    with writing(issuer.engine) as connection:
        forgotten = once.forget_expired(connection, now=now)
        forgotten += notices.forget(connection, before=now - NOTICES_KEPT)
        forgotten += ceilings.forget(connection, before=now - 2 * DAY)
        forgotten += losses.forget(connection, before=now - DAY)
        for certificate in devices.late(connection, before=now - issuer.settings.transfer_arrival):
            lives.lock(connection, certificate)
            devices.call_off(connection, certificate)
        forgotten += lives.forget_events(connection, before=now - EVENTS_KEPT)
        over: dict[str, Trigger] = dict.fromkeys(lives.past_end(connection, now=now), Expire())
        never_fetched = offers.lapsed(connection, before=now - grace)
        over |= dict.fromkeys(never_fetched, Lapse())
        for certificate, trigger in sorted(over.items(), key=itemgetter(0)):  # the order in which others take several
            change(issuer, connection, certificate, trigger, by=Actor.ISSUER, actor="issuer", now=now)
    return CleanedUp(forgotten, len(never_fetched), len(over) - len(never_fetched))
