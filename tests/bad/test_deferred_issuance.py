"""Hostile requests for what was deferred, row I31 of the threat catalogue, over HTTP, each beside its control."""

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path
from typing import Any

import httpx2
import pytest
from sqlalchemy import select

from sinwon.core.clock import DAY
from sinwon.core.ids import digest
from sinwon.formats.sdjwt.parse import parse_sd_jwt
from sinwon.keys.software import generate_key
from sinwon.keys.trust import Anchor, Purpose, TrustAnchors
from sinwon.protocols.trust.status_lists import StatusLists
from sinwon.protocols.vci.configurations import AGE_SD_JWT, IDENTITY_SD_JWT, LINKAGE_SD_JWT
from sinwon.services.issuance.clean_up import clean_up
from sinwon.store.issuer.tables import AUDIT, COPIES, PENDINGS, TOKENS
from tests import world
from tests.attesting import new_keys
from tests.bound_wallet import BoundWallet
from tests.gateway_world import StatusServer
from tests.issuing import PERSON, RRN, Issuing, client_of, refused, rows

PATH = "/deferred-credential"
PARALLEL = 50
DELAY = 5
STATUS_URI, STATUS_INDEX = f"{world.WALLET_PROVIDER}/status/1", 7


@pytest.fixture
def issuing(issuing: Issuing) -> Issuing:
    """One that promises two of its configurations."""
    return issuing.with_settings(deferred=(AGE_SD_JWT, LINKAGE_SD_JWT), deferred_delay=DELAY, token_lifetime=DAY)


def promised(issuing: Issuing, token: str, count: int = 1) -> str:
    answer = issuing.request(token, issuing.proofs(count), AGE_SD_JWT)
    assert answer.status_code == 202, answer.text
    return str(answer.json()["transaction_id"])


def due(issuing: Issuing, token: str, count: int = 1) -> str:
    name = promised(issuing, token, count)
    issuing.clock.move(DELAY)
    return name


def fetch(issuing: Issuing, token: str, name: object, **more: Any) -> httpx2.Response:
    headers = {"Authorization": f"Bearer {token}"}
    return issuing.client.post(PATH, json={"transaction_id": name, **more}, headers=headers)


# --- I31: whose it is, once, and in time [OID4VCI 9.1] [OID4VCI 9.3] ---


def test_I31_transaction_of_another_certificate(issuing: Issuing) -> None:
    mine, theirs = issuing.new_token(), issuing.new_token()
    name = due(issuing, mine)
    refused(fetch(issuing, theirs, name), 400, "invalid_transaction_id")
    assert fetch(issuing, mine, name).status_code == 200


def test_I31_transaction_of_another_device(issuing: Issuing) -> None:
    """With a living token of the same certificate, but not for the key it was asked for with."""
    wallet = BoundWallet(issuing)
    token = wallet.start()["access_token"]
    name = wallet.request(token, configuration=AGE_SD_JWT).json()["transaction_id"]
    issuing.clock.move(DELAY)
    with issuing.issuer.engine.begin() as connection:
        certificate = connection.execute(select(TOKENS.c.certificate)).scalar_one()
        bearer = {"digest": digest("bearer"), "certificate": certificate, "configurations": AGE_SD_JWT, "key": None}
        connection.execute(TOKENS.insert(), {**bearer, "expires_at": issuing.clock.now + 300})
    refused(fetch(issuing, "bearer", name), 400, "invalid_transaction_id")
    answer = issuing.client.post(PATH, json={"transaction_id": name}, headers=wallet.headers(PATH, token))
    assert answer.status_code == 200


def test_I31_replay_after_delivery(issuing: Issuing) -> None:
    token = issuing.new_token()
    name = due(issuing, token, 2)
    assert fetch(issuing, token, name).status_code == 200
    refused(fetch(issuing, token, name), 400, "invalid_transaction_id")
    assert (rows(issuing, COPIES), rows(issuing, PENDINGS)) == (2, 0)


def test_I31_of_fifty_parallel_fetches_one_wins(issuing: Issuing) -> None:
    token = issuing.new_token()
    name = due(issuing, token)
    headers = {"Authorization": f"Bearer {token}"}

    def once(_number: int) -> httpx2.Response:
        return client_of(issuing.issuer).post(PATH, json={"transaction_id": name}, headers=headers)

    with ThreadPoolExecutor(PARALLEL) as pool:
        answers = list(pool.map(once, range(PARALLEL)))
    assert sorted(answer.status_code for answer in answers) == [200] + [400] * (PARALLEL - 1)
    assert {answer.json()["error"] for answer in answers if answer.status_code == 400} == {"invalid_transaction_id"}
    assert rows(issuing, COPIES) == 1


@pytest.mark.parametrize("late", [0, 1])
def test_I31_transaction_that_is_over(issuing: Issuing, late: int) -> None:
    token = issuing.with_settings(token_lifetime=2 * DAY).new_token()
    name = promised(issuing, token)
    issuing.clock.move(DAY + late)
    refused(fetch(issuing, token, name), 400, "invalid_transaction_id")
    clean_up(issuing.issuer)
    assert rows(issuing, PENDINGS) == 0


GUESSES = ["", "unknown", "A" * 43, "A" * 128, "a" * 129, "' OR 1=1 --", "\x00", "신원", "%00", "../x"]


@pytest.mark.parametrize("name", GUESSES)
def test_I31_guessed_transaction(issuing: Issuing, name: str) -> None:
    token = issuing.new_token()
    due(issuing, token)
    refused(fetch(issuing, token, name), 400, "invalid_transaction_id")


def test_I31_the_name_in_the_database_is_not_the_one_that_counts(issuing: Issuing) -> None:
    """Whoever reads the database can fetch nothing with it."""
    token = issuing.new_token()
    due(issuing, token)
    with issuing.issuer.engine.connect() as connection:
        stored = connection.execute(select(PENDINGS.c.id)).scalar_one()
    refused(fetch(issuing, token, stored), 400, "invalid_transaction_id")


@pytest.mark.parametrize("body", [{}, {"transaction_id": 1}, {"transaction_id": None}, {"transaction_id": ["x"]}, [], "x"])
def test_I31_malformed_request(issuing: Issuing, body: object) -> None:
    headers = {"Authorization": f"Bearer {issuing.new_token()}"}
    refused(issuing.client.post(PATH, json=body, headers=headers), 400, "invalid_credential_request")


def test_I31_without_a_token(issuing: Issuing) -> None:
    name = due(issuing, issuing.new_token())
    refused(issuing.client.post(PATH, json={"transaction_id": name}), 401, "invalid_token")
    refused(fetch(issuing, "unknown", name), 401, "invalid_token")


def test_I31_bound_token_without_its_proof_and_a_proof_twice(issuing: Issuing) -> None:
    wallet = BoundWallet(issuing)
    token = wallet.start()["access_token"]
    name = {"transaction_id": wallet.request(token, configuration=AGE_SD_JWT).json()["transaction_id"]}
    refused(fetch(issuing, token, name["transaction_id"]), 401, "invalid_token")
    headers = wallet.headers(PATH, token)
    assert issuing.client.post(PATH, json=name, headers=headers).status_code == 202
    refused(issuing.client.post(PATH, json=name, headers=headers), 401, "invalid_dpop_proof")


def test_I31_token_that_does_not_cover_it(issuing: Issuing) -> None:
    token = issuing.new_token()
    name = due(issuing, token)
    with issuing.issuer.engine.begin() as connection:
        connection.execute(TOKENS.update().values(configurations=IDENTITY_SD_JWT))
    refused(fetch(issuing, token, name), 403, "insufficient_scope")


def test_I31_certificate_that_was_revoked_meanwhile(issuing: Issuing) -> None:
    token = issuing.new_token()
    name = due(issuing, token)
    issuing.revoke()
    refused(fetch(issuing, token, name), 400, "credential_request_denied", "invalid_token")
    assert rows(issuing, COPIES) == 0


def test_I31_keys_whose_attestation_was_revoked_meanwhile(issuing: Issuing) -> None:
    good, bad = (watching(issuing, values) for values in ({}, {STATUS_INDEX: 1}))
    token = good.new_token()
    attestation = good.attest(new_keys(1), status={"status_list": {"idx": STATUS_INDEX, "uri": STATUS_URI}})
    name = good.request_attested(token, attestation, LINKAGE_SD_JWT).json()["transaction_id"]
    issuing.clock.move(DELAY)
    refused(fetch(bad, token, name), 400, "credential_request_denied")
    assert rows(issuing, COPIES) == 0
    assert fetch(good, token, name).status_code == 200


def watching(issuing: Issuing, values: dict[int, int]) -> Issuing:
    """The issuer where the wallet provider's status list has these values."""
    listed = Anchor(world.authority("status authority").certificate, Purpose.STATUS, "wallets", world.WALLET_PROVIDER)
    trusted = TrustAnchors((*world.trust_anchors().anchors, listed))
    server = StatusServer(issuing.clock, values=values)
    issuer = replace(issuing.issuer, trust=lambda: trusted, fetch=server, statuses=StatusLists())
    return Issuing(issuer, issuing.clock, client_of(issuer))


def test_I31_a_key_that_binds_another_copy_meanwhile(issuing: Issuing) -> None:
    token, signer = issuing.new_token(), generate_key()
    names = []
    for _twice in range(2):
        answer = issuing.request(token, [issuing.proof(signer)], AGE_SD_JWT)
        names.append(answer.json()["transaction_id"])
    issuing.clock.move(DELAY)
    assert fetch(issuing, token, names[0]).status_code == 200
    refused(fetch(issuing, token, names[1]), 400, "credential_request_denied")
    refused(issuing.request(token, [issuing.proof(signer)], AGE_SD_JWT), 400, "invalid_proof")
    assert rows(issuing, COPIES) == 1


def test_I31_a_nonce_promises_once(issuing: Issuing) -> None:
    token, nonce = issuing.new_token(), issuing.nonce()
    assert issuing.request(token, [issuing.proof(nonce=nonce)], AGE_SD_JWT).status_code == 202
    refused(issuing.request(token, [issuing.proof(nonce=nonce)], AGE_SD_JWT), 400, "invalid_nonce")
    refused(issuing.request(token, [issuing.proof(nonce=nonce)], IDENTITY_SD_JWT), 400, "invalid_nonce")
    assert rows(issuing, PENDINGS) == 1


def test_I31_promises_without_end(issuing: Issuing) -> None:
    few = issuing.with_settings(deferred_at_once=3)
    token = few.new_token()
    for _promise in range(3):
        promised(few, token)
    refused(few.request(token, few.proofs(), AGE_SD_JWT), 400, "credential_request_denied")
    assert rows(issuing, PENDINGS) == 3


def test_I31_bad_proofs_promise_nothing(issuing: Issuing) -> None:
    refused(
        issuing.request(issuing.new_token(), [issuing.proof(aud="https://other.example")], AGE_SD_JWT), 400, "invalid_proof"
    )
    assert rows(issuing, PENDINGS) == 0


def test_I31_control_what_was_promised_is_fetched(issuing: Issuing) -> None:
    token, signers = issuing.new_token(), [generate_key() for _ in range(3)]
    nonce = issuing.nonce()
    proofs = [issuing.proof(signer, nonce=nonce) for signer in signers]
    name = issuing.request(token, proofs, AGE_SD_JWT).json()["transaction_id"]
    for left in range(DELAY, 0, -1):
        answer = fetch(issuing, token, name, unknown=1)
        assert (answer.status_code, answer.json()) == (202, {"transaction_id": name, "interval": left})
        assert answer.headers["cache-control"] == "no-store"
        issuing.clock.move(1)
    answer = fetch(issuing, token, name)
    assert answer.status_code == 200
    texts = [parse_sd_jwt(one["credential"]) for one in answer.json()["credentials"]]
    bound = [text.issuer_signed.claims(limit=1 << 18)["cnf"]["jwk"] for text in texts]
    assert bound == [signer.public_jwk for signer in signers]
    with issuing.issuer.engine.connect() as connection:
        entries = connection.execute(select(AUDIT.table.c.action, AUDIT.table.c.details).order_by(AUDIT.table.c.number)).all()
    found = {action: details for action, details in entries if action in {"issuance.deferred", "certificate.issued"}}
    details = {"configuration": AGE_SD_JWT, "copies": 3}
    assert found == {"issuance.deferred": details, "certificate.issued": details}


def test_I31_control_attested_keys(issuing: Issuing) -> None:
    """What was attested of the keys is in the copies that come later."""
    token = issuing.new_token()
    name = issuing.request_attested(token, issuing.attest(new_keys(2)), LINKAGE_SD_JWT).json()["transaction_id"]
    issuing.clock.move(DELAY)
    answer = fetch(issuing, token, name).json()
    claims = [parse_sd_jwt(one["credential"]).issuer_signed.claims(limit=1 << 18) for one in answer["credentials"]]
    assert [len(claims), *(one["key_assurance"] for one in claims)] == [
        2,
        claims[0]["key_assurance"],
        claims[0]["key_assurance"],
    ]
    assert claims[0]["key_assurance"]["key_storage"] == ["iso_18045_basic"]


def test_I31_control_nothing_personal_waits_in_the_clear(issuing: Issuing, tmp_path: Path) -> None:
    token = issuing.new_token()
    signer = generate_key()
    name = issuing.request(token, [issuing.proof(signer)], AGE_SD_JWT).json()["transaction_id"]
    stored = b"".join(path.read_bytes() for path in tmp_path.iterdir())
    hidden = [PERSON.name_ko, PERSON.birthdate, RRN, name, token, *(signer.public_jwk[part] for part in "xy")]
    assert [text for text in hidden if text.encode() in stored] == []


def test_I31_control_the_last_moment(issuing: Issuing) -> None:
    token = issuing.with_settings(token_lifetime=2 * DAY).new_token()
    name = promised(issuing, token)
    issuing.clock.move(DAY - 1)
    assert fetch(issuing, token, name).status_code == 200
