"""Notices on their way: claimed by one, due again, finished for good; reminders counted in the certificate's row."""

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

import pytest
from sqlalchemy import Engine, select

from sinwon.core.clock import DAY
from sinwon.store.engine import reading, writing
from sinwon.store.issuer import certificates, notices
from sinwon.store.issuer.certificates import NewCertificate
from sinwon.store.issuer.notices import Ending, NewNotice
from sinwon.store.issuer.tables import METADATA, NOTICES
from tests.store.conftest import EngineFactory

NOW = 1_790_000_000
END = NOW + 100 * DAY
NOTICE = NewNotice(
    "notice-1", "cert-1", "suspended", {"reason": "LOSS_REPORTED", "at": NOW}, "ko", "Europe/Berlin", b"\x00sealed"
)


@pytest.fixture
def engine(new_engine: EngineFactory) -> Engine:
    engine = new_engine(METADATA)
    with writing(engine) as connection:
        certificates.person_id_of(connection, "R" * 43, "person-1", now=NOW)
        assert certificates.add(connection, NewCertificate("cert-1", "application-1", "person-1", "mission", b"p", END))
        notices.add(connection, NOTICE, now=NOW)
    return engine


def test_due_as_it_was_written(engine: Engine) -> None:
    with reading(engine) as connection:
        assert notices.due(connection, now=NOW - 1, most=9) == ()
        (due,) = notices.due(connection, now=NOW, most=9)
        assert notices.due(connection, now=NOW, most=0) == ()
    assert (due.id, due.certificate, due.kind, due.facts) == ("notice-1", "cert-1", "suspended", NOTICE.facts)
    assert (due.language, due.zone, due.sealed_to, due.attempts) == ("ko", "Europe/Berlin", b"\x00sealed", 0)


def test_first_what_is_urgent_then_what_was_tried_least_then_what_waits_longest(engine: Engine) -> None:
    with writing(engine) as connection:
        for number, (kind, at) in enumerate([("expired", 2), ("expired", 1), ("moved", 3), ("expired", 0)], 2):
            notices.add(connection, replace(NOTICE, id=f"notice-{number}", kind=kind), now=NOW + at)
        tried = next(one for one in notices.due(connection, now=NOW + 9, most=9) if one.id == "notice-5")
        assert notices.claim(connection, tried, now=NOW + 9, again_at=NOW)
        found = notices.due(connection, now=NOW + 9, most=9, first={"moved", "suspended"})
    assert [one.id[-1] for one in found] == ["1", "4", "3", "2", "5"]


def test_of_fifty_at_once_one_may_send(engine: Engine) -> None:
    with reading(engine) as connection:
        (due,) = notices.due(connection, now=NOW, most=9)

    def claim(_number: int) -> bool:
        with writing(engine) as connection:
            return notices.claim(connection, due, now=NOW, again_at=NOW + 60)

    with ThreadPoolExecutor(50) as pool:
        assert sum(pool.map(claim, range(50))) == 1
    with reading(engine) as connection:
        assert notices.due(connection, now=NOW + 59, most=9) == ()
        assert [again.attempts for again in notices.due(connection, now=NOW + 60, most=9)] == [1]


def test_a_finished_notice_has_no_address_and_is_never_due(engine: Engine) -> None:
    with writing(engine) as connection:
        (due,) = notices.due(connection, now=NOW, most=9)
        notices.keep(connection, due.id, b"less")
        assert notices.due(connection, now=NOW, most=9)[0].sealed_to == b"less"
        notices.finish(connection, due.id, sent_at=NOW + 1)
        notices.keep(connection, due.id, b"again")
        notices.finish(connection, due.id, sent_at=None)
        assert not notices.claim(connection, due, now=NOW, again_at=NOW)
        assert notices.due(connection, now=NOW + DAY, most=9) == ()
        row = connection.execute(select(NOTICES)).one()
        assert (row.sealed_to, row.due_at, row.sent_at) == (None, None, NOW + 1)


def test_only_finished_notices_are_forgotten(engine: Engine) -> None:
    with writing(engine) as connection:
        assert notices.forget(connection, before=NOW + 1) == 0
        notices.finish(connection, "notice-1", sent_at=NOW)
        assert notices.forget(connection, before=NOW) == 0
        assert notices.forget(connection, before=NOW + 1) == 1


def test_of_fifty_at_once_one_reminds(engine: Engine) -> None:
    now = END - 30 * DAY
    with writing(engine) as connection:
        assert notices.ending(connection, now=now, until=END, days=30, most=9) == ()
        certificates.activate(connection, "cert-1", 0, now=NOW)
    with reading(engine) as connection:
        assert notices.ending(connection, now=now, until=END - 1, days=30, most=9) == ()
        found = notices.ending(connection, now=now, until=END, days=30, most=9)
    assert found == (Ending("cert-1", END, None),)

    def remind(_number: int) -> bool:
        with writing(engine) as connection:
            return notices.remind(connection, found[0], days=30)

    with ThreadPoolExecutor(50) as pool:
        assert sum(pool.map(remind, range(50))) == 1
    with writing(engine) as connection:
        assert notices.ending(connection, now=now, until=END, days=30, most=9) == ()
        assert not notices.remind(connection, found[0], days=90)
        assert not notices.remind(connection, Ending("cert-1", END + 1, 30), days=7)
        assert notices.remind(connection, found[0], days=7)
