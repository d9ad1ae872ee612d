"""Certificates and persons: one per application, one id per person, and an end that is final."""

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

import pytest
from sqlalchemy import Engine, select

from sinwon.formats.status.token import Kind
from sinwon.store.issuer import certificates, offers, status
from sinwon.store.issuer.certificates import CertificateState, NewCertificate, OfToken, OpenList
from sinwon.store.issuer.tables import CERTIFICATES, METADATA
from tests.store.conftest import EngineFactory

NOW = 1_790_000_000
CERTIFICATE = NewCertificate("cert-1", "application-1", "person-1", "mission", b"\x00sealed\xff", NOW + 1_000)
TOKEN = "T" * 43


@pytest.fixture
def engine(new_engine: EngineFactory) -> Engine:
    engine = new_engine(METADATA)
    with engine.begin() as connection:
        certificates.person_id_of(connection, "R" * 43, "person-1", now=NOW)
        assert certificates.add(connection, CERTIFICATE)
        offers.add_token(connection, TOKEN, "cert-1", ("one", "two"), expires_at=NOW + 300)
    return engine


def test_a_person_keeps_the_first_id(engine: Engine) -> None:
    with engine.begin() as connection:
        assert certificates.person_id_of(connection, "R" * 43, "person-2", now=NOW) == "person-1"
        assert certificates.person_id_of(connection, "S" * 43, "person-2", now=NOW) == "person-2"


def test_fifty_at_once_agree_on_the_id(engine: Engine) -> None:
    def ask(number: int) -> str:
        with engine.begin() as connection:
            return certificates.person_id_of(connection, "Q" * 43, f"new-{number}", now=NOW)

    with ThreadPoolExecutor(50) as pool:
        assert len(set(pool.map(ask, range(50)))) == 1


def test_a_second_certificate_for_an_application_is_not_added(engine: Engine) -> None:
    with engine.connect() as connection:
        assert not certificates.add(connection, replace(CERTIFICATE, id="cert-2"))
        connection.rollback()


def test_a_token_grants_its_certificate_while_it_lives(engine: Engine) -> None:
    with engine.begin() as connection:
        granted = certificates.granted(connection, TOKEN, now=NOW + 299)
        assert granted is not None
        assert (granted.certificate, granted.configurations, granted.person_id) == ("cert-1", ("one", "two"), "person-1")
        assert (granted.person, granted.state) == (b"\x00sealed\xff", CertificateState.OFFERED)
        assert granted.lists == {}
        assert certificates.of_token(connection, TOKEN, now=NOW + 299) == OfToken("cert-1", None)
        assert certificates.granted(connection, TOKEN, now=NOW + 300) is None
        assert certificates.of_token(connection, TOKEN, now=NOW + 300) is None
        assert certificates.granted(connection, "X" * 43, now=NOW) is None


def test_a_token_comes_with_the_open_list_of_each_kind(engine: Engine) -> None:
    lists = {Kind.JWT: OpenList(2, "list-2"), Kind.CWT: OpenList(4, "list-4")}
    with engine.begin() as connection:
        for number, kind in enumerate((Kind.JWT, Kind.JWT, Kind.CWT, Kind.CWT), 1):
            status.open_list(connection, number, f"list-{number}", kind, now=NOW)
        granted = certificates.granted(connection, TOKEN, now=NOW)
        assert granted is not None
        assert granted.lists == lists
        status.close_all(connection, now=NOW)
        status.open_list(connection, 5, "list-5", Kind.CWT, now=NOW)
        granted = certificates.granted(connection, TOKEN, now=NOW)
    assert granted is not None
    assert granted.lists == {Kind.CWT: OpenList(5, "list-5")}


def test_active_from_the_first_copy_until_its_end_unless_it_changed(engine: Engine) -> None:
    with engine.begin() as connection:
        assert not certificates.has_active(connection, "R" * 43, now=NOW)
        assert certificates.activate(connection, "cert-1", 0, now=NOW)
        assert certificates.activate(connection, "cert-1", 0, now=NOW + 1)
        assert not certificates.activate(connection, "cert-1", 1, now=NOW)
        assert connection.execute(select(CERTIFICATES.c.fetched_at)).scalar_one() == NOW
        assert certificates.has_active(connection, "R" * 43, now=NOW + 999)
        assert not certificates.has_active(connection, "R" * 43, now=NOW + 1_000)
        assert not certificates.has_active(connection, "S" * 43, now=NOW)
