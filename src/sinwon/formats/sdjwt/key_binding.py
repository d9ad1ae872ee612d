"""The holder's proof that a presentation is theirs, for us and now: KB-JWT (RFC 9901 §4.3, §7.3).

Owns making and checking it. Does not decide whether key binding is needed (the caller's policy, never its presence) and
does not remember nonces: the caller consumes the transaction the nonce belongs to, once.
"""

from collections.abc import Mapping
from typing import Any, Final

from sinwon.core.ids import same
from sinwon.core.limits import CLOCK_SKEW
from sinwon.core.refusal import Refusal, Unmet, Untrusted
from sinwon.formats.jose.jws import Jws, verify_jws
from sinwon.formats.sdjwt.names import HASH, INVALID_KEY_BINDING, KEY_BINDING_TYP
from sinwon.formats.sdjwt.parse import SdJwt, text_digest
from sinwon.keys.jwk import PublicKey

MAX_AGE: Final = 300  # seconds around now: a slow hand and a clock that is off, no more


def sd_hash(presentation: str, algorithm: str = HASH) -> str:
    """Over issuer JWT, disclosures and tildes, the last one included, by the credential's hash (RFC 9901 §4.3.1)."""
    return text_digest(presentation, algorithm)


def check_key_binding(sd_jwt: SdJwt, key: PublicKey, *, audience: str, nonce: str, now: int, algorithm: str = HASH) -> None:
    """That `sd_jwt`, whose digests are by `algorithm`, was presented by the holder of `key` to `audience` for `nonce`, just
    now. Raises Unmet, Untrusted."""
    # 1 there is one [RFC 9901 7.3]
    if sd_jwt.key_binding is None:
        raise Unmet(INVALID_KEY_BINDING, "no key binding")
    # 2 typed, ES256 and signed by the key in the credential [RFC 9901 7.3]
    claims = _verified(sd_jwt.key_binding, key)
    # 3 made just now [RFC 9901 7.3]
    _check_times(claims, now)
    # 4 for us and for this transaction [RFC 9901 7.3]
    if not _is(claims.get("aud"), audience):
        raise Unmet(INVALID_KEY_BINDING, "made for another audience")
    if not _is(claims.get("nonce"), nonce):
        raise Unmet(INVALID_KEY_BINDING, "not the nonce of this transaction")
    # 5 over exactly these disclosures [RFC 9901 7.3]
    if not _is(claims.get("sd_hash"), sd_hash(sd_jwt.without_key_binding, algorithm)):
        raise Unmet(INVALID_KEY_BINDING, "bound to another presentation")


def _verified(token: Jws, key: PublicKey) -> dict[str, Any]:
    try:
        verify_jws(token, key, typ=KEY_BINDING_TYP)
        return token.claims()
    except Refusal as refusal:
        raise Untrusted(INVALID_KEY_BINDING, refusal.why) from None


def _check_times(claims: Mapping[str, Any], now: int) -> None:
    issued_at, expires_at, not_before = claims.get("iat"), claims.get("exp", now + 1), claims.get("nbf", now)
    if type(issued_at) is not int or type(expires_at) is not int or type(not_before) is not int:
        raise Unmet(INVALID_KEY_BINDING, "times are not integers")
    if abs(now - issued_at) > MAX_AGE:
        raise Unmet(INVALID_KEY_BINDING, "too old or from the future")
    if expires_at <= now or not_before > now + CLOCK_SKEW:
        raise Unmet(INVALID_KEY_BINDING, "not valid at this time")


def _is(claim: object, expected: str) -> bool:
    return isinstance(claim, str) and same(claim, expected)
