"""A wallet instance's signed request to its provider: a JWS by the instance key, which is in its header.

Claims: `aud`, the provider; `challenge`, which it gave a moment ago; `action`, what is asked, and `body`, its message. Sent as
POST with `application/jwt`. The signature proves possession of the key and nothing else: that the key is registered, and that
the challenge counts once, the caller checks in the transaction that acts.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final, TypeVar

import msgspec

from sinwon.core import base64url
from sinwon.core.ids import Randomness
from sinwon.core.limits import CLOCK_SKEW
from sinwon.core.refusal import Malformed, Refusal, Unmet, Untrusted
from sinwon.core.strict_json import convert
from sinwon.formats.jose.jws import Jws, parse_jws, sign_jws, verify_jws
from sinwon.keys.jwk import PublicKey, parse_public_jwk
from sinwon.keys.signer import Signer
from sinwon.protocols.oauth.server_nonce import given_at, make_server_nonce
from sinwon.protocols.wallet_provider.errors import INVALID_PROOF, USE_CHALLENGE

TYP: Final = "sinwon-wallet-instance-request+jwt"
MEDIA_TYPE: Final = "application/jwt"
MAX_REQUEST: Final = 32 * 1024  # characters: a hundred keys of 130 bytes in base64, and the rest
CHALLENGE_LIFETIME: Final = 300  # seconds
PURPOSE: Final = b"wallet_instance"
T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class InstanceRequest:
    """As it came: shape only."""

    jws: Jws
    key: PublicKey
    audience: str
    challenge: str
    action: str
    body: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class VerifiedInstanceRequest:
    """Whoever has the key asks for this, here and now. The challenge is not consumed yet."""

    key: PublicKey
    challenge: str
    expires_at: int
    """The last second in which the challenge would pass."""
    body: Mapping[str, Any]

    @property
    def instance(self) -> str:
        """The thumbprint of the key: what an instance is called."""
        return base64url.encode(self.key.thumbprint)

    def message(self, shape: type[T]) -> T:
        """The body as its message type. Raises Malformed."""
        return convert(self.body, shape)


class _Claims(msgspec.Struct, frozen=True):
    aud: str
    challenge: str
    action: str
    body: dict[str, Any]


def make_challenge(key: bytes, *, provider: str, now: int, random: Randomness) -> str:
    """Not stored."""
    return make_server_nonce(key, purpose=PURPOSE, issuer=provider, now=now, random=random)


def sign_instance_request(action: str, body: object, *, provider: str, challenge: str, by: Signer) -> str:
    """For the wallet: a compact JWS by the instance key."""
    claims = {"aud": provider, "challenge": challenge, "action": action, "body": msgspec.to_builtins(body)}
    return sign_jws({"typ": TYP, "jwk": dict(by.public_jwk)}, claims, by)


def parse_instance_request(token: bytes) -> InstanceRequest:
    """Raises Malformed("invalid_proof")."""
    try:
        jws = parse_jws(token.decode("ascii"), limit=MAX_REQUEST, own_header=True)
        claims, jwk = convert(jws.claims(), _Claims), jws.header.get("jwk")
        if not isinstance(jwk, dict):
            raise Malformed(INVALID_PROOF, "no jwk in the header")
        return InstanceRequest(jws, parse_public_jwk(jwk), claims.aud, claims.challenge, claims.action, claims.body)
    except UnicodeDecodeError:
        raise Malformed(INVALID_PROOF, "not ASCII") from None
    except Malformed as refusal:
        raise Malformed(INVALID_PROOF, refusal.why) from None


def check_instance_request(found: InstanceRequest, *, action: str, provider: str, challenge_key: bytes, now: int) -> int:
    """The rules except the signature, which verify_instance_request checks. The last second in which the challenge would pass.
    Raises Unmet."""
    # 1 for us, and for this
    if found.audience != provider or found.action != action:
        raise Unmet(INVALID_PROOF, "made for another provider or action")
    # 2 for a challenge that we gave a moment ago
    given = given_at(found.challenge, challenge_key, purpose=PURPOSE, issuer=provider)
    if given is None or not given - CLOCK_SKEW <= now < given + CHALLENGE_LIFETIME:
        raise Unmet(USE_CHALLENGE, "challenge is foreign or too old")
    return given + CHALLENGE_LIFETIME


def verify_instance_request(
    token: bytes, *, action: str, provider: str, challenge_key: bytes, now: int
) -> VerifiedInstanceRequest:
    """Raises Refusal("invalid_proof" | "use_challenge")."""
    found = parse_instance_request(token)
    expires_at = check_instance_request(found, action=action, provider=provider, challenge_key=challenge_key, now=now)
    # 3 by the key in it
    try:
        verify_jws(found.jws, found.key, typ=TYP)
    except Refusal as refusal:
        raise Untrusted(INVALID_PROOF, refusal.why) from None
    return VerifiedInstanceRequest(found.key, found.challenge, expires_at, found.body)
