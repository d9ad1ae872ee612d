"""Clients: the services that may send people here, their exact redirect URIs and the digest of their secret.

A registration never changes; another one is another client. What a client may ask for is not here but in the signed
catalogue, under the id of its service.
"""

from dataclasses import dataclass
from typing import Final

from sqlalchemy import JSON, BigInteger, Boolean, Column, Connection, String, Table, bindparam, insert, select, true

from sinwon.store.gateway.metadata import METADATA
from sinwon.store.names import is_key

CLIENTS: Final = Table(
    "clients",
    METADATA,
    Column("id", String(128), primary_key=True),
    Column("service", String(64), nullable=False),
    Column("sector", String(255), nullable=False),
    Column("secret_digest", String(43), nullable=False),
    Column("redirect_uris", JSON, nullable=False),
    Column("registered_at", BigInteger, nullable=False),
    Column("id_token_alg", String(5), nullable=False, server_default="ES256"),
    Column("auth_method", String(32)),
    Column("pkce", Boolean, nullable=False, server_default=true()),
)


@dataclass(frozen=True, slots=True)
class Client:
    id: str
    service: str
    """Its id in the catalogue."""
    sector: str
    """What its pairwise identifiers are bound to: clients of one sector see the same `sub` (OpenID Connect Core 8.1)."""
    secret_digest: str
    redirect_uris: tuple[str, ...]
    registered_at: int
    id_token_alg: str = "ES256"  # noqa: S105 (an algorithm)
    """What its ID tokens are signed with: ES256 or RS256."""
    auth_method: str | None = None
    """How it authenticates at the token endpoint; None: by secret, either way."""
    pkce: bool = True
    """Whether a code challenge is required."""


COLUMNS: Final = (
    CLIENTS.c.id,
    CLIENTS.c.service,
    CLIENTS.c.sector,
    CLIENTS.c.secret_digest,
    CLIENTS.c.redirect_uris,
    CLIENTS.c.registered_at,
    CLIENTS.c.id_token_alg,
    CLIENTS.c.auth_method,
    CLIENTS.c.pkce,
)
INSERT: Final = insert(CLIENTS)
FIND: Final = select(*COLUMNS).where(CLIENTS.c.id == bindparam("client"))


def insert_client(connection: Connection, client: Client) -> None:
    """Raises IntegrityError if the id is taken."""
    row = {
        "id": client.id,
        "service": client.service,
        "sector": client.sector,
        "secret_digest": client.secret_digest,
        "redirect_uris": list(client.redirect_uris),
        "registered_at": client.registered_at,
        "id_token_alg": client.id_token_alg,
        "auth_method": client.auth_method,
        "pkce": client.pkce,
    }
    connection.execute(INSERT, row)


def find_client(connection: Connection, client_id: str) -> Client | None:
    row = connection.execute(FIND, {"client": client_id}).first() if is_key(client_id) else None
    if row is None:
        return None
    identity, service, sector, secret_digest, redirect_uris, *terms = row
    return Client(identity, service, sector, secret_digest, tuple(redirect_uris), *terms)
