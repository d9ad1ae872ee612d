"""Hostile inputs of issuance, rows I01–I05, I22–I25 and I28 of the threat catalogue, over HTTP, each beside its control."""

from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from hmac import digest as hmac_digest
from pathlib import Path
from typing import Any

import httpx2
import pytest
from cryptography.hazmat.primitives.asymmetric import ec
from sqlalchemy import func, select, update

from sinwon.core import base64url
from sinwon.core.strict_json import dump
from sinwon.keys.jwk import certificate_text
from sinwon.keys.software import generate_key
from sinwon.protocols.roles.messages import MAKE_OFFER, MakeOffer
from sinwon.protocols.vci.configurations import IDENTITY_SD_JWT, LINKAGE_SD_JWT
from sinwon.store.issuer.tables import AUDIT, CODES, COPIES, OFFERS, TOKENS, USED_ONCE
from tests import world
from tests.issuing import PERSON, PIN, Issuing, client_of, on_sqlite

ARABIC_INDIC = PIN.translate(str.maketrans("0123456789", "٠١٢٣٤٥٦٧٨٩"))
FULL_WIDTH = PIN.translate(str.maketrans("0123456789", "０１２３４５６７８９"))
PARALLEL = 50


@pytest.fixture
def issuing(tmp_path: Path) -> Iterator[Issuing]:
    bottle = on_sqlite(tmp_path)
    yield bottle
    bottle.issuer.engine.dispose()


def refused(answer: httpx2.Response, status: int, *codes: str) -> str:
    """The global rules of an answer to a hostile input; its code."""
    assert answer.status_code == status, answer.text
    body = answer.json()
    assert body["error"] in codes
    assert body.keys() <= {"error", "error_description"}
    assert all(" " <= sign <= "~" and sign not in '"\\' for sign in body["error_description"])
    assert answer.headers["cache-control"] == "no-store"
    return str(body["error"])


def rows(issuing: Issuing, table: Any) -> int:
    with issuing.issuer.engine.connect() as connection:
        return connection.execute(select(func.count()).select_from(table)).scalar_one()


# --- I01: the code is redeemed once ---


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


# --- I02: tx_code exactly when asked for ---


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


# --- I22: what is asked for ---

NAMES: dict[str, tuple[dict[str, str], str]] = {
    "both": (
        {"credential_configuration_id": IDENTITY_SD_JWT, "credential_identifier": "one"},
        "invalid_credential_request",
    ),
    "neither": ({}, "invalid_credential_request"),
    "unknown_configuration": ({"credential_configuration_id": "driving-licence"}, "unknown_credential_configuration"),
    "unknown_identifier": ({"credential_identifier": "one"}, "unknown_credential_identifier"),
}


@pytest.mark.parametrize(("names", "code"), NAMES.values(), ids=NAMES)
def test_I22_wrong_names(issuing: Issuing, names: dict[str, str], code: str) -> None:
    token = issuing.new_token()
    refused(issuing.send(token, {**names, "proofs": {"jwt": issuing.proofs()}}), 400, code)
    assert rows(issuing, COPIES) == 0


def test_I22_configuration_the_token_does_not_cover(issuing: Issuing) -> None:
    token = issuing.with_settings(configurations=(IDENTITY_SD_JWT,)).new_token()
    answer = issuing.request(token, issuing.proofs(), LINKAGE_SD_JWT)
    refused(answer, 403, "insufficient_scope")
    assert answer.headers["www-authenticate"] == 'Bearer error="insufficient_scope"'
    assert rows(issuing, COPIES) == 0


def test_I22_control_configuration_the_token_covers(issuing: Issuing) -> None:
    token = issuing.with_settings(configurations=(IDENTITY_SD_JWT,)).new_token()
    assert issuing.request(token, issuing.proofs(), IDENTITY_SD_JWT, unknown_member=1).status_code == 200


# --- I23: how many proofs, and in which shape ---

SHAPES: dict[str, Callable[[str], dict[str, Any]]] = {
    "two_types": lambda proof: {"proofs": {"jwt": [proof], "attestation": [proof]}},
    "empty_array": lambda _proof: {"proofs": {"jwt": []}},
    "no_type": lambda _proof: {"proofs": {}},
    "unknown_type": lambda proof: {"proofs": {"di_vp": [proof]}},
    "legacy_singular": lambda proof: {"proof": {"proof_type": "jwt", "jwt": proof}},
    "missing": lambda _proof: {},
    "text_for_array": lambda proof: {"proofs": {"jwt": proof}},
    "array_for_object": lambda proof: {"proofs": [proof]},
    "numbers": lambda _proof: {"proofs": {"jwt": [1]}},
    "ten_thousand": lambda _proof: {"proofs": {"jwt": ["e30.e30.e30"] * 10_000}},
    "nested_deeply": lambda _proof: {"proofs": {"jwt": [[[[[[[[[[[[[[[[[[]]]]]]]]]]]]]]]]]]}},
}


@pytest.mark.parametrize("shape", SHAPES.values(), ids=SHAPES)
def test_I23_proofs_in_another_shape(issuing: Issuing, shape: Callable[[str], dict[str, Any]]) -> None:
    body = {"credential_configuration_id": IDENTITY_SD_JWT, **shape(issuing.proof())}
    refused(issuing.send(issuing.new_token(), body), 400, "invalid_proof", "invalid_credential_request")
    assert rows(issuing, COPIES) == 0


def test_I23_one_more_than_the_batch_size(issuing: Issuing) -> None:
    proofs = issuing.proofs(issuing.issuer.settings.batch_size + 1)
    refused(issuing.request(issuing.new_token(), proofs), 400, "invalid_proof")
    assert rows(issuing, COPIES) == 0


def test_I23_control_a_full_batch(issuing: Issuing) -> None:
    size = issuing.issuer.settings.batch_size
    assert len(issuing.issue(size)["credentials"]) == size
    assert rows(issuing, COPIES) == size


# --- I24: the proof itself ---


def re_headed(proof: str, header: dict[str, Any], signature: Callable[[bytes], bytes]) -> str:
    """The claims of `proof` under another header and signature."""
    signed = f"{base64url.encode(dump(header))}.{proof.split('.')[1]}"
    return f"{signed}.{base64url.encode(signature(signed.encode()))}"


def alg_none(bottle: Issuing) -> str:
    header = {"alg": "none", "typ": "openid4vci-proof+jwt", "jwk": dict(generate_key().public_jwk)}
    return re_headed(bottle.proof(), header, lambda _signed: b"")


def hs256_with_the_public_key(bottle: Issuing) -> str:
    jwk = dict(generate_key().public_jwk)
    header = {"alg": "HS256", "typ": "openid4vci-proof+jwt", "jwk": jwk}
    return re_headed(bottle.proof(), header, lambda signed: hmac_digest(dump(jwk), signed, "sha256"))


def alg_of_another_key_type(bottle: Issuing) -> str:
    return bottle.proof(h_jwk={"kty": "RSA", "n": "AQAB", "e": "AQAB"})


def private_key_in_jwk(bottle: Issuing) -> str:
    signer = generate_key()
    number = signer.private.private_numbers().private_value
    return bottle.proof(signer, h_jwk={**signer.public_jwk, "d": base64url.encode(number.to_bytes(32))})


def another_curve(bottle: Issuing) -> str:
    numbers = ec.generate_private_key(ec.SECP256K1()).public_key().public_numbers()
    x, y = (base64url.encode(number.to_bytes(32)) for number in (numbers.x, numbers.y))
    return bottle.proof(h_jwk={"kty": "EC", "crv": "P-256K", "x": x, "y": y})


def point_off_the_curve(bottle: Issuing) -> str:
    jwk = dict(generate_key().public_jwk)
    return bottle.proof(h_jwk={**jwk, "x": jwk["y"], "y": jwk["x"]})


def untrusted_x5c(bottle: Issuing) -> str:
    chain = [certificate_text(world.authority("stranger").certificate)]
    return bottle.proof(h_jwk=None, h_x5c=chain)


def signed_by_another_key(bottle: Issuing) -> str:
    return bottle.proof(h_jwk=dict(generate_key().public_jwk))


DAY = 86_400
PROOFS: dict[str, Callable[[Issuing], str]] = {
    "alg_none": alg_none,
    "hs256_with_the_public_key": hs256_with_the_public_key,
    "alg_of_another_key_type": alg_of_another_key_type,
    "typ_missing": lambda bottle: bottle.proof(h_typ=None),
    "typ_of_a_plain_jwt": lambda bottle: bottle.proof(h_typ="JWT"),
    "audience_is_another_issuer": lambda bottle: bottle.proof(aud="https://other.example"),
    "audience_with_a_slash": lambda bottle: bottle.proof(aud=f"{world.ISSUER}/"),
    "audience_array_with_extras": lambda bottle: bottle.proof(aud=[world.ISSUER, "https://other.example"]),
    "audience_missing": lambda bottle: bottle.proof(aud=None),
    "iat_of_yesterday": lambda bottle: bottle.proof(iat=world.NOW - DAY),
    "iat_of_tomorrow": lambda bottle: bottle.proof(iat=world.NOW + DAY),
    "iat_just_too_old": lambda bottle: bottle.proof(iat=world.NOW - 301),
    "iat_missing": lambda bottle: bottle.proof(iat=None),
    "iat_as_text": lambda bottle: bottle.proof(iat=str(world.NOW)),
    "iat_true": lambda bottle: bottle.proof(iat=True),
    "private_key_in_jwk": private_key_in_jwk,
    "kid_and_jwk": lambda bottle: bottle.proof(h_kid="one"),
    "kid_only": lambda bottle: bottle.proof(h_jwk=None, h_kid="did:key:one"),
    "no_key": lambda bottle: bottle.proof(h_jwk=None),
    "untrusted_x5c": untrusted_x5c,
    "another_curve": another_curve,
    "point_off_the_curve": point_off_the_curve,
    "signed_by_another_key": signed_by_another_key,
    "unknown_critical_extension": lambda bottle: bottle.proof(h_crit=["exp"], h_exp=1),
    "longer_than_any_proof": lambda bottle: bottle.proof(padding="x" * 8_192),
    "not_a_jws": lambda _bottle: "not a jws",
}


@pytest.mark.parametrize("make", PROOFS.values(), ids=PROOFS)
def test_I24_proof_with_one_fault(issuing: Issuing, make: Callable[[Issuing], str]) -> None:
    token = issuing.new_token()
    refused(issuing.request(token, [make(issuing)]), 400, "invalid_proof")
    assert rows(issuing, COPIES) == 0
    # The token survives bad proofs.
    assert issuing.request(token, issuing.proofs()).status_code == 200


def test_I24_same_key_twice_in_a_batch(issuing: Issuing) -> None:
    signer, nonce = generate_key(), issuing.nonce()
    proofs = [issuing.proof(signer, nonce=nonce), issuing.proof(signer, nonce=nonce)]
    refused(issuing.request(issuing.new_token(), proofs), 400, "invalid_proof")
    assert rows(issuing, COPIES) == 0


@pytest.mark.parametrize("configuration", [IDENTITY_SD_JWT, LINKAGE_SD_JWT])
def test_I24_key_of_an_earlier_copy(issuing: Issuing, configuration: str) -> None:
    signer, token = generate_key(), issuing.new_token()
    assert issuing.request(token, [issuing.proof(signer)]).status_code == 200
    refused(issuing.request(token, [issuing.proof(signer)], configuration), 400, "invalid_proof")
    assert rows(issuing, COPIES) == 1


@pytest.mark.parametrize("moved", [-300, 0, 300])
def test_I24_control_valid_proof(issuing: Issuing, moved: int) -> None:
    assert issuing.request(issuing.new_token(), [issuing.proof(iat=world.NOW + moved)]).status_code == 200


# --- I25: the nonce ---


def foreign_nonce(_bottle: Issuing) -> str:
    return base64url.encode(b"\x01" * 40)


def nonce_of_another_tenant(bottle: Issuing) -> str:
    other = replace(bottle.issuer, origin="https://other.example")
    return Issuing(other, bottle.clock, client_at(other)).nonce()


def altered_nonce(bottle: Issuing) -> str:
    raw = bytearray(base64url.decode(bottle.nonce()))
    raw[10] ^= 1
    return base64url.encode(bytes(raw))


def client_at(issuer: Any) -> Any:
    client = client_of(issuer)
    client.base_url = httpx2.URL(issuer.origin)
    return client


NONCES: dict[str, Callable[[Issuing], object]] = {
    "foreign": foreign_nonce,
    "of_another_tenant": nonce_of_another_tenant,
    "altered": altered_nonce,
    "short": lambda _bottle: "abc",
    "not_base64url": lambda _bottle: "nonce with spaces",
    "ten_kilobytes": lambda _bottle: "A" * 5_000,
}


@pytest.mark.parametrize("make", NONCES.values(), ids=NONCES)
def test_I25_nonce_that_is_not_ours(issuing: Issuing, make: Callable[[Issuing], str]) -> None:
    token = issuing.new_token()
    refused(issuing.request(token, [issuing.proof(nonce=make(issuing))]), 400, "invalid_nonce")
    assert rows(issuing, COPIES) == 0
    # The client may try again with a fresh one.
    assert issuing.request(token, issuing.proofs()).status_code == 200


@pytest.mark.parametrize("value", [None, 7, ["x"]], ids=["absent", "number", "array"])
def test_I25_absent_nonce_is_a_fault_of_the_proof(issuing: Issuing, value: object) -> None:
    refused(issuing.request(issuing.new_token(), [issuing.proof(nonce=value)]), 400, "invalid_proof")
    assert rows(issuing, COPIES) == 0


def test_I25_expired_nonce(issuing: Issuing) -> None:
    nonce = issuing.nonce()
    issuing.clock.move(300)
    refused(issuing.request(issuing.new_token(), [issuing.proof(nonce=nonce)]), 400, "invalid_nonce")


def test_I25_nonce_reused_after_success(issuing: Issuing) -> None:
    token, nonce = issuing.new_token(), issuing.nonce()
    assert issuing.request(token, [issuing.proof(nonce=nonce)]).status_code == 200
    refused(issuing.request(token, [issuing.proof(nonce=nonce)]), 400, "invalid_nonce")
    refused(issuing.request(token, [issuing.proof(nonce=nonce)], LINKAGE_SD_JWT), 400, "invalid_nonce")
    assert rows(issuing, COPIES) == 1


def test_I25_of_fifty_parallel_uses_one_wins(issuing: Issuing) -> None:
    token, nonce = issuing.new_token(), issuing.nonce()
    bodies = [
        {"credential_configuration_id": IDENTITY_SD_JWT, "proofs": {"jwt": [issuing.proof(nonce=nonce)]}}
        for _number in range(PARALLEL)
    ]
    headers = {"Authorization": f"Bearer {token}"}
    with ThreadPoolExecutor(PARALLEL) as pool:
        answers = list(pool.map(lambda body: client_of(issuing.issuer).post("/credential", json=body, headers=headers), bodies))
    assert sum(answer.status_code == 200 for answer in answers) == 1
    assert {answer.json()["error"] for answer in answers if answer.status_code != 200} == {"invalid_nonce"}
    assert rows(issuing, COPIES) == 1


def test_I25_two_nonces_in_one_batch(issuing: Issuing) -> None:
    proofs = [issuing.proof(), issuing.proof()]
    refused(issuing.request(issuing.new_token(), proofs), 400, "invalid_nonce")


def test_I25_control_one_nonce_serves_a_batch(issuing: Issuing) -> None:
    nonce = issuing.nonce()
    issuing.clock.move(299)
    proofs = [issuing.proof(nonce=nonce) for _number in range(3)]
    assert issuing.request(issuing.new_token(), proofs).status_code == 200


def test_I25_control_nonce_of_a_refused_request_stays_usable(issuing: Issuing) -> None:
    token, nonce = issuing.new_token(), issuing.nonce()
    refused(issuing.request(token, [issuing.proof(nonce=nonce, aud="https://other.example")]), 400, "invalid_proof")
    assert issuing.request(token, [issuing.proof(nonce=nonce)]).status_code == 200


# --- I28: all or nothing ---


@pytest.mark.parametrize("position", [0, 4, 9])
def test_I28_one_bad_proof_in_a_full_batch(issuing: Issuing, position: int) -> None:
    token, nonce = issuing.new_token(), issuing.nonce()
    proofs = [issuing.proof(nonce=nonce) for _number in range(10)]
    proofs[position] = issuing.proof(nonce=nonce, h_jwk=dict(generate_key().public_jwk))
    refused(issuing.request(token, proofs), 400, "invalid_proof")
    assert rows(issuing, COPIES) == 0
    assert issuing.request(token, [proof for proof in proofs if proof != proofs[position]]).status_code == 200


def test_I28_control_all_proofs_good(issuing: Issuing) -> None:
    assert len(issuing.issue(10)["credentials"]) == 10
