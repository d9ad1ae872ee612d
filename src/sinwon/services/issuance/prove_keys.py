"""Which keys a credential request proves, and whether enough is known of them for the copies it asks for.

An attestation that cannot be judged, because its own status is not to be had, is none: the copies would outlast the doubt.
"""

from sinwon.core.refusal import Refusal, Unmet, Untrusted
from sinwon.formats.status.token import VALID
from sinwon.protocols.attestation.key_assurance import check_assurance
from sinwon.protocols.attestation.key_attestation import VerifiedKeyAttestation
from sinwon.protocols.vci.configurations import ISSUED
from sinwon.protocols.vci.credential_request import CredentialRequest
from sinwon.protocols.vci.errors import INVALID_PROOF
from sinwon.protocols.vci.proven_keys import ProvenKeys, verify_keys
from sinwon.services.issuance.issuer import Issuer


def prove_keys(issuer: Issuer, request: CredentialRequest, *, nonce: str, now: int) -> ProvenKeys:
    """Raises Refusal("invalid_proof" | "invalid_nonce"), WouldFetch."""
    required = ISSUED[request.configuration_id].attested
    # 1 not left out where it is required [OID4VCI 12.2.4]
    if required and request.attestation is None:
        raise Unmet(INVALID_PROOF, "these copies are for attested keys only")
    # 2 proofs, attestation, and that they belong together [OID4VCI F.4, D.1]
    proven = verify_keys(request, issuer=issuer.origin, nonce=nonce, trust=issuer.trust, now=now)
    if proven.attestation is not None:
        # 3 enough is attested [OID4VCI 12.2.4, D.2]
        if required:
            check_assurance(proven.attestation.assurance, issuer.settings.attested)
        # 4 and was not taken back [OID4VCI D.1]
        check_status(issuer, proven.attestation, now)
    return proven


def check_status(issuer: Issuer, attestation: VerifiedKeyAttestation, now: int) -> None:
    """Raises Refusal("invalid_proof"), WouldFetch."""
    if attestation.status is None:
        return
    try:
        value = issuer.statuses.value(
            attestation.status, issuer=attestation.provider, fetch=issuer.fetch, anchors=issuer.trust(), now=now
        )
    except Refusal as refusal:
        raise refusal.coded(INVALID_PROOF) from None
    if value != VALID:
        raise Untrusted(INVALID_PROOF, f"status of the attestation {value}")
