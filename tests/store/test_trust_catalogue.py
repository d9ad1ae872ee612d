"""The trust site's database: missions, services, presets, anchors, publications."""

from concurrent.futures import ThreadPoolExecutor
from datetime import date

import pytest
from sqlalchemy import Engine
from sqlalchemy.exc import IntegrityError

from sinwon.keys.trust import Anchor, Purpose, TrustAnchors
from sinwon.protocols.trust.catalogue import Mission
from sinwon.store.trust.anchors import add_anchor, all_anchors, remove_anchor
from sinwon.store.trust.missions import (
    StoredMission,
    add_covered,
    add_missions,
    all_covered,
    all_missions,
    find_mission,
    set_opening,
)
from sinwon.store.trust.publications import Publication, add_publication, latest_publication
from sinwon.store.trust.services import add_presets, add_services, all_presets, all_services, set_live
from sinwon.store.trust.tables import METADATA
from tests.published import catalogue
from tests.store.conftest import EngineFactory
from tests.world import trust_anchors

TODAY = date(2026, 9, 21)
OPEN = StoredMission(catalogue().missions[0], True, None)
PLANNED = StoredMission(Mission("zz02", "zz-plan", "계획", "Planned", "분관", "ZX", "미주", None, None), False, "relocated")


@pytest.fixture
def engine(new_engine: EngineFactory) -> Engine:
    return new_engine(METADATA)


def test_missions_come_back_as_written(engine: Engine) -> None:
    with engine.begin() as connection:
        assert add_missions(connection, (OPEN, PLANNED)) == 2
        assert all_missions(connection) == (OPEN, PLANNED)
        assert find_mission(connection, "zz02") == PLANNED
        assert find_mission(connection, "nowhere") is None


def test_what_is_there_stays_on_a_second_import(engine: Engine) -> None:
    with engine.begin() as connection:
        add_missions(connection, (PLANNED,))
        set_opening(connection, "zz02", TODAY, today=TODAY)
        assert add_missions(connection, (OPEN, PLANNED)) == 1
        found = find_mission(connection, "zz02")
    assert found is not None
    assert found.mission.opens_on == TODAY
    assert found.hold is None


def test_a_mission_opens_once(engine: Engine) -> None:
    with engine.begin() as connection:
        add_missions(connection, (PLANNED,))

    def take(_number: int) -> bool:
        with engine.begin() as connection:
            return set_opening(connection, "zz02", TODAY, today=TODAY)

    with ThreadPoolExecutor(50) as pool:
        assert sum(pool.map(take, range(50))) == 1


def test_a_date_in_the_future_can_be_moved(engine: Engine) -> None:
    with engine.begin() as connection:
        add_missions(connection, (PLANNED,))
        assert set_opening(connection, "zz02", date(2027, 1, 1), today=TODAY)
        assert set_opening(connection, "zz02", date(2026, 12, 1), today=TODAY)
        assert not set_opening(connection, "nowhere", TODAY, today=TODAY)


def test_covered_countries(engine: Engine) -> None:
    with engine.begin() as connection:
        add_missions(connection, (OPEN,))
        assert add_covered(connection, {"ZY": "zz01", "ZW": "zz01"}) == 2
        assert add_covered(connection, {"ZY": "zz01"}) == 0
        assert all_covered(connection) == {"ZW": "zz01", "ZY": "zz01"}
    with pytest.raises(IntegrityError), engine.begin() as connection:
        add_covered(connection, {"ZV": "nowhere"})


def test_presets_and_services_keep_their_order_and_content(engine: Engine) -> None:
    with engine.begin() as connection:
        add_presets(connection, catalogue().presets[:1])
        assert add_presets(connection, catalogue().presets) == 2
        assert all_presets(connection) == catalogue().presets
        assert add_services(connection, catalogue().services) == 3
        assert all_services(connection) == catalogue().services


def test_a_planned_service_is_started_once(engine: Engine) -> None:
    with engine.begin() as connection:
        add_services(connection, catalogue().services)

    def start(_number: int) -> bool:
        with engine.begin() as connection:
            return set_live(connection, "later", TODAY)

    with ThreadPoolExecutor(50) as pool:
        assert sum(pool.map(start, range(50))) == 1
    with engine.begin() as connection:
        assert not set_live(connection, "alpha", TODAY)
        later = next(service for service in all_services(connection) if service.id == "later")
    assert (later.status, later.live_since, later.waiting_for_ko) == ("live", TODAY, "")


def test_anchors_come_back_as_written_and_only_once(engine: Engine) -> None:
    with engine.begin() as connection:
        for anchor in trust_anchors().anchors:
            assert add_anchor(connection, anchor)
        assert set(all_anchors(connection).anchors) == set(trust_anchors().anchors)
    with engine.connect() as connection:
        assert not add_anchor(connection, trust_anchors().anchors[0])


def test_a_withdrawn_anchor_is_gone(engine: Engine) -> None:
    anchor = trust_anchors().anchors[1]
    with engine.begin() as connection:
        add_anchor(connection, anchor)
        assert not remove_anchor(connection, Anchor(anchor.certificate, Purpose.ACCESS, anchor.name, anchor.uri))
        assert remove_anchor(connection, anchor)
        assert all_anchors(connection) == TrustAnchors(())


def test_a_number_is_published_once_and_the_highest_is_the_latest(engine: Engine) -> None:
    first, second = Publication(9, 1, 2, "a.b.c", "d.e.f"), Publication(10, 3, 4_102_444_800, "가.나.다", "x")
    with engine.begin() as connection:
        assert latest_publication(connection) is None
        assert add_publication(connection, second)
        assert add_publication(connection, first)
        assert latest_publication(connection) == second
    with engine.connect() as connection:
        assert not add_publication(connection, first)
