"""The wallet provider: its powers."""

from dataclasses import dataclass
from typing import Final

from sqlalchemy import Engine

from sinwon.core.clock import Clock
from sinwon.core.ids import Randomness
from sinwon.keys.signer import CertifiedSigner
from sinwon.protocols.attestation.key_assurance import KeyAssurance

CHALLENGE_KEY: Final = "wallet instance challenges"
"""Under which the key of the challenges is derived from the master key."""
REGISTRATIONS: Final = 600  # in a minute, by everybody: ten a second, more than ever come and less than fills a disk


@dataclass(frozen=True, slots=True)
class WalletProvider:
    """Of one wallet type."""

    origin: str
    """Its identifier, which its certificate names."""
    engine: Engine
    signer: CertifiedSigner
    challenge_key: bytes
    client_id: str
    """Of the wallet type, equal for all its instances."""
    assurance: KeyAssurance
    """What is true of the keys of every wallet of this type."""
    clock: Clock
    random: Randomness
    registrations: int = REGISTRATIONS
    """At most in a minute."""
