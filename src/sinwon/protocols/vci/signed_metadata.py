"""Signed issuer metadata (OpenID4VCI 1.0 §12.2.3): the same members at the top of a JWT, by a key whose certificates are in it.

Owns making and reading it. Who may sign for an issuer is the reader's to decide: it gives the anchors, and compares what the
certificate names. The wallet asks for it by media type, and takes what it gets.
"""

from typing import Any, Final

from sinwon.core.limits import CLOCK_SKEW
from sinwon.core.refusal import Malformed, Refusal, Unmet, Untrusted
from sinwon.core.strict_json import parse_object
from sinwon.formats.jose.jws import parse_jws, sign_with_chain, verify_jws
from sinwon.keys.signer import CertifiedSigner
from sinwon.keys.x509 import VerifiedChain, parse_x5c, verify_chain
from sinwon.protocols.vci.metadata import INVALID_METADATA, MAX_METADATA

MEDIA_TYPE: Final = "application/jwt"
TYP: Final = "openidvci-issuer-metadata+jwt"
LIFETIME: Final = 86_400  # seconds
MAX_TOKEN: Final = 2 * MAX_METADATA  # characters: base64url, and a chain


def sign_metadata(metadata: bytes, *, issuer: str, by: CertifiedSigner, now: int) -> str:
    """`metadata` is the unsigned document."""
    claims = parse_object(metadata, limit=MAX_METADATA)
    return sign_with_chain(TYP, {**claims, "sub": issuer, "iat": now, "exp": now + LIFETIME}, by)


def verify_metadata(token: str, *, issuer: str, anchors: frozenset[bytes], now: int) -> tuple[bytes, VerifiedChain]:
    """The document as it was signed, to be parsed as an unsigned one is, and by whom. Raises Refusal."""
    try:
        jws = parse_jws(token, limit=MAX_TOKEN)
        # 1 by somebody we trust, path and all [OID4VCI 12.2.3; HAIP 4.1]
        chain = verify_chain(parse_x5c(jws.header.get("x5c")), anchors, now)
        # 2 explicitly typed, and signed by that key [OID4VCI 12.2.3]
        verify_jws(jws, chain.key, typ=TYP)
        claims = jws.claims(limit=MAX_METADATA)
    except Refusal as refusal:
        raise Untrusted(INVALID_METADATA, refusal.why) from None
    _check_claims(claims, issuer=issuer, now=now)
    return jws.payload, chain


def _check_claims(claims: dict[str, Any], *, issuer: str, now: int) -> None:
    # 3 about this issuer [OID4VCI 12.2.3]
    if claims.get("sub") != issuer:
        raise Unmet(INVALID_METADATA, "signed for another issuer")
    # 4 signed in the past, and not over [OID4VCI 12.2.3]
    begun, ends = claims.get("iat"), claims.get("exp")
    if type(begun) is not int or begun > now + CLOCK_SKEW:
        raise Malformed(INVALID_METADATA, "iat is missing or in the future")
    if ends is not None and (type(ends) is not int or ends <= now - CLOCK_SKEW):
        raise Unmet(INVALID_METADATA, "signed metadata is over")
