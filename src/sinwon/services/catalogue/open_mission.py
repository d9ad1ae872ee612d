"""Opening a mission: the operator sets its first day of issuance. A mission without a consular counter is never opened."""

from datetime import date
from typing import Final

from sqlalchemy import Engine

from sinwon.core.clock import seoul_date
from sinwon.core.refusal import Unmet
from sinwon.store.audit import Entry
from sinwon.store.engine import writing
from sinwon.store.trust.missions import StoredMission, find_mission, set_opening
from sinwon.store.trust.tables import AUDIT

UNKNOWN_MISSION: Final = "unknown_mission"
NO_COUNTER: Final = "mission_has_no_counter"
NOT_CONFIRMED: Final = "mission_not_confirmed"
ALREADY_OPEN: Final = "mission_already_open"


def open_mission(engine: Engine, mission_id: str, opens_on: date, *, actor: str, now: int, confirmed: bool = False) -> None:
    """`confirmed`: the operator has made sure that a relocated or unconfirmed mission works. Takes effect when published."""
    with writing(engine) as connection:
        check_may_open(find_mission(connection, mission_id), confirmed=confirmed)
        if not set_opening(connection, mission_id, opens_on, today=seoul_date(now)):
            raise Unmet(ALREADY_OPEN, "the mission is open already")
        AUDIT.write(connection, Entry(now, actor, "mission.opened", mission_id, {"opens_on": opens_on.isoformat()}))


def check_may_open(stored: StoredMission | None, *, confirmed: bool) -> None:
    if stored is None:
        raise Unmet(UNKNOWN_MISSION, "no such mission")
    if not stored.mission.counter:
        raise Unmet(NO_COUNTER, "people cannot be sent where there is no counter")
    if stored.hold is not None and not confirmed:
        raise Unmet(NOT_CONFIRMED, f"the mission is held back: {stored.hold}")
