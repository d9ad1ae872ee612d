"""Lives of certificates as kept: open reasons, ends that erase, events that come once and in order."""

from concurrent.futures import ThreadPoolExecutor

import pytest
from sqlalchemy import Connection, Engine, select

from sinwon.core.refusal import Fault
from sinwon.store.engine import reading, writing
from sinwon.store.issuer import certificates, lives
from sinwon.store.issuer.certificates import CertificateState, Found, NewCertificate
from sinwon.store.issuer.lives import Hold, LifeRow, NewLife, NewPerson
from sinwon.store.issuer.tables import CERTIFICATES, HOLDS, METADATA, PERSONS
from tests.store.conftest import EngineFactory

NOW = 1_790_000_000
SUSPENDED = NewLife(CertificateState.SUSPENDED, None, None, opened=(Hold("LOSS_REPORTED", NOW, "public"),))


@pytest.fixture
def engine(new_engine: EngineFactory) -> Engine:
    engine = new_engine(METADATA)
    with writing(engine) as connection:
        certificates.person_id_of(connection, "R" * 43, "person-1", now=NOW)
        for number in (1, 2):
            new = NewCertificate(
                id=f"cert-{number}",
                application=f"application-{number}",
                person_id="person-1",
                mission="mission",
                person=b"\x00sealed\xff",
                valid_until=NOW + 1_000,
                issued_at=NOW + number,
                language="en",
                revocation_code=f"code-{number}",
                registration_index="registration",
            )
            assert certificates.add(connection, new)
    return engine


def locked(engine: Engine, certificate: str = "cert-1") -> LifeRow:
    with reading(engine) as connection:
        found = lives.find(connection, certificate)
    assert found is not None
    return found


def test_a_life_is_read_as_it_was_written(engine: Engine) -> None:
    with writing(engine) as connection:
        row = lives.lock(connection, "cert-1")
        assert row is not None
        assert row == LifeRow(
            id="cert-1",
            person_id="person-1",
            mission="mission",
            state=CertificateState.OFFERED,
            stale=None,
            fetched_at=None,
            valid_until=NOW + 1_000,
            issued_at=NOW + 1,
            language="en",
            changes=0,
            person=b"\x00sealed\xff",
        )
        opened = (Hold("LOSS_REPORTED", NOW, "public"), Hold("NAME_CHANGED", NOW, "register"))
        lives.write(connection, row, NewLife(CertificateState.SUSPENDED, "outdates", NOW, opened))
    after = locked(engine)
    assert (after.state, after.stale, after.fetched_at, after.changes) == (CertificateState.SUSPENDED, "outdates", NOW, 1)
    assert after.holds == opened
    with writing(engine) as connection:
        lives.write(connection, after, NewLife(CertificateState.ACTIVE, None, NOW, closed=("LOSS_REPORTED",)))
    assert [hold.reason for hold in locked(engine).holds] == ["NAME_CHANGED"]
    with reading(engine) as connection:
        assert lives.find(connection, "nothing") is None


def test_what_was_not_read_as_it_is_cannot_be_written(engine: Engine) -> None:
    row = locked(engine)
    with writing(engine) as connection:
        lives.write(connection, row, SUSPENDED)
    with pytest.raises(Fault), writing(engine) as connection:
        lives.write(connection, row, SUSPENDED)
    with pytest.raises(Fault), writing(engine) as connection:
        lives.end(connection, row, CertificateState.REVOKED, reason=None)


def test_an_end_is_final_and_erases(engine: Engine) -> None:
    with writing(engine) as connection:
        lives.write(connection, locked_in(connection), SUSPENDED)
        lives.note_event(connection, "cert-1", "name", NOW)
        lives.end(connection, locked_in(connection), CertificateState.REVOKED, reason="DECEASED")
    columns = (CERTIFICATES.c.person, CERTIFICATES.c.revocation_code, CERTIFICATES.c.registration_index, CERTIFICATES.c.reason)
    with writing(engine) as connection:
        kept = connection.execute(select(*columns).where(CERTIFICATES.c.id == "cert-1")).one()
        assert tuple(kept) == (None, None, None, "DECEASED")
        assert connection.execute(select(HOLDS.c.reason)).all() == []
        assert lives.event_times(connection, "cert-1") == {}
        assert certificates.of_application(connection, "application-1") == Found("cert-1", CertificateState.REVOKED)
        assert not certificates.activate(connection, "cert-1", 2, now=NOW)
    row = locked(engine)
    for state in (CertificateState.ACTIVE, CertificateState.EXPIRED):
        with pytest.raises(Fault), writing(engine) as connection:
            lives.write(connection, row, NewLife(state, None, NOW))
    with pytest.raises(Fault), writing(engine) as connection:
        lives.end(connection, row, CertificateState.EXPIRED, reason=None)


def locked_in(connection: Connection) -> LifeRow:
    found = lives.lock(connection, "cert-1")
    assert found is not None
    return found


def test_fifty_at_once_write_one_after_another(engine: Engine) -> None:
    def add(number: int) -> None:
        with writing(engine) as connection:
            row = locked_in(connection)
            opened = (Hold(f"REASON-{number}", NOW, "register"),)
            lives.write(connection, row, NewLife(CertificateState.SUSPENDED, None, None, opened))

    with ThreadPoolExecutor(50) as pool:
        list(pool.map(add, range(50)))
    after = locked(engine)
    assert (after.changes, len(after.holds)) == (50, 50)


def test_certificates_are_found_by_what_their_holder_knows(engine: Engine) -> None:
    with writing(engine) as connection:
        assert lives.of_revocation_code(connection, "code-1") == "cert-1"
        assert lives.of_revocation_code(connection, "code-3") is None
        assert lives.of_registration(connection, "registration") == ("cert-1", "cert-2")
        assert lives.of_registration(connection, "other") == ()
        assert [found.id for found in lives.of_person(connection, "R" * 43)] == ["cert-2", "cert-1"]
        lives.end(connection, locked(engine, "cert-2"), CertificateState.REVOKED, reason=None)
        assert lives.of_person(connection, "R" * 43) == (
            Found("cert-1", CertificateState.OFFERED),
            Found("cert-2", CertificateState.REVOKED),
        )
        assert lives.of_revocation_code(connection, "code-2") is None
        assert lives.of_registration(connection, "registration") == ("cert-1",)


def test_what_is_past_its_end_is_found_suspended_or_not(engine: Engine) -> None:
    with writing(engine) as connection:
        lives.write(connection, locked_in(connection), SUSPENDED)
        assert lives.past_end(connection, now=NOW + 1_000, most=9) == ()
        assert set(lives.past_end(connection, now=NOW + 1_001, most=9)) == {"cert-1", "cert-2"}


def test_a_person_goes_on_under_another_number(engine: Engine) -> None:
    new = NewPerson(b"new", "registration-2", "S" * 43, NOW + 2_000)
    with writing(engine) as connection:
        assert lives.replace_person(connection, locked_in(connection), new)
        assert certificates.person_id_of(connection, "S" * 43, "person-9", now=NOW) == "person-1"
        assert lives.of_registration(connection, "registration-2") == ("cert-1",)
    assert (locked(engine).person, locked(engine).valid_until) == (b"new", NOW + 2_000)


def test_a_number_that_is_somebody_elses_is_not_taken(engine: Engine) -> None:
    with writing(engine) as connection:
        certificates.person_id_of(connection, "S" * 43, "person-2", now=NOW)
    with engine.connect() as connection:
        row = locked_in(connection)
        assert not lives.replace_person(connection, row, NewPerson(b"new", "r", "S" * 43, NOW + 1_000))
        connection.rollback()
    with reading(engine) as connection:
        assert len(connection.execute(select(PERSONS.c.person_id)).all()) == 2


def test_events_count_once_and_each_aspect_has_its_time(engine: Engine) -> None:
    with writing(engine) as connection:
        assert lives.answer_of_event(connection, "E" * 43) is None
        assert lives.claim_event(connection, "E" * 43, now=NOW)
        lives.answer_event(connection, "E" * 43, "answer")
        lives.note_event(connection, "cert-1", "name", NOW)
        lives.note_event(connection, "cert-1", "name", NOW + 5)
        lives.note_event(connection, "cert-1", "passport", NOW)
    with writing(engine) as connection:
        assert not lives.claim_event(connection, "E" * 43, now=NOW)
        assert lives.answer_of_event(connection, "E" * 43) == "answer"
        assert lives.event_times(connection, "cert-1") == {"name": NOW + 5, "passport": NOW}
        lives.forget_events(connection, before=NOW + 1)
        assert lives.answer_of_event(connection, "E" * 43) is None


def test_of_fifty_at_once_one_acts_on_an_event_and_all_see_its_answer(engine: Engine) -> None:
    def take(number: int) -> tuple[bool, str | None]:
        with writing(engine) as connection:
            claimed = lives.claim_event(connection, "E" * 43, now=NOW)
            if claimed:
                lives.answer_event(connection, "E" * 43, f"by {number}")
            return claimed, lives.answer_of_event(connection, "E" * 43)

    with ThreadPoolExecutor(50) as pool:
        taken = list(pool.map(take, range(50)))
    assert sum(claimed for claimed, _answer in taken) == 1
    assert len({answer for _claimed, answer in taken}) == 1
