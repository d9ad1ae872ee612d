"""The one write path on both engines: changes at once end consistent, and lists say what the lives are."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import pytest
from sqlalchemy import Connection, Engine, select

from sinwon.core.ids import new_id
from sinwon.core.refusal import Unmet
from sinwon.formats.status.token import INVALID, NEEDS_RENEWAL, SUSPENDED, VALID, Kind
from sinwon.protocols.roles.messages import CHANGE, Change
from sinwon.services.lifecycle.change import change, life_of
from sinwon.services.lifecycle.machine import RULES, Actor, Effect, Life, Raise, Reason, Release, Trigger, status_of
from sinwon.store.engine import writing
from sinwon.store.issuer import lives, status
from sinwon.store.issuer.certificates import CertificateState
from sinwon.store.issuer.status import NewCopy
from sinwon.store.issuer.tables import AUDIT, CERTIFICATES, COPIES, HOLDS, METADATA, NOTICES, STATUS_LISTS
from tests import world
from tests.issuing import Issuing, open_issuer
from tests.store.conftest import EngineFactory

HOLDING = [reason for reason in Reason if RULES[reason].effect in (Effect.SUSPENDS, Effect.OUTDATES, Effect.NOTES)]


@pytest.fixture
def issuing(new_engine: EngineFactory) -> Iterator[Issuing]:
    bottle = open_issuer(new_engine(METADATA))
    bottle.issue(2)
    yield bottle
    bottle.issuer.engine.dispose()


@pytest.fixture
def certificate(issuing: Issuing) -> str:
    """One with copies on a list of each kind."""
    with writing(issuing.issuer.engine) as connection:
        found = str(connection.execute(select(CERTIFICATES.c.id)).scalar_one())
        number = status.highest(connection) + 1
        assert status.open_list(connection, number, new_id(issuing.issuer.random), Kind.CWT, now=world.NOW)
        assert status.add(connection, [NewCopy(number, 7, found, "mdoc", "K" * 43, "B" * 43, world.NOW + 1_000)])
    return found


def act(issuing: Issuing, certificate: str, trigger: Trigger, by: Actor = Actor.OFFICER) -> Life:
    with writing(issuing.issuer.engine) as connection:
        return change(issuing.issuer, connection, certificate, trigger, by=by, actor="officer-1", now=issuing.clock.now)


def values(engine: Engine, kind: Kind) -> set[int]:
    statement = select(COPIES.c.status).join(STATUS_LISTS, STATUS_LISTS.c.number == COPIES.c.list)
    with engine.connect() as connection:
        return set(connection.execute(statement.where(STATUS_LISTS.c.kind == kind.value)).scalars())


def kept(connection: Connection, certificate: str) -> Life:
    row = lives.find(connection, certificate)
    assert row is not None
    return life_of(row)


def test_fifty_changes_at_once_end_consistent(issuing: Issuing, certificate: str) -> None:
    triggers: tuple[Trigger, ...] = (*map(Raise, HOLDING), *map(Release, HOLDING))
    work = [triggers[number * 7 % len(triggers)] for number in range(50)]
    with ThreadPoolExecutor(50) as pool:
        list(pool.map(lambda trigger: act(issuing, certificate, trigger), work))
    engine = issuing.issuer.engine
    with engine.connect() as connection:
        life, row = kept(connection, certificate), lives.find(connection, certificate)
        entries = [entry.action for entry in AUDIT.of(connection, certificate)]
        told = len(connection.execute(select(NOTICES.c.id)).all())
        opened = [entry for entry in AUDIT.of(connection, certificate) if entry.details.get("reason")]
    assert row is not None
    changed = sum(name.split(".")[1] in ("suspended", "needs_renewal", "released") for name in entries)
    assert (row.changes, told, len(opened)) == (changed, changed, changed)
    last = {str(entry.details["reason"]): entry.action for entry in opened}
    assert {hold.reason for hold in row.holds} == {reason for reason, name in last.items() if name != "certificate.released"}
    assert values(engine, Kind.JWT) == {status_of(life, Kind.JWT)}


def test_a_revocation_among_fifty_is_the_last_word(issuing: Issuing, certificate: str) -> None:
    work: list[Trigger] = [*map(Raise, HOLDING * 2), *map(Release, HOLDING * 2)]
    work.insert(20, Raise(Reason.DECEASED))

    def attempt(trigger: Trigger) -> str:
        try:
            return act(issuing, certificate, trigger).state
        except Unmet as refusal:
            return refusal.code

    with ThreadPoolExecutor(50) as pool:
        outcomes = list(pool.map(attempt, work))
    assert outcomes[20] == "revoked"
    engine = issuing.issuer.engine
    with engine.connect() as connection:
        assert kept(connection, certificate) == Life(CertificateState.REVOKED, fetched=True)
        assert connection.execute(select(HOLDS.c.reason)).all() == []
        assert AUDIT.of(connection, certificate)[-1].action == "certificate.revoked"
    assert values(engine, Kind.JWT) == values(engine, Kind.CWT) == {INVALID}


@pytest.mark.parametrize(
    ("reason", "jwt", "cwt"),
    [
        (Reason.LOSS_REPORTED, SUSPENDED, INVALID),
        (Reason.PASSPORT_EXPIRED, NEEDS_RENEWAL, INVALID),
        (Reason.ADDRESS_CHANGED, VALID, VALID),
        (Reason.ISSUED_IN_ERROR, INVALID, INVALID),
        (Reason.PHONE_CHANGED, INVALID, INVALID),
    ],
)
def test_lists_follow_the_life(issuing: Issuing, certificate: str, reason: Reason, jwt: int, cwt: int) -> None:
    engine = issuing.issuer.engine
    act(issuing, certificate, Raise(reason))
    assert (values(engine, Kind.JWT), values(engine, Kind.CWT)) == ({jwt}, {cwt})
    if reason in HOLDING:
        act(issuing, certificate, Release(reason))
        assert (values(engine, Kind.JWT), values(engine, Kind.CWT)) == ({VALID}, {cwt})


def test_stops_and_fetches_at_once_leave_no_valid_copy_of_a_stopped_certificate(issuing: Issuing) -> None:
    token = issuing.new_token()
    proofs = [issuing.proofs(1) for _number in range(8)]

    def fetch(number: int) -> int:
        return issuing.request(token, proofs[number]).status_code

    def stop(_number: int) -> int:
        message = Change("raise", "LOSS_REPORTED", "officer-1", application="application-2")
        return issuing.ask(CHANGE, message).status_code

    with ThreadPoolExecutor(9) as pool:
        fetched = [pool.submit(fetch, number) for number in range(8)]
        stopped = pool.submit(stop, 0)
        codes = {future.result() for future in fetched}
    assert stopped.result() == 200
    assert codes <= {200, 400}
    with issuing.issuer.engine.connect() as connection:
        of_it = connection.execute(
            select(COPIES.c.status)
            .join(CERTIFICATES, CERTIFICATES.c.id == COPIES.c.certificate)
            .where(CERTIFICATES.c.application == "application-2")
        )
        assert set(of_it.scalars()) <= {SUSPENDED}
