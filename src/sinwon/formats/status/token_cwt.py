"""The Status List Token as a CWT (Token Status List §5.2, §8.3): what an mdoc's status points to.

Owns claim 65533 in this form; the envelope is cwt's. What the caller still owes stands at VerifiedStatusList.
"""

from typing import Final

from sinwon.core.refusal import Malformed, Refusal
from sinwon.formats.status.cwt import EXP, IAT, SUB, TTL, sign_cwt, verify_cwt
from sinwon.formats.status.pieces import Deflated
from sinwon.formats.status.reference import CODE
from sinwon.formats.status.token import Kind, VerifiedStatusList, read_entries
from sinwon.keys.signer import CertifiedSigner
from sinwon.keys.trust import TrustAnchors

STATUS_LIST: Final = 65533


def sign_status_list(
    lst: bytes | Deflated, *, bits: int, uri: str, now: int, lifetime: int, ttl: int, by: CertifiedSigner
) -> bytes:
    """A token for the deflated entries `lst`, to be served at `uri`."""
    entries = lst if isinstance(lst, bytes) else lst.joined()
    claims = {SUB: uri, IAT: now, EXP: now + lifetime, TTL: ttl, STATUS_LIST: {"bits": bits, "lst": entries}}
    return sign_cwt(Kind.CWT.media_type, claims, by)


def verify_status_list(token: bytes, *, uri: str, anchors: TrustAnchors, now: int) -> VerifiedStatusList:
    """The list in `token`. Raises Malformed, Unmet, Untrusted, all with one code."""
    try:
        verified = verify_cwt(token, Kind.CWT.media_type, uri=uri, anchors=anchors, now=now)
        # 5 inflated, bounded [TSL 4.1]
        bits, packed = read_entries(*_members(verified.claims.get(STATUS_LIST)))
    except Refusal as refusal:
        raise refusal.coded(CODE) from None
    times = verified.times
    return VerifiedStatusList(uri, times.issued_at, times.expires_at, times.ttl, verified.entities, bits, packed)


def _members(status_list: object) -> tuple[object, bytes]:
    if not isinstance(status_list, dict) or type(status_list.get("lst")) is not bytes:
        raise Malformed(CODE, "no status list")
    return status_list.get("bits"), status_list["lst"]
