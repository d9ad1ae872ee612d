"""What makes a wallet of the tests a client of authorization servers: a provider's word for it, and a browser."""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from sinwon.core.fetch import Fetch
from sinwon.formats.jose.jws import sign_with_chain
from sinwon.holder.browser import Client
from sinwon.holder.keys import SoftwareKeyRing
from sinwon.holder.powers import Powers
from sinwon.keys.signer import Signer
from tests import world
from tests.gateway_world import CATALOGUE

CLIENT_ID = "https://wallets.example/wallet"
REDIRECT_URI = "https://wallet.example/callback"
TYP = "oauth-client-attestation+jwt"


@dataclass
class Attesting:
    """A wallet provider, as far as one wallet needs it; what it says can be spoiled, and is signed after that."""

    clock: world.StandingClock
    changes: dict[str, Any] = field(default_factory=dict)
    asked: list[str] = field(default_factory=list)
    """The servers it was asked about."""

    def attestation(self, audience: str) -> tuple[str, Signer]:
        self.asked.append(audience)
        signer = world.key(f"instance at {audience}")
        claims = {
            "iss": world.WALLET_PROVIDER,
            "sub": CLIENT_ID,
            "iat": self.clock(),
            "exp": self.clock() + 3600,
            "cnf": {"jwk": dict(signer.public_jwk)},
            **self.changes,
        }
        return sign_with_chain(TYP, claims, world.wallet_provider()), signer


@dataclass(frozen=True)
class Browsing:
    """A browser that does as it was told."""

    act: Callable[[str], str]

    def open(self, url: str) -> str:
        return self.act(url)


class Drawer:
    """A wallet's storage in memory."""

    def __init__(self) -> None:
        self.data: bytes | None = None

    def load(self) -> bytes | None:
        return self.data

    def save(self, data: bytes) -> None:
        self.data = data


def code_client(clock: world.StandingClock, act: Callable[[str], str], **changes: Any) -> Client:
    return Client(Attesting(clock, changes), Browsing(act), REDIRECT_URI)


def code_powers(fetch: Fetch, clock: world.StandingClock, client: Client | None, **more: Any) -> Powers:
    return Powers(
        fetch=fetch,
        anchors=world.trust_anchors,
        catalogue=lambda: CATALOGUE,
        clock=clock,
        random=world.SeededRandomness(22),
        keys=SoftwareKeyRing(),
        client=client,
        **more,
    )
