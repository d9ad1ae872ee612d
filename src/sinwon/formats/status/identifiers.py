"""Identifier lists (ISO/IEC 18013-5, second edition): the identifiers of the mdocs of an issuer that are revoked.

Read only: our own mdocs point to status lists. Presence means revoked, whatever is said about an identifier: additions are
reserved for the future and change nothing. As long as a list may be, it has at most half of core.cbor.MAX_ITEMS identifiers.
"""

from dataclasses import dataclass
from typing import Final

from sinwon.core.refusal import Malformed, Refusal
from sinwon.formats.status.cwt import verify_cwt
from sinwon.formats.status.reference import CODE, MAX_IDENTIFIER
from sinwon.keys.trust import TrustAnchors

MEDIA_TYPE: Final = "application/identifierlist+cwt"
IDENTIFIER_LIST: Final = 65530


@dataclass(frozen=True, slots=True)
class VerifiedIdentifierList:
    """A list whose signer is trusted for status and which is about the `uri` asked for. The caller owes what it owes for a
    VerifiedStatusList."""

    uri: str
    issued_at: int
    expires_at: int
    ttl: int
    entities: frozenset[str]
    revoked: frozenset[bytes]


def verify_identifier_list(token: bytes, *, uri: str, anchors: TrustAnchors, now: int) -> VerifiedIdentifierList:
    """The list in `token`. Raises Malformed, Unmet, Untrusted, all with one code."""
    try:
        verified = verify_cwt(token, MEDIA_TYPE, uri=uri, anchors=anchors, now=now)
        # 5 identifiers are bytes, what is said about each a map [ISO 18013-5 12.3.6.4]
        revoked = _identifiers(verified.claims.get(IDENTIFIER_LIST))
    except Refusal as refusal:
        raise refusal.coded(CODE) from None
    times = verified.times
    return VerifiedIdentifierList(uri, times.issued_at, times.expires_at, times.ttl, verified.entities, revoked)


def _identifiers(claim: object) -> frozenset[bytes]:
    identifiers = claim.get("identifiers") if isinstance(claim, dict) else None
    if not isinstance(identifiers, dict):
        raise Malformed(CODE, "no identifier list")
    for identifier, information in identifiers.items():
        if type(identifier) is not bytes or not 0 < len(identifier) <= MAX_IDENTIFIER or not isinstance(information, dict):
            raise Malformed(CODE, "an identifier that is not bytes, or is described by something else than a map")
    return frozenset(identifiers)
