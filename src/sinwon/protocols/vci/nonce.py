"""The nonce endpoint's `c_nonce` (OpenID4VCI 1.0 §7): given without being stored, checked without being looked up.

Owns how long one lives and how it is refused; how it is made is in protocols.oauth.server_nonce. Does not know whether a nonce
was used: a success consumes it once (services.issuance.issue_credentials).
"""

from typing import Final

import msgspec

from sinwon.core.ids import Randomness
from sinwon.core.limits import CLOCK_SKEW
from sinwon.core.refusal import Unmet
from sinwon.protocols.oauth.server_nonce import given_at, make_server_nonce
from sinwon.protocols.vci.errors import INVALID_NONCE

LIFETIME: Final = 300  # seconds: as long as a key proof may be old
PURPOSE: Final = b"c_nonce"


class NonceResponse(msgspec.Struct, frozen=True):
    c_nonce: str


def make_nonce(key: bytes, *, issuer: str, now: int, random: Randomness) -> str:
    return make_server_nonce(key, purpose=PURPOSE, issuer=issuer, now=now, random=random)


def check_nonce(nonce: str, key: bytes, *, issuer: str, now: int) -> int:
    """When it ends, if this issuer gave it and it still lives. Raises Unmet("invalid_nonce")."""
    # 1 ours [OID4VCI F.4]
    given = given_at(nonce, key, purpose=PURPOSE, issuer=issuer)
    if given is None:
        raise Unmet(INVALID_NONCE, "not a nonce of this issuer")
    # 2 alive [OID4VCI F.4]
    if not given - CLOCK_SKEW <= now < given + LIFETIME:
        raise Unmet(INVALID_NONCE, "nonce is too old")
    return given + LIFETIME
