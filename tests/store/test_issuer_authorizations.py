"""Authorization requests: open for one browser, signed in once, a code that counts once."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from typing import Any

import pytest
from sqlalchemy import Connection, Engine

from sinwon.protocols.roles.application_names import application_names
from sinwon.store.issuer import authorizations, certificates, offers, restorations
from sinwon.store.issuer.authorizations import Authorization, NewAuthorization, Progress
from sinwon.store.issuer.certificates import NewCertificate
from sinwon.store.issuer.offers import NewOffer, OfferState
from sinwon.store.issuer.tables import METADATA
from tests.store.conftest import EngineFactory

NOW = 1_790_000_000
UNTIL = NOW + 600
NEW = NewAuthorization(
    request="Q" * 43,
    client="wallet",
    instance="I" * 43,
    redirect_uri="https://wallet.example/cb?a=b",
    state="s",
    configurations=("identity", "age"),
    by_details=True,
    code_challenge="C" * 43,
    key=None,
    wanted=None,
    ends_at=NOW + 90,
)
HERE, THERE, CODE, KEY = "B" * 43, "T" * 43, "X" * 43, "K" * 43
PARALLEL = 50


@pytest.fixture
def engine(new_engine: EngineFactory) -> Engine:
    """A certificate with its offer, and a request that was pushed."""
    engine = new_engine(METADATA)
    with engine.begin() as connection:
        certificates.person_id_of(connection, "R" * 43, "person-1", now=NOW)
        certificates.add(connection, NewCertificate("cert-1", "application-1", "person-1", "mission", b"p", NOW + 10_000))
        offers.add(connection, NewOffer("offer-1", "cert-1", None, "H" * 43, ("identity",), NOW + 1000))
        authorizations.add(connection, NEW)
    return engine


def did(engine: Engine, step: Callable[[Connection], bool]) -> bool:
    with engine.begin() as connection:
        return step(connection)


def opened(engine: Engine, browser: str = HERE, *, client: str = "wallet", now: int = NOW) -> bool:
    return did(engine, lambda one: authorizations.open_for(one, NEW.request, client, browser, until=UNTIL, now=now))


def signed_in(engine: Engine, browser: str = HERE, *, now: int = NOW) -> bool:
    given: dict[str, Any] = {"certificate": "cert-1", "offer": "offer-1", "configurations": ("identity",), "now": now}
    return did(engine, lambda one: authorizations.sign_in(one, NEW.request, browser, **given))


def approved(engine: Engine, browser: str = HERE, *, now: int = NOW) -> bool:
    return did(engine, lambda one: authorizations.approve(one, NEW.request, browser, code=CODE, until=NOW + 60, now=now))


def redeemed(engine: Engine, *, now: int = NOW) -> bool:
    return did(engine, lambda one: authorizations.redeem(one, NEW.request, key=KEY, now=now))


def denied(engine: Engine, browser: str = HERE) -> bool:
    return did(engine, lambda one: authorizations.deny(one, NEW.request, browser, now=NOW))


def found(engine: Engine, request: str = NEW.request) -> Authorization | None:
    with engine.begin() as connection:
        return authorizations.find(connection, request)


def test_what_was_pushed_is_found(engine: Engine) -> None:
    pushed = found(engine)
    assert pushed is not None
    assert (pushed.progress, pushed.configurations, pushed.by_details) == (Progress.PUSHED, NEW.configurations, True)
    assert (pushed.client, pushed.instance, pushed.redirect_uri, pushed.state) == ("wallet", "I" * 43, NEW.redirect_uri, "s")
    assert found(engine, "Z" * 43) is None


def test_the_whole_way(engine: Engine) -> None:
    assert [opened(engine), signed_in(engine), approved(engine), redeemed(engine)] == [True] * 4
    with engine.begin() as connection:
        end = authorizations.of_code(connection, CODE)
    assert end is not None
    assert (end.progress, end.certificate, end.offer, end.key) == (Progress.REDEEMED, "cert-1", "offer-1", KEY)
    assert end.configurations == ("identity",)


def test_no_step_comes_before_another(engine: Engine) -> None:
    assert [signed_in(engine), approved(engine), redeemed(engine), denied(engine)] == [False] * 4
    assert opened(engine)
    assert [approved(engine), redeemed(engine)] == [False] * 2


def test_no_step_counts_twice(engine: Engine) -> None:
    opened(engine)
    assert [signed_in(engine), signed_in(engine), opened(engine)] == [True, False, False]
    assert [approved(engine), approved(engine), denied(engine)] == [True, False, False]
    assert [redeemed(engine), redeemed(engine)] == [True, False]


def test_another_browser_takes_over_before_somebody_signed_in(engine: Engine) -> None:
    assert [opened(engine, HERE), opened(engine, THERE)] == [True, True]
    assert [signed_in(engine, HERE), denied(engine, HERE), signed_in(engine, THERE)] == [False, False, True]
    assert [approved(engine, HERE), approved(engine, THERE)] == [False, True]


def test_only_the_client_that_pushed_it(engine: Engine) -> None:
    assert not opened(engine, client="other")


def test_in_time(engine: Engine) -> None:
    assert not opened(engine, now=NEW.ends_at)
    assert opened(engine, now=NEW.ends_at - 1)
    assert not opened(engine, THERE, now=NEW.ends_at)
    assert [signed_in(engine, now=UNTIL), signed_in(engine, now=UNTIL - 1)] == [False, True]
    assert [approved(engine, now=UNTIL), approved(engine)] == [False, True]
    assert [redeemed(engine, now=NOW + 60), redeemed(engine, now=NOW + 59)] == [False, True]


def test_whoever_cancels_gets_no_further(engine: Engine) -> None:
    opened(engine)
    assert [denied(engine, THERE), denied(engine), denied(engine)] == [False, True, False]
    assert [signed_in(engine), opened(engine)] == [False, False]


def test_of_fifty_that_redeem_a_code_one_does(engine: Engine) -> None:
    opened(engine), signed_in(engine), approved(engine)
    with ThreadPoolExecutor(PARALLEL) as pool:
        assert sum(pool.map(lambda _: redeemed(engine), range(PARALLEL))) == 1


def test_what_is_over_is_forgotten(engine: Engine) -> None:
    assert not did(engine, lambda one: bool(authorizations.forget(one, before=NEW.ends_at)))
    assert did(engine, lambda one: authorizations.forget(one, before=NEW.ends_at + 1) == 1)
    assert found(engine) is None


def test_after_a_restoration_there_are_no_requests(engine: Engine) -> None:
    with engine.begin() as connection:
        restorations.close_offers(connection)
    assert found(engine) is None


@pytest.mark.parametrize("called", ["application-1", "application-1.2"])
def test_an_application_leads_to_its_open_offer(engine: Engine, called: str) -> None:
    """Under its own name, or the one it got because an answer was lost."""
    with engine.begin() as connection:
        if called != "application-1":
            certificates.add(connection, NewCertificate("cert-2", called, "person-1", "mission", b"p", NOW + 10_000, NOW + 1))
            offers.add(connection, NewOffer("offer-2", "cert-2", None, "H" * 43, ("identity",), NOW + 1000))
        offer = offers.of_application(connection, application_names("application-1"), now=NOW)
    assert offer is not None
    assert (offer.id, offer.state) == ("offer-1" if called == "application-1" else "offer-2", OfferState.OPEN)


def test_an_offer_that_is_over_is_not_found(engine: Engine) -> None:
    names = application_names("application-1")
    with engine.begin() as connection:
        assert offers.of_application(connection, names, now=NOW + 1000) is None
        assert offers.of_application(connection, application_names("application-2"), now=NOW) is None
        offers.redeem(connection, "offer-1")
        assert offers.of_application(connection, names, now=NOW) is None
        assert offers.certificate_of(connection, "offer-1") == "cert-1"
        assert offers.certificate_of(connection, "offer-2") is None


def test_two_requests_stand_side_by_side(engine: Engine) -> None:
    with engine.begin() as connection:
        authorizations.add(connection, replace(NEW, request="P" * 43, state=None, by_details=False))
    assert opened(engine)
    other = found(engine, "P" * 43)
    assert other is not None
    assert (other.progress, other.state, other.by_details) == (Progress.PUSHED, None, False)
