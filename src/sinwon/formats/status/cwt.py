"""The envelope of lists in CBOR (Token Status List §5.2; ISO/IEC 18013-5, second edition): a CWT in a tagged COSE_Sign1.

Owns: tag 18 and no CWT tag, the type in protected header 16, the certificates in the protected header, the claims a list must
have, and who signed. MACs are not accepted. Does not read the list itself.
"""

from collections.abc import Mapping
from typing import Any, Final

from msgspec import Struct

from sinwon.core.cbor import Tagged, dump_cbor, parse_cbor
from sinwon.core.refusal import Malformed, Untrusted
from sinwon.formats.cose.headers import chain_value
from sinwon.formats.cose.names import TAG_SIGN1, X5CHAIN
from sinwon.formats.cose.sign1 import parse_sign1, sign1, verify_sign1
from sinwon.formats.status.reference import CODE
from sinwon.formats.status.token import MAX_TOKEN, MAX_TTL, Times, check_subject, check_times, entities_of
from sinwon.keys.signer import CertifiedSigner
from sinwon.keys.trust import Purpose, TrustAnchors
from sinwon.keys.x509 import verify_chain

TYP: Final = 16
"""Header parameter `typ` (RFC 9596)."""
SUB: Final = 2
EXP: Final = 4
IAT: Final = 6
TTL: Final = 65534


class VerifiedCwt(Struct, frozen=True):
    """Claims signed by one who is trusted for status, about the `uri` asked for, current."""

    claims: Mapping[Any, Any]
    times: Times
    entities: frozenset[str]


def sign_cwt(media_type: str, claims: Mapping[int, object], by: CertifiedSigner) -> bytes:
    """The certificates are signed along, the anchor left out."""
    protected = {TYP: media_type, X5CHAIN: chain_value(by.chain)}
    return dump_cbor(Tagged(TAG_SIGN1, sign1(dump_cbor(claims), by=by.signer, protected=protected)))


def verify_cwt(token: bytes, media_type: str, *, uri: str, anchors: TrustAnchors, now: int) -> VerifiedCwt:
    """Raises Malformed, Unmet, Untrusted."""
    message = parse_sign1(parse_cbor(token, limit=MAX_TOKEN), tagged=True)
    # 1 explicitly typed [TSL 5.2]
    if message.header.get(TYP) != media_type:
        raise Untrusted(CODE, "typ is not the one expected here")
    # 2 signed by one trusted for status, whose certificates are signed along [TSL 8.3; ISO 18013-5 12.3.6]
    if X5CHAIN not in message.header:
        raise Untrusted(CODE, "no certificates in the protected header")
    chain = verify_chain(message.chain, anchors.certificates(Purpose.STATUS), now)
    verify_sign1(message, chain.key)
    claims = parse_cbor(message.with_payload(None), limit=MAX_TOKEN)
    if not isinstance(claims, dict):
        raise Malformed(CODE, "claims are not a map")
    # 3 about the list we asked for [TSL 8.3]
    check_subject(claims.get(SUB), uri)
    # 4 current [TSL 8.3]
    times = check_times(claims.get(IAT), claims.get(EXP), claims.get(TTL, MAX_TTL), now=now)
    return VerifiedCwt(claims, times, entities_of(chain, anchors))
