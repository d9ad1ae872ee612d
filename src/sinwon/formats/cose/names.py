"""Labels and algorithms of COSE that we speak (IANA COSE registries), and the code of its refusals."""

from typing import Final

ALG: Final = 1
CRIT: Final = 2
X5CHAIN: Final = 33

ES256: Final = -7
ESP256: Final = -9
"""ECDSA with SHA-256 fully specified (RFC 9864). On P-256, and only there, it is the same as ES256."""
SIGNING: Final = frozenset({ES256, ESP256})
HMAC_256: Final = 5

TAG_MAC0: Final = 17
TAG_SIGN1: Final = 18

INVALID: Final = "invalid_cose"
