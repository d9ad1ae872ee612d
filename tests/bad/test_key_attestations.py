"""Hostile key attestations, row I26 of the threat catalogue, over HTTP. I25 and I27: test_key_attestations_once.

Everything behind a fault is signed again, so that only what is named can be the reason. The control is the same request without
a fault, in each way an attestation may come.
"""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from sinwon.core import base64url
from sinwon.core.strict_json import dump
from sinwon.formats.jose.jws import sign_jws
from sinwon.keys.authority import create_authority
from sinwon.keys.jwk import certificate_text
from sinwon.keys.signer import CertifiedSigner
from sinwon.keys.trust import Anchor, Purpose, TrustAnchors
from sinwon.protocols.attestation.key_assurance import PIN_AND_PASSKEY, KeyAssurance
from sinwon.protocols.attestation.key_attestation import MAX_AGE, MAX_KEYS, TYP
from sinwon.protocols.vci.configurations import (
    IDENTITY_MDOC,
    IDENTITY_SD_JWT,
    LINKAGE_MDOC,
    LINKAGE_SD_JWT,
    STRONG_MDOC,
    STRONG_SD_JWT,
)
from sinwon.store.issuer.tables import AUDIT, COPIES
from tests import world
from tests.attesting import BASIC, attest, new_keys
from tests.bad.attestations import Way, asked, beside_a_proof, beside_every_proof, by_attestation, denied, each_way, send
from tests.gateway_world import StatusServer
from tests.issuing import Issuing, client_of, rows

FOR_ATTESTED_KEYS = [LINKAGE_SD_JWT, LINKAGE_MDOC, STRONG_SD_JWT, STRONG_MDOC]
HIGH = "iso_18045_high"
STATUS_URI = f"{world.WALLET_PROVIDER}/status/1"
STATUS = {"status_list": {"idx": 7, "uri": STATUS_URI}}


# --- I26: who attests, what, and for which keys [OID4VCI D.1] [OID4VCI F.1] [OID4VCI F.3] ---


def self_signed() -> CertifiedSigner:
    """A provider that vouches for itself, under the right name."""
    root = create_authority(world.key("stranger"), "wallet provider", now=world.NOW - 60, random=world.SeededRandomness(4))
    return CertifiedSigner(root.key, (root.certificate,))


def own_authority() -> CertifiedSigner:
    """A whole chain, up to a root that nobody listed, root included."""
    signer = world.certified("authority of a stranger", "wallet provider", world.WALLET_PROVIDER)
    return CertifiedSigner(signer.signer, (*signer.chain, world.authority("authority of a stranger").certificate))


def chain_of_another() -> CertifiedSigner:
    """The provider's own certificate, above a key that is not in it."""
    return CertifiedSigner(world.key("stranger"), world.wallet_provider().chain)


SIGNERS: dict[str, Callable[[], CertifiedSigner]] = {
    "self_signed": self_signed,
    "of_a_root_nobody_listed": lambda: world.certified("authority of a stranger", "wallet provider", world.WALLET_PROVIDER),
    "of_a_root_sent_along": own_authority,
    "listed_root_sent_along": lambda: CertifiedSigner(
        world.key("wallet provider"), (*world.wallet_provider().chain, world.authority("wallet authority").certificate)
    ),
    "chain_of_another_key": chain_of_another,
    "no_chain": lambda: CertifiedSigner(world.key("wallet provider"), ()),
    "of_a_root_listed_for_issuance": lambda: world.certified("issuing authority", "wallet provider", world.WALLET_PROVIDER),
    "of_a_root_listed_for_access": lambda: world.certified("access authority", "wallet provider", world.WALLET_PROVIDER),
    "for_another_entity": lambda: world.certified("wallet authority", "another", "https://another.example"),
}


@each_way
@pytest.mark.parametrize("signer", SIGNERS.values(), ids=SIGNERS)
def test_I26_by_nobody_we_trust(issuing: Issuing, way: Way, signer: Callable[[], CertifiedSigner]) -> None:
    denied(issuing, asked(issuing, way, by=signer()))


CLAIMS: dict[str, dict[str, Any]] = {
    "typ_of_a_proof": {"typ": "openid4vci-proof+jwt"},
    "typ_of_a_plain_jwt": {"typ": "JWT"},
    "expired": {"exp": world.NOW},
    "exp_is_text": {"exp": "never"},
    "issued_long_ago": {"iat": world.NOW - MAX_AGE - 1},
    "issued_in_the_future": {"iat": world.NOW + MAX_AGE + 1},
    "iat_missing": {"iat": None},
    "iat_is_true": {"iat": True},
    "no_keys": {"attested_keys": []},
    "keys_missing": {"attested_keys": None},
    "keys_are_one_object": {"attested_keys": {"kty": "EC"}},
    "keys_are_text": {"attested_keys": ["EC"]},
    "user_authentication_missing": {"user_authentication": None},
    "user_authentication_empty": {"user_authentication": []},
    "user_authentication_is_text": {"user_authentication": PIN_AND_PASSKEY},
    "user_authentication_of_one_factor": {"user_authentication": [BASIC]},
    "user_authentication_high_but_not_two_factors": {"user_authentication": [HIGH]},
    "user_authentication_nearly": {"user_authentication": [PIN_AND_PASSKEY + " "]},
    "two_factors_in_the_wrong_place": {"user_authentication": [BASIC], "key_storage": [PIN_AND_PASSKEY]},
    "seventeen_values": {"user_authentication": [PIN_AND_PASSKEY] * 17},
    "values_are_numbers": {"key_storage": [1]},
    "status_is_text": {"status": "valid"},
    "status_without_an_index": {"status": {"status_list": {"uri": STATUS_URI}}},
}


@each_way
@pytest.mark.parametrize("fault", CLAIMS.values(), ids=CLAIMS)
def test_I26_with_one_fault(issuing: Issuing, way: Way, fault: dict[str, Any]) -> None:
    denied(issuing, asked(issuing, way, **fault))


def test_I26_without_an_end_beside_a_proof(issuing: Issuing) -> None:
    denied(issuing, asked(issuing, beside_a_proof, exp=None))


@each_way
@pytest.mark.parametrize("value", [None, 7, ["x"], True, ""], ids=repr)
def test_I26_without_a_nonce(issuing: Issuing, way: Way, value: object) -> None:
    keys = new_keys(1)
    attestation = attest(keys, value, now=issuing.clock.now)
    answer = send(issuing, way(issuing, attestation, keys, issuing.nonce()))
    denied(issuing, answer, "invalid_proof", *(() if value is None else ("invalid_nonce",)))


@pytest.mark.parametrize("configuration", FOR_ATTESTED_KEYS)
def test_I26_left_out_though_required(issuing: Issuing, configuration: str) -> None:
    denied(issuing, send(issuing, {"jwt": issuing.proofs(2)}, configuration))


@pytest.mark.parametrize("value", [None, 7, {}, [], ""], ids=repr)
def test_I26_no_attestation_where_one_stands(issuing: Issuing, value: object) -> None:
    keys, nonce = new_keys(1), issuing.nonce()
    proof = sign_jws(
        {"typ": "openid4vci-proof+jwt", "jwk": dict(keys[0].public_jwk), "key_attestation": value},
        {"aud": world.ISSUER, "iat": issuing.clock.now, "nonce": nonce},
        keys[0],
    )
    denied(issuing, send(issuing, {"jwt": [proof]}))


@pytest.mark.parametrize("configuration", [*FOR_ATTESTED_KEYS, IDENTITY_SD_JWT])
def test_I26_proof_by_a_key_that_is_not_attested(issuing: Issuing, configuration: str) -> None:
    keys, nonce = new_keys(3), issuing.nonce()
    attestation = attest(keys[:2], nonce, now=issuing.clock.now)
    for proven in (keys[2:], keys):
        denied(issuing, send(issuing, beside_every_proof(issuing, attestation, proven, nonce), configuration))


def test_I26_two_elements(issuing: Issuing) -> None:
    nonce = issuing.nonce()
    both = [attest(new_keys(1), nonce, now=issuing.clock.now) for _ in range(2)]
    denied(issuing, send(issuing, {"attestation": both}))
    denied(issuing, send(issuing, {"attestation": both[:1] * 2}))


def test_I26_both_types_at_once(issuing: Issuing) -> None:
    keys, nonce = new_keys(1), issuing.nonce()
    attestation = attest(keys, nonce, now=issuing.clock.now)
    proofs = by_attestation(issuing, attestation, keys, nonce) | beside_a_proof(issuing, attestation, keys, nonce)
    denied(issuing, send(issuing, proofs), "invalid_proof", "invalid_credential_request")


def test_I26_an_attestation_for_some_of_the_proofs(issuing: Issuing) -> None:
    """The others would come along without a word for them."""
    keys, nonce = new_keys(2), issuing.nonce()
    attestation = attest(keys, nonce, now=issuing.clock.now)
    with_it = issuing.proof(keys[0], nonce=nonce, h_key_attestation=attestation)
    without = issuing.proof(keys[1], nonce=nonce)
    for proofs in ([with_it, without], [without, with_it]):
        denied(issuing, send(issuing, {"jwt": proofs}))


def test_I26_two_attestations_in_one_batch(issuing: Issuing) -> None:
    keys, nonce = new_keys(2), issuing.nonce()
    proofs = [issuing.proof(key, nonce=nonce, h_key_attestation=attest([key], nonce, now=issuing.clock.now)) for key in keys]
    denied(issuing, send(issuing, {"jwt": proofs}))


def test_I26_an_attestation_sent_as_a_proof(issuing: Issuing) -> None:
    keys, nonce = new_keys(1), issuing.nonce()
    denied(issuing, send(issuing, {"jwt": [attest(keys, nonce, now=issuing.clock.now)]}))
    denied(issuing, send(issuing, {"attestation": [issuing.proof(keys[0], nonce=nonce)]}))


KEYS: dict[str, Callable[[dict[str, str]], dict[str, str]]] = {
    "private": lambda jwk: {**jwk, "d": "A" * 43},
    "elsewhere": lambda jwk: {**jwk, "jku": "https://keys.example"},
    "another_curve": lambda jwk: {**jwk, "crv": "secp256k1"},
    "off_the_curve": lambda jwk: {**jwk, "y": jwk["x"]},
    "symmetric": lambda _jwk: {"kty": "oct", "k": "A" * 43},
    "empty": lambda _jwk: {},
}


@pytest.mark.parametrize("spoil", KEYS.values(), ids=KEYS)
def test_I26_a_key_that_is_none(issuing: Issuing, spoil: Callable[[dict[str, str]], dict[str, str]]) -> None:
    keys = [dict(key.public_jwk) for key in new_keys(2)]
    denied(issuing, asked(issuing, by_attestation, attested_keys=[keys[0], spoil(keys[1])]))


@pytest.mark.parametrize("more", [{}, {"kid": "another"}], ids=["alike", "named_differently"])
def test_I26_one_key_attested_twice(issuing: Issuing, more: dict[str, str]) -> None:
    jwk = dict(new_keys(1)[0].public_jwk)
    denied(issuing, asked(issuing, by_attestation, attested_keys=[jwk, {**jwk, **more}]))


@each_way
def test_I26_more_keys_than_the_batch_size(issuing: Issuing, way: Way) -> None:
    denied(issuing, asked(issuing, way, issuing.issuer.settings.batch_size + 1))


def test_I26_more_keys_than_anybody_has(issuing: Issuing) -> None:
    large = issuing.with_settings(batch_size=MAX_KEYS + 1)
    denied(large, asked(large, by_attestation, MAX_KEYS + 1))


def test_I26_control_as_many_keys_as_may_be(issuing: Issuing) -> None:
    large = issuing.with_settings(batch_size=MAX_KEYS + 1)
    for way in (by_attestation, beside_a_proof):
        answer = asked(large, way, MAX_KEYS)
        assert answer.status_code == 200, answer.text
        assert len(answer.json()["credentials"]) == MAX_KEYS


ALGORITHMS = {"none": "none", "hs256": "HS256", "es384": "ES384"}


@pytest.mark.parametrize("algorithm", ALGORITHMS.values(), ids=ALGORITHMS)
def test_I26_of_another_algorithm(issuing: Issuing, algorithm: str) -> None:
    nonce = issuing.nonce()
    _head, claims, signature = attest(new_keys(1), nonce, now=issuing.clock.now).split(".")
    chain = [certificate_text(der) for der in world.wallet_provider().chain]
    head = base64url.encode(dump({"alg": algorithm, "typ": TYP, "x5c": chain}))
    for signed in (signature, ""):
        denied(issuing, send(issuing, {"attestation": [f"{head}.{claims}.{signed}"]}))


def test_I26_changed_after_it_was_signed(issuing: Issuing) -> None:
    nonce = issuing.nonce()
    weak = attest(new_keys(1), nonce, now=issuing.clock.now, user_authentication=[BASIC])
    strong = attest(new_keys(1), nonce, now=issuing.clock.now)
    head, _, signature = weak.split(".")
    denied(issuing, send(issuing, {"attestation": [f"{head}.{strong.split('.')[1]}.{signature}"]}))


REQUIRED: dict[str, tuple[KeyAssurance, dict[str, Any]]] = {
    "storage": (KeyAssurance(key_storage=(HIGH,)), {"key_storage": [BASIC]}),
    "storage_not_said": (KeyAssurance(key_storage=(HIGH,)), {"key_storage": None}),
    "storage_nearly": (KeyAssurance(key_storage=(HIGH,)), {"key_storage": ["iso_18045_moderate", "iso_18045_enhanced-basic"]}),
    "storage_invented": (KeyAssurance(key_storage=(HIGH,)), {"key_storage": ["iso_18045_highest"]}),
    "authentication": (KeyAssurance(user_authentication=(HIGH,)), {"user_authentication": [BASIC]}),
    "both_one_too_weak": (
        KeyAssurance((HIGH,), (PIN_AND_PASSKEY,)),
        {"key_storage": ["iso_18045_moderate"], "user_authentication": [PIN_AND_PASSKEY]},
    ),
}


@each_way
@pytest.mark.parametrize("case", REQUIRED)
def test_I26_basic_where_high_is_required(issuing: Issuing, way: Way, case: str) -> None:
    required, said = REQUIRED[case]
    strict = issuing.with_settings(attested=required)
    denied(strict, asked(strict, way, **said))


@each_way
@pytest.mark.parametrize("least", ["iso_18045_basic", "iso_18045_moderate", HIGH])
def test_I26_control_high_where_less_is_required(issuing: Issuing, way: Way, least: str) -> None:
    strict = issuing.with_settings(attested=KeyAssurance((least,), (PIN_AND_PASSKEY,)))
    answer = asked(strict, way, key_storage=[HIGH], user_authentication=[PIN_AND_PASSKEY])
    assert answer.status_code == 200, answer.text


def with_status(issuing: Issuing, **server: Any) -> Issuing:
    """The issuer where the wallet provider's status lists are to be had."""
    return where(issuing, StatusServer(issuing.clock, **server))


def where(issuing: Issuing, server: StatusServer) -> Issuing:
    listed = Anchor(world.authority("status authority").certificate, Purpose.STATUS, "wallets", world.WALLET_PROVIDER)
    trusted = TrustAnchors((*world.trust_anchors().anchors, listed))
    issuer = replace(issuing.issuer, trust=lambda: trusted, fetch=server)
    return Issuing(issuer, issuing.clock, client_of(issuer))


STATES: dict[str, dict[str, Any]] = {
    "revoked": {"values": {7: 1}},
    "suspended": {"values": {7: 2}},
    "unknown_value": {"values": {7: 3}},
    "not_to_be_had": {"reachable": False},
    "older_than_a_day": {"issued_at": world.NOW - 86_401},
}


@each_way
@pytest.mark.parametrize("state", STATES.values(), ids=STATES)
def test_I26_status_revoked_or_not_known(issuing: Issuing, way: Way, state: dict[str, Any]) -> None:
    watching = with_status(issuing, **state)
    denied(watching, asked(watching, way, status=STATUS))


def test_I26_status_in_the_list_of_somebody_else(issuing: Issuing) -> None:
    """A list that the issuer of certificates signs does not speak for a wallet provider."""
    issuer = replace(issuing.issuer, fetch=StatusServer(issuing.clock))
    watching = Issuing(issuer, issuing.clock, client_of(issuer))
    denied(watching, asked(watching, by_attestation, status=STATUS))


def test_I26_status_outside_the_list(issuing: Issuing) -> None:
    watching = with_status(issuing)
    denied(watching, asked(watching, by_attestation, status={"status_list": {"idx": 1 << 20, "uri": STATUS_URI}}))


@each_way
def test_I26_control_status_valid(issuing: Issuing, way: Way) -> None:
    """Another entry is revoked, and the list is asked for once."""
    server = StatusServer(issuing.clock, values={8: 1})
    watching = where(issuing, server)
    for _twice in range(2):
        answer = asked(watching, way, status=STATUS)
        assert answer.status_code == 200, answer.text
    assert server.asked == 1


@each_way
@pytest.mark.parametrize("configuration", [*FOR_ATTESTED_KEYS, IDENTITY_SD_JWT, IDENTITY_MDOC])
def test_I26_control_attested_keys(issuing: Issuing, way: Way, configuration: str) -> None:
    """A copy for each key; who vouches for them is noted."""
    answer = asked(issuing, way, 3, configuration)
    assert answer.status_code == 200, answer.text
    assert len(answer.json()["credentials"]) == 3
    assert rows(issuing, COPIES) == 3
    with issuing.issuer.engine.connect() as connection:
        (issued,) = (entry for entry in AUDIT.of(connection, first_certificate(connection)) if entry.action == ISSUED)
    assert issued.details["wallet_provider"] == world.WALLET_PROVIDER


ISSUED = "certificate.issued"


def first_certificate(connection: Any) -> str:
    return str(connection.execute(COPIES.select()).mappings().first()["certificate"])


def test_I26_control_an_attestation_without_an_end_by_itself(issuing: Issuing) -> None:
    assert asked(issuing, by_attestation, exp=None).status_code == 200


def test_I26_control_times_at_their_limits(issuing: Issuing) -> None:
    for at in (world.NOW - MAX_AGE, world.NOW + MAX_AGE):
        assert asked(issuing, beside_a_proof, iat=at, exp=world.NOW + 1).status_code == 200


def test_I26_control_values_nobody_asked_for(issuing: Issuing) -> None:
    """They may stand there, and go nowhere: a provider could mark its people with them."""
    marks = ["urn:example:storage-4711", BASIC]
    assert asked(issuing, by_attestation, key_storage=marks, certification="https://certified.example").status_code == 200
