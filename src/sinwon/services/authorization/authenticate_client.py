"""Who a wallet proved to be, and that each proof of it counts once: consumed in the transaction that acts."""

from collections.abc import Mapping
from dataclasses import dataclass

from sqlalchemy import Connection

from sinwon.core.limits import CLOCK_SKEW
from sinwon.core.refusal import Malformed, Unmet
from sinwon.protocols.oauth.client_authentication.assertion import METHOD, parse_client_assertion, verify_client_assertion
from sinwon.protocols.oauth.errors import INVALID_CLIENT
from sinwon.services.issuance.issuer import Issuer
from sinwon.store.issuer import once


@dataclass(frozen=True, slots=True)
class Presented:
    """What came with a request, as it came."""

    form: Mapping[str, str]


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


def authenticate_client(issuer: Issuer, presented: Presented) -> AuthenticatedClient | None:
    """None where nobody presented anything. Raises Refusal("invalid_client")."""
    if "client_assertion" in presented.form or "client_assertion_type" in presented.form:
        return _by_assertion(issuer, presented.form)
    return None


def consume_client(connection: Connection, client: AuthenticatedClient | None) -> None:
    """Raises Unmet when the proof was used before; the transaction must then be rolled back."""
    if client is not None and not once.consume(connection, "client", client.proof, expires_at=client.expires_at):
        raise Unmet(INVALID_CLIENT, "proof used before")


def _by_assertion(issuer: Issuer, form: Mapping[str, str]) -> AuthenticatedClient:
    assertion = parse_client_assertion(form)
    client = issuer.clients.get(assertion.client_id)
    if client is None or client.method != METHOD:
        raise Unmet(INVALID_CLIENT, "no client with that method")
    verify_client_assertion(assertion, client.keys, issuer=issuer.origin, now=issuer.clock())
    if "client_secret" in form:
        raise Malformed(INVALID_CLIENT, "two ways of client authentication")
    proof = f"{client.id}\x00{assertion.jti}"
    return AuthenticatedClient(client.id, None, None, proof, assertion.expires_at + CLOCK_SKEW)
