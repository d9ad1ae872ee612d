"""The messages between a wallet and its provider, and the action and path of each. None says anything of a person."""

from typing import Final

import msgspec

CHALLENGE: Final = "/challenge"
"""POST, empty: 200 ChallengeGiven."""
REGISTER: Final = "register"
"""POST /instances: Nothing → 201 Registered."""
ATTEST_CLIENT: Final = "attest_client"
"""POST /attestations/client: Nothing → 200 ClientAttested."""
ATTEST_KEYS: Final = "attest_keys"
"""POST /attestations/keys: AttestKeys → 200 KeysAttested."""
REVOKE: Final = "revoke"
"""POST /instances/revoke: Nothing → 200 Revoked."""

PATHS: Final = {
    REGISTER: "/instances",
    ATTEST_CLIENT: "/attestations/client",
    ATTEST_KEYS: "/attestations/keys",
    REVOKE: "/instances/revoke",
}


class Nothing(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The key that signs says it all."""


class AttestKeys(msgspec.Struct, frozen=True):
    keys: tuple[dict[str, str], ...]
    """Public JWKs, all in one keeping."""
    nonce: str
    """Of the issuer that asked for the attestation."""


class ChallengeGiven(msgspec.Struct, frozen=True):
    challenge: str
    expires_in: int


class Registered(msgspec.Struct, frozen=True):
    instance: str
    """The thumbprint of its key."""


class ClientAttested(msgspec.Struct, frozen=True):
    attestation: str
    expires_at: int


class KeysAttested(msgspec.Struct, frozen=True):
    attestation: str


class Revoked(msgspec.Struct, frozen=True):
    instance: str
