"""Hostile requests to the wallet provider, over HTTP, each beside what passes."""

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import httpx2
import pytest
from sqlalchemy import func, select

from sinwon.core import base64url
from sinwon.core.clock import DAY
from sinwon.core.strict_json import dump, parse_object
from sinwon.formats.jose.jws import parse_jws, sign_jws
from sinwon.keys.software import generate_key
from sinwon.protocols.attestation.key_attestation import MAX_KEYS
from sinwon.protocols.wallet_provider.messages import ATTEST_CLIENT, ATTEST_KEYS, PATHS, REGISTER, REVOKE
from sinwon.protocols.wallet_provider.named_keys import MAX_NONCE
from sinwon.protocols.wallet_provider.request import CHALLENGE_LIFETIME, MAX_REQUEST, TYP, make_challenge
from sinwon.services.wallet_provider.forget import UNSEEN, forget
from sinwon.services.wallet_provider.instances import revoke_instance
from sinwon.store.engine import open_engine, reading
from sinwon.store.wallet_provider.tables import INSTANCES, METADATA, USED_CHALLENGES
from tests import world
from tests.providing import Providing, open_provider, some_keys


@pytest.fixture
def here(tmp_path: Path) -> Iterator[Providing]:
    engine = open_engine(f"sqlite:///{tmp_path}/wallet_provider.sqlite")
    METADATA.create_all(engine)
    yield open_provider(engine)
    engine.dispose()


def refused(answer: httpx2.Response, status: int, code: str) -> None:
    assert (answer.status_code, answer.json()["error"]) == (status, code)
    assert answer.headers["cache-control"] == "no-store"


def counted(here: Providing, table: Any) -> int:
    with reading(here.provider.engine) as connection:
        return int(connection.execute(select(func.count()).select_from(table)).scalar_one())


def signed(here: Providing, header: dict[str, Any], claims: dict[str, Any], by: Any = None) -> str:
    body = {"aud": world.WALLET_PROVIDER, "challenge": here.challenge(), "action": REGISTER, "body": {}, **claims}
    return sign_jws({"typ": TYP, "jwk": dict(here.signer.public_jwk), **header}, body, by or here.signer)


def without_signature(here: Providing) -> str:
    head, body, _ = here.request(REGISTER).split(".")
    return f"{head}.{body}."


def turned(here: Providing) -> str:
    body, _, signature = here.request(REGISTER).rpartition(".")
    raw = bytearray(base64url.decode(signature))
    raw[0] ^= 1
    return f"{body}.{base64url.encode(bytes(raw))}"


def by_algorithm(name: str) -> Callable[[Providing], str]:
    def spoil(here: Providing) -> str:
        _, body, signature = here.request(REGISTER).split(".")
        header = {"typ": TYP, "jwk": dict(here.signer.public_jwk), "alg": name}
        return f"{base64url.encode(dump(header))}.{body}.{signature}"

    return spoil


SPOILT: dict[str, Callable[[Providing], str]] = {
    "signed by a foreign key": lambda here: signed(here, {}, {}, generate_key()),
    "no signature": without_signature,
    "a bit turned": turned,
    "alg none": by_algorithm("none"),
    "alg HS256": by_algorithm("HS256"),
    "another typ": lambda here: signed(here, {"typ": "JWT"}, {}),
    "no key": lambda here: signed(here, {"jwk": None}, {}),
    "a private key": lambda here: signed(here, {"jwk": {**here.signer.public_jwk, "d": "A" * 43}}, {}),
    "a key elsewhere": lambda here: signed(here, {"jwk": {**here.signer.public_jwk, "x5u": "https://x.example"}}, {}),
    "another curve": lambda here: signed(here, {"jwk": {**here.signer.public_jwk, "crv": "P-384"}}, {}),
    "for another provider": lambda here: signed(here, {}, {"aud": "https://others.example"}),
    "for another action": lambda here: signed(here, {}, {"action": REVOKE}),
    "no challenge": lambda here: signed(here, {}, {"challenge": None}),
    "not a JWS": lambda _here: "a.b",
    "empty": lambda _here: "",
}


@pytest.mark.parametrize("name", SPOILT)
def test_a_spoilt_proof_registers_nothing(here: Providing, name: str) -> None:
    refused(here.send(REGISTER, SPOILT[name](here)), 400, "invalid_proof")
    assert counted(here, INSTANCES) == 0
    assert here.send(REGISTER, signed(here, {}, {})).status_code == 201


def test_only_ascii_is_a_proof(here: Providing) -> None:
    refused(here.send(REGISTER, here.request(REGISTER).encode() + b"\xff"), 400, "invalid_proof")


def test_a_challenge_is_ours_fresh_and_used_once(here: Providing) -> None:
    given = here.challenge()
    foreign = make_challenge(b"x" * 32, provider=world.WALLET_PROVIDER, now=world.NOW, random=world.SeededRandomness(1))
    elsewhere = make_challenge(b"k" * 32, provider="https://others.example", now=world.NOW, random=world.SeededRandomness(1))
    for other in (foreign, elsewhere, "A" * 54, "x", "가"):
        refused(here.register(challenge=other), 400, "use_challenge")
    here.clock.now += CHALLENGE_LIFETIME
    refused(here.register(challenge=given), 400, "use_challenge")
    here.clock.now -= 1
    assert here.register(challenge=given).status_code == 201
    for answer in (
        here.attest_client(challenge=given),
        here.attest_keys(some_keys(1), challenge=given),
        here.revoke(challenge=given),
        here.register(challenge=given, by=generate_key()),
    ):
        refused(answer, 400, "use_challenge")
    assert here.attest_client().status_code == 200


def test_a_refused_request_uses_no_challenge_up(here: Providing) -> None:
    given = here.challenge()
    refused(here.attest_client(challenge=given), 403, "unknown_instance")
    assert counted(here, USED_CHALLENGES) == 0
    assert here.register(challenge=given).status_code == 201


def test_a_whole_request_counts_once(here: Providing) -> None:
    token = here.request(REGISTER)
    assert here.send(REGISTER, token).status_code == 201
    refused(here.send(REGISTER, token), 400, "use_challenge")
    refused(here.register(), 409, "instance_known")


@pytest.mark.parametrize("action", [ATTEST_CLIENT, ATTEST_KEYS, REVOKE])
def test_a_request_is_for_its_own_action(here: Providing, action: str) -> None:
    here.register()
    other = next(name for name in PATHS if name not in {action, REGISTER})
    refused(here.send(action, here.request(other)), 400, "invalid_proof")


@pytest.mark.parametrize("by", ["instance", "operator"])
def test_a_revoked_instance_gets_nothing_and_stays_revoked(here: Providing, by: str) -> None:
    instance = here.register().json()["instance"]
    assert here.attest_client().status_code == 200
    if by == "instance":
        assert here.revoke().json() == {"instance": instance}
    else:
        revoke_instance(here.provider, instance)
    for answer in (here.attest_client(), here.attest_keys(some_keys(1)), here.revoke()):
        refused(answer, 403, "instance_revoked")
    refused(here.register(), 409, "instance_known")
    here.signer = generate_key()
    assert here.register().status_code == 201
    assert here.attest_client().status_code == 200


def test_a_foreign_key_asks_for_nobody(here: Providing) -> None:
    """An instance is the key that signs: there is no other name to claim."""
    here.register()
    for answer in (
        here.attest_client(by=generate_key()),
        here.attest_keys(some_keys(1), by=generate_key()),
        here.revoke(by=generate_key()),
    ):
        refused(answer, 403, "unknown_instance")
    assert here.attest_client().status_code == 200


def test_an_attestation_names_the_key_that_asked_and_ends_within_a_day(here: Providing) -> None:
    here.register()
    answer = here.attest_client().json()
    claims = parse_jws(answer["attestation"]).claims()
    assert claims["cnf"] == {"jwk": dict(here.signer.public_jwk)}
    assert claims.keys() == {"iss", "sub", "iat", "exp", "cnf"}
    assert 0 < claims["exp"] - claims["iat"] <= DAY
    assert claims["exp"] == answer["expires_at"]


def test_keys_are_public_whole_and_not_too_many(here: Providing) -> None:
    here.register()
    one = some_keys(1)
    bad: tuple[Any, ...] = (
        [],
        one * 2,
        some_keys(MAX_KEYS + 1),
        [{**one[0], "d": "A" * 43}],
        [{"kty": "oct", "k": "AAAA"}],
        [{}],
        ["x"],
        [{**one[0], "x": 1}],
    )
    for keys in bad:
        refused(here.attest_keys(keys), 400, "invalid_request")
    assert here.attest_keys(some_keys(MAX_KEYS)).status_code == 200


def test_a_nonce_is_short_and_printable(here: Providing) -> None:
    here.register()
    for nonce in ("", "n" * (MAX_NONCE + 1), "가", "a\u0000", 7, None):
        refused(here.attest_keys(some_keys(1), nonce), 400, "invalid_request")
    assert here.attest_keys(some_keys(1), "n" * MAX_NONCE).status_code == 200


def test_the_wallet_does_not_say_what_its_keys_withstand(here: Providing) -> None:
    here.register()
    wanted = {"keys": some_keys(1), "nonce": "n", "key_storage": ["iso_18045_high"], "assurance": "iso_18045_high"}
    claims = parse_jws(here.ask(ATTEST_KEYS, wanted).json()["attestation"]).claims()
    assert (claims["key_storage"], claims["user_authentication"]) == (["iso_18045_basic"], ["iso_18045_basic"])


def test_too_large_and_of_another_type(here: Providing) -> None:
    refused(here.send(REGISTER, b"a" * (MAX_REQUEST + 1)), 413, "too_large")
    refused(here.send(REGISTER, b"a" * MAX_REQUEST), 400, "invalid_proof")
    refused(here.send(REGISTER, here.request(REGISTER), "application/json"), 415, "unsupported_media_type")
    assert here.register().status_code == 201


def test_registrations_have_a_ceiling_by_the_minute(tmp_path: Path) -> None:
    engine = open_engine(f"sqlite:///{tmp_path}/few.sqlite")
    METADATA.create_all(engine)
    here = open_provider(engine, registrations=3)
    for _ in range(3):
        assert here.register(by=generate_key()).status_code == 201
    refused(here.register(), 429, "too_many_requests")
    here.clock.now += 60
    assert here.register().status_code == 201
    engine.dispose()


def test_what_is_over_is_forgotten(here: Providing) -> None:
    here.register()
    here.clock.now += CHALLENGE_LIFETIME
    assert forget(here.provider) == 1  # the count of that minute; the challenge's last second is now
    here.clock.now += 1
    assert forget(here.provider) == 1
    here.clock.now = world.NOW + UNSEEN
    assert forget(here.provider) == 0
    here.clock.now += 1
    assert (forget(here.provider), counted(here, INSTANCES)) == (1, 0)


def test_nothing_refused_is_said_back(here: Providing) -> None:
    answer = here.send(REGISTER, "canary7f3a.canary7f3a.canary7f3a")
    assert "canary" not in answer.text
    assert parse_object(answer.content).keys() == {"error", "error_description"}
