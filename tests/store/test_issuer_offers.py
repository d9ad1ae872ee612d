"""Offers: opened a bounded number of times, redeemed once, dead after too many wrong PINs."""

from concurrent.futures import ThreadPoolExecutor

import pytest
from sqlalchemy import Engine

from sinwon.store.issuer import certificates, offers, once
from sinwon.store.issuer.certificates import NewCertificate
from sinwon.store.issuer.offers import NewOffer, OfferState
from sinwon.store.issuer.tables import METADATA
from tests.store.conftest import EngineFactory

NOW = 1_790_000_000
LINK, CODE = "L" * 43, "C" * 43


@pytest.fixture
def engine(new_engine: EngineFactory) -> Engine:
    """One offer that is open for an hour, and one code of it that lives ten minutes."""
    engine = new_engine(METADATA)
    with engine.begin() as connection:
        assert certificates.person_id_of(connection, "R" * 43, "person-1", now=NOW) == "person-1"
        assert certificates.add(
            connection, NewCertificate("cert-1", "application-1", "person-1", "mission", b"sealed", NOW + 10_000)
        )
        offers.add(connection, NewOffer("offer-1", "cert-1", LINK, "T" * 43, ("one", "two"), NOW + 3_600))
        offers.add_code(connection, CODE, "offer-1", expires_at=NOW + 600)
    return engine


def test_openings_are_counted_up_to_the_limit(engine: Engine) -> None:
    with engine.begin() as connection:
        minted = [offers.count_minting(connection, LINK, now=NOW, limit=2) for _ in range(3)]
    assert minted[0] == minted[1] == offers.MintedOffer("offer-1", ("one", "two"), True)
    assert minted[2] is None


@pytest.mark.parametrize(("link", "later"), [("X" * 43, 0), (LINK, 3_600)], ids=["unknown", "over"])
def test_an_unknown_or_past_link_opens_nothing(engine: Engine, link: str, later: int) -> None:
    with engine.begin() as connection:
        assert offers.count_minting(connection, link, now=NOW + later, limit=5) is None


@pytest.mark.parametrize(("code", "later", "found"), [(CODE, 599, True), (CODE, 600, False), ("X" * 43, 0, False)])
def test_a_code_leads_to_its_offer_while_it_lives(engine: Engine, code: str, later: int, found: bool) -> None:
    with engine.begin() as connection:
        offer = offers.of_code(connection, code, now=NOW + later)
    expected = offers.OfferOfCode("offer-1", "cert-1", "T" * 43, ("one", "two"), OfferState.OPEN)
    assert offer == (expected if found else None)


def test_one_of_fifty_redeems(engine: Engine) -> None:
    def redeem(_number: int) -> bool:
        with engine.begin() as connection:
            return offers.redeem(connection, "offer-1")

    with ThreadPoolExecutor(50) as pool:
        assert sum(pool.map(redeem, range(50))) == 1


def test_wrong_pins_kill_the_offer_at_the_limit(engine: Engine) -> None:
    with engine.begin() as connection:
        assert [offers.count_wrong(connection, "offer-1", limit=3) for _ in range(4)] == [1, 2, 3, None]
        assert not offers.redeem(connection, "offer-1")
        assert offers.count_minting(connection, LINK, now=NOW, limit=5) is None
        found = offers.of_code(connection, CODE, now=NOW)
    assert found is not None
    assert found.state is OfferState.DEAD


def test_fifty_wrong_pins_at_once_count_five(engine: Engine) -> None:
    def guess(_number: int) -> int | None:
        with engine.begin() as connection:
            return offers.count_wrong(connection, "offer-1", limit=5)

    with ThreadPoolExecutor(50) as pool:
        counted = [tries for tries in pool.map(guess, range(50)) if tries is not None]
    assert sorted(counted) == [1, 2, 3, 4, 5]


def test_a_closed_offer_stays_closed(engine: Engine) -> None:
    with engine.begin() as connection:
        offers.close(connection, "cert-1")
        assert not offers.redeem(connection, "offer-1")
        assert offers.count_wrong(connection, "offer-1", limit=5) is None


def test_what_was_never_fetched_lapses_after_its_window(engine: Engine) -> None:
    with engine.begin() as connection:
        assert offers.lapsed(connection, before=NOW + 3_600, most=9) == ()
        assert offers.lapsed(connection, before=NOW + 3_601, most=9) == ("cert-1",)
        certificates.activate(connection, "cert-1", 0, now=NOW)
        assert offers.lapsed(connection, before=NOW + 3_601, most=9) == ()


def test_a_value_is_consumed_by_one_of_fifty(engine: Engine) -> None:
    def consume(_number: int) -> bool:
        with engine.connect() as connection:
            first = once.consume(connection, "c_nonce", "n", expires_at=NOW + 300)
            connection.commit() if first else connection.rollback()
            return first

    with ThreadPoolExecutor(50) as pool:
        assert sum(pool.map(consume, range(50))) == 1


def test_kinds_of_used_values_are_apart(engine: Engine) -> None:
    with engine.begin() as connection:
        assert once.consume(connection, "one", "v", expires_at=NOW)
        assert once.consume(connection, "two", "v", expires_at=NOW)


def test_expired_values_codes_and_tokens_are_forgotten(engine: Engine) -> None:
    with engine.begin() as connection:
        once.consume(connection, "kind", "old", expires_at=NOW - 1)
        once.consume(connection, "kind", "new", expires_at=NOW)
        offers.add_token(connection, "K" * 43, "cert-1", ("one",), expires_at=NOW - 1)
        assert once.forget_expired(connection, now=NOW) == 2
        assert offers.of_code(connection, CODE, now=NOW) is not None
