"""A key attestation made, read and believed; each rule by itself. Over HTTP: tests/bad/test_key_attestations."""

from typing import Any

import pytest

from sinwon.core.refusal import Malformed, Refusal, Unmet, Untrusted
from sinwon.formats.status.reference import StatusReference
from sinwon.keys.jwk import PublicKey, parse_public_jwk
from sinwon.keys.trust import NOBODY, Anchor, Purpose, TrustAnchors
from sinwon.protocols.attestation.key_assurance import KeyAssurance
from sinwon.protocols.attestation.key_attestation import (
    LIFETIME,
    MAX_AGE,
    MAX_ATTESTATION,
    MAX_KEYS,
    KeyAttestation,
    VerifiedKeyAttestation,
    check_key_attestation,
    parse_key_attestation,
    sign_key_attestation,
    verify_key_attestation,
)
from tests import world
from tests.attesting import BASIC, SOFTWARE, attest
from tests.world import NOW

NONCE = "nonce"
STATUS = StatusReference(f"{world.WALLET_PROVIDER}/status/1", 7)
KEYS = tuple(parse_public_jwk(world.key(f"attested {number}").public_jwk) for number in range(3))


def signed(keys: tuple[PublicKey, ...] = KEYS, assurance: KeyAssurance = SOFTWARE, **more: Any) -> str:
    return sign_key_attestation(keys, assurance, nonce=NONCE, now=NOW, by=world.wallet_provider(), **more)


def spoiled(**changes: Any) -> KeyAttestation:
    return parse_key_attestation(attest([world.key("attested")], NONCE, now=NOW, **changes))


def believed(attestation: KeyAttestation, *, now: int = NOW, must_expire: bool = True) -> VerifiedKeyAttestation:
    check_key_attestation(attestation, nonce=NONCE, now=now, must_expire=must_expire)
    return verify_key_attestation(attestation, anchors=world.trust_anchors(), now=now)


@pytest.mark.parametrize("status", [None, STATUS])
def test_what_a_wallet_provider_says_is_read(status: StatusReference | None) -> None:
    found = believed(parse_key_attestation(signed(status=status)))
    assert (found.keys, found.provider, found.status) == (KEYS, world.WALLET_PROVIDER, status)
    assert set(found.assurance.user_authentication) == set(SOFTWARE.user_authentication)
    assert found.assurance.key_storage == (BASIC,)


def test_nothing_need_be_said_of_the_keys() -> None:
    assert believed(parse_key_attestation(signed(assurance=KeyAssurance()))).assurance == KeyAssurance()


@pytest.mark.parametrize("place", range(3), ids=["header", "claims", "signature"])
def test_one_bit_and_it_is_refused(place: int) -> None:
    parts = signed().split(".")
    parts[place] = parts[place][:-6] + ("A" if parts[place][-6] != "A" else "B") + parts[place][-5:]
    with pytest.raises(Refusal) as refusal:
        believed(parse_key_attestation(".".join(parts)))
    assert refusal.value.code == "invalid_proof"


@pytest.mark.parametrize("text", ["", "x", "e30.e30.e30", 7, None, {}, ["x"]], ids=repr)
def test_what_is_no_attestation(text: object) -> None:
    with pytest.raises(Malformed) as refusal:
        parse_key_attestation(text)
    assert refusal.value.code == "invalid_proof"


def test_it_has_a_largest_size() -> None:
    text = attest([world.key("attested")], NONCE, now=NOW, padding="x")
    room = (MAX_ATTESTATION - len(text)) * 3 // 4
    for more in range(room - 4, room + 4):
        padded = attest([world.key("attested")], NONCE, now=NOW, padding="x" * more)
        if len(padded) <= MAX_ATTESTATION:
            assert parse_key_attestation(padded).keys
        else:
            with pytest.raises(Malformed):
                parse_key_attestation(padded)


def test_it_has_a_largest_number_of_keys() -> None:
    keys = tuple(parse_public_jwk(world.key(f"attested {number}").public_jwk) for number in range(MAX_KEYS + 1))
    assert len(believed(parse_key_attestation(signed(keys[:MAX_KEYS]))).keys) == MAX_KEYS
    with pytest.raises(Malformed):
        parse_key_attestation(signed(keys))


UNMET = {
    "typ": {"typ": "jwt"},
    "old": {"iat": NOW - MAX_AGE - 1},
    "early": {"iat": NOW + MAX_AGE + 1},
    "iat_missing": {"iat": None},
    "iat_is_true": {"iat": True},
    "over": {"exp": NOW},
    "exp_missing": {"exp": None},
    "exp_is_a_float": {"exp": NOW + 1.5},
}


@pytest.mark.parametrize("fault", UNMET.values(), ids=UNMET)
def test_a_rule_that_is_not_met(fault: dict[str, Any]) -> None:
    with pytest.raises(Unmet) as refusal:
        believed(spoiled(**fault))
    assert refusal.value.code == "invalid_proof"


@pytest.mark.parametrize(("nonce", "code"), [(None, "invalid_proof"), ("another", "invalid_nonce"), (7, "invalid_nonce")])
def test_the_nonce_is_that_of_the_request(nonce: object, code: str) -> None:
    attestation = parse_key_attestation(attest([world.key("attested")], nonce, now=NOW))
    with pytest.raises(Unmet) as refusal:
        believed(attestation)
    assert refusal.value.code == code


def test_times_at_their_limits() -> None:
    assert believed(spoiled(iat=NOW - MAX_AGE, exp=NOW + 1))
    assert believed(spoiled(iat=NOW + MAX_AGE))
    assert believed(spoiled(exp=None), must_expire=False)
    assert believed(parse_key_attestation(signed()), now=NOW + LIFETIME - 1)
    with pytest.raises(Unmet):
        believed(parse_key_attestation(signed()), now=NOW + LIFETIME)


def test_an_end_that_is_past_counts_wherever_it_stands() -> None:
    with pytest.raises(Unmet):
        believed(spoiled(exp=NOW), must_expire=False)


def listed(*uris: str) -> TrustAnchors:
    root = world.authority("wallet authority").certificate
    return TrustAnchors(tuple(Anchor(root, Purpose.WALLET, uri, uri) for uri in uris))


@pytest.mark.parametrize("anchors", [NOBODY, listed("https://another.example")], ids=["nobody", "another"])
def test_a_provider_nobody_listed(anchors: TrustAnchors) -> None:
    with pytest.raises(Untrusted):
        verify_key_attestation(parse_key_attestation(signed()), anchors=anchors, now=NOW)


def test_the_provider_is_the_one_its_certificate_names() -> None:
    """One root may stand behind several."""
    anchors = listed("https://another.example", world.WALLET_PROVIDER)
    assert verify_key_attestation(parse_key_attestation(signed()), anchors=anchors, now=NOW).provider == world.WALLET_PROVIDER


def test_a_certificate_that_is_over() -> None:
    later = NOW + 500 * 86_400
    attestation = parse_key_attestation(attest([world.key("attested")], NONCE, now=later))
    with pytest.raises(Untrusted):
        verify_key_attestation(attestation, anchors=world.trust_anchors(), now=later)
