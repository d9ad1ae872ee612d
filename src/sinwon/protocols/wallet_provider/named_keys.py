"""The keys that an instance wants attested, and the nonce they are attested for: shape only."""

from typing import Final

from sinwon.core.refusal import Malformed
from sinwon.keys.jwk import PublicKey, parse_public_jwk
from sinwon.protocols.attestation.key_attestation import MAX_KEYS
from sinwon.protocols.wallet_provider.errors import INVALID_REQUEST
from sinwon.protocols.wallet_provider.messages import AttestKeys

MAX_NONCE: Final = 512  # characters; ours have 54


def parse_named_keys(asked: AttestKeys) -> tuple[PublicKey, ...]:
    """Raises Malformed("invalid_request")."""
    if not 0 < len(asked.nonce) <= MAX_NONCE or not asked.nonce.isascii() or not asked.nonce.isprintable():
        raise Malformed(INVALID_REQUEST, f"nonce is not 1 to {MAX_NONCE} printable characters")
    if not 0 < len(asked.keys) <= MAX_KEYS:
        raise Malformed(INVALID_REQUEST, f"not 1 to {MAX_KEYS} keys")
    try:
        keys = tuple(map(parse_public_jwk, asked.keys))
    except Malformed as refusal:
        raise refusal.coded(INVALID_REQUEST) from None
    if len(set(keys)) != len(keys):
        raise Malformed(INVALID_REQUEST, "one key twice")
    return keys
