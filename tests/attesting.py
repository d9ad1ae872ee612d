"""A wallet provider in a test vouches for whatever keys it is given; what it says can be spoiled, and is signed after that."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any

from sinwon.formats.jose.jws import sign_with_chain
from sinwon.keys.jwk import PublicKey
from sinwon.keys.signer import CertifiedSigner, Signer
from sinwon.keys.software import SoftwareKey, generate_key
from sinwon.protocols.attestation.key_assurance import PIN_AND_PASSKEY, KeyAssurance
from sinwon.protocols.attestation.key_attestation import LIFETIME, TYP, sign_key_attestation
from tests import world

BASIC = "iso_18045_basic"
SOFTWARE = KeyAssurance((BASIC,), (PIN_AND_PASSKEY, BASIC))
"""What is true of keys that PIN and passkey unlock, in software."""


@dataclass(frozen=True, slots=True)
class Attester:
    """The power of a wallet whose provider says this of its keys."""

    clock: world.StandingClock
    assurance: KeyAssurance = SOFTWARE
    by: CertifiedSigner = field(default_factory=world.wallet_provider)

    def attest(self, keys: Sequence[PublicKey], nonce: str) -> str:
        return sign_key_attestation(keys, self.assurance, nonce=nonce, now=self.clock(), by=self.by)


def attest(
    keys: Iterable[Signer], nonce: object, *, now: int, typ: str = TYP, by: CertifiedSigner | None = None, **changes: Any
) -> str:
    """A valid attestation, or one with claims changed; None takes a member away."""
    claims: dict[str, Any] = {
        "iat": now,
        "exp": now + LIFETIME,
        "nonce": nonce,
        "attested_keys": [dict(key.public_jwk) for key in keys],
        "key_storage": [BASIC],
        "user_authentication": [PIN_AND_PASSKEY, BASIC],
        **changes,
    }
    kept = {name: value for name, value in claims.items() if value is not None}
    return sign_with_chain(typ, kept, by or world.wallet_provider())


def new_keys(count: int) -> list[SoftwareKey]:
    return [generate_key() for _ in range(count)]
