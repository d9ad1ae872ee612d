"""The Status List Token as a JWT (Token Status List §5.1, §8.3): signed by whoever is trusted to speak about status.

Owns shape, signing and verifying of this form. What the caller still owes stands at VerifiedStatusList.
"""

from functools import lru_cache
from typing import Any, Final

from sinwon.core import base64url
from sinwon.core.refusal import Malformed, Refusal
from sinwon.core.strict_json import dump
from sinwon.formats.jose.jws import Jws, parse_jws, sign_encoded_with_chain, verify_jws
from sinwon.formats.status.pieces import Deflated
from sinwon.formats.status.reference import CODE
from sinwon.formats.status.token import (
    MAX_TOKEN,
    MAX_TTL,
    VerifiedStatusList,
    check_subject,
    check_times,
    entities_of,
    read_entries,
)
from sinwon.keys.signer import CertifiedSigner
from sinwon.keys.trust import Purpose, TrustAnchors
from sinwon.keys.x509 import VerifiedChain, parse_x5c, verify_chain

TYP: Final = "statuslist+jwt"
CACHE_PARTS: Final = 512  # of 4 kB to 30 kB: all pieces of sixty lists of a million entries


def sign_status_list(
    lst: bytes | Deflated, *, bits: int, uri: str, now: int, lifetime: int, ttl: int, by: CertifiedSigner
) -> bytes:
    """A token for the deflated entries `lst`, to be served at `uri`."""
    parts = (lst,) if isinstance(lst, bytes) else lst.parts
    rest = dump({"sub": uri, "iat": now, "exp": now + lifetime, "ttl": ttl})
    # The list comes first and begins on a whole group, so that a piece which did not change need not be encoded again.
    begin = f'{{"status_list":{{"bits":{bits},"lst":'.encode()
    begin += b" " * ((-len(begin) - 1) % 3) + b'"'
    end = base64url.encode(parts[-1]).encode() + b'"},' + rest[1:]
    texts = (base64url.encode(begin), *map(_twice_encoded, parts[:-1]), base64url.encode(end))
    return sign_encoded_with_chain(TYP, "".join(texts), by).encode()


def verify_status_list(token: bytes, *, uri: str, anchors: TrustAnchors, now: int) -> VerifiedStatusList:
    """The list in `token`. Raises Malformed, Unmet, Untrusted, all with one code."""
    try:
        jws = parse_jws(_text(token), limit=MAX_TOKEN)
        # 1 signed by one trusted for status [TSL 8.3]
        chain = _verify_signer(jws, anchors, now)
        claims = jws.claims(limit=MAX_TOKEN)
        # 2 about the list we asked for [TSL 8.3]
        check_subject(claims.get("sub"), uri)
        # 3 current [TSL 8.3]
        times = check_times(claims.get("iat"), claims.get("exp"), claims.get("ttl", MAX_TTL), now=now)
        # 4 inflated, bounded [TSL 4.1]
        bits, packed = read_entries(*_members(claims))
    except Refusal as refusal:
        raise refusal.coded(CODE) from None
    return VerifiedStatusList(uri, times.issued_at, times.expires_at, times.ttl, entities_of(chain, anchors), bits, packed)


@lru_cache(CACHE_PARTS)
def _twice_encoded(part: bytes) -> str:
    """A part in a JSON string in a JWT."""
    return base64url.encode(base64url.encode(part).encode())


def _text(token: bytes) -> str:
    try:
        return token.decode("ascii")
    except UnicodeDecodeError:
        raise Malformed(CODE, "not a status list token") from None


def _verify_signer(jws: Jws, anchors: TrustAnchors, now: int) -> VerifiedChain:
    chain = verify_chain(parse_x5c(jws.header.get("x5c")), anchors.certificates(Purpose.STATUS), now)
    verify_jws(jws, chain.key, typ=TYP)
    return chain


def _members(claims: dict[str, Any]) -> tuple[object, bytes]:
    status_list = claims.get("status_list")
    if not isinstance(status_list, dict) or not isinstance(status_list.get("lst"), str):
        raise Malformed(CODE, "no status list")
    return status_list.get("bits"), base64url.decode(status_list["lst"])
