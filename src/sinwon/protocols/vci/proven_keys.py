"""The keys of one credential request, proven: each by a signature, or all by a wallet provider (OpenID4VCI 1.0 Appendix F).

Owns how proofs and key attestation belong together. Does not judge the nonce, nor what is attested, nor the status of the
attestation (services.issuance.prove_keys does).
"""

from collections.abc import Callable

from msgspec import Struct

from sinwon.core.refusal import Malformed, Unmet
from sinwon.keys.jwk import PublicKey
from sinwon.keys.trust import TrustAnchors
from sinwon.protocols.attestation.key_attestation import (
    VerifiedKeyAttestation,
    check_key_attestation,
    verify_key_attestation,
)
from sinwon.protocols.vci.credential_request import CredentialRequest
from sinwon.protocols.vci.errors import INVALID_PROOF
from sinwon.protocols.vci.proof import nonce_of, verify_proofs


class ProvenKeys(Struct, frozen=True):
    """A copy is due to each of `keys`; `attestation` is about all of them."""

    keys: tuple[PublicKey, ...]
    attestation: VerifiedKeyAttestation | None = None


def request_nonce(request: CredentialRequest) -> str:
    """The nonce that the request carries. Raises Unmet, Malformed."""
    if request.proofs:
        return nonce_of(request.proofs)
    nonce = request.attestation.nonce if request.attestation is not None else None
    if nonce is None:
        raise Unmet(INVALID_PROOF, "nonce is missing")
    if not isinstance(nonce, str):
        raise Malformed(INVALID_PROOF, "nonce is not a string")
    return nonce


def verify_keys(
    request: CredentialRequest, *, issuer: str, nonce: str, trust: Callable[[], TrustAnchors], now: int
) -> ProvenKeys:
    """All keys of the request, or none; `trust` is asked only about an attestation. Raises Refusal("invalid_proof" |
    "invalid_nonce")."""
    attestation = request.attestation
    if attestation is not None:
        # 1 the attestation's own rules [OID4VCI D.1]
        check_key_attestation(attestation, nonce=nonce, now=now, must_expire=bool(request.proofs))
        # 2 it is about the keys that sign [OID4VCI F.1]
        if not {proof.key for proof in request.proofs} <= set(attestation.keys):
            raise Unmet(INVALID_PROOF, "a proof by a key that is not attested")
    # 3 whoever signed has the key [OID4VCI F.4]
    proofs = verify_proofs(request.proofs, issuer=issuer, nonce=nonce, now=now)
    if attestation is None:
        return ProvenKeys(tuple(proof.key for proof in proofs))
    # 4 from a wallet provider we trust; a copy for each key it vouches for [OID4VCI F.1, F.3]
    return ProvenKeys(attestation.keys, verify_key_attestation(attestation, anchors=trust(), now=now))
