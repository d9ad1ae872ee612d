"""Importing the seed: adds what is missing, touches nothing the operator already has. Running it twice changes nothing."""

from dataclasses import dataclass

from msgspec.structs import replace
from sqlalchemy import Engine

from sinwon.protocols.trust.catalogue import Service
from sinwon.services.catalogue.seed_data import Seed
from sinwon.store.audit import Details, Entry
from sinwon.store.engine import writing
from sinwon.store.trust.missions import add_covered, add_missions
from sinwon.store.trust.services import add_presets, add_services
from sinwon.store.trust.tables import AUDIT


@dataclass(frozen=True, slots=True)
class Imported:
    missions: int
    covered: int
    presets: int
    services: int


def import_seed(engine: Engine, seed: Seed, *, actor: str, now: int, demonstration: bool = False) -> Imported:
    """`demonstration` says in every name that the services are shown by demonstration sites, not by their real operators."""
    services = tuple(map(demonstrated, seed.services)) if demonstration else seed.services
    with writing(engine) as connection:
        done = Imported(
            add_missions(connection, seed.missions),
            add_covered(connection, seed.covered),
            add_presets(connection, seed.presets),
            add_services(connection, services),
        )
        counts: Details = {
            "missions": done.missions,
            "covered": done.covered,
            "presets": done.presets,
            "services": done.services,
        }
        AUDIT.write(connection, Entry(now, actor, "seed.imported", "seed", counts))
    return done


def demonstrated(service: Service) -> Service:
    """The service as a demonstration of itself: nobody shall take its pages for the real ones."""
    return replace(
        service,
        name_ko=f"{service.name_ko} (시연)",
        name_en=f"{service.name_en} (demo)",
        operator_ko="시연 운영자 (실제 기관 아님)",
        operator_en="Demonstration operator (not the real one)",
        demonstration=True,
    )
