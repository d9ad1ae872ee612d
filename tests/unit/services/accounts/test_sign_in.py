"""Officers' sessions: they end, lock, and tell nobody who exists."""

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from unittest.mock import patch

import pytest

from sinwon.core.refusal import Fault, Refusal, Unmet
from sinwon.services.accounts import password
from sinwon.services.accounts.password import Cost, hash_secret, is_secret, nobodys_secret
from sinwon.services.accounts.register_officer import register_officer
from sinwon.services.accounts.sign_in import LOCKED_FOR, SESSION_LIFETIME, TRIES, officer_of, sign_in, sign_out
from sinwon.store.consulate.tables import AUDIT
from tests.counter import HERE, SECRET, Counter
from tests.world import SeededRandomness

WRONG = "not the secret at all"


def attempt(desk: Counter, login: str = "yeongsa", secret: str = SECRET) -> str:
    """A token, or the refusal's code."""
    try:
        return sign_in(desk.consulate, login=login, secret=secret).token
    except Unmet as refusal:
        return refusal.code


def test_a_session_names_its_officer_until_it_ends(desk: Counter) -> None:
    officer = desk.officer()
    session = sign_in(desk.consulate, login="Yeongsa", secret=SECRET)
    assert officer_of(desk.consulate, session.token) == officer
    desk.clock.move(SESSION_LIFETIME - 1)
    assert officer_of(desk.consulate, session.token) == officer
    desk.clock.move(1)
    with pytest.raises(Refusal, match="unauthorized"):
        officer_of(desk.consulate, session.token)


def test_signing_out_ends_it_and_is_in_the_trail_once(desk: Counter) -> None:
    officer = desk.officer()
    token = attempt(desk)
    sign_out(desk.consulate, token)
    sign_out(desk.consulate, token)
    with desk.consulate.engine.connect() as connection:
        done = [entry.action for entry in AUDIT.of(connection, officer.id)]
    assert done == ["officer.registered", "officer.signed_in", "officer.signed_out"]
    with pytest.raises(Refusal, match="unauthorized"):
        officer_of(desk.consulate, token)


@pytest.mark.parametrize(("login", "secret"), [("nobody", SECRET), ("yeongsa", WRONG), ("nobody", WRONG), ("locked", SECRET)])
def test_T09_no_refusal_names_its_cause(desk: Counter, login: str, secret: str) -> None:
    """Unknown, wrong and locked: one code, one comparison of the same cost."""
    desk.officer()
    desk.officer(login="locked")
    for _ in range(TRIES):
        attempt(desk, "locked", WRONG)
    with patch.object(password, "_scrypt", wraps=password._scrypt) as spent:
        assert attempt(desk, login, secret) == "sign_in_refused"
    assert [call.args[2] for call in spent.call_args_list] == [desk.consulate.settings.cost]


def test_T09_control_the_right_secret_opens(desk: Counter) -> None:
    desk.officer()
    with patch.object(password, "_scrypt", wraps=password._scrypt) as spent:
        assert len(attempt(desk)) == 43
    assert len(spent.call_args_list) == 1


def test_an_account_locks_and_opens_again(desk: Counter) -> None:
    desk.officer()
    for _ in range(TRIES):
        assert attempt(desk, secret=WRONG) == "sign_in_refused"
    assert attempt(desk) == "sign_in_refused"
    desk.clock.move(LOCKED_FOR - 1)
    assert attempt(desk) == "sign_in_refused"
    desk.clock.move(1)
    assert len(attempt(desk)) == 43


def test_a_success_forgets_the_failures(desk: Counter) -> None:
    desk.officer()
    for _ in range(3):
        for _ in range(TRIES - 1):
            attempt(desk, secret=WRONG)
        assert len(attempt(desk)) == 43


def test_parallel_guesses_cannot_exceed_the_tries(desk: Counter) -> None:
    """Fifty at once, the right secret among them last: at most five were compared with effect."""
    desk.officer()
    guesses = [WRONG] * 49 + [SECRET]
    with ThreadPoolExecutor(50) as pool:
        outcomes = list(pool.map(lambda secret: attempt(desk, secret=secret), guesses))
    assert sum(outcome != "sign_in_refused" for outcome in outcomes) <= 1
    if outcomes[-1] == "sign_in_refused":
        assert attempt(desk) == "sign_in_refused"


def test_an_account_has_a_mission_a_long_secret_and_its_own_login(desk: Counter) -> None:
    desk.officer()
    for changes, code in (
        ({"mission": "m-nowhere"}, "not_found"),
        ({"secret": "short"}, "secret_too_short"),
        ({"login": "YEONGSA"}, "login_taken"),
    ):
        given = {"login": "other", "secret": SECRET, "name": "시험", "mission": HERE, **changes}
        with pytest.raises(Unmet, match=code):
            register_officer(desk.consulate, **given)


def test_secrets_are_kept_with_their_cost() -> None:
    random = SeededRandomness()
    kept = hash_secret(SECRET, Cost(n=16, r=1, p=1), random)
    assert kept.startswith("scrypt$16$1$1$")
    assert SECRET not in kept
    assert is_secret(SECRET, kept)
    assert not is_secret(WRONG, kept)
    assert not is_secret("", nobodys_secret(Cost(n=16, r=1, p=1), random))
    with pytest.raises(Fault):
        is_secret(SECRET, kept.replace("scrypt", "md5"))


def test_the_default_cost_is_a_real_one(desk: Counter) -> None:
    consulate = replace(desk.consulate, settings=replace(desk.consulate.settings, cost=Cost()))
    register_officer(consulate, login="slow", secret=SECRET, name="시험", mission=HERE)
    assert sign_in(consulate, login="slow", secret=SECRET)
