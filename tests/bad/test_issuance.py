"""Hostile inputs to offers and codes, rows I01–I05 of the threat catalogue, over HTTP, each beside its control."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import httpx2
import pytest
from sqlalchemy import select, update

from sinwon.protocols.roles.messages import MAKE_OFFER, MakeOffer
from sinwon.store.issuer.tables import AUDIT, CODES, OFFERS, TOKENS, USED_ONCE
from tests import world
from tests.issuing import PERSON, PIN, Issuing, client_of, refused, rows

ARABIC_INDIC = PIN.translate(str.maketrans("0123456789", "٠١٢٣٤٥٦٧٨٩"))
FULL_WIDTH = PIN.translate(str.maketrans("0123456789", "０１２３４５６７８９"))
PARALLEL = 50


# --- I01: the code is redeemed once [OID4VCI 6.1] ---


def test_I01_used_code_is_refused(issuing: Issuing) -> None:
    code = issuing.new_code()
    assert issuing.redeem(code).status_code == 200
    refused(issuing.redeem(code), 400, "invalid_grant")
    assert rows(issuing, TOKENS) == 1


def test_I01_of_fifty_parallel_redemptions_one_wins(issuing: Issuing) -> None:
    code = issuing.new_code()
    with ThreadPoolExecutor(PARALLEL) as pool:
        answers = list(pool.map(lambda _number: client_of(issuing.issuer).post("/token", data=form(code)), range(PARALLEL)))
    assert sorted(answer.status_code for answer in answers) == [200] + [400] * (PARALLEL - 1)
    assert {answer.json()["error"] for answer in answers if answer.status_code == 400} == {"invalid_grant"}
    assert rows(issuing, TOKENS) == 1


def test_I01_of_fifty_codes_of_one_offer_one_wins(issuing: Issuing) -> None:
    many = issuing.with_settings(mintings=PARALLEL)
    offer = many.make_offer()
    codes = [code["grants"].popitem()[1]["pre-authorized_code"] for code in (many.open(offer) for _ in range(PARALLEL))]
    with ThreadPoolExecutor(PARALLEL) as pool:
        answers = list(pool.map(lambda code: client_of(issuing.issuer).post("/token", data=form(code)), codes))
    assert sum(answer.status_code == 200 for answer in answers) == 1


def test_I01_expired_code_is_refused(issuing: Issuing) -> None:
    code = issuing.new_code()
    issuing.clock.move(issuing.issuer.settings.code_lifetime)
    refused(issuing.redeem(code), 400, "invalid_grant")


def test_I01_control_fresh_code_is_redeemed(issuing: Issuing) -> None:
    code = issuing.new_code()
    issuing.clock.move(issuing.issuer.settings.code_lifetime - 1)
    answer = issuing.redeem(code)
    assert answer.status_code == 200
    assert answer.headers["cache-control"] == "no-store"


def form(code: str) -> dict[str, str]:
    grant = "urn:ietf:params:oauth:grant-type:pre-authorized_code"
    return {"grant_type": grant, "pre-authorized_code": code, "tx_code": PIN}


# --- I02: tx_code exactly when asked for [OID4VCI 6.3] ---


@pytest.mark.parametrize("asked", [True, False], ids=["missing", "not_asked_for"])
def test_I02_tx_code_missing_or_unasked(issuing: Issuing, asked: bool) -> None:
    code = issuing.new_code()
    if not asked:
        ask_no_pin(issuing)
    refused(issuing.redeem(code, None if asked else PIN), 400, "invalid_request")
    # Nothing was used up: the code still works the right way.
    assert issuing.redeem(code, PIN if asked else None).status_code == 200


@pytest.mark.parametrize("asked", [True, False], ids=["asked", "not_asked_for"])
def test_I02_control_tx_code_as_asked(issuing: Issuing, asked: bool) -> None:
    code = issuing.new_code()
    if not asked:
        ask_no_pin(issuing)
    assert issuing.redeem(code, PIN if asked else None).status_code == 200


def ask_no_pin(issuing: Issuing) -> None:
    """Our consulate always sets a PIN; another deployment may not."""
    with issuing.issuer.engine.begin() as connection:
        connection.execute(update(OFFERS).values(tx_code=None))


# --- I03: tries are counted, and the limit is final ---


def test_I03_right_pin_after_five_wrong_ones_is_refused(issuing: Issuing) -> None:
    offer = issuing.make_offer()
    code = issuing.open(offer)["grants"].popitem()[1]["pre-authorized_code"]
    for _try in range(issuing.issuer.settings.pin_tries):
        refused(issuing.redeem(code, "999999"), 400, "invalid_grant")
    refused(issuing.redeem(code, PIN), 400, "invalid_grant")
    # Dead for good: the link gives no new code either.
    uri = offer.uri.partition("credential_offer_uri=https%3A%2F%2Fissuer.example")[2].replace("%2F", "/")
    refused(issuing.get(uri), 404, "not_found")
    with issuing.issuer.engine.connect() as connection:
        tries = [entry.details for entry in all_entries(connection) if entry.action == "offer.pin_wrong"]
    assert tries == [{"tries": number} for number in range(1, 6)]


def test_I03_tries_count_over_all_codes_of_an_offer(issuing: Issuing) -> None:
    offer = issuing.make_offer()
    for _try in range(issuing.issuer.settings.pin_tries):
        code = issuing.open(offer)["grants"].popitem()[1]["pre-authorized_code"]
        refused(issuing.redeem(code, "999999"), 400, "invalid_grant")
    refused(issuing.redeem(code, PIN), 400, "invalid_grant")


def test_I03_parallel_guesses_do_not_gain_tries(issuing: Issuing) -> None:
    code = issuing.new_code()
    guesses = [f"{number:06}" for number in range(900_000, 900_000 + PARALLEL)]
    with ThreadPoolExecutor(PARALLEL) as pool:
        list(pool.map(lambda guess: client_of(issuing.issuer).post("/token", data={**form(code), "tx_code": guess}), guesses))
    with issuing.issuer.engine.connect() as connection:
        assert connection.execute(select(OFFERS.c.tries, OFFERS.c.state)).one() == (5, "dead")


def test_I03_control_right_pin_at_the_fifth_try(issuing: Issuing) -> None:
    code = issuing.new_code()
    for _try in range(issuing.issuer.settings.pin_tries - 1):
        refused(issuing.redeem(code, "999999"), 400, "invalid_grant")
    assert issuing.redeem(code, PIN).status_code == 200


def all_entries(connection: Any) -> list[Any]:
    table = AUDIT.table
    return list(connection.execute(select(table.c.action, table.c.details).order_by(table.c.number)))


# --- I04: the PIN is a string ---

STRANGE_PINS = {
    "full_width": FULL_WIDTH,
    "arabic_indic": ARABIC_INDIC,
    "nul_at_the_end": PIN + "\x00",
    "ten_kilobytes": PIN + "0" * 10_000,
    "leading_zero_dropped": PIN.lstrip("0"),
    "space_around": f" {PIN}",
    "plus_sign": f"+{PIN}",
}


@pytest.mark.parametrize("pin", STRANGE_PINS.values(), ids=STRANGE_PINS)
def test_I04_strange_pin_is_a_wrong_string(issuing: Issuing, pin: str) -> None:
    refused(issuing.redeem(issuing.new_code(), pin), 400, "invalid_grant")
    assert rows(issuing, TOKENS) == 0


def test_I04_control_pin_with_a_leading_zero(issuing: Issuing) -> None:
    assert PIN.startswith("0")
    assert issuing.redeem(issuing.new_code(), PIN).status_code == 200


# --- I05: only our roles make offers ---


def unsigned(issuing: Issuing) -> httpx2.Response:
    return issuing.client.post("/roles/offers", content=b"", headers={"Content-Type": "application/jwt"})


def not_a_jws(issuing: Issuing) -> httpx2.Response:
    content = b"{}"
    return issuing.client.post("/roles/offers", content=content, headers={"Content-Type": "application/jwt"})


def not_text(issuing: Issuing) -> httpx2.Response:
    return issuing.client.post("/roles/offers", content=b"\xff\xfe", headers={"Content-Type": "application/jwt"})


def plain_json(issuing: Issuing) -> httpx2.Response:
    return issuing.client.post("/roles/offers", json={"application": "a"})


def message() -> MakeOffer:
    return MakeOffer("application-x", "mission-bonn", "officer-1", PERSON, PIN)


STRANGERS: dict[str, tuple[Callable[[Issuing], httpx2.Response], int]] = {
    "unsigned": (unsigned, 401),
    "not_a_jws": (not_a_jws, 401),
    "not_text": (not_text, 401),
    "plain_json": (plain_json, 415),
    "signed_by_a_stranger": (lambda bottle: bottle.ask(MAKE_OFFER, message(), signer=world.key("stranger")), 401),
    "sender_unknown": (lambda bottle: bottle.ask(MAKE_OFFER, message(), sender="gateway"), 401),
    "made_for_another_issuer": (lambda bottle: bottle.ask(MAKE_OFFER, message(), audience="https://other.example"), 401),
    "of_yesterday": (lambda bottle: bottle.ask(MAKE_OFFER, message(), now=world.NOW - 86_400), 401),
}


@pytest.mark.parametrize(("call", "status"), STRANGERS.values(), ids=STRANGERS)
def test_I05_stranger_gets_no_offer(issuing: Issuing, call: Callable[[Issuing], httpx2.Response], status: int) -> None:
    refused(call(issuing), status, "unauthorized", "unsupported_media_type")
    assert rows(issuing, OFFERS) == rows(issuing, CODES) == rows(issuing, USED_ONCE) == 0


def test_I05_signed_request_works_once(issuing: Issuing) -> None:
    token = issuing.role_token(MAKE_OFFER, message())
    headers = {"Content-Type": "application/jwt"}
    assert issuing.client.post("/roles/offers", content=token, headers=headers).status_code == 201
    refused(issuing.client.post("/roles/offers", content=token, headers=headers), 401, "unauthorized")
    assert rows(issuing, OFFERS) == 1


def test_I05_request_for_another_action_is_refused(issuing: Issuing) -> None:
    token = issuing.role_token("ask_active", {"rrn": PERSON.linkage.rrn})
    refused(
        issuing.client.post("/roles/offers", content=token, headers={"Content-Type": "application/jwt"}), 401, "unauthorized"
    )


def test_I05_control_consulate_gets_an_offer(issuing: Issuing) -> None:
    assert issuing.ask(MAKE_OFFER, message()).status_code == 201
    assert rows(issuing, OFFERS) == 1
