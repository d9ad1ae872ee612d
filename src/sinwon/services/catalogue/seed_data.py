"""The seed as values, parsed from the files in `seed/`. Where those come from and what is uncertain: seed/SOURCE.md."""

import tomllib
from collections.abc import Iterator
from csv import DictReader
from dataclasses import dataclass
from importlib.resources import files
from typing import Final

import msgspec

from sinwon.core.refusal import Fault
from sinwon.protocols.trust.catalogue import Mission, Preset, Service
from sinwon.store.trust.missions import NO_COUNTER, Hold, StoredMission

FOLDER: Final = "seed"


@dataclass(frozen=True, slots=True)
class Seed:
    missions: tuple[StoredMission, ...]
    covered: dict[str, str]
    presets: tuple[Preset, ...]
    services: tuple[Service, ...]


class _Presets(msgspec.Struct, forbid_unknown_fields=True):
    presets: tuple[Preset, ...]


class _Services(msgspec.Struct, forbid_unknown_fields=True):
    services: tuple[Service, ...]


def read_seed() -> Seed:
    """The seed in the package. Raises Fault: a spoiled package is ours."""
    try:
        missions = tuple(_mission(row) for row in _rows("missions.csv"))
        covered = {row["country"]: row["mission"] for row in _rows("covered.csv")}
        presets = msgspec.convert(tomllib.loads(_text("presets.toml")), _Presets).presets
        services = msgspec.convert(tomllib.loads(_text("services.toml")), _Services).services
    except (ValueError, KeyError) as error:
        raise Fault(f"the seed is spoiled: {error}") from None
    return Seed(missions, covered, presets, services)


def _mission(row: dict[str, str]) -> StoredMission:
    hold = msgspec.convert(row["hold"] or None, Hold | None)
    fields = {name: row[name] or None for name in Mission.__struct_fields__ if name in row}
    fields["counter"] = hold != NO_COUNTER
    return StoredMission(msgspec.convert(fields, Mission), row["code_confirmed"] == "yes", hold)


def _rows(name: str) -> Iterator[dict[str, str]]:
    yield from DictReader(_text(name).splitlines())


def _text(name: str) -> str:
    return (files(__package__) / FOLDER / name).read_text("utf-8")
