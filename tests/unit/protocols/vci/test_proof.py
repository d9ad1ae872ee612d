"""Key proofs: the holder's half and the issuer's half agree. One fault at a time is in tests/bad/test_issuance.py."""

import pytest

from sinwon.core.refusal import Malformed, Refusal, Unmet
from sinwon.keys.jwk import parse_public_jwk
from sinwon.protocols.vci.proof import nonce_of, parse_proof, sign_proof, verify_proofs
from tests.world import ISSUER, NOW, key


def proof(name: str, nonce: str = "n") -> str:
    return sign_proof(key(name), issuer=ISSUER, nonce=nonce, now=NOW)


def test_signed_proofs_verify() -> None:
    proofs = [parse_proof(proof(name)) for name in ("one", "two")]
    assert nonce_of(proofs) == "n"
    verified = verify_proofs(proofs, issuer=ISSUER, nonce="n", now=NOW)
    assert [each.key for each in verified] == [parse_public_jwk(key(name).public_jwk) for name in ("one", "two")]


@pytest.mark.parametrize("late", [-301, 301])
def test_a_proof_outside_the_window_is_refused(late: int) -> None:
    with pytest.raises(Unmet, match="invalid_proof"):
        verify_proofs([parse_proof(proof("one"))], issuer=ISSUER, nonce="n", now=NOW + late)


def test_the_same_key_twice_is_refused() -> None:
    with pytest.raises(Unmet, match="same key"):
        verify_proofs([parse_proof(proof("one"))] * 2, issuer=ISSUER, nonce="n", now=NOW)


def test_another_nonce_is_a_fault_of_the_nonce() -> None:
    with pytest.raises(Refusal, match="invalid_nonce"):
        verify_proofs([parse_proof(proof("one"))], issuer=ISSUER, nonce="m", now=NOW)


def test_what_is_no_jws_is_malformed() -> None:
    with pytest.raises(Malformed, match="invalid_proof"):
        parse_proof("x.y")
