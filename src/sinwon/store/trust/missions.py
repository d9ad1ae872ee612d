"""Missions and the countries they cover beside their own."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Final, Literal

import msgspec
from sqlalchemy import Connection, bindparam, insert, or_, select, update

from sinwon.protocols.trust.catalogue import Mission
from sinwon.store.trust.tables import COVERED, MISSIONS

Hold = Literal["no_counter", "relocated", "unconfirmed"]
"""Why a mission must not be offered although it may exist."""


@dataclass(frozen=True, slots=True)
class StoredMission:
    """A mission as published, and what only the operator sees of it."""

    mission: Mission
    code_confirmed: bool
    hold: Hold | None


NO_COUNTER: Final = "no_counter"
_FIELDS: Final = tuple(name for name in Mission.__struct_fields__ if name != "counter")
"""The members with a column of their own; whether there is a counter follows from `hold`."""
_COLUMNS: Final = (
    MISSIONS.c.id,
    MISSIONS.c.code,
    MISSIONS.c.name_ko,
    MISSIONS.c.name_en,
    MISSIONS.c.type,
    MISSIONS.c.country,
    MISSIONS.c.region,
    MISSIONS.c.time_zone,
    MISSIONS.c.opens_on,
    MISSIONS.c.code_confirmed,
    MISSIONS.c.hold,
)
_ADD: Final = insert(MISSIONS)
_ALL: Final = select(*_COLUMNS).order_by(MISSIONS.c.id)
_ONE: Final = select(*_COLUMNS).where(MISSIONS.c.id == bindparam("wanted"))
_OPEN: Final = (
    update(MISSIONS)
    .where(MISSIONS.c.id == bindparam("wanted"))
    .where(or_(MISSIONS.c.opens_on.is_(None), MISSIONS.c.opens_on > bindparam("today")))
    .values(opens_on=bindparam("day"), hold=None)
)
_COVER: Final = insert(COVERED)
_COVERED: Final = select(COVERED.c.country, COVERED.c.mission).order_by(COVERED.c.country)


def add_missions(connection: Connection, missions: Iterable[StoredMission]) -> int:
    """Adds those whose id is not there yet; how many. What is there is the operator's and stays."""
    known = {stored.mission.id for stored in all_missions(connection)}
    rows = [_row(stored) for stored in missions if stored.mission.id not in known]
    if rows:
        connection.execute(_ADD, rows)
    return len(rows)


def all_missions(connection: Connection) -> tuple[StoredMission, ...]:
    return tuple(_stored(tuple(row)) for row in connection.execute(_ALL))


def find_mission(connection: Connection, mission_id: str) -> StoredMission | None:
    row = connection.execute(_ONE, {"wanted": mission_id}).one_or_none()
    return None if row is None else _stored(tuple(row))


def set_opening(connection: Connection, mission_id: str, day: date, *, today: date) -> bool:
    """Sets the first day of issuance and lifts the hold, unless the mission is open already; whether it did."""
    return connection.execute(_OPEN, {"wanted": mission_id, "day": day, "today": today}).rowcount == 1


def add_covered(connection: Connection, covered: Mapping[str, str]) -> int:
    """Country → mission id, for those countries not there yet; how many."""
    known = all_covered(connection)
    rows = [{"country": country, "mission": mission} for country, mission in covered.items() if country not in known]
    if rows:
        connection.execute(_COVER, rows)
    return len(rows)


def all_covered(connection: Connection) -> dict[str, str]:
    return dict(connection.execute(_COVERED).all())


def _row(stored: StoredMission) -> dict[str, object]:
    fields = {name: getattr(stored.mission, name) for name in _FIELDS}
    return {**fields, "code_confirmed": stored.code_confirmed, "hold": stored.hold}


def _stored(row: tuple[object, ...]) -> StoredMission:
    *fields, confirmed, hold = row
    known = {**dict(zip(_FIELDS, fields, strict=True)), "counter": hold != NO_COUNTER}
    mission = msgspec.convert(known, Mission)
    return StoredMission(mission, bool(confirmed), msgspec.convert(hold, Hold | None))
