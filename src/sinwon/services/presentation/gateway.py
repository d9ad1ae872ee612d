"""The powers of the gateway: everything its use cases may touch, handed in once by whoever starts the role."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Final
from urllib.parse import urlsplit

from sqlalchemy import Engine

from sinwon.core.clock import Clock
from sinwon.core.fetch import Fetch
from sinwon.core.ids import Randomness
from sinwon.keys.seal import Seal
from sinwon.keys.signer import CertifiedSigner, RsaSigner, Signer
from sinwon.keys.trust import TrustAnchors
from sinwon.protocols.oauth.grants.authorization_code import CODE_SECONDS
from sinwon.protocols.trust.catalogue import Catalogue, Level
from sinwon.protocols.trust.status_lists import StatusLists
from sinwon.store.engine import reading
from sinwon.store.gateway.clients import Client, find_client

RESPONSE_CODE_SECONDS: Final = 120  # from the wallet's answer until the browser is back
TOKEN_SECONDS: Final = 300  # an access token only reads what was just shown
AT_ONCE: Final = 60  # two presentations with one key within it are at once; for so long keys are remembered
SIGN_IN_SECONDS: Final = 1800  # asking again and again is possible for so long
RESULT_SECONDS: Final = RESPONSE_CODE_SECONDS + CODE_SECONDS + TOKEN_SECONDS
"""How long an answer may be needed; then it is erased."""


@dataclass(frozen=True, slots=True)
class Settings:
    wallet_endpoint: str = "openid4vp://"
    """What a wallet link begins with: a scheme, or a claimed https address."""
    cross_device: frozenset[str] = frozenset()
    """Services that show a QR code for a wallet on another device. An answer still counts only in the browser that asked."""
    clients_without_pkce: bool = False
    """Whether clients may be registered to do without a code challenge."""


@dataclass(frozen=True, slots=True)
class SimulatedPerson:
    """An invented person for test profiles, who signs in without a wallet."""

    issuer: str
    person_id: str
    level: Level
    claims: Mapping[str, Any]
    """As they stand in a certificate."""


@dataclass(frozen=True, slots=True)
class Gateway:
    origin: str
    """The provider's issuer identifier, without a trailing slash."""
    engine: Engine
    signer: Signer
    """Signs ID tokens."""
    access: Callable[[str], CertifiedSigner]
    """Service id → the key and access certificate its requests are signed with."""
    seal: Seal
    pairwise_key: bytes
    response_secret: bytes
    """Each presentation's response key is derived from it, so that giving the request out again needs no write."""
    trust: Callable[[], TrustAnchors]
    catalogue: Callable[[], Catalogue]
    fetch: Fetch | None
    """None in a caller that must not wait for the network: it gets WouldFetch instead."""
    clock: Clock
    random: Randomness
    settings: Settings = Settings()
    rsa_signer: RsaSigner | None = None
    """Signs ID tokens of clients that are registered for RS256."""
    simulate: SimulatedPerson | None = None
    """Whom anybody may sign in as, on the sign-in page: None wherever people are real."""
    statuses: StatusLists = field(default_factory=StatusLists)
    clients: dict[str, Client] = field(default_factory=dict)
    """Those met so far. A registration never changes, so they are kept; unknown ids are not."""

    def client(self, client_id: str) -> Client | None:
        """The registered client of that id."""
        known = self.clients.get(client_id)
        if known is None:
            with reading(self.engine) as connection:
                known = find_client(connection, client_id)
            if known is not None:
                self.clients[client_id] = known
        return known

    @property
    def host(self) -> str:
        """The host name of the origin, without a port."""
        return urlsplit(self.origin).hostname or ""

    def request_uri(self, presentation_id: str) -> str:
        return f"{self.origin}/presentations/{presentation_id}/request"

    def response_uri(self, presentation_id: str) -> str:
        return f"{self.origin}/presentations/{presentation_id}/response"

    def done_uri(self, presentation_id: str) -> str:
        return f"{self.origin}/presentations/{presentation_id}/done"
