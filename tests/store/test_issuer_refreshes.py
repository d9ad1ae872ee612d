"""Refresh token families and devices: renewed once, ended once, one device a certificate."""

from concurrent.futures import ThreadPoolExecutor

import pytest
from sqlalchemy import Engine, func, select, update

from sinwon.store.issuer import certificates, devices, offers, refreshes
from sinwon.store.issuer.certificates import CertificateState, NewCertificate, OfToken
from sinwon.store.issuer.refreshes import Family, FamilyState, NewFamily, Renewed
from sinwon.store.issuer.tables import CERTIFICATES, DEVICES, METADATA, REFRESHES
from tests.store.conftest import EngineFactory

NOW = 1_790_000_000
KEY, OTHER = "K" * 43, "O" * 43
FAMILY = NewFamily("family-1", "cert-1", KEY, ("one", "two"))
RENEWED = Renewed("cert-1", ("one", "two"))


@pytest.fixture
def engine(new_engine: EngineFactory) -> Engine:
    """A certificate on a device, with a refresh token and an access token of that device, and one bearer token."""
    engine = new_engine(METADATA)
    with engine.begin() as connection:
        certificates.person_id_of(connection, "R" * 43, "person-1", now=NOW)
        certificates.add(connection, NewCertificate("cert-1", "application-1", "person-1", "mission", b"p", NOW + 10_000))
        assert devices.replace_device(connection, "cert-1", KEY, NOW)
        refreshes.start(connection, FAMILY, now=NOW)
        offers.add_token(connection, "T" * 43, "cert-1", ("one",), expires_at=NOW + 300, key=KEY)
        offers.add_token(connection, "B" * 43, "cert-1", ("one",), expires_at=NOW + 300)
    return engine


def rotate(engine: Engine, generation: int = 0, key: str = KEY, now: int = NOW, family: str = "family-1") -> Renewed | None:
    with engine.begin() as connection:
        return refreshes.rotate(connection, family, generation=generation, key=key, now=now)


def found(engine: Engine) -> Family:
    with engine.connect() as connection:
        family = refreshes.find(connection, "family-1")
    assert family is not None
    return family


def test_a_token_is_renewed_generation_by_generation(engine: Engine) -> None:
    assert found(engine) == Family(
        "cert-1", ("one", "two"), KEY, 0, NOW, FamilyState.LIVING, CertificateState.OFFERED, NOW + 10_000
    )
    assert [rotate(engine, generation, now=NOW + 5) for generation in (0, 0, 1, 0)] == [RENEWED, None, RENEWED, None]
    assert (found(engine).generation, found(engine).rotated_at) == (2, NOW + 5)


def test_a_token_given_after_the_backup_that_was_restored_goes_on(engine: Engine) -> None:
    """Only the issuer makes tokens, so it is the table that lags behind."""
    assert [rotate(engine, generation) for generation in (7, 7, 0, 6, 8)] == [RENEWED, None, None, None, RENEWED]
    assert found(engine).generation == 9


def test_of_fifty_that_renew_one_does(engine: Engine) -> None:
    with ThreadPoolExecutor(50) as pool:
        assert sum(result is not None for result in pool.map(lambda _: rotate(engine), range(50))) == 1
    assert found(engine).generation == 1


@pytest.mark.parametrize(("key", "family", "later"), [(OTHER, "family-1", 0), (KEY, "family-2", 0), (KEY, "family-1", 10_000)])
def test_another_key_or_family_or_a_time_past_the_certificate_renews_nothing(
    engine: Engine, key: str, family: str, later: int
) -> None:
    assert rotate(engine, key=key, family=family, now=NOW + later) is None
    assert rotate(engine, now=NOW + 9_999) == RENEWED


@pytest.mark.parametrize("state", ["revoked", "lapsed", "expired", "suspended", "unheard_of"])
def test_a_certificate_that_is_stopped_in_whatever_way_renews_nothing(engine: Engine, state: str) -> None:
    with engine.begin() as connection:
        connection.execute(update(CERTIFICATES).values(state=state))
    assert rotate(engine) is None
    assert found(engine).certificate_state == state
    with engine.begin() as connection:
        connection.execute(update(CERTIFICATES).values(state="active"))
    assert rotate(engine) == RENEWED


def test_a_family_ends_once_and_takes_the_device_s_access_tokens_along(engine: Engine) -> None:
    def end(_number: int) -> bool:
        with engine.begin() as connection:
            return refreshes.end_reused(connection, "family-1", "cert-1", KEY)

    with ThreadPoolExecutor(50) as pool:
        assert sum(pool.map(end, range(50))) == 1
    assert found(engine).state is FamilyState.REUSED
    assert rotate(engine) is None
    with engine.connect() as connection:
        assert certificates.of_token(connection, "T" * 43, now=NOW) is None
        assert certificates.of_token(connection, "B" * 43, now=NOW) == OfToken("cert-1", None)


def test_a_token_says_which_key_it_is_bound_to(engine: Engine) -> None:
    with engine.connect() as connection:
        assert certificates.of_token(connection, "T" * 43, now=NOW) == OfToken("cert-1", KEY)
        granted = [certificates.granted(connection, token * 43, now=NOW) for token in "TB"]
    assert [one.key if one else "" for one in granted] == [KEY, None]


def test_another_device_takes_the_certificate_over(engine: Engine) -> None:
    with engine.begin() as connection:
        assert devices.replace_device(connection, "cert-1", KEY, NOW)  # it is there already: nothing ends
        refreshes.start(connection, NewFamily("family-2", "cert-1", OTHER, ("one",)), now=NOW)
    assert rotate(engine) == RENEWED
    with engine.begin() as connection:
        assert devices.replace_device(connection, "cert-1", OTHER, NOW + 7)
        assert devices.current_device(connection, "cert-1") == OTHER
        assert certificates.of_token(connection, "T" * 43, now=NOW) is None
    assert found(engine).state is FamilyState.REPLACED
    assert rotate(engine, 1) is None
    assert rotate(engine, key=OTHER, family="family-2") == Renewed("cert-1", ("one",))
    assert states(engine) == {KEY: ("replaced", NOW), OTHER: ("current", NOW + 7)}


def test_a_device_may_take_it_back(engine: Engine) -> None:
    with engine.begin() as connection:
        for later, key in enumerate((OTHER, KEY), 1):
            assert devices.replace_device(connection, "cert-1", key, NOW + later)
    assert states(engine) == {KEY: ("current", NOW + 2), OTHER: ("replaced", NOW + 1)}
    assert rotate(engine) is None  # its old refresh token stays dead


def test_of_fifty_devices_at_once_one_is_current(engine: Engine) -> None:
    def take(number: int) -> bool:
        with engine.connect() as connection:
            taken = devices.replace_device(connection, "cert-1", f"{number:043d}", NOW)
            connection.commit() if taken else connection.rollback()
            return taken

    with ThreadPoolExecutor(50) as pool:
        assert any(pool.map(take, range(50)))
    assert [state for state, _ in states(engine).values()].count("current") == 1


def test_what_is_over_is_forgotten(engine: Engine) -> None:
    with engine.begin() as connection:
        refreshes.forget(connection, "cert-1")
        devices.forget(connection, "cert-1")
        assert refreshes.find(connection, "family-1") is None
        assert devices.current_device(connection, "cert-1") is None
        assert [connection.execute(select(func.count()).select_from(t)).scalar_one() for t in (REFRESHES, DEVICES)] == [0, 0]


def states(engine: Engine) -> dict[str, tuple[str, int]]:
    with engine.connect() as connection:
        return {
            key: (state, at)
            for key, state, at in connection.execute(select(DEVICES.c.key, DEVICES.c.state, DEVICES.c.added_at))
        }


def test_a_family_of_a_client_is_renewed_by_that_instance_alone(engine: Engine) -> None:
    """Neither by nobody, nor by another client, nor by another instance of the same one."""
    family = NewFamily("family-3", "cert-1", KEY, ("one",), True, "wallet", "I" * 43)
    with engine.begin() as connection:
        refreshes.start(connection, family, now=NOW)
        for whose in ((None, None), ("wallet", None), ("other", "I" * 43), ("wallet", "J" * 43)):
            given = dict(zip(("client", "instance"), whose, strict=True))
            assert refreshes.rotate(connection, family.id, generation=0, key=KEY, now=NOW, **given) is None
        mine = {"client": "wallet", "instance": "I" * 43}
        renewed = refreshes.rotate(connection, family.id, generation=0, key=KEY, now=NOW, **mine)
        found = refreshes.find(connection, family.id)
    assert renewed is not None
    assert renewed.by_identifier
    assert found is not None
    assert (found.client, found.instance, found.by_identifier, found.generation) == ("wallet", "I" * 43, True, 1)
