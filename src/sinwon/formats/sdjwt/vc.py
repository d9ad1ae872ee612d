"""SD-JWT VC (draft-ietf-oauth-sd-jwt-vc-13 §3; HAIP 1.0 §6.1.1): from a stranger's text to claims we may believe.

Owns typ, issuer key by `x5c`, the (issuer, type) pair, protected claims, validity. What the caller still owes: holder
binding (key_binding), status (formats.status), the query, and that policy allows the type here.
"""

from collections.abc import Mapping
from typing import Any

from msgspec import Struct

from sinwon.core.limits import CLOCK_SKEW
from sinwon.core.refusal import Malformed, Refusal, Unmet, Untrusted
from sinwon.formats.jose.jws import verify_jws
from sinwon.formats.sdjwt.disclosures import hash_of, payload_of, process_payload
from sinwon.formats.sdjwt.names import INVALID, NOT_VALID_NOW, PROTECTED, SD_JWT_VC, UNTRUSTED_ISSUER
from sinwon.formats.sdjwt.parse import SdJwt
from sinwon.formats.status.reference import StatusReference, parse_status
from sinwon.keys.jwk import PublicKey, parse_public_jwk
from sinwon.keys.trust import Purpose, TrustAnchors
from sinwon.keys.x509 import VerifiedChain, parse_x5c, verify_chain


class VerifiedSdJwtVc(Struct, frozen=True):
    """A credential whose issuer is trusted for its type, whose disclosures belong and whose time is now."""

    claims: Mapping[str, Any]
    """The processed payload: what was disclosed and what is always visible."""
    vct: str
    issuer: str
    holder_key: PublicKey
    status: StatusReference | None
    """None only where the anchor does not ask for one."""
    expires_at: int
    algorithm: str
    """The hash of its digests: what the key binding's `sd_hash` is made with."""
    anchor: bytes
    """The root it is trusted by."""


def verify_sd_jwt_vc(sd_jwt: SdJwt, *, anchors: TrustAnchors, now: int) -> VerifiedSdJwtVc:
    """The credential's claims, or a Refusal. Holder binding and status are still to be checked."""
    payload = payload_of(sd_jwt)
    vct = payload.get("vct")
    if not isinstance(vct, str) or not vct:
        raise Malformed(INVALID, "no vct")
    _check_other_types(payload, vct)
    # 1 issuer key by chain, trusted for this type [HAIP 6.1.1; SD-JWT VC 3.5]
    chain = _trusted_chain(sd_jwt, anchors, vct, now)
    # 2 typed and signed [SD-JWT VC 3.2.1; RFC 9901 7.1]
    _verify_signature(sd_jwt, chain.key)
    # 3 issuer named consistently [SD-JWT VC 3.5]
    issuer = _issuer(payload, chain, anchors, vct)
    # 4 disclosures in place [RFC 9901 7.1]
    claims = process_payload(payload, sd_jwt.disclosures)
    # 5 nothing protected was disclosed or withheld [SD-JWT VC 3.2.2.2]
    _check_protected(payload, claims)
    # 6 valid now, judged on the processed payload [RFC 9901 7.1]
    expires_at = _check_validity(claims, now)
    # 7 bound to a key, with a status [HAIP 6.1]
    holder_key, status = _holder_key(claims), _status(claims, anchors, chain.anchor, vct)
    return VerifiedSdJwtVc(claims, vct, issuer, holder_key, status, expires_at, hash_of(payload), chain.anchor)


def _check_other_types(payload: Mapping[str, Any], vct: str) -> None:
    """`aka_vcts`, if there, has its shape. It is the issuer's own word: nobody is trusted for a type because of it."""
    if "aka_vcts" in payload:
        others = payload["aka_vcts"]
        if not isinstance(others, list) or not others or vct in others or not all(isinstance(name, str) for name in others):
            raise Malformed(INVALID, "aka_vcts is not a list of other types")


def _trusted_chain(sd_jwt: SdJwt, anchors: TrustAnchors, vct: str, now: int) -> VerifiedChain:
    try:
        chain = parse_x5c(sd_jwt.issuer_signed.header.get("x5c"))
        return verify_chain(chain, anchors.certificates(Purpose.ISSUANCE, vct), now)
    except Refusal as refusal:
        raise Untrusted(UNTRUSTED_ISSUER, refusal.why) from None


def _verify_signature(sd_jwt: SdJwt, key: PublicKey) -> None:
    try:
        verify_jws(sd_jwt.issuer_signed, key, typ=SD_JWT_VC)
    except Refusal as refusal:
        raise refusal.coded(INVALID) from None


def _issuer(payload: Mapping[str, Any], chain: VerifiedChain, anchors: TrustAnchors, vct: str) -> str:
    """The entity that the leaf speaks for, that is listed with this root and type, and that `iss`, if there, names. Where the
    anchor's policy lets leaves go without a name, it is the one entity listed."""
    listed = anchors.issuers(chain.anchor, vct)
    possible = listed.intersection(chain.uris)
    if not possible and len(listed) == 1 and not anchors.policy(chain.anchor, vct).named:
        possible = listed
    issuer = payload["iss"] if "iss" in payload else next(iter(sorted(possible)), None)
    if not isinstance(issuer, str) or issuer not in possible:
        raise Untrusted(UNTRUSTED_ISSUER, "iss, certificate and trust list do not name one issuer")
    return issuer


def _check_protected(payload: Mapping[str, Any], claims: Mapping[str, Any]) -> None:
    for name in PROTECTED:
        if name in claims and (name not in payload or payload[name] != claims[name]):
            raise Unmet(INVALID, "a protected claim is selectively disclosable")


def _check_validity(claims: Mapping[str, Any], now: int) -> int:
    expires_at, not_before, issued_at = claims.get("exp"), claims.get("nbf", now), claims.get("iat", now)
    if type(expires_at) is not int or type(not_before) is not int or type(issued_at) is not int:
        raise Unmet(INVALID, "validity missing or not an integer")
    if expires_at <= now:
        raise Unmet(NOT_VALID_NOW, "expired")
    if not_before > now + CLOCK_SKEW:
        raise Unmet(NOT_VALID_NOW, "not valid yet")
    return expires_at


def _status(claims: Mapping[str, Any], anchors: TrustAnchors, anchor: bytes, vct: str) -> StatusReference | None:
    if "status" not in claims and not anchors.policy(anchor, vct).status:
        return None
    return parse_status(claims.get("status"))


def _holder_key(claims: Mapping[str, Any]) -> PublicKey:
    confirmation = claims.get("cnf")
    if not isinstance(confirmation, dict) or not isinstance(confirmation.get("jwk"), dict):
        raise Unmet(INVALID, "not bound to a holder's key")
    try:
        return parse_public_jwk(confirmation["jwk"])
    except Malformed as refusal:
        raise refusal.coded(INVALID) from None
