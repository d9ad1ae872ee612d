"""The wallet provider from its configuration, where the deployment has one."""

from collections.abc import Callable
from pathlib import Path
from typing import Final

from sqlalchemy import Engine

from sinwon.config import WalletProviderSettings
from sinwon.core.clock import Clock
from sinwon.core.ids import Randomness
from sinwon.core.refusal import Fault
from sinwon.keys.signer import CertifiedSigner
from sinwon.keys.trust import Anchor, Purpose
from sinwon.keys.uri import open_master
from sinwon.protocols.attestation.key_assurance import KeyAssurance, known_assurance
from sinwon.services.wallet_provider.provider import CHALLENGE_KEY, WalletProvider

NAME: Final = "Sinwon wallet provider"
AUTHORITY: Final = "wallet-authority.pem"
Root = Callable[[Path], bytes]


def wallet_provider_of(
    settings: WalletProviderSettings, signer: CertifiedSigner, engine: Engine, clock: Clock, random: Randomness
) -> WalletProvider:
    """Raises Fault."""
    return WalletProvider(
        origin=settings.origin,
        engine=engine,
        signer=signer,
        challenge_key=open_master(settings.master_key).derive(CHALLENGE_KEY),
        client_id=settings.client_id,
        assurance=_assurance(settings),
        clock=clock,
        random=random,
    )


def anchors_of(settings: WalletProviderSettings | None, root: Root, folder: Path) -> tuple[Anchor, ...]:
    """What the trust list says of it; `root` reads a certificate."""
    return () if settings is None else (Anchor(root(folder / AUTHORITY), Purpose.WALLET, NAME, settings.origin),)


def _assurance(settings: WalletProviderSettings) -> KeyAssurance:
    found = known_assurance(settings.key_storage, settings.user_authentication)
    if len(found.key_storage) < len(settings.key_storage) or len(found.user_authentication) < len(settings.user_authentication):
        raise Fault("wallet_provider: key_storage or user_authentication has a value that nobody knows")
    return found
