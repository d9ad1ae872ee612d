"""The wallets a harness plays: their ids, where they are answered, and the keys they authenticate with.

The keys are made once in the folder and told to the harness: they are for nothing else.
"""

import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

from sinwon.conformance.plan import Harness
from sinwon.core import base64url
from sinwon.keys.jwk import parse_public_jwk
from sinwon.keys.software import SoftwareKey, generate_key, load_key
from sinwon.protocols.oauth.client_authentication.assertion import METHOD
from sinwon.services.authorization.clients import Client

FIRST: Final = "conf-wallet-1"
SECOND: Final = "conf-wallet-2"


@dataclass(frozen=True, slots=True)
class Wallet:
    client: Client
    private_jwk: Mapping[str, str]


def wallets(folder: Path, harness: Harness) -> tuple[Wallet, ...]:
    callbacks = {FIRST: harness.callback, SECOND: harness.second_callback}
    return tuple(_wallet(name, callback, _key(folder / f"{name}-key.der")) for name, callback in callbacks.items())


def described(found: tuple[Wallet, ...]) -> dict[str, Any]:
    """What the harness must be given."""
    return {
        wallet.client.id: {
            "redirect_uri": wallet.client.redirect_uris[0],
            "token_endpoint_auth_method": wallet.client.method,
            "jwks": {"keys": [dict(wallet.private_jwk)]},
        }
        for wallet in found
    }


def _wallet(name: str, callback: str, key: SoftwareKey) -> Wallet:
    public = dict(key.public_jwk)
    secret = key.private.private_numbers().private_value.to_bytes(32)
    private = {**public, "d": base64url.encode(secret), "alg": "ES256", "use": "sig", "kid": name}
    return Wallet(Client(name, (callback,), METHOD, (parse_public_jwk(public),)), private)


def _key(file: Path) -> SoftwareKey:
    """The one in the file, made where there is none."""
    if not file.exists():
        der = generate_key().private.private_bytes(Encoding.DER, PrivateFormat.PKCS8, NoEncryption())
        with open(file, "xb", opener=_for_its_owner) as target:
            target.write(der)
    return load_key(file.read_bytes())


def _for_its_owner(path: str, flags: int) -> int:
    return os.open(path, flags, 0o600)
