"""Devices that are coming and offers of transfers: the old one stays until the new one arrives, one arrives, tokens follow."""

from concurrent.futures import ThreadPoolExecutor

import pytest
from sqlalchemy import Engine, select, text

from sinwon.store.issuer import certificates, devices, lives, offers, refreshes
from sinwon.store.issuer.certificates import NewCertificate
from sinwon.store.issuer.devices import DeviceState
from sinwon.store.issuer.offers import FIRST, TRANSFER, NewOffer, OfferState
from sinwon.store.issuer.refreshes import FamilyState, NewFamily
from sinwon.store.issuer.tables import METADATA, OFFERS, TOKENS
from tests.store.conftest import EngineFactory

NOW = 1_790_000_000
OLD, NEW = "O" * 43, "N" * 43


@pytest.fixture
def engine(new_engine: EngineFactory) -> Engine:
    """A certificate on the old device, with tokens; the new one is expected."""
    engine = new_engine(METADATA)
    with engine.begin() as connection:
        certificates.person_id_of(connection, "R" * 43, "person-1", now=NOW)
        for number in (1, 2):
            new = NewCertificate(f"cert-{number}", f"app-{number}", "person-1", "mission", b"sealed", NOW + 10_000)
            certificates.add(connection, new)
        assert devices.replace_device(connection, "cert-1", OLD, NOW)
        assert devices.expect_device(connection, "cert-1", NEW, NOW)
        for name, key in (("old", OLD), ("new", NEW)):
            refreshes.start(connection, NewFamily(name, "cert-1", key, ("one",)), now=NOW)
            offers.add_token(connection, name[0] * 43, "cert-1", ("one",), expires_at=NOW + 300, key=key)
        offers.add_token(connection, "b" * 43, "cert-1", ("one",), expires_at=NOW + 300)
    return engine


def tokens(engine: Engine) -> set[str]:
    with engine.connect() as connection:
        return {token[0] for token in connection.execute(select(TOKENS.c.digest)).scalars()}


def family(engine: Engine, name: str) -> FamilyState:
    with engine.connect() as connection:
        found = refreshes.find(connection, name)
    assert found is not None
    return found.state


def test_who_is_coming_changes_nothing_yet(engine: Engine) -> None:
    with engine.connect() as connection:
        assert devices.current_device(connection, "cert-1") == OLD
        granted = {mark: certificates.granted(connection, mark * 43, now=NOW) for mark in "onb"}
    assert {mark: one.device for mark, one in granted.items() if one} == {
        "o": DeviceState.CURRENT,
        "n": DeviceState.COMING,
        "b": None,
    }
    assert {family(engine, "old"), family(engine, "new")} == {FamilyState.LIVING}


def test_who_arrives_has_it_alone(engine: Engine) -> None:
    with engine.begin() as connection:
        assert devices.let_arrive(connection, "cert-1", NEW, since=NOW, now=NOW)
        assert devices.current_device(connection, "cert-1") == NEW
    assert (family(engine, "old"), family(engine, "new")) == (FamilyState.REPLACED, FamilyState.LIVING)
    assert tokens(engine) == {"n"}


@pytest.mark.parametrize(("key", "since"), [(NEW, NOW + 1), ("X" * 43, NOW), (OLD, NOW)], ids=["late", "unknown", "current"])
def test_who_is_not_expected_does_not_arrive(engine: Engine, key: str, since: int) -> None:
    with engine.connect() as connection:
        assert not devices.let_arrive(connection, "cert-1", key, since=since, now=NOW)
        connection.rollback()
        assert devices.current_device(connection, "cert-1") == OLD


def test_one_of_twenty_arrives(engine: Engine) -> None:
    def arrive(_number: int) -> bool:
        with engine.connect() as connection:
            lives.lock(connection, "cert-1")
            arrived = devices.let_arrive(connection, "cert-1", NEW, since=NOW, now=NOW)
            connection.commit() if arrived else connection.rollback()
            return arrived

    with ThreadPoolExecutor(20) as pool:
        assert sum(pool.map(arrive, range(20))) == 1


def test_who_had_it_before_is_not_expected_again(engine: Engine) -> None:
    with engine.connect() as connection:
        assert not devices.expect_device(connection, "cert-1", OLD, NOW)
        connection.rollback()


def test_who_is_called_off_has_nothing(engine: Engine) -> None:
    with engine.begin() as connection:
        devices.call_off(connection, "cert-1")
        assert not devices.let_arrive(connection, "cert-1", NEW, since=0, now=NOW)
    assert (family(engine, "old"), family(engine, "new")) == (FamilyState.LIVING, FamilyState.REPLACED)
    assert tokens(engine) == {"o", "b"}


def test_who_is_late_is_found(engine: Engine) -> None:
    with engine.connect() as connection:
        assert devices.late(connection, before=NOW) == ()
        assert devices.late(connection, before=NOW + 1) == ("cert-1",)


def test_transfers_are_closed_and_the_first_offer_is_not(engine: Engine) -> None:
    with engine.begin() as connection:
        for kind in (FIRST, TRANSFER):
            offers.add(connection, NewOffer(kind, "cert-1", kind * 5, None, ("one",), NOW + 900, kind))
            offers.add_code(connection, kind[0] * 43, kind, expires_at=NOW + 600)
        offers.close_transfers(connection, "cert-1")
        found = offers.of_code(connection, "t" * 43, now=NOW)
        assert found is not None
        assert (found.kind, found.state) == (TRANSFER, OfferState.CLOSED)
        assert connection.execute(select(OFFERS.c.state).where(OFFERS.c.id == FIRST)).scalar_one() == OfferState.OPEN


def test_a_transfer_that_passed_does_not_lapse_its_certificate(engine: Engine) -> None:
    with engine.begin() as connection:
        offers.add(connection, NewOffer("move", "cert-1", None, None, ("one",), NOW + 900, TRANSFER))
        assert offers.lapsed(connection, before=NOW + 10_000, most=9) == ()


def test_a_person_s_certificates_are_found_from_one_of_them(engine: Engine) -> None:
    with engine.begin() as connection:
        assert lives.of_same_person(connection, "cert-2") == ("cert-1", "cert-2")
        assert lives.of_same_person(connection, "nobody") == ()


def test_the_new_device_s_token_is_written_beside_a_locked_life(engine: Engine) -> None:
    """A row that names a certificate does not wait for whoever has locked its life: else two that wait for each other fail."""
    with engine.connect() as holder:
        if engine.dialect.name == "sqlite":
            pytest.skip("one writer at a time")
        lives.lock(holder, "cert-1")
        with engine.begin() as other:
            # Whoever waits for the lock fails instead of hanging: nobody lets it go before.
            other.execute(text("SET LOCAL lock_timeout = '2s'"))
            offers.add_token(other, "w" * 43, "cert-1", ("one",), expires_at=NOW + 300)
        holder.rollback()
    assert "w" in tokens(engine)
