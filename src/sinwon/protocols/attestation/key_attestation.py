"""Key attestations (OpenID4VCI 1.0 Appendix D; HAIP 1.0 §4.5.1): a wallet provider says in what keeping some fresh keys are.

Owns their shape, rules, signature and signer, and making one (the wallet provider's side). Does not judge the nonce beyond its
being that of the request, nor what is attested (key_assurance.check_assurance), nor the attestation's own status: the caller
owes both, and that a key binds one copy only.
"""

from collections.abc import Sequence
from typing import Any, Final

from msgspec import Struct

from sinwon.core.refusal import Malformed, Refusal, Unmet, Untrusted
from sinwon.formats.jose.jws import Jws, parse_jws, sign_with_chain, verify_jws
from sinwon.formats.status.reference import StatusReference, parse_status
from sinwon.keys.jwk import PublicKey, parse_public_jwk
from sinwon.keys.signer import CertifiedSigner
from sinwon.keys.trust import Purpose, TrustAnchors
from sinwon.keys.x509 import VerifiedChain, parse_x5c, verify_chain
from sinwon.protocols.attestation.key_assurance import KeyAssurance, known_assurance, values_of
from sinwon.protocols.vci.errors import INVALID_NONCE, INVALID_PROOF

TYP: Final = "key-attestation+jwt"
MAX_ATTESTATION: Final = 24 * 1024  # characters: a hundred keys of 130 bytes and a chain of two certificates
MAX_KEYS: Final = 100  # the largest batch anybody gives
MAX_AGE: Final = 300  # seconds: as old as the nonce may be, which is in it
LIFETIME: Final = 300


class KeyAttestation(Struct, frozen=True):
    """An attestation as it came: shape only."""

    jws: Jws
    keys: tuple[PublicKey, ...]
    issued_at: object
    expires_at: object
    """None where there is none."""
    nonce: object
    key_storage: tuple[str, ...]
    user_authentication: tuple[str, ...]
    status: StatusReference | None


class VerifiedKeyAttestation(Struct, frozen=True):
    """A wallet provider on the trust list says so, now and for this request."""

    keys: tuple[PublicKey, ...]
    assurance: KeyAssurance
    provider: str
    """The URI of the wallet provider."""
    status: StatusReference | None


def parse_key_attestation(text: object) -> KeyAttestation:
    """Raises Malformed("invalid_proof")."""
    if not isinstance(text, str):
        raise Malformed(INVALID_PROOF, "a key attestation that is not a string")
    try:
        jws = parse_jws(text, limit=MAX_ATTESTATION)
        return _parsed(jws, jws.claims())
    except Malformed as refusal:
        raise Malformed(INVALID_PROOF, refusal.why) from None


def check_key_attestation(attestation: KeyAttestation, *, nonce: str, now: int, must_expire: bool) -> None:
    """The rules of an attestation except signature and signer, which verify_key_attestation checks. Raises Unmet."""
    # 1 explicitly typed [OID4VCI D.1]
    if attestation.jws.typ != TYP:
        raise Unmet(INVALID_PROOF, "typ is not that of a key attestation")
    # 2 fresh [OID4VCI D.1]
    if type(attestation.issued_at) is not int or abs(now - attestation.issued_at) > MAX_AGE:
        raise Unmet(INVALID_PROOF, "iat of the attestation is missing, too old or in the future")
    # 3 not over; beside jwt proofs it must say when it will be [OID4VCI D.1]
    _check_end(attestation.expires_at, now, must_expire=must_expire)
    # 4 made for this request [OID4VCI D.1, F.4]
    if attestation.nonce is None:
        raise Unmet(INVALID_PROOF, "nonce of the attestation is missing")
    if attestation.nonce != nonce:
        raise Unmet(INVALID_NONCE, "the attestation is for another nonce")


def verify_key_attestation(attestation: KeyAttestation, *, anchors: TrustAnchors, now: int) -> VerifiedKeyAttestation:
    """What it says, and who says so. Raises Untrusted."""
    try:
        # 5 by a wallet provider on the trust list, path and all [OID4VCI D.1; HAIP 4.5.1]
        chain = verify_chain(parse_x5c(attestation.jws.header.get("x5c")), anchors.certificates(Purpose.WALLET), now)
        provider = _provider(chain, anchors)
        # 6 signed by it [OID4VCI D.1]
        verify_jws(attestation.jws, chain.key, typ=TYP)
    except Refusal as refusal:
        raise Untrusted(INVALID_PROOF, refusal.why) from None
    assurance = known_assurance(attestation.key_storage, attestation.user_authentication)
    return VerifiedKeyAttestation(attestation.keys, assurance, provider, attestation.status)


def sign_key_attestation(
    keys: Sequence[PublicKey],
    assurance: KeyAssurance,
    *,
    nonce: str,
    now: int,
    by: CertifiedSigner,
    status: StatusReference | None = None,
) -> str:
    """For a wallet provider that knows all `keys` to be in one keeping, of which `assurance` is true."""
    claims: dict[str, object] = {
        "iat": now,
        "exp": now + LIFETIME,
        "nonce": nonce,
        "attested_keys": [key.jwk for key in keys],
        **assurance.claim,
    }
    return sign_with_chain(TYP, {**claims, "status": status.claim} if status else claims, by)


def _parsed(jws: Jws, claims: dict[str, Any]) -> KeyAttestation:
    return KeyAttestation(
        jws,
        _keys(claims.get("attested_keys")),
        claims.get("iat"),
        claims.get("exp"),
        claims.get("nonce"),
        values_of(claims, "key_storage", INVALID_PROOF),
        values_of(claims, "user_authentication", INVALID_PROOF),
        parse_status(claims["status"]) if "status" in claims else None,
    )


def _keys(listed: object) -> tuple[PublicKey, ...]:
    if not isinstance(listed, list) or not 0 < len(listed) <= MAX_KEYS or not all(isinstance(jwk, dict) for jwk in listed):
        raise Malformed(INVALID_PROOF, f"attested_keys is not an array of 1 to {MAX_KEYS} keys")
    keys = tuple(map(parse_public_jwk, listed))
    if len(set(keys)) != len(keys):
        raise Malformed(INVALID_PROOF, "one key attested twice")
    return keys


def _check_end(expires_at: object, now: int, *, must_expire: bool) -> None:
    if expires_at is None and not must_expire:
        return
    if type(expires_at) is not int:
        raise Unmet(INVALID_PROOF, "exp of the attestation is missing or not an integer")
    if expires_at <= now:
        raise Unmet(INVALID_PROOF, "the attestation is over")


def _provider(chain: VerifiedChain, anchors: TrustAnchors) -> str:
    """The one entity that the leaf speaks for and that is listed with this root."""
    listed = set(anchors.names_of(Purpose.WALLET, chain.anchor)).intersection(chain.uris)
    if len(listed) != 1:
        raise Untrusted(INVALID_PROOF, "certificate and trust list do not name one wallet provider")
    return listed.pop()
