"""Who a wallet proved to be, and that each proof of it counts once: consumed in the transaction that acts."""

from dataclasses import dataclass

from sqlalchemy import Connection

from sinwon.core.refusal import Unmet
from sinwon.protocols.oauth.errors import INVALID_CLIENT
from sinwon.store.issuer import once


@dataclass(frozen=True, slots=True)
class AuthenticatedClient:
    id: str
    instance: str | None
    """The thumbprint of the instance key of an attested client."""
    provider: str | None
    proof: str = ""
    """What names the proof among all: client and `jti`."""
    expires_at: int = 0
    """The last second in which the proof would pass."""


def consume_client(connection: Connection, client: AuthenticatedClient | None) -> None:
    """Raises Unmet when the proof was used before; the transaction must then be rolled back."""
    if client is not None and not once.consume(connection, "client", client.proof, expires_at=client.expires_at):
        raise Unmet(INVALID_CLIENT, "proof used before")
