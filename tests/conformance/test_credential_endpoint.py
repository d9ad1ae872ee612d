"""Nonce, credential, deferred and notification endpoint, as a harness tries them: requirements 48 to 54."""

from email.utils import parsedate_to_datetime
from socket import socket
from time import time
from typing import Any
from urllib.parse import urlsplit

import httpx2
import pytest

from sinwon.cli.serving import Listener, serving
from sinwon.core import base64url
from sinwon.formats.mdoc.issuer_signed import parse_issuer_signed
from sinwon.formats.sdjwt.parse import parse_sd_jwt
from sinwon.keys.software import generate_key
from sinwon.protocols.vci.configurations import AGE_SD_JWT, IDENTITY_SD_JWT
from sinwon.web.issuer.app import issuer_app
from tests import world
from tests.bound_wallet import BoundWallet
from tests.encrypting import EncryptingWallet
from tests.issuing import Issuing, refused

CODES = (
    "invalid_credential_request",
    "unknown_credential_configuration",
    "unknown_credential_identifier",
    "invalid_proof",
    "invalid_nonce",
    "invalid_encryption_parameters",
    "credential_request_denied",
)
UNKNOWN: dict[str, Any] = {"x_unknown": {"nested": [1, 2, 3]}, "another": "🙂"}
REQUESTS = 30


@pytest.fixture
def deferring(issuing: Issuing) -> Issuing:
    return issuing.with_settings(deferred=(AGE_SD_JWT,))


# --- 48: nonces ---


def test_C48_a_nonce_is_given_to_anybody(issuing: Issuing) -> None:
    """The nonce endpoint answers an empty POST without authentication with a fresh c_nonce that nobody may store."""
    answers = [issuing.client.post("/nonce") for _twice in range(2)]
    for answer in answers:
        assert (answer.status_code, answer.headers["content-type"]) == (200, "application/json")
        assert answer.headers["cache-control"] == "no-store"
        assert isinstance(answer.json()["c_nonce"], str)
    assert answers[0].json() != answers[1].json()


def test_C48_one_nonce_serves_a_whole_batch(issuing: Issuing) -> None:
    """All proofs of a batch may carry the same nonce."""
    assert len(issuing.issue(10)["credentials"]) == 10


@pytest.mark.parametrize("nonce", ["unknown", "A" * 54, ""])
def test_C48_an_unknown_nonce_is_called_that(issuing: Issuing, nonce: str) -> None:
    """A nonce that is not ours is refused as invalid_nonce, not as invalid_proof."""
    refused(issuing.request(issuing.new_token(), [issuing.proof(nonce=nonce)]), 400, "invalid_nonce")


def test_C48_a_nonce_that_served_is_refused(issuing: Issuing) -> None:
    """A nonce is worth nothing after a success, and still good after a refusal."""
    token, nonce = issuing.new_token(), issuing.nonce()
    refused(issuing.request(token, [issuing.proof(nonce=nonce, aud="https://other.example")]), 400, "invalid_proof")
    assert issuing.request(token, [issuing.proof(nonce=nonce)]).status_code == 200
    refused(issuing.request(token, [issuing.proof(nonce=nonce)]), 400, "invalid_nonce")


# --- 49: what a success looks like ---


def test_C49_credentials_are_strings_in_objects(issuing: Issuing) -> None:
    """A success is 200 with credentials, each an object with one string, and nothing else but a notification id."""
    answer = issuing.request(issuing.new_token(), issuing.proofs(2))
    assert (answer.status_code, answer.headers["content-type"]) == (200, "application/json")
    assert answer.headers["cache-control"] == "no-store"
    body = answer.json()
    assert body.keys() == {"credentials", "notification_id"}
    assert [list(one) for one in body["credentials"]] == [["credential"], ["credential"]]
    for one in body["credentials"]:
        parse_sd_jwt(one["credential"])


def test_C49_an_mdoc_is_unpadded_base64url(issuing: Issuing) -> None:
    """An mdoc comes as IssuerSigned in base64url without padding."""
    text = issuing.issue(1, "overseas-national-mdoc")["credentials"][0]["credential"]
    assert "=" not in text
    parse_issuer_signed(base64url.decode(text))


def test_C49_what_is_not_ready_has_an_id_and_an_interval(deferring: Issuing) -> None:
    """A deferred answer is 202 with a transaction id and an interval, and nothing else."""
    answer = deferring.request(deferring.new_token(), deferring.proofs(), AGE_SD_JWT)
    assert answer.status_code == 202
    assert answer.json().keys() == {"transaction_id", "interval"}
    assert type(answer.json()["interval"]) is int
    assert answer.json()["interval"] > 0


def test_C49_every_answer_has_a_date(issuing: Issuing) -> None:
    """Answers of the server as it runs have a Date header, and say back no interaction id that they do not know."""
    with socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    body = {"credential_configuration_id": IDENTITY_SD_JWT, "proofs": {"jwt": issuing.proofs()}}
    headers = {
        "Authorization": f"Bearer {issuing.new_token()}",
        "x-fapi-interaction-id": "c770aef3-6784-41f7-8e0e-ff5f97bddb3a",
    }
    with serving({"issuer": Listener(issuer_app(issuing.issuer), "127.0.0.1", port)}):
        host = {"Host": urlsplit(world.ISSUER).netloc}
        answer = httpx2.post(f"http://127.0.0.1:{port}/credential", json=body, headers={**headers, **host})
    assert answer.status_code == 200
    assert abs(parsedate_to_datetime(answer.headers["date"]).timestamp() - time()) < 60
    assert "x-fapi-interaction-id" not in answer.headers


# --- 50: what an error looks like ---


@pytest.mark.parametrize("code", CODES)
def test_C50_errors_are_400_in_clear_json(issuing: Issuing, code: str) -> None:
    """Each of the seven error codes comes as 400, JSON, with no members but error and error_description."""
    answer = error_of(issuing, code)
    refused(answer, 400, code)
    assert answer.headers["content-type"] == "application/json"


def error_of(issuing: Issuing, code: str) -> httpx2.Response:
    token = issuing.new_token()
    body: dict[str, Any] = {"credential_configuration_id": IDENTITY_SD_JWT, "proofs": {"jwt": issuing.proofs()}}
    changes: dict[str, Any] = {
        "invalid_credential_request": {"credential_identifier": f"{IDENTITY_SD_JWT}.1"},
        "unknown_credential_configuration": {"credential_configuration_id": "no-such"},
        "unknown_credential_identifier": {"credential_configuration_id": None, "credential_identifier": "no-such"},
        "invalid_proof": {"proofs": {"jwt": []}},
        "invalid_nonce": {"proofs": {"jwt": [issuing.proof(nonce="unknown")]}},
        "invalid_encryption_parameters": {"credential_response_encryption": {"jwk": {}, "enc": "A128GCM"}},
    }
    if code == "credential_request_denied":
        issuing.revoke()
    return issuing.send(token, {**body, **changes.get(code, {})})


def test_C50_errors_are_never_encrypted(issuing: Issuing) -> None:
    """An error in answer to an encrypted request that asked for an encrypted answer is plain JSON."""
    wallet = EncryptingWallet(issuing)
    refused(wallet.send(issuing.new_token(), wallet.body("no-such")), 400, "unknown_credential_configuration")


# --- 51: unknown members and identifiers ---


def test_C51_unknown_members_are_ignored(issuing: Issuing) -> None:
    """Members that the specification does not have change nothing."""
    assert issuing.request(issuing.new_token(), issuing.proofs(), **UNKNOWN).status_code == 200


@pytest.mark.parametrize("identifier", ["no-such", f"{IDENTITY_SD_JWT}.1", f"{IDENTITY_SD_JWT}.2", IDENTITY_SD_JWT, ".1", ""])
def test_C51_an_identifier_that_was_not_given_is_unknown(issuing: Issuing, identifier: str) -> None:
    """A credential identifier is unknown where the token came without any."""
    body = {"credential_identifier": identifier, "proofs": {"jwt": issuing.proofs()}}
    refused(issuing.send(issuing.new_token(), body), 400, "unknown_credential_identifier")


# --- 52: encryption ---


@pytest.mark.parametrize("zipped", [False, True], ids=["plain", "DEF"])
@pytest.mark.parametrize("enc", ["A128GCM", "A256GCM"])
def test_C52_request_and_answer_are_encrypted(issuing: Issuing, enc: str, zipped: bool) -> None:
    """An encrypted request gets an encrypted answer to its key, with the alg, enc and compression it asked for."""
    wallet = EncryptingWallet(issuing, enc=enc, zipped=zipped)
    answer = wallet.send(issuing.new_token(), wallet.body(count=3))
    assert answer.status_code == 200
    body = wallet.open(answer)
    assert (len(body["credentials"]), "notification_id" in body) == (3, True)


def test_C52_an_encrypted_request_may_want_a_plain_answer(issuing: Issuing) -> None:
    """An encrypted request without response encryption is answered in plain JSON."""
    wallet = EncryptingWallet(issuing, zipped=True)
    answer = wallet.send(issuing.new_token(), wallet.body(credential_response_encryption=None))
    assert answer.json()["credentials"]


@pytest.mark.parametrize("zipped", [False, True], ids=["plain", "DEF"])
def test_C52_deferred_answers_are_encrypted_too(deferring: Issuing, zipped: bool) -> None:
    """202 and the deferred answer are encrypted as the first request asked."""
    wallet, token = EncryptingWallet(deferring, zipped=zipped), deferring.new_token()
    promised = wallet.send(token, wallet.body(AGE_SD_JWT, 2))
    assert promised.status_code == 202
    deferring.clock.move(wallet.open(promised)["interval"])
    answer = wallet.send(token, {"transaction_id": wallet.open(promised)["transaction_id"]}, "/deferred-credential")
    assert answer.status_code == 200
    assert len(wallet.open(answer)["credentials"]) == 2


def test_C52_a_new_key_in_the_deferred_request_replaces_the_old_one(deferring: Issuing) -> None:
    """The newest wish for encryption holds, for answers that wait and for the last one."""
    old, new, token = EncryptingWallet(deferring), EncryptingWallet(deferring, enc="A256GCM"), deferring.new_token()
    name = {"transaction_id": old.open(old.send(token, old.body(AGE_SD_JWT)))["transaction_id"]}
    waiting = new.send(token, {**name, "credential_response_encryption": new.wish()}, "/deferred-credential")
    assert (waiting.status_code, new.open(waiting)["transaction_id"]) == (202, name["transaction_id"])
    deferring.clock.move(5)
    answer = deferring.client.post("/deferred-credential", json=name, headers={"Authorization": f"Bearer {token}"})
    assert len(new.open(answer)["credentials"]) == 1


@pytest.mark.parametrize("alg", ["RSA1_5", "RSA-OAEP-256", "ECDH-ES+A256KW", "dir", "", None])
def test_C52_an_algorithm_we_do_not_offer(issuing: Issuing, alg: str | None) -> None:
    """A key for another algorithm is refused in clear text."""
    wallet = EncryptingWallet(issuing)
    body = wallet.body(credential_response_encryption=wallet.wish(jwk_alg=alg))
    refused(wallet.send(issuing.new_token(), body), 400, "invalid_encryption_parameters")


def test_C52_required_encryption(issuing: Issuing) -> None:
    """Where encryption is required, an encrypted request that wants an encrypted answer passes."""
    strict = issuing.with_settings(encryption_required=True)
    wallet = EncryptingWallet(strict)
    assert wallet.open(wallet.send(strict.new_token(), wallet.body()))["credentials"]


# --- 53: deferred and notification ---


def test_C53_deferred_credentials_are_fetched(deferring: Issuing) -> None:
    """The deferred endpoint answers 202 with the same id until the credentials are there, then 200, whatever else is sent."""
    token = deferring.new_token()
    promise = deferring.request(token, deferring.proofs(2), AGE_SD_JWT).json()
    name, headers = {"transaction_id": promise["transaction_id"], **UNKNOWN}, {"Authorization": f"Bearer {token}"}
    deferring.clock.move(1)
    early = deferring.client.post("/deferred-credential", json=name, headers=headers)
    expected = {"transaction_id": promise["transaction_id"], "interval": promise["interval"] - 1}
    assert (early.status_code, early.json()) == (202, expected)
    deferring.clock.move(expected["interval"])
    answer = deferring.client.post("/deferred-credential", json=name, headers=headers)
    assert (answer.status_code, len(answer.json()["credentials"])) == (200, 2)
    note = {"notification_id": answer.json()["notification_id"], "event": "credential_accepted"}
    assert deferring.client.post("/notification", json=note, headers=headers).status_code == 204


@pytest.mark.parametrize("event", ["credential_accepted", "credential_failure", "credential_deleted"])
def test_C53_notifications_are_taken_from_bound_wallets(issuing: Issuing, event: str) -> None:
    """A notification with DPoP is answered 204, as often as it is sent, and unknown members are ignored."""
    wallet = BoundWallet(issuing)
    token = wallet.start()["access_token"]
    issued = wallet.request(token).json()
    note = {"notification_id": issued["notification_id"], "event": event, "event_description": "as it is", **UNKNOWN}
    for _twice in range(2):
        answer = issuing.client.post("/notification", json=note, headers=wallet.headers("/notification", token))
        assert (answer.status_code, answer.content) == (204, b"")


def test_C53_deferred_credentials_of_a_bound_wallet(deferring: Issuing) -> None:
    """A wallet with DPoP fetches what was deferred, with a token that it renewed meanwhile."""
    wallet = BoundWallet(deferring)
    tokens = wallet.start()
    name = {"transaction_id": wallet.request(tokens["access_token"], configuration=AGE_SD_JWT).json()["transaction_id"]}
    deferring.clock.move(deferring.issuer.settings.token_lifetime)
    token = wallet.refresh(tokens["refresh_token"]).json()["access_token"]
    answer = deferring.client.post("/deferred-credential", json=name, headers=wallet.headers("/deferred-credential", token))
    assert len(answer.json()["credentials"]) == 1


# --- 54: how many, and how often ---


@pytest.mark.parametrize("count", [1, 3, 10])
def test_C54_as_many_credentials_as_proofs(issuing: Issuing, count: int) -> None:
    """There is one credential for each proof, and no more."""
    assert len(issuing.issue(count)["credentials"]) == count


def test_C54_a_token_survives_thirty_requests_most_of_which_are_bad(issuing: Issuing) -> None:
    """An access token still works after thirty requests, most of them bad, and each good one is answered at once."""
    wallet = BoundWallet(issuing)
    token = wallet.start()["access_token"]
    statuses = [_one_of_many(wallet, token, number) for number in range(REQUESTS)]
    assert statuses == [200 if number % 10 == 9 else 400 for number in range(REQUESTS)]
    assert wallet.request(token).status_code == 200


def _one_of_many(wallet: BoundWallet, token: str, number: int) -> int:
    if number % 10 == 9:
        return wallet.request(token).status_code
    issuing = wallet.issuing
    bad = [issuing.proof(nonce="unknown"), issuing.proof(aud="https://other.example"), issuing.proof(generate_key(), iat=1)]
    body = {"credential_configuration_id": IDENTITY_SD_JWT, "proofs": {"jwt": [bad[number % 3]]}}
    return issuing.client.post("/credential", json=body, headers=wallet.headers("/credential", token)).status_code
