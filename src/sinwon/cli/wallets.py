"""Wallets of the configuration, as the issuer's authorization server knows them."""

from collections.abc import Mapping
from pathlib import Path

from sinwon.config import WalletSettings
from sinwon.core.refusal import Fault
from sinwon.core.strict_json import parse_object
from sinwon.keys.jwk import parse_public_jwk
from sinwon.protocols.oauth.client_authentication.assertion import METHOD as PRIVATE_KEY_JWT
from sinwon.services.authorization.clients import Client


def known_wallets(settings: Mapping[str, WalletSettings]) -> dict[str, Client]:
    """By client id. Raises Fault."""
    return {name: _wallet(name, wallet) for name, wallet in settings.items()}


def _wallet(name: str, settings: WalletSettings) -> Client:
    """One way to prove who it is, and somewhere to be answered."""
    if bool(settings.keys) != (settings.method == PRIVATE_KEY_JWT):
        raise Fault(f"issuer.clients.{name}: keys are for {PRIVATE_KEY_JWT}, which needs some, and for nothing else")
    if not settings.redirect_uris or any("#" in uri or ":" not in uri for uri in settings.redirect_uris):
        raise Fault(f"issuer.clients.{name}: redirect_uris are addresses without fragment, one at least")
    keys = tuple(parse_public_jwk(parse_object(Path(file).read_bytes())) for file in settings.keys)
    return Client(name, settings.redirect_uris, settings.method, keys)
