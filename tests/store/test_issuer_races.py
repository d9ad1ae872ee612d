"""Two processes on one database, at the worst moment: one is held still in the middle of what it does, the other goes on."""

from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from threading import Event
from time import sleep
from typing import Any

import pytest
from sqlalchemy import Connection, select, update

from sinwon.core.clock import DAY
from sinwon.core.ids import digest
from sinwon.core.refusal import Refusal
from sinwon.formats.status.token import SUSPENDED
from sinwon.protocols.oauth.dpop import VerifiedDpop, verify_dpop_proof
from sinwon.protocols.oauth.grants.refresh_token import verify_refresh_token
from sinwon.protocols.roles.messages import CHANGE, Change
from sinwon.services.issuance.clean_up import clean_up
from sinwon.services.issuance.issuer import Issuer
from sinwon.services.issuance.refresh_access import refresh_access
from sinwon.services.lifecycle.change import change
from sinwon.services.lifecycle.machine import Actor, Raise, Reason
from sinwon.services.lifecycle.proven_device import Claimant
from sinwon.services.lifecycle.stop_lost import stop_by_code
from sinwon.services.lifecycle.transfer import start_transfer
from sinwon.store.engine import writing
from sinwon.store.issuer import devices, lives, offers, refreshes
from sinwon.store.issuer.lives import NewPerson
from sinwon.store.issuer.offers import TRANSFER
from sinwon.store.issuer.tables import CERTIFICATES, COPIES, METADATA, OFFERS
from tests import world
from tests.bound_wallet import BoundWallet
from tests.issuing import RRN, Issuing, code_of, open_issuer, refused
from tests.store.conftest import EngineFactory

PIN = "248163"
MOMENT = 0.5  # seconds: long enough for the other to come to where it has to wait


@pytest.fixture
def issuing(new_engine: EngineFactory) -> Iterator[Issuing]:
    bottle = open_issuer(new_engine(METADATA))
    yield bottle
    bottle.issuer.engine.dispose()


def proof_of(wallet: BoundWallet, path: str) -> VerifiedDpop:
    now = wallet.issuing.clock.now
    return verify_dpop_proof(wallet.proof(path), method="POST", uri=world.ISSUER + path, now=now, access_token=None)


@dataclass
class Held:
    """A wallet with a certificate, its refresh token, and another device that is to take over."""

    wallet: BoundWallet
    certificate: str
    refresh_token: str
    coming: str = "N" * 43

    @property
    def issuer(self) -> Issuer:
        return self.wallet.issuing.issuer

    def proof(self, path: str) -> VerifiedDpop:
        return proof_of(self.wallet, path)

    def arrive(self, connection: Connection) -> None:
        """What happens when the other device takes its first copies."""
        now = self.wallet.issuing.clock.now
        lives.lock(connection, self.certificate)
        assert devices.let_arrive(connection, self.certificate, self.coming, since=now, now=now)
        moved = Raise(Reason.PHONE_CHANGED)
        change(self.issuer, connection, self.certificate, moved, by=Actor.HOLDER, actor="holder", now=now)


@pytest.fixture
def held(issuing: Issuing) -> Held:
    wallet = BoundWallet(issuing)
    given = wallet.start()
    assert wallet.request(given["access_token"]).status_code == 200
    with writing(issuing.issuer.engine) as connection:
        found = str(connection.execute(select(CERTIFICATES.c.id)).scalar_one())
        made = Held(wallet, found, given["refresh_token"])
        assert devices.expect_device(connection, found, made.coming, issuing.clock.now)
    return made


def family_of(held: Held) -> str:
    return verify_refresh_token(held.refresh_token, held.issuer.nonce_key, issuer=held.issuer.origin).family


def outcome(doing: Future[Any]) -> str:
    """The code of its refusal, or "done"."""
    try:
        doing.result(timeout=30)
    except Refusal as refusal:
        return refusal.code
    return "done"


def test_I21_a_token_given_while_another_phone_takes_over_opens_nothing(held: Held, monkeypatch: pytest.MonkeyPatch) -> None:
    """The old phone asks again for a lost answer and is held after it looked, before it writes: its access token comes into
    being when those of old phones were swept already."""
    issuing = held.wallet.issuing
    assert held.wallet.refresh(held.refresh_token).status_code == 200
    looked, go_on = Event(), Event()
    find = refreshes.find

    def slowly(connection: Connection, family: str) -> Any:
        found = find(connection, family)
        looked.set()
        go_on.wait(timeout=MOMENT)
        return found

    monkeypatch.setattr(refreshes, "find", slowly)
    with ThreadPoolExecutor(1) as pool:
        again = pool.submit(refresh_access, held.issuer, held.refresh_token, held.proof("/token"))
        assert looked.wait(timeout=10)
        with writing(held.issuer.engine) as connection:
            held.arrive(connection)
        go_on.set()
        given = again.result(timeout=30)
    issuing.clock.move(1)
    refused(held.wallet.request(given.access_token), 401, "invalid_token")


def test_I21_a_token_of_a_phone_that_was_called_off_opens_nothing(held: Held) -> None:
    """As above, for the phone that was coming."""
    wallet = BoundWallet(held.wallet.issuing)
    token, now = "called-off", held.wallet.issuing.clock.now
    with writing(held.issuer.engine) as connection:
        key, configurations = proof_of(wallet, "/token").thumbprint, held.issuer.settings.configurations
        offers.add_token(connection, digest(token), held.certificate, configurations, expires_at=now + 300, key=key)
    refused(wallet.request(token), 401, "invalid_token")


def test_I21_control_a_token_of_the_present_phone_opens(held: Held) -> None:
    given = held.wallet.refresh(held.refresh_token).json()
    assert held.wallet.request(given["access_token"]).status_code == 200


def test_a_phone_that_is_just_being_replaced_begins_no_transfer(held: Held) -> None:
    """Whoever has the old phone must not move the certificate on in the moment in which it leaves."""
    claimant = Claimant(held.refresh_token, held.proof("/certificate/transfer"))
    with ThreadPoolExecutor(1) as pool:
        with writing(held.issuer.engine) as connection:
            held.arrive(connection)
            begun = pool.submit(start_transfer, held.issuer, claimant, PIN)
            sleep(MOMENT)
        assert outcome(begun) in {"invalid_grant", "device_replaced"}
    with held.issuer.engine.connect() as connection:
        assert connection.execute(select(OFFERS.c.id).where(OFFERS.c.kind == TRANSFER)).all() == []


def test_an_end_and_a_renewal_at_once_do_not_wait_for_each_other(held: Held) -> None:
    """A certificate is ended while its phone renews a token: neither may fail, least of all the end."""
    now = held.wallet.issuing.clock.now

    def end() -> None:
        with writing(held.issuer.engine) as connection:
            ended = Raise(Reason.DECEASED)
            change(held.issuer, connection, held.certificate, ended, by=Actor.REGISTER, actor="register", now=now)

    with ThreadPoolExecutor(1) as pool:
        with writing(held.issuer.engine) as connection:
            key = held.proof("/token").thumbprint
            assert refreshes.rotate(connection, family_of(held), generation=0, key=key, now=now)
            ending = pool.submit(end)
            sleep(MOMENT)
            offers.add_token(connection, "t" * 43, held.certificate, ("one",), expires_at=now + 300, key=key)
        assert outcome(ending) == "done"
    refused(held.wallet.refresh(held.refresh_token), 400, "invalid_grant")


def test_a_stop_and_a_register_at_once_do_not_wait_for_each_other(issuing: Issuing) -> None:
    """Both are about all certificates of a person, and take them in the same order."""
    issuing.make_offer()
    issuing.make_offer()
    engine, now = issuing.issuer.engine, issuing.clock.now
    with writing(engine) as connection:
        ids = sorted(connection.execute(select(CERTIFICATES.c.id)).scalars())
        # The newest is what a register's change is answered about: here it comes second in the order of ids.
        connection.execute(update(CERTIFICATES).where(CERTIFICATES.c.id == ids[1]).values(issued_at=now + 1))
    message = Change("raise", "DEREGISTERED", "register", rrn=RRN, event_id="event-1", occurred_at=now)
    with ThreadPoolExecutor(1) as pool:
        with writing(engine) as connection:
            assert lives.of_same_person(connection, ids[1]) == tuple(ids)
            assert lives.lock(connection, ids[0])
            changing = pool.submit(issuing.ask, CHANGE, message)
            sleep(MOMENT)
            assert lives.lock(connection, ids[1])
        answer = changing.result(timeout=30)
    assert (answer.status_code, answer.json()["certificates"]) == (200, 2)
    assert answer.json()["certificate"] == ids[1]


def test_a_certificate_that_is_renewed_at_its_last_moment_does_not_expire(held: Held) -> None:
    """Housekeeping found it past its end and has to wait: by the time it may, there is a new passport."""
    engine, clock = held.issuer.engine, held.wallet.issuing.clock
    with writing(engine) as connection:
        devices.call_off(connection, held.certificate)
        found = connection.execute(select(CERTIFICATES.c.valid_until)).scalar_one()
    clock.move(found + 1 - clock.now)
    with ThreadPoolExecutor(1) as pool:
        with writing(engine) as connection:
            row = lives.lock(connection, held.certificate)
            assert row is not None
            new = NewPerson(row.person or b"", "G" * 43, "R" * 43, clock.now + 1_000)
            assert lives.replace_person(connection, row, new)
            cleaning = pool.submit(clean_up, held.issuer)
            sleep(MOMENT)
        assert cleaning.result(timeout=30).expired == 0
    with engine.connect() as connection:
        assert connection.execute(select(CERTIFICATES.c.state)).scalar_one() == "active"
    clock.move(1_001)
    assert clean_up(held.issuer).expired == 1


def test_certificates_that_end_together_are_ended_a_few_at_a_time(issuing: Issuing) -> None:
    for _number in range(3):
        issuing.make_offer()
    issuing.clock.move(10 * 366 * DAY)
    assert [clean_up(issuing.issuer, most=2).lapsed for _ in range(3)] == [2, 1, 0]


def test_a_stop_of_two_certificates_and_a_change_of_one_do_not_wait_for_each_other(issuing: Issuing) -> None:
    """Their copies are on one list: whoever stops both has both before it has the list."""
    engine, now, printed = issuing.issuer.engine, issuing.clock.now, ""
    for _number in range(2):
        offer = issuing.make_offer()
        printed = offer.revocation_code
        token = issuing.redeem(code_of(issuing.open(offer))).json()["access_token"]
        assert issuing.request(token, issuing.proofs()).status_code == 200
    with ThreadPoolExecutor(1) as pool:
        with writing(engine) as connection:
            last = sorted(connection.execute(select(CERTIFICATES.c.id)).scalars())[-1]
            assert lives.lock(connection, last)
            stopping = pool.submit(stop_by_code, issuing.issuer, printed)
            sleep(MOMENT)
            noted = Raise(Reason.PASSPORT_EXPIRED)
            change(issuing.issuer, connection, last, noted, by=Actor.OFFICER, actor="officer-1", now=now)
        assert stopping.result(timeout=30).certificates == 2
    with engine.connect() as connection:
        assert set(connection.execute(select(COPIES.c.status)).scalars()) == {SUSPENDED}


def test_a_stop_is_not_undone_by_the_end_of_another_certificate(issuing: Issuing) -> None:
    """One of the person's two is being revoked: the other is stopped all the same."""
    issuing.make_offer()
    kept = issuing.make_offer()
    with ThreadPoolExecutor(1) as pool:
        with writing(issuing.issuer.engine) as connection:
            ids = connection.execute(select(CERTIFICATES.c.id).order_by(CERTIFICATES.c.application)).scalars().all()
            ended, now = Raise(Reason.ISSUED_IN_ERROR), issuing.clock.now
            change(issuing.issuer, connection, ids[0], ended, by=Actor.OFFICER, actor="officer-1", now=now)
            stopping = pool.submit(stop_by_code, issuing.issuer, kept.revocation_code)
            sleep(MOMENT)
        assert stopping.result(timeout=30).certificates == 1
    with issuing.issuer.engine.connect() as connection:
        states = connection.execute(select(CERTIFICATES.c.state).order_by(CERTIFICATES.c.application)).scalars()
        assert list(states) == ["revoked", "suspended"]
