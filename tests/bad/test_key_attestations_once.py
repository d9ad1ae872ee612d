"""A key attestation counts once and for one nonce: rows I27 and I25 of the threat catalogue, over HTTP."""

from collections.abc import Callable

import pytest
from structlog.testing import capture_logs

from sinwon.core import base64url
from sinwon.protocols.vci.configurations import IDENTITY_SD_JWT, LINKAGE_MDOC, LINKAGE_SD_JWT, STRONG_MDOC, STRONG_SD_JWT
from sinwon.store.issuer.tables import COPIES
from tests.attesting import BASIC, attest, new_keys
from tests.bad.attestations import Way, beside_a_proof, each_way, send
from tests.issuing import Issuing, refused, rows

# --- I25: the nonce of an attestation [OID4VCI F.4] ---


NONCES: dict[str, Callable[[Issuing], str]] = {
    "foreign": lambda _bottle: base64url.encode(b"\x01" * 40),
    "short": lambda _bottle: "abc",
    "ten_kilobytes": lambda _bottle: "A" * 5_000,
}


@pytest.mark.parametrize("make", NONCES.values(), ids=NONCES)
def test_I25_nonce_of_an_attestation_that_is_not_ours(issuing: Issuing, make: Callable[[Issuing], str]) -> None:
    token = issuing.new_token()
    attestation = attest(new_keys(1), make(issuing), now=issuing.clock.now)
    refused(issuing.request_attested(token, attestation), 400, "invalid_nonce")
    assert rows(issuing, COPIES) == 0
    # The client may try again with a fresh one.
    assert issuing.request_attested(token, issuing.attest(new_keys(1))).status_code == 200


def test_I25_attestation_for_another_nonce_than_the_proof(issuing: Issuing) -> None:
    keys, nonce, other = new_keys(1), issuing.nonce(), issuing.nonce()
    attestation = attest(keys, other, now=issuing.clock.now)
    refused(send(issuing, beside_a_proof(issuing, attestation, keys, nonce)), 400, "invalid_nonce")
    assert rows(issuing, COPIES) == 0


def test_I25_attestation_with_a_nonce_that_ended(issuing: Issuing) -> None:
    nonce = issuing.nonce()
    issuing.clock.move(300)
    refused(issuing.request_attested(issuing.new_token(), issuing.attest(new_keys(1), nonce)), 400, "invalid_nonce")


def test_I25_nonce_of_an_attestation_after_success(issuing: Issuing) -> None:
    token, nonce = issuing.new_token(), issuing.nonce()
    assert issuing.request_attested(token, issuing.attest(new_keys(1), nonce)).status_code == 200
    refused(issuing.request_attested(token, issuing.attest(new_keys(1), nonce)), 400, "invalid_nonce")
    assert rows(issuing, COPIES) == 1


def test_I25_control_a_nonce_is_good_after_a_refusal(issuing: Issuing) -> None:
    token, nonce = issuing.new_token(), issuing.nonce()
    refused(
        issuing.request_attested(token, issuing.attest(new_keys(1), nonce, user_authentication=[BASIC])), 400, "invalid_proof"
    )
    assert issuing.request_attested(token, issuing.attest(new_keys(1), nonce)).status_code == 200


# --- I27: once [OID4VCI 8.2] ---


@each_way
def test_I27_the_same_attestation_in_two_requests(issuing: Issuing, way: Way) -> None:
    token, keys, nonce = issuing.new_token(), new_keys(2), issuing.nonce()
    proofs = way(issuing, attest(keys, nonce, now=issuing.clock.now), keys, nonce)
    assert send(issuing, proofs, LINKAGE_SD_JWT, token).status_code == 200
    for configuration in (LINKAGE_SD_JWT, LINKAGE_MDOC, STRONG_SD_JWT):
        refused(send(issuing, proofs, configuration, token), 400, "invalid_proof", "invalid_nonce")
    assert rows(issuing, COPIES) == 2


def test_I27_a_key_in_two_attestations(issuing: Issuing) -> None:
    token, keys = issuing.new_token(), new_keys(3)
    assert issuing.request_attested(token, issuing.attest(keys[:2])).status_code == 200
    with capture_logs() as entries:
        refused(issuing.request_attested(token, issuing.attest(keys[1:]), STRONG_MDOC), 400, "invalid_proof")
        refused(issuing.request(token, [issuing.proof(keys[0])], IDENTITY_SD_JWT), 400, "invalid_proof")
    alerts = [entry["event"] for entry in entries if entry["log_level"] == "warning"]
    assert alerts == ["a key that binds a copy already"] * 2
    assert rows(issuing, COPIES) == 2


def test_I27_control_two_attestations_of_different_keys(issuing: Issuing) -> None:
    token = issuing.new_token()
    with capture_logs() as entries:
        for _twice in range(2):
            assert issuing.request_attested(token, issuing.attest(new_keys(2))).status_code == 200
    assert {entry["log_level"] for entry in entries} <= {"info"}
    assert rows(issuing, COPIES) == 4
