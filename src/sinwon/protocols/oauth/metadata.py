"""Where metadata documents stand and what an authorization server says of itself (RFC 8414).

Owns the place of a document below an identifier and the message. Does not fetch, and does not judge who may be trusted.
"""

from typing import Final
from urllib.parse import urlsplit

import msgspec

from sinwon.core.refusal import Malformed, Unmet
from sinwon.core.strict_json import parse_as

WELL_KNOWN: Final = "oauth-authorization-server"


class AuthorizationServerMetadata(msgspec.Struct, frozen=True, omit_defaults=True):
    issuer: str
    token_endpoint: str
    response_types_supported: tuple[str, ...]
    """Required by the text; empty where there is no authorization endpoint."""
    grant_types_supported: tuple[str, ...] = ()
    token_endpoint_auth_methods_supported: tuple[str, ...] = ()
    authorization_endpoint: str | None = None
    pushed_authorization_request_endpoint: str | None = None
    require_pushed_authorization_requests: bool = False
    authorization_response_iss_parameter_supported: bool = False
    challenge_endpoint: str | None = None
    """Where a client gets a challenge for the proof of possession of its attestation."""
    jwks_uri: str | None = None
    token_endpoint_auth_signing_alg_values_supported: tuple[str, ...] = ()
    client_attestation_signing_alg_values_supported: tuple[str, ...] = ()
    client_attestation_pop_signing_alg_values_supported: tuple[str, ...] = ()
    code_challenge_methods_supported: tuple[str, ...] = ()
    authorization_details_types_supported: tuple[str, ...] = ()
    dpop_signing_alg_values_supported: tuple[str, ...] = ()
    anonymous_pre_authorized: bool = msgspec.field(name="pre-authorized_grant_anonymous_access_supported", default=False)


def well_known_path(identifier: str, name: str) -> str:
    """`/.well-known/{name}` inserted between host and path of `identifier` [RFC 8414 §3.1]: the path."""
    return f"/.well-known/{name}{urlsplit(identifier).path.removesuffix('/')}"


def well_known_url(identifier: str, name: str) -> str:
    """The same as a whole address."""
    parts = urlsplit(identifier)
    return f"{parts.scheme}://{parts.netloc}{well_known_path(identifier, name)}"


def parse_metadata(data: bytes, *, issuer: str) -> AuthorizationServerMetadata:
    """A fetched document. Raises Malformed, and Unmet when it speaks for another issuer [RFC 8414 §3.3]."""
    metadata = parse_as(data, AuthorizationServerMetadata)
    if metadata.issuer != issuer:
        raise Unmet("invalid_metadata", "issuer is not the one asked for")
    if not metadata.token_endpoint:
        raise Malformed("invalid_metadata", "no token endpoint")
    return metadata
