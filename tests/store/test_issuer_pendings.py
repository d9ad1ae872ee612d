"""Issuances to come: fetched once, by one of those who ask, in time, and for the certificate they are of."""

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from typing import Any

import pytest
from sqlalchemy import Engine, func, select

from sinwon.store.issuer import certificates, pendings, restorations
from sinwon.store.issuer.certificates import NewCertificate
from sinwon.store.issuer.pendings import Pending
from sinwon.store.issuer.tables import METADATA, PENDINGS
from tests.store.conftest import EngineFactory

NOW = 1_790_000_000
ONE = Pending("P" * 43, "cert-1", "identity", "K" * 43, b"\x00sealed\xff", NOW + 5, NOW + 100)
PARALLEL = 50


@pytest.fixture
def engine(new_engine: EngineFactory) -> Engine:
    """Two certificates, and something to come for the first."""
    engine = new_engine(METADATA)
    with engine.begin() as connection:
        certificates.person_id_of(connection, "R" * 43, "person-1", now=NOW)
        for number in ("1", "2"):
            new = NewCertificate(f"cert-{number}", f"application-{number}", "person-1", "mission", b"p", NOW + 10_000)
            certificates.add(connection, new)
        pendings.add(connection, ONE)
    return engine


def take(engine: Engine, now: int = NOW) -> bool:
    with engine.begin() as connection:
        return pendings.take(connection, ONE.id, now=now)


def find(engine: Engine, pending: str = ONE.id, certificate: str = "cert-1", now: int = NOW) -> Pending | None:
    with engine.connect() as connection:
        return pendings.find(connection, pending, certificate, now=now)


def test_what_was_put_in_is_found(engine: Engine) -> None:
    assert find(engine) == ONE
    found = find(engine)
    assert found is not None
    assert isinstance(found.sealed, bytes)


def test_a_bearer_token_has_no_key(engine: Engine) -> None:
    other = replace(ONE, id="Q" * 43, key=None)
    with engine.begin() as connection:
        pendings.add(connection, other)
    assert find(engine, other.id) == other


@pytest.mark.parametrize(
    "changes", [{"pending": "X" * 43}, {"certificate": "cert-2"}, {"now": ONE.expires_at}], ids=["id", "certificate", "late"]
)
def test_nothing_else_is_found(engine: Engine, changes: dict[str, Any]) -> None:
    assert find(engine, **changes) is None


def test_it_is_fetched_once(engine: Engine) -> None:
    assert [take(engine, ONE.expires_at - 1), take(engine)] == [True, False]
    assert find(engine) is None


def test_of_fifty_that_fetch_it_one_does(engine: Engine) -> None:
    with ThreadPoolExecutor(PARALLEL) as pool:
        assert sum(pool.map(lambda _: take(engine), range(PARALLEL))) == 1


def test_after_its_time_it_is_not_fetched(engine: Engine) -> None:
    assert not take(engine, ONE.expires_at)


def test_a_transaction_that_fails_leaves_it(engine: Engine) -> None:
    with engine.connect() as connection:
        assert pendings.take(connection, ONE.id, now=NOW)
        connection.rollback()
    assert take(engine)


def test_what_it_holds_can_be_replaced_while_it_is_there(engine: Engine) -> None:
    with engine.begin() as connection:
        assert pendings.reseal(connection, ONE.id, b"anew")
        assert not pendings.reseal(connection, "X" * 43, b"anew")
    assert find(engine) == replace(ONE, sealed=b"anew")


def test_those_of_a_certificate_are_counted_while_they_live(engine: Engine) -> None:
    with engine.begin() as connection:
        pendings.add(connection, replace(ONE, id="Q" * 43, expires_at=NOW + 1))
        pendings.add(connection, replace(ONE, id="S" * 43, certificate="cert-2"))
        assert [pendings.count_of(connection, "cert-1", now=now) for now in (NOW, NOW + 1, NOW + 100)] == [2, 1, 0]


def test_what_is_over_is_forgotten(engine: Engine) -> None:
    with engine.begin() as connection:
        assert pendings.forget_expired(connection, now=ONE.expires_at - 1) == 0
        assert pendings.forget_expired(connection, now=ONE.expires_at) == 1
        assert connection.execute(select(func.count()).select_from(PENDINGS)).scalar_one() == 0


def test_after_a_restoration_nothing_is_to_come(engine: Engine) -> None:
    with engine.begin() as connection:
        restorations.close_offers(connection)
    assert find(engine) is None
