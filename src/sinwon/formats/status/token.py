"""The Status List Token as a JWT (Token Status List §5.1, §8.3): signed by whoever is trusted to speak about status.

Owns signing and verifying one token. What the caller still owes: the referenced credential is verified first; the token
was fetched from `uri`; an older `iat` than one already seen is refused; `entities` fits the credential's issuer.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from sinwon.core import base64url
from sinwon.core.clock import DAY
from sinwon.core.limits import CLOCK_SKEW
from sinwon.core.refusal import Malformed, Refusal, Unmet
from sinwon.formats.jose.jws import Jws, parse_jws, sign_with_chain, verify_jws
from sinwon.formats.status.encode import MAX_COMPRESSED, WIDTHS, entry, inflate
from sinwon.formats.status.reference import CODE
from sinwon.keys.signer import CertifiedSigner
from sinwon.keys.trust import Purpose, TrustAnchors
from sinwon.keys.x509 import parse_x5c, verify_chain

VALID: Final = 0
INVALID: Final = 1
SUSPENDED: Final = 2
NEEDS_RENEWAL: Final = 3
"""Application-specific (0x03): the person's data changed, the holder should fetch new copies."""

TYP: Final = "statuslist+jwt"
MEDIA_TYPE: Final = "application/statuslist+jwt"
MAX_TOKEN: Final = MAX_COMPRESSED * 16 // 9 + 128 * 1024  # base64url in base64url, and a header with a chain
MIN_TTL: Final = 5  # seconds: nobody makes us fetch faster
MAX_TTL: Final = DAY  # nobody keeps us from noticing a revocation for longer


@dataclass(frozen=True, slots=True)
class VerifiedStatusList:
    """A list whose signer is trusted for status and which is about the `uri` asked for."""

    uri: str
    issued_at: int
    expires_at: int
    ttl: int
    """Seconds after fetching until it should be fetched again, within our bounds."""
    entities: frozenset[str]
    """Who the signer's anchor is listed under."""
    bits: int
    packed: bytes

    def at(self, index: int) -> int:
        """The status value at `index`. Raises Unmet outside the list: never to be read as valid."""
        if type(index) is not int or not 0 <= index < len(self.packed) * 8 // self.bits:
            raise Unmet(CODE, "index outside the status list")
        return entry(self.packed, index, self.bits)


def sign_status_list(lst: bytes, *, bits: int, uri: str, now: int, lifetime: int, ttl: int, by: CertifiedSigner) -> str:
    """A token for the deflated entries `lst`, to be served at `uri`."""
    status_list = {"bits": bits, "lst": base64url.encode(lst)}
    claims = {"sub": uri, "iat": now, "exp": now + lifetime, "ttl": ttl, "status_list": status_list}
    return sign_with_chain(TYP, claims, by)


def verify_status_list(token: str, *, uri: str, anchors: TrustAnchors, now: int) -> VerifiedStatusList:
    """The list in `token`. Raises Malformed, Unmet, Untrusted, all with one code."""
    try:
        jws = parse_jws(token, limit=MAX_TOKEN)
        # 1 signed by one trusted for status [TSL 8.3]
        entities = _verify_signer(jws, anchors, now)
        claims = jws.claims(limit=MAX_TOKEN)
        # 2 about the list we asked for [TSL 8.3]
        if claims.get("sub") != uri:
            raise Unmet(CODE, "another status list")
        # 3 current [TSL 8.3]
        issued_at, expires_at, ttl = _times(claims, now)
        # 4 inflated, bounded [TSL 4.1]
        bits, packed = _entries(claims.get("status_list"))
    except Refusal as refusal:
        raise refusal.coded(CODE) from None
    return VerifiedStatusList(uri, issued_at, expires_at, ttl, entities, bits, packed)


def _verify_signer(jws: Jws, anchors: TrustAnchors, now: int) -> frozenset[str]:
    chain = verify_chain(parse_x5c(jws.header.get("x5c")), anchors.certificates(Purpose.STATUS), now)
    verify_jws(jws, chain.key, typ=TYP)
    return frozenset(anchors.names_of(Purpose.STATUS, chain.anchor))


def _times(claims: Mapping[str, Any], now: int) -> tuple[int, int, int]:
    issued_at, expires_at, ttl = claims.get("iat"), claims.get("exp"), claims.get("ttl", MAX_TTL)
    if type(issued_at) is not int or type(expires_at) is not int or type(ttl) is not int or ttl <= 0:
        raise Malformed(CODE, "times of the status list missing or not integers")
    if issued_at > now + CLOCK_SKEW or expires_at <= now:
        raise Unmet(CODE, "status list not current")
    return issued_at, expires_at, min(max(ttl, MIN_TTL), MAX_TTL)


def _entries(status_list: object) -> tuple[int, bytes]:
    if not isinstance(status_list, dict):
        raise Malformed(CODE, "no status list")
    bits, lst = status_list.get("bits"), status_list.get("lst")
    if type(bits) is not int or bits not in WIDTHS or not isinstance(lst, str):
        raise Malformed(CODE, "status list without usable bits or lst")
    return bits, inflate(base64url.decode(lst))
