"""The wallets a harness plays: their ids, where they are answered, and the keys they authenticate with; and the wallet provider
it plays, who attests them.

The keys are made once in the folder and told to the harness: they are for nothing else.
"""

import os
import time
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

from sinwon.conformance.plan import Harness
from sinwon.core import base64url
from sinwon.keys.authority import create_authority
from sinwon.keys.jwk import certificate_text, parse_public_jwk
from sinwon.keys.software import SoftwareKey, generate_key, load_key
from sinwon.keys.trust import Anchor, Purpose
from sinwon.protocols.oauth.client_authentication import assertion
from sinwon.protocols.oauth.client_authentication.attestation import METHOD
from sinwon.services.authorization.clients import Client

FIRST: Final = "conf-wallet-1"
SECOND: Final = "conf-wallet-2"
ATTESTER: Final = "attester"


@dataclass(frozen=True, slots=True)
class Wallet:
    client: Client
    private_jwk: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Attester:
    """A wallet provider in the harness's hands."""

    anchor: Anchor
    leaf: bytes
    private_jwk: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Players:
    wallets: tuple[Wallet, ...]
    attester: Attester

    @property
    def clients(self) -> dict[str, Client]:
        return {wallet.client.id: wallet.client for wallet in self.wallets}

    @property
    def described(self) -> dict[str, Any]:
        """What the harness must be given."""
        wallets = {
            wallet.client.id: {
                "redirect_uri": wallet.client.redirect_uris[0],
                "token_endpoint_auth_methods": [METHOD, assertion.METHOD],
                "jwks": {"keys": [dict(wallet.private_jwk)]},
            }
            for wallet in self.wallets
        }
        attester = {
            "issuer": self.attester.anchor.uri,
            "jwk": {**self.attester.private_jwk, "x5c": [certificate_text(self.attester.leaf)]},
        }
        return {"wallets": wallets, "attester": attester}


def found_players(folder: Path, harness: Harness) -> Players:
    callbacks = {FIRST: harness.callback, SECOND: harness.second_callback}
    wallets = tuple(_wallet(name, callback, _key(folder, name)) for name, callback in callbacks.items())
    return Players(wallets, _attester(folder, harness))


def _wallet(name: str, callback: str, key: SoftwareKey) -> Wallet:
    public = (parse_public_jwk(dict(key.public_jwk)),)
    return Wallet(Client(name, (callback,), METHOD, public), _private(key, name))


def _attester(folder: Path, harness: Harness) -> Attester:
    """Its certificates are made at each start, by the same key: what they vouch for does not outlast a run."""
    key, now = _key(folder, ATTESTER), int(time.time())
    authority = create_authority(
        _key(folder, f"{ATTESTER}-authority"), "Sinwon conformance attester", now=now, random=os.urandom
    )
    leaf = authority.certify(key, "Harness", harness.base, now=now, random=os.urandom)
    anchor = Anchor(authority.certificate, Purpose.WALLET, "harness", harness.base)
    return Attester(anchor, leaf, _private(key, ATTESTER))


def _private(key: SoftwareKey, name: str) -> dict[str, str]:
    secret = key.private.private_numbers().private_value.to_bytes(32)
    return {**key.public_jwk, "d": base64url.encode(secret), "alg": "ES256", "use": "sig", "kid": name}


def _key(folder: Path, name: str) -> SoftwareKey:
    """The one in its file, made where there is none."""
    file = folder / f"{name}-key.der"
    if not file.exists():
        der = generate_key().private.private_bytes(Encoding.DER, PrivateFormat.PKCS8, NoEncryption())
        with open(file, "xb", opener=_for_its_owner) as target:
            target.write(der)
    return load_key(file.read_bytes())


def _for_its_owner(path: str, flags: int) -> int:
    return os.open(path, flags, 0o600)
