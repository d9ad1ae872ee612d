"""The seed data: complete, coherent, and saying what it does not know."""

from collections import Counter
from datetime import date
from zoneinfo import ZoneInfo

import pytest

from sinwon.protocols.credential_claims import claim_label
from sinwon.protocols.credential_types import PERSON_ID
from sinwon.services.catalogue.seed_data import read_seed

SEED = read_seed()
MISSIONS = {stored.mission.code: stored for stored in SEED.missions}
PILOT_7 = {"cn", "vn", "id", "ph", "us-losangeles", "br-saopaulo", "nz-auckland"}
PILOT_14 = {
    "za", "ca", "be", "cl", "pe", "np", "kg", "dk", "bn", "cm", "mg", "de-bonn", "tr-istanbul", "it-milano",
}  # fmt: skip


def test_all_missions_are_there_under_their_own_ids() -> None:
    assert len(SEED.missions) == len(MISSIONS) == 199
    assert len({stored.mission.id for stored in SEED.missions}) == 199


@pytest.mark.parametrize("language", ["ko", "en"])
def test_whatever_a_purpose_asks_for_has_a_name_for_people(language: str) -> None:
    asked = {claim for preset in SEED.presets for claim in preset.claims}
    assert "linkage.rrn" in asked
    assert [claim for claim in asked if claim_label(claim, language) == claim] == []
    assert claim_label("somebody.elses", language) == "somebody.elses"


def test_types_and_regions_add_up() -> None:
    assert Counter(stored.mission.type for stored in SEED.missions) == {
        "대사관": 127,
        "총영사관": 46,
        "분관": 12,
        "출장소": 7,
        "대표부": 5,
        "대표부(비공식 공관)": 1,
        "대표사무소": 1,
    }
    regions = Counter(stored.mission.region for stored in SEED.missions)
    assert regions == {"아태": 57, "미주": 42, "구주": 57, "중동": 21, "아프리카": 22}


def test_the_pilots_opened_on_their_days() -> None:
    opened = {code: stored.mission.opens_on for code, stored in MISSIONS.items() if stored.mission.opens_on}
    assert {code for code, day in opened.items() if day == date(2024, 7, 3)} == PILOT_7
    assert {code for code, day in opened.items() if day == date(2024, 8, 1)} == PILOT_14
    assert {code: day for code, day in opened.items() if code not in PILOT_7 | PILOT_14} == {"ru": date(2025, 2, 3)}


def test_every_mission_has_a_time_zone_that_exists() -> None:
    for stored in SEED.missions:
        assert stored.mission.time_zone
        assert ZoneInfo(stored.mission.time_zone)


def test_seat_cities_decide_in_countries_of_several_zones() -> None:
    assert MISSIONS["us-losangeles"].mission.time_zone == "America/Los_Angeles"
    assert MISSIONS["ru-vladivostok"].mission.time_zone == "Asia/Vladivostok"
    assert MISSIONS["nz-auckland"].mission.time_zone == "Pacific/Auckland"
    assert MISSIONS["es-laspalmas"].mission.time_zone == "Atlantic/Canary"


def test_what_must_not_be_offered_is_held_back_and_not_open() -> None:
    held = {code: stored.hold for code, stored in MISSIONS.items() if stored.hold}
    assert {code for code, hold in held.items() if hold == "no_counter"} == {"un", "geneva", "oecd", "unesco", "asean"}
    assert {code for code, hold in held.items() if hold == "relocated"} == {"af", "ye", "sd", "ly"}
    assert sum(hold == "unconfirmed" for hold in held.values()) == 14
    assert not any(MISSIONS[code].mission.opens_on for code in held)


def test_guessed_codes_say_so() -> None:
    assert sum(stored.code_confirmed for stored in SEED.missions) == 121


def test_covered_countries_lead_to_missions() -> None:
    ids = {stored.mission.id for stored in SEED.missions}
    assert len(SEED.covered) == 73
    assert set(SEED.covered.values()) <= ids
    assert SEED.covered["IS"] == MISSIONS["no"].mission.id
    assert SEED.covered["LI"] == MISSIONS["ch"].mission.id
    assert SEED.covered["BT"] == MISSIONS["bd"].mission.id


def test_two_services_are_live_and_each_planned_one_says_what_it_waits_for() -> None:
    assert len(SEED.services) == 10
    live = {service.id for service in SEED.services if service.status == "live"}
    assert live == {"gov24", "oka365"}
    for service in SEED.services:
        assert (service.live_since == date(2024, 7, 3)) == (service.id in live)
        assert bool(service.waiting_for_ko and service.waiting_for_en) == (service.id not in live)


def test_services_use_known_presets_and_every_preset_is_used() -> None:
    used = {name for service in SEED.services for name in service.presets}
    assert used == {preset.name for preset in SEED.presets}
    assert len(SEED.presets) == 10


def test_only_level_3_presets_ask_for_linkage_and_none_for_the_person_id() -> None:
    for preset in SEED.presets:
        asked = {*preset.required, *preset.optional}
        assert PERSON_ID not in asked
        if any(name.startswith("linkage.") for name in asked):
            assert preset.level == "L3"
