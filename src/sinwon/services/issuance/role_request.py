"""A request from one of our roles, accepted: verified, read, and its `jti` consumed in the transaction that acts."""

from typing import TypeVar

from sqlalchemy import Connection

from sinwon.core.limits import CLOCK_SKEW
from sinwon.core.refusal import Unmet
from sinwon.protocols.roles.request import LIFETIME, VerifiedRoleRequest, verify_role_request
from sinwon.services.issuance.issuer import Issuer
from sinwon.store.issuer import once

T = TypeVar("T")


def verify_request(issuer: Issuer, token: str, action: str, shape: type[T]) -> tuple[VerifiedRoleRequest, T]:
    """The request and its message. Raises Refusal("unauthorized" | "invalid_request")."""
    request = verify_role_request(token, action=action, audience=issuer.origin, keys=issuer.role_keys, now=issuer.clock())
    if request.expires_at <= issuer.restored_at + LIFETIME + CLOCK_SKEW:
        raise Unmet("unauthorized", "made before the database was restored, perhaps used then")
    return request, request.message(shape)


def consume_request(connection: Connection, request: VerifiedRoleRequest) -> None:
    """Raises Unmet when the request was used before."""
    kind, ends = f"role request {request.sender}", request.expires_at + CLOCK_SKEW
    if not once.consume(connection, kind, request.jti, expires_at=ends):
        raise Unmet("unauthorized", "request used before")
