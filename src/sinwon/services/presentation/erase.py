"""The retention timer: deletes what is over, answers included. Whoever runs the role calls it every minute."""

from dataclasses import dataclass

from sinwon.services.presentation.gateway import AT_ONCE, Gateway
from sinwon.store.engine import writing
from sinwon.store.gateway.presentations import erase_presentations
from sinwon.store.gateway.shown_keys import forget_shown
from sinwon.store.gateway.sign_ins import erase_sign_ins


@dataclass(frozen=True, slots=True)
class Erased:
    presentations: int
    sign_ins: int


def erase_expired(gateway: Gateway) -> Erased:
    now = gateway.clock()
    with writing(gateway.engine) as connection:
        forget_shown(connection, before=now - AT_ONCE)
        return Erased(erase_presentations(connection, now), erase_sign_ins(connection, now))
