"""The wallet provider of the demonstration: on its trust list, and ready to say of some invented phones that each use of a key
takes a PIN and a passkey. Nobody checks that of a wallet without a screen; a real provider does, and is a role of its own.
"""

import os
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from sinwon.cli.wiring import World
from sinwon.core.clock import Clock
from sinwon.keys.authority import create_authority
from sinwon.keys.jwk import PublicKey
from sinwon.keys.signer import CertifiedSigner
from sinwon.keys.software import generate_key
from sinwon.keys.trust import Anchor, Purpose
from sinwon.protocols.attestation.key_assurance import PIN_AND_PASSKEY, KeyAssurance
from sinwon.protocols.attestation.key_attestation import sign_key_attestation
from sinwon.services.catalogue.register_anchor import register_anchor

NAME: Final = "Sinwon demo wallet provider"
IN_SOFTWARE: Final = KeyAssurance(("iso_18045_basic",), (PIN_AND_PASSKEY, "iso_18045_basic"))
"""All that a key in software can truly be said to withstand."""


@dataclass(frozen=True, slots=True)
class WalletProvider:
    """An Attester."""

    signer: CertifiedSigner
    clock: Clock

    def attest(self, keys: Sequence[PublicKey], nonce: str) -> str:
        return sign_key_attestation(keys, IN_SOFTWARE, nonce=nonce, now=self.clock(), by=self.signer)


def found_wallet_provider(world: World, origin: str) -> WalletProvider:
    """With an authority of its own, registered at the trust role before that publishes for the first time."""
    now, key = world.clock(), generate_key()
    authority = create_authority(generate_key(), f"{NAME} authority", now=now, random=os.urandom)
    register_anchor(
        world.engine("trust"), Anchor(authority.certificate, Purpose.WALLET, NAME, origin), actor="operator", now=now
    )
    leaf = authority.certify(key, NAME, origin, now=now, random=os.urandom)
    return WalletProvider(CertifiedSigner(key, (leaf,)), world.clock)
