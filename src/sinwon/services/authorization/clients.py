"""Wallets that this authorization server knows, from its configuration: never a public client (FAPI 2.0 §5.3.2.1)."""

from dataclasses import dataclass

from sinwon.keys.jwk import PublicKey


@dataclass(frozen=True, slots=True)
class Client:
    id: str
    redirect_uris: tuple[str, ...]
    """Compared byte for byte, query included."""
    method: str
    """`attest_jwt_client_auth` or `private_key_jwt`."""
    keys: tuple[PublicKey, ...] = ()
    """Of `private_key_jwt`. An attested client that has some as well may come either way, as test clients do."""
