"""A signed request from one role to another: a JWS carrying the whole message, so that body, sender and target hold together.

Built like a client assertion (RFC 7523 §3: `iss`, `sub`, `aud`, `iat`, `exp`, `jti`) with two more claims: `action`, what is
asked, and `body`, its message. Sent as POST with `application/jwt`. The receiver must still consume `jti` once, in the
transaction that acts.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final, TypeVar

import msgspec

from sinwon.core.ids import Randomness, new_id
from sinwon.core.limits import CLOCK_SKEW
from sinwon.core.refusal import Malformed, Refusal, Unmet, Untrusted
from sinwon.core.strict_json import convert
from sinwon.formats.jose.jws import parse_jws, sign_jws, verify_jws
from sinwon.keys.jwk import PublicKey
from sinwon.keys.signer import Signer

TYP: Final = "sinwon-role-request+jwt"
MEDIA_TYPE: Final = "application/jwt"
LIFETIME: Final = 60  # seconds
MAX_REQUEST: Final = 256 * 1024  # a person with portrait
T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class VerifiedRoleRequest:
    """A request whose sender, target, freshness and action hold. `jti` is not consumed yet."""

    sender: str
    jti: str
    expires_at: int
    body: Mapping[str, Any]

    def message(self, shape: type[T]) -> T:
        """The body as its message type. Raises Malformed."""
        return convert(self.body, shape)


class _Claims(msgspec.Struct, frozen=True):
    iss: str
    sub: str
    aud: str
    iat: int
    exp: int
    jti: str
    action: str
    body: dict[str, Any]


def sign_role_request(
    action: str, body: object, *, sender: str, audience: str, signer: Signer, now: int, random: Randomness
) -> str:
    """A compact JWS. `sender` is the role's name in the receiver's key list, `audience` the receiver's origin."""
    claims = {
        "iss": sender,
        "sub": sender,
        "aud": audience,
        "iat": now,
        "exp": now + LIFETIME,
        "jti": new_id(random),
        "action": action,
        "body": msgspec.to_builtins(body),
    }
    return sign_jws({"typ": TYP, "kid": sender}, claims, signer)


def verify_role_request(
    token: str, *, action: str, audience: str, keys: Mapping[str, PublicKey], now: int
) -> VerifiedRoleRequest:
    """The request, if one of our roles made it for us, now, for this action. Raises Refusal("unauthorized")."""
    try:
        jws = parse_jws(token, limit=MAX_REQUEST)
        claims = convert(jws.claims(limit=MAX_REQUEST), _Claims)
    except Malformed as refusal:
        raise Malformed("unauthorized", refusal.why) from None
    # 1 from a role we know, with its key
    key = keys.get(claims.iss)
    if key is None or claims.sub != claims.iss:
        raise Untrusted("unauthorized", "unknown sender")
    try:
        verify_jws(jws, key, typ=TYP)
    except Refusal as refusal:
        raise Untrusted("unauthorized", refusal.why) from None
    # 2 for us and for this
    if claims.aud != audience or claims.action != action:
        raise Unmet("unauthorized", "made for another role or action")
    # 3 fresh
    if not claims.iat - CLOCK_SKEW <= now < claims.exp + CLOCK_SKEW or claims.exp - claims.iat > LIFETIME:
        raise Unmet("unauthorized", "too old or from the future")
    return VerifiedRoleRequest(claims.iss, claims.jti, claims.exp, claims.body)
