"""Services (relying parties) and the presets that bound what they may ask."""

from collections.abc import Iterable
from datetime import date
from typing import Final, TypeVar

import msgspec
from sqlalchemy import Connection, Table, bindparam, insert, select, update

from sinwon.protocols.trust.catalogue import Preset, Service
from sinwon.store.trust.tables import PRESETS, SERVICES

Struct = TypeVar("Struct", Preset, Service)

_ADD_PRESET: Final = insert(PRESETS)
_ADD_SERVICE: Final = insert(SERVICES)
_PRESETS: Final = select(*(PRESETS.c[name] for name in Preset.__struct_fields__)).order_by(PRESETS.c.position)
_SERVICES: Final = select(*(SERVICES.c[name] for name in Service.__struct_fields__)).order_by(SERVICES.c.position)
_START: Final = (
    update(SERVICES)
    .where(SERVICES.c.id == bindparam("wanted"), SERVICES.c.status == "planned")
    .values(status="live", live_since=bindparam("since"), waiting_for_ko="", waiting_for_en="")
)


def add_presets(connection: Connection, presets: Iterable[Preset]) -> int:
    """Adds those whose name is not there yet; how many."""
    known = {preset.name for preset in all_presets(connection)}
    return _add(connection, PRESETS, [preset for preset in presets if preset.name not in known], len(known))


def add_services(connection: Connection, services: Iterable[Service]) -> int:
    """Adds those whose id is not there yet; how many."""
    known = {service.id for service in all_services(connection)}
    return _add(connection, SERVICES, [service for service in services if service.id not in known], len(known))


def all_presets(connection: Connection) -> tuple[Preset, ...]:
    return tuple(_struct(tuple(row), Preset) for row in connection.execute(_PRESETS))


def all_services(connection: Connection) -> tuple[Service, ...]:
    return tuple(_struct(tuple(row), Service) for row in connection.execute(_SERVICES))


def set_live(connection: Connection, service_id: str, since: date) -> bool:
    """Planned → live; whether it did. There is no way back here: stopping a service is another decision."""
    return connection.execute(_START, {"wanted": service_id, "since": since}).rowcount == 1


def _add(connection: Connection, table: Table, structs: list[Preset] | list[Service], position: int) -> int:
    rows = [
        {**{name: getattr(struct, name) for name in struct.__struct_fields__}, "position": position + number}
        for number, struct in enumerate(structs)
    ]
    if rows:
        connection.execute(_ADD_PRESET if table is PRESETS else _ADD_SERVICE, rows)
    return len(rows)


def _struct(row: tuple[object, ...], shape: type[Struct]) -> Struct:
    return msgspec.convert(dict(zip(shape.__struct_fields__, row, strict=True)), shape)
