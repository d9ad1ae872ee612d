"""The operator's use cases: import, open a mission, start a service, register an anchor, publish."""

from collections.abc import Iterator
from datetime import date, timedelta
from pathlib import Path

import pytest
from sqlalchemy import Engine
from starlette.testclient import TestClient

from sinwon.core.clock import seoul_date
from sinwon.core.refusal import Malformed, Unmet
from sinwon.keys.jwk import parse_public_jwk
from sinwon.keys.trust import Anchor, Purpose
from sinwon.protocols.trust.catalogue_document import verify_catalogue
from sinwon.protocols.trust.trust_list import verify_trust_list
from sinwon.services.catalogue.import_seed import Imported, import_seed
from sinwon.services.catalogue.open_mission import open_mission
from sinwon.services.catalogue.publish import LIFETIME, RENEW_BEFORE, publish
from sinwon.services.catalogue.register_anchor import register_anchor, withdraw_anchor
from sinwon.services.catalogue.seed_data import read_seed
from sinwon.services.catalogue.start_service import start_service
from sinwon.store.engine import open_engine
from sinwon.store.trust.publications import Publication
from sinwon.store.trust.tables import AUDIT, METADATA
from sinwon.web.trust.app import trust_app
from sinwon.web.trust.current import CurrentPublication
from tests.published import OPERATOR
from tests.world import NOW, TRUST, StandingClock, trust_anchors

SEED = read_seed()
CODES = {stored.mission.code: stored.mission.id for stored in SEED.missions}
TODAY = seoul_date(NOW)
PINNED = parse_public_jwk(OPERATOR.public_jwk)


@pytest.fixture
def engine(tmp_path: Path) -> Iterator[Engine]:
    engine = open_engine(f"sqlite:///{tmp_path}/trust.sqlite")
    METADATA.create_all(engine)
    import_seed(engine, SEED, actor="operator", now=NOW)
    yield engine
    engine.dispose()


def publish_now(engine: Engine, now: int = NOW) -> Publication:
    return publish(engine, operator=OPERATOR, operator_name="Test operator", actor="operator", now=now)


def actions(engine: Engine, subject: str) -> list[str]:
    with engine.connect() as connection:
        return [entry.action for entry in AUDIT.of(connection, subject)]


def test_a_second_import_changes_nothing(engine: Engine) -> None:
    assert import_seed(engine, SEED, actor="operator", now=NOW) == Imported(0, 0, 0, 0)
    assert actions(engine, "seed") == ["seed.imported", "seed.imported"]


def test_both_documents_are_published_under_one_number(engine: Engine) -> None:
    for anchor in trust_anchors().anchors:
        register_anchor(engine, anchor, actor="operator", now=NOW)
    first, second = publish_now(engine), publish_now(engine, NOW + 1)
    assert (first.sequence, second.sequence) == (1, 2)
    catalogue = verify_catalogue(second.catalogue, operator=PINNED)
    listed = verify_trust_list(second.trust_list, operator=PINNED)
    assert catalogue.sequence == listed.sequence == 2
    assert catalogue.next_update == listed.next_update == NOW + 1 + LIFETIME
    assert set(listed.anchors.anchors) == set(trust_anchors().anchors)
    assert len(catalogue.missions) == 199
    assert sum(mission.is_open(NOW) for mission in catalogue.missions) == 22
    assert [service.id for service in catalogue.services if service.is_live(NOW)] == ["gov24", "oka365"]
    assert actions(engine, "2") == ["documents.published"]


def test_a_country_with_an_open_mission_is_not_covered_by_another(engine: Engine) -> None:
    assert "EE" in verify_catalogue(publish_now(engine).catalogue, operator=PINNED).covered
    open_mission(engine, CODES["ee"], TODAY, actor="operator", now=NOW)
    assert "EE" not in verify_catalogue(publish_now(engine).catalogue, operator=PINNED).covered


def test_a_mission_opens_and_the_next_catalogue_says_so(engine: Engine) -> None:
    open_mission(engine, CODES["jp"], TODAY + timedelta(days=1), actor="operator", now=NOW)
    catalogue = verify_catalogue(publish_now(engine).catalogue, operator=PINNED)
    mission = catalogue.mission(CODES["jp"])
    assert mission is not None
    assert not mission.is_open(NOW)
    assert mission.is_open(NOW + 86_400)
    assert actions(engine, CODES["jp"]) == ["mission.opened"]


@pytest.mark.parametrize(
    ("mission", "confirmed", "code"),
    [
        ("un", True, "mission_has_no_counter"),
        ("af", False, "mission_not_confirmed"),
        ("ps", False, "mission_not_confirmed"),
        ("cn", False, "mission_already_open"),
    ],
)
def test_missions_that_may_not_be_opened(engine: Engine, mission: str, confirmed: bool, code: str) -> None:
    with pytest.raises(Unmet) as refusal:
        open_mission(engine, CODES[mission], TODAY, actor="operator", now=NOW, confirmed=confirmed)
    assert refusal.value.code == code
    assert actions(engine, CODES[mission]) == []


def test_an_unknown_mission_is_refused_and_a_confirmed_one_opens(engine: Engine) -> None:
    with pytest.raises(Unmet):
        open_mission(engine, "nowhere", TODAY, actor="operator", now=NOW)
    open_mission(engine, CODES["af"], TODAY, actor="operator", now=NOW, confirmed=True)


@pytest.mark.parametrize(
    ("legal_date", "basis", "code"),
    [
        (None, "고시", "no_legal_date"),
        (TODAY, " ", "no_legal_date"),
        (TODAY + timedelta(days=1), "고시", "before_legal_date"),
    ],
)
def test_a_service_does_not_start_before_its_legal_date_or_without_one(
    engine: Engine, legal_date: date | None, basis: str, code: str
) -> None:
    with pytest.raises(Unmet) as refusal:
        start_service(engine, "apostille", legal_date, basis=basis, actor="operator", now=NOW)
    assert refusal.value.code == code
    assert "apostille" not in live(engine)


def test_a_service_starts_on_its_legal_date_once(engine: Engine) -> None:
    start_service(engine, "apostille", TODAY, basis="시험용 고시", actor="operator", now=NOW)
    assert "apostille" in live(engine)
    assert actions(engine, "apostille") == ["service.started"]
    for service in ("apostille", "gov24", "nothing"):
        with pytest.raises(Unmet, match="service_not_planned"):
            start_service(engine, service, TODAY, basis="시험용 고시", actor="operator", now=NOW)


def live(engine: Engine) -> set[str]:
    catalogue = verify_catalogue(publish_now(engine).catalogue, operator=PINNED)
    return {service.id for service in catalogue.services if service.is_live(NOW)}


def test_anchors_are_checked_registered_once_and_withdrawn(engine: Engine) -> None:
    issuer, status, *_ = trust_anchors().anchors
    register_anchor(engine, issuer, actor="operator", now=NOW)
    with pytest.raises(Unmet, match="anchor_already_there"):
        register_anchor(engine, issuer, actor="operator", now=NOW)
    withdraw_anchor(engine, issuer, actor="operator", now=NOW)
    with pytest.raises(Unmet, match="anchor_not_there"):
        withdraw_anchor(engine, issuer, actor="operator", now=NOW)
    assert actions(engine, "issuance") == ["anchor.registered", "anchor.withdrawn"]
    bad = (
        Anchor(b"junk", Purpose.STATUS, "x", "urn:x"),
        Anchor(status.certificate, Purpose.STATUS, "", "urn:x"),
        Anchor(status.certificate, Purpose.STATUS, "x", "urn:x", frozenset({"urn:type"})),
        Anchor(status.certificate, Purpose.ISSUANCE, "x", "urn:x"),
    )
    for anchor in bad:
        with pytest.raises((Malformed, Unmet)):
            register_anchor(engine, anchor, actor="operator", now=NOW)


def test_services_of_a_demonstration_are_marked(tmp_path: Path) -> None:
    engine = open_engine(f"sqlite:///{tmp_path}/demo.sqlite")
    METADATA.create_all(engine)
    import_seed(engine, SEED, actor="operator", now=NOW, demonstration=True)
    catalogue = verify_catalogue(publish_now(engine).catalogue, operator=PINNED)
    assert all(service.demonstration for service in catalogue.services)
    engine.dispose()


def test_the_site_serves_both_documents_and_the_key(engine: Engine) -> None:
    clock = StandingClock()
    current = CurrentPublication(engine, clock, lambda: publish_now(engine, clock.now))
    client = TestClient(trust_app(origin=TRUST, operator_jwk=OPERATOR.public_jwk, latest=current), base_url=TRUST)
    answer = client.get("/catalogue.jwt")
    assert answer.status_code == 200
    assert answer.headers["content-type"] == "application/jwt"
    assert answer.headers["access-control-allow-origin"] == "*"
    assert verify_catalogue(answer.text, operator=PINNED).sequence == 1
    assert client.get("/catalogue.jwt", headers={"If-None-Match": answer.headers["etag"]}).status_code == 304
    assert verify_trust_list(client.get("/trust-list.jwt").text, operator=PINNED).sequence == 1
    assert parse_public_jwk(client.get("/operator-key.jwk").json()) == PINNED
    clock.move(LIFETIME - RENEW_BEFORE)
    assert verify_catalogue(client.get("/catalogue.jwt").text, operator=PINNED).sequence == 2


def test_another_process_s_publication_is_seen_within_seconds(engine: Engine) -> None:
    clock = StandingClock()
    current = CurrentPublication(engine, clock, lambda: publish_now(engine, clock.now))
    assert current().sequence == 1
    publish_now(engine)
    assert current().sequence == 1
    clock.move(5)
    assert current().sequence == 2


def test_nothing_published_is_not_found() -> None:
    client = TestClient(trust_app(origin=TRUST, operator_jwk=OPERATOR.public_jwk, latest=lambda: None), base_url=TRUST)
    answer = client.get("/trust-list.jwt")
    assert (answer.status_code, answer.json()["error"]) == (404, "not_found")
