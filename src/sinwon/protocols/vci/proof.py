"""Key proofs of type `jwt` in a credential request (OpenID4VCI 1.0 Appendix F).

Owns their shape, rules and signature, and making one (the holder's side). Does not judge the nonce (vci.nonce says whether
it is ours and alive, services.issuance.issue_credentials consumes it). A `key_attestation` in the header is kept as it came:
vci.proven_keys reads the one of a whole request.
"""

from collections.abc import Sequence
from typing import Any, Final

from msgspec import Struct

from sinwon.core.refusal import Malformed, Refusal, Unmet, Untrusted
from sinwon.formats.jose.jws import Jws, parse_jws, sign_jws, verify_jws
from sinwon.keys.jwk import PublicKey, parse_public_jwk
from sinwon.keys.signer import Signer
from sinwon.protocols.attestation.key_attestation import MAX_ATTESTATION
from sinwon.protocols.vci.errors import INVALID_NONCE, INVALID_PROOF

TYP: Final = "openid4vci-proof+jwt"
MAX_PROOF: Final = 8 * 1024  # characters; ours have about 500
MAX_ATTESTED_PROOF: Final = MAX_PROOF + MAX_ATTESTATION * 4 // 3  # with a key attestation in its header
MAX_PROOF_AGE: Final = 300  # seconds either way: a wallet's clock may be wrong, the nonce carries the precise time
KEY_HEADERS: Final = ("jwk", "kid", "x5c")


class Proof(Struct, frozen=True):
    """A proof as it came: shape only. A Struct, like VerifiedProof, because a batch has many."""

    jws: Jws
    key: PublicKey
    audience: object
    issued_at: object
    nonce: object
    attestation: object = None
    """The `key_attestation` of the header."""


class VerifiedProof(Struct, frozen=True):
    """The holder has `key`, for this issuer, now."""

    key: PublicKey


def parse_proof(text: str) -> Proof:
    """Raises Malformed("invalid_proof")."""
    try:
        jws = parse_jws(text, limit=MAX_ATTESTED_PROOF, own_header=True)
        attestation = jws.header.get("key_attestation")
        if attestation is None and len(text) > MAX_PROOF:
            raise Malformed(INVALID_PROOF, f"more than {MAX_PROOF} characters of proof")
        claims = jws.claims()
        return Proof(jws, _key(jws), claims.get("aud"), claims.get("iat"), claims.get("nonce"), attestation)
    except Malformed as refusal:
        raise Malformed(INVALID_PROOF, refusal.why) from None


def check_proof(proof: Proof, *, issuer: str, nonce: str, now: int) -> None:
    """The rules of a proof except its signature, which verify_proofs checks. Raises Unmet."""
    # 1 explicitly typed [OID4VCI F.4]
    if proof.jws.typ != TYP:
        raise Unmet(INVALID_PROOF, "typ is not that of a key proof")
    # 2 made for this issuer, and for no other [OID4VCI F.1]
    if proof.audience != issuer:
        raise Unmet(INVALID_PROOF, "made for another issuer")
    # 3 fresh [OID4VCI F.4]
    if type(proof.issued_at) is not int or abs(now - proof.issued_at) > MAX_PROOF_AGE:
        raise Unmet(INVALID_PROOF, "iat is missing, too old or in the future")
    # 4 carries the nonce of this request [OID4VCI F.4]
    if proof.nonce is None:
        raise Unmet(INVALID_PROOF, "nonce is missing")
    if proof.nonce != nonce:
        raise Unmet(INVALID_NONCE, "not the nonce of the other proofs")


def verify_proofs(proofs: Sequence[Proof], *, issuer: str, nonce: str, now: int) -> tuple[VerifiedProof, ...]:
    """All proofs of one request, or none. Raises Refusal("invalid_proof" | "invalid_nonce")."""
    for proof in proofs:
        check_proof(proof, issuer=issuer, nonce=nonce, now=now)
    # 5 one key binds at most one copy [OID4VCI 8.2]
    if len({proof.key for proof in proofs}) != len(proofs):
        raise Unmet(INVALID_PROOF, "the same key twice")
    # 6 signed by that key [OID4VCI F.4]
    for proof in proofs:
        try:
            verify_jws(proof.jws, proof.key, typ=TYP)
        except Refusal as refusal:
            raise Untrusted(INVALID_PROOF, refusal.why) from None
    return tuple(VerifiedProof(proof.key) for proof in proofs)


def nonce_of(proofs: Sequence[Proof]) -> str:
    """The nonce the proofs carry. A missing one is a fault of the proof [OID4VCI F.4]. Raises Unmet, Malformed."""
    for proof in proofs:
        if proof.nonce is None:
            raise Unmet(INVALID_PROOF, "nonce is missing")
        if not isinstance(proof.nonce, str):
            raise Malformed(INVALID_PROOF, "nonce is not a string")
    return str(proofs[0].nonce)


def sign_proof(signer: Signer, *, issuer: str, nonce: str, now: int, attestation: str | None = None) -> str:
    """The holder's proof that it has the key of `signer`, and with `attestation` of what is said of it and of others. No `iss`:
    access was anonymous [OID4VCI F.1]."""
    header: dict[str, object] = {"typ": TYP, "jwk": dict(signer.public_jwk)}
    if attestation is not None:
        header["key_attestation"] = attestation
    return sign_jws(header, {"aud": issuer, "iat": now, "nonce": nonce}, signer)


def _key(jws: Jws) -> PublicKey:
    """The one key in the header. We read `jwk` only: no other key source is in our metadata [OID4VCI F.1]."""
    present = [name for name in KEY_HEADERS if name in jws.header]
    jwk: Any = jws.header.get("jwk")
    if present != ["jwk"] or not isinstance(jwk, dict):
        raise Malformed(INVALID_PROOF, "the header does not hold exactly one jwk")
    return parse_public_jwk(jwk)
