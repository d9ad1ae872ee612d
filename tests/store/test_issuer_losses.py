"""Ceilings, questions for links and mailed secrets: counted, taken and used once, whoever comes at the same moment."""

from concurrent.futures import ThreadPoolExecutor

import pytest
from sqlalchemy import Engine

from sinwon.core.clock import DAY
from sinwon.store.issuer import ceilings, certificates, losses
from sinwon.store.issuer.ceilings import Ceiling
from sinwon.store.issuer.certificates import NewCertificate
from sinwon.store.issuer.losses import Asked, NewSecret, Purpose
from sinwon.store.issuer.tables import METADATA
from tests.store.conftest import EngineFactory

NOW = 1_790_000_040  # the beginning of a minute
THREE = Ceiling("three", 3, 60)
SECRET = "S" * 43


@pytest.fixture
def engine(new_engine: EngineFactory) -> Engine:
    engine = new_engine(METADATA)
    with engine.begin() as connection:
        certificates.person_id_of(connection, "R" * 43, "person-1", now=NOW)
        certificates.add(connection, NewCertificate("cert-1", "application-1", "person-1", "mission", b"sealed", NOW + 10_000))
        losses.add(connection, NewSecret(SECRET, "cert-1", Purpose.STOP, NOW + 60), now=NOW)
    return engine


def test_a_ceiling_counts_to_its_limit_and_begins_anew(engine: Engine) -> None:
    with engine.begin() as connection:
        assert [ceilings.count(connection, THREE, now=NOW) for _ in range(5)] == [True, True, True, False, False]
        assert not ceilings.count(connection, THREE, now=NOW + 59)
        assert [ceilings.count(connection, THREE, now=NOW + 60) for _ in range(4)] == [True, True, True, False]


def test_ceilings_are_apart(engine: Engine) -> None:
    with engine.begin() as connection:
        assert ceilings.count(connection, Ceiling("one", 1, 60), now=NOW)
        assert ceilings.count(connection, Ceiling("two", 1, 60), now=NOW)
        assert not ceilings.count(connection, Ceiling("one", 1, 60), now=NOW)


def test_fifty_at_once_are_counted_to_the_limit(engine: Engine) -> None:
    def count(_number: int) -> bool:
        with engine.begin() as connection:
            return ceilings.count(connection, THREE, now=NOW)

    with ThreadPoolExecutor(50) as pool:
        assert sum(pool.map(count, range(50))) == 3


def test_old_counts_are_forgotten(engine: Engine) -> None:
    with engine.begin() as connection:
        ceilings.count(connection, THREE, now=NOW)
        assert ceilings.forget(connection, before=NOW) == 0
        assert ceilings.forget(connection, before=NOW + 1) == 1


def test_questions_wait_in_their_order_and_are_taken_once(engine: Engine) -> None:
    with engine.begin() as connection:
        for number in (2, 1, 3):
            losses.ask(connection, Asked(f"ask-{number}", "N" * 43, NOW + number))
    with engine.connect() as connection:
        assert [asked.id for asked in losses.asked(connection, most=2)] == ["ask-1", "ask-2"]

    def take(_number: int) -> bool:
        with engine.begin() as connection:
            return losses.take(connection, "ask-1")

    with ThreadPoolExecutor(20) as pool:
        assert sum(pool.map(take, range(20))) == 1


def test_a_secret_is_used_by_one_of_fifty(engine: Engine) -> None:
    def use(_number: int) -> bool:
        with engine.begin() as connection:
            return losses.use(connection, SECRET, Purpose.STOP, now=NOW)

    with ThreadPoolExecutor(50) as pool:
        assert sum(pool.map(use, range(50))) == 1
    with engine.connect() as connection:
        assert losses.find(connection, SECRET, Purpose.STOP, now=NOW) is None


@pytest.mark.parametrize(
    ("secret", "purpose", "later", "good"),
    [
        (SECRET, Purpose.STOP, 59, True),
        (SECRET, Purpose.STOP, 60, False),
        (SECRET, Purpose.RELEASE, 0, False),
        ("X" * 43, Purpose.STOP, 0, False),
    ],
    ids=["in time", "too late", "for another purpose", "unknown"],
)
def test_a_secret_is_good_for_its_purpose_in_its_time(
    engine: Engine, secret: str, purpose: Purpose, later: int, good: bool
) -> None:
    with engine.begin() as connection:
        assert losses.find(connection, secret, purpose, now=NOW + later) == ("cert-1" if good else None)
        assert losses.use(connection, secret, purpose, now=NOW + later) is good


def test_used_secrets_count_for_the_day_and_are_then_forgotten(engine: Engine) -> None:
    with engine.begin() as connection:
        losses.use(connection, SECRET, Purpose.STOP, now=NOW)
        assert losses.made(connection, "cert-1", Purpose.STOP, after=NOW - 1) == 1
        assert losses.made(connection, "cert-1", Purpose.STOP, after=NOW) == 0
        assert losses.made(connection, "cert-1", Purpose.RELEASE, after=NOW - DAY) == 0
        assert losses.forget(connection, before=NOW) == 0
        assert losses.forget(connection, before=NOW + 1) == 1
