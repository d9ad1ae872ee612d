"""The wallet provider of the test world, served, and an instance of a wallet that asks it by hand."""

from dataclasses import dataclass, field
from typing import Any

import httpx2
from sqlalchemy import Engine
from starlette.testclient import TestClient

from sinwon.keys.signer import Signer
from sinwon.keys.software import generate_key
from sinwon.protocols.attestation.key_assurance import KeyAssurance
from sinwon.protocols.wallet_provider.messages import ATTEST_CLIENT, ATTEST_KEYS, CHALLENGE, PATHS, REGISTER, REVOKE
from sinwon.protocols.wallet_provider.request import MEDIA_TYPE, sign_instance_request
from sinwon.services.wallet_provider.provider import WalletProvider
from sinwon.web.wallet_provider.app import wallet_provider_app
from tests import world

CLIENT_ID = "https://wallets.example/wallet"
BASIC = KeyAssurance(("iso_18045_basic",), ("iso_18045_basic",))


@dataclass
class Providing:
    """`ask` signs with `signer`, and any claim can be another one."""

    provider: WalletProvider
    clock: world.StandingClock
    client: TestClient
    signer: Signer = field(default_factory=generate_key)

    def challenge(self) -> str:
        return str(self.client.post(CHALLENGE).json()["challenge"])

    def request(self, action: str, body: object | None = None, **changes: Any) -> str:
        made = {"provider": world.WALLET_PROVIDER, "challenge": None, "by": self.signer, **changes}
        made["challenge"] = made["challenge"] or self.challenge()
        return sign_instance_request(action, body or {}, **made)

    def send(self, action: str, token: str | bytes, media_type: str = MEDIA_TYPE) -> httpx2.Response:
        return self.client.post(PATHS[action], content=token, headers={"Content-Type": media_type})

    def ask(self, action: str, body: object | None = None, **changes: Any) -> httpx2.Response:
        return self.send(action, self.request(action, body, **changes))

    def register(self, **changes: Any) -> httpx2.Response:
        return self.ask(REGISTER, **changes)

    def attest_client(self, **changes: Any) -> httpx2.Response:
        return self.ask(ATTEST_CLIENT, **changes)

    def attest_keys(self, keys: list[Any], nonce: object = "nonce-1", **changes: Any) -> httpx2.Response:
        return self.ask(ATTEST_KEYS, {"keys": keys, "nonce": nonce}, **changes)

    def revoke(self, **changes: Any) -> httpx2.Response:
        return self.ask(REVOKE, **changes)


def open_provider(engine: Engine, clock: world.StandingClock | None = None, **changes: Any) -> Providing:
    """Its tables are there already."""
    clock = clock or world.StandingClock()
    powers: dict[str, Any] = {
        "origin": world.WALLET_PROVIDER,
        "engine": engine,
        "signer": world.wallet_provider(),
        "challenge_key": b"k" * 32,
        "client_id": CLIENT_ID,
        "assurance": BASIC,
        "clock": clock,
        "random": world.SeededRandomness(31),
        **changes,
    }
    provider = WalletProvider(**powers)
    return Providing(provider, clock, TestClient(wallet_provider_app(provider), base_url=world.WALLET_PROVIDER))


def some_keys(count: int) -> list[dict[str, str]]:
    return [dict(generate_key().public_jwk) for _ in range(count)]
