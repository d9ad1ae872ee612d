"""Hostile use of refresh tokens, row I21 of the threat catalogue, over HTTP, each beside its control."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import httpx2
import pytest
from sqlalchemy import select, update

from sinwon.keys.software import generate_key
from sinwon.protocols.oauth.grants.refresh_token import verify_refresh_token, write_refresh_token
from sinwon.store.issuer.tables import AUDIT, CERTIFICATES, TOKENS
from tests import world
from tests.bound_wallet import BoundWallet
from tests.issuing import Issuing, refused, rows

PARALLEL = 50


@pytest.fixture
def wallet(issuing: Issuing) -> BoundWallet:
    return BoundWallet(issuing)


# --- I21: refresh tokens [RFC 9700 4.14.2] [RFC 9449 5] ---


def actions(issuing: Issuing) -> list[tuple[str, dict[str, Any]]]:
    table = AUDIT.table
    with issuing.issuer.engine.connect() as connection:
        found = connection.execute(select(table.c.action, table.c.details).order_by(table.c.number))
        return [(action, details) for action, details in found if action.startswith("refresh.")]


def test_I21_an_old_token_after_the_grace_ends_the_family(wallet: BoundWallet) -> None:
    first = wallet.start()["refresh_token"]
    second = wallet.refresh(first).json()
    wallet.issuing.clock.move(wallet.issuing.issuer.settings.refresh_grace + 1)
    refused(wallet.refresh(first), 400, "invalid_grant")
    refused(wallet.refresh(second["refresh_token"]), 400, "invalid_grant")
    refused(wallet.request(second["access_token"]), 401, "invalid_token")
    refused(wallet.refresh(first), 400, "invalid_grant")
    assert actions(wallet.issuing) == [
        ("refresh.renewed", {"generation": 1}),
        ("refresh.ended", {"reason": "REFRESH_TOKEN_REUSED", "generation": 0, "present": 1}),
    ]


def test_I21_a_token_two_generations_old_ends_the_family_within_the_grace_too(wallet: BoundWallet) -> None:
    first = wallet.start()["refresh_token"]
    third = wallet.refresh(wallet.refresh(first).json()["refresh_token"]).json()["refresh_token"]
    refused(wallet.refresh(first), 400, "invalid_grant")
    refused(wallet.refresh(third), 400, "invalid_grant")


@pytest.mark.parametrize("later", [0, 30, 60])
def test_I21_control_a_lost_answer_is_given_again(wallet: BoundWallet, later: int) -> None:
    """At least for the 30 s that must work, and no successor but the one."""
    first = wallet.start()["refresh_token"]
    second = wallet.refresh(first).json()["refresh_token"]
    wallet.issuing.clock.move(later)
    again = wallet.refresh(first)
    assert (again.status_code, again.json()["refresh_token"]) == (200, second)
    assert wallet.request(again.json()["access_token"]).status_code == 200
    assert wallet.refresh(second).status_code == 200


def test_I21_two_successors_of_one_token_do_not_exist(wallet: BoundWallet) -> None:
    first = wallet.start()["refresh_token"]

    def refresh(_number: int) -> httpx2.Response:
        return wallet.refresh(first)

    with ThreadPoolExecutor(10) as pool:
        answers = list(pool.map(refresh, range(PARALLEL)))
    assert {answer.status_code for answer in answers} == {200}
    assert len({answer.json()["refresh_token"] for answer in answers}) == 1
    assert [action for action, _ in actions(wallet.issuing)] == ["refresh.renewed"] + ["refresh.repeated"] * (PARALLEL - 1)


def test_I21_refresh_by_another_key(wallet: BoundWallet) -> None:
    """A thief without the key gets nothing, and ends nothing either, whatever token it is."""
    first = wallet.start()["refresh_token"]
    second = wallet.refresh(first).json()["refresh_token"]
    thief = BoundWallet(wallet.issuing)
    wallet.issuing.clock.move(3_600)
    for stolen in (first, second):
        refused(thief.refresh(stolen), 400, "invalid_grant")
    refused(wallet.refresh(second, proof=wallet.proof("/token", signer=generate_key())), 400, "invalid_grant")
    assert wallet.refresh(second).status_code == 200


@pytest.mark.parametrize("state", ["revoked", "suspended", "expired"])
def test_I21_refresh_of_a_certificate_that_is_stopped(wallet: BoundWallet, state: str) -> None:
    token = wallet.start()["refresh_token"]
    if state == "revoked":
        assert wallet.issuing.revoke().status_code == 200
    elif state == "expired":
        wallet.issuing.clock.move(10 * 366 * 86_400)
    else:
        with wallet.issuing.issuer.engine.begin() as connection:
            connection.execute(update(CERTIFICATES).values(state="suspended"))
    refused(wallet.refresh(token), 400, "invalid_grant")
    assert rows(wallet.issuing, TOKENS) == 1


def test_I21_control_a_suspended_certificate_is_refreshed_again_after_its_release(wallet: BoundWallet) -> None:
    token = wallet.start()["refresh_token"]
    for state, status in (("suspended", 400), ("active", 200)):
        with wallet.issuing.issuer.engine.begin() as connection:
            connection.execute(update(CERTIFICATES).values(state=state))
        assert wallet.refresh(token).status_code == status


FORGED: dict[str, Callable[[str], str]] = {
    "empty": lambda _token: "",
    "letters": lambda _token: "x" * 70,
    "long": lambda token: token * 50,
    "one_bit_of_the_mac": lambda token: token[:-1] + ("A" if token[-1] != "A" else "Q"),
    "one_bit_of_the_family": lambda token: ("A" if token[0] != "A" else "B") + token[1:],
    "another_generation": lambda token: token[:27] + ("A" if token[27] != "A" else "B") + token[28:],
    "padded": lambda token: token + "==",
    "nul_behind_it": lambda token: token + "\x00",
    "full_width": lambda token: token.replace(token[0], chr(ord(token[0]) + 0xFEE0)),
}


@pytest.mark.parametrize("forge", FORGED.values(), ids=FORGED)
def test_I21_forged_token(wallet: BoundWallet, forge: Callable[[str], str]) -> None:
    token = wallet.start()["refresh_token"]
    refused(wallet.refresh(forge(token)), 400, "invalid_grant", "invalid_request")
    assert wallet.refresh(token).status_code == 200


def test_I21_access_token_as_a_refresh_token_and_the_reverse(wallet: BoundWallet) -> None:
    tokens = wallet.start()
    refused(wallet.refresh(tokens["access_token"]), 400, "invalid_grant")
    refused(wallet.request(tokens["refresh_token"]), 401, "invalid_token")


@pytest.mark.parametrize("issuer", ["https://issuer.example/", "https://ISSUER.example", "https://other.example"])
def test_I21_token_of_another_issuer_with_the_same_key(wallet: BoundWallet, issuer: str) -> None:
    token = wallet.start()["refresh_token"]
    key = wallet.issuing.issuer.nonce_key
    known = verify_refresh_token(token, key, issuer=world.ISSUER)
    assert write_refresh_token(known, key, issuer=world.ISSUER) == token
    refused(wallet.refresh(write_refresh_token(known, key, issuer=issuer)), 400, "invalid_grant")


def test_I21_control_refreshed_again_and_again(wallet: BoundWallet) -> None:
    token = wallet.start()["refresh_token"]
    for _ in range(5):
        wallet.issuing.clock.move(86_400)
        answer = wallet.refresh(token, unknown="ignored", scope="ignored")
        assert answer.status_code == 200, answer.text
        assert answer.headers["cache-control"] == "no-store"
        assert (answer.json()["token_type"], answer.json()["expires_in"]) == ("DPoP", 300)
        token = answer.json()["refresh_token"]
        assert wallet.request(answer.json()["access_token"]).status_code == 200
