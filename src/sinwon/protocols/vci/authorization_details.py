"""Which credentials an authorization request asks for: by scope, or by `authorization_details` (OpenID4VCI 1.0 §5.1, RFC 9396).

Owns the shape of both, and of what a token response says of them (§6.2). Does not decide what somebody may have.
"""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import Any, Final

from sinwon.core.refusal import Malformed, Refusal, Unmet
from sinwon.core.strict_json import parse_as
from sinwon.protocols.oauth.errors import INVALID_AUTHORIZATION_DETAILS, INVALID_SCOPE
from sinwon.protocols.vci.credential_identifiers import credential_identifier

TYPE: Final = "openid_credential"
MAX_DETAILS: Final = 32  # in one request; we have eight configurations


@dataclass(frozen=True, slots=True)
class Asked:
    """Configurations, without duplicates, in the order they were asked for."""

    configurations: tuple[str, ...]
    by_details: bool
    """Whether by `authorization_details`: the token then comes with credential identifiers."""


def parse_details(text: str, *, issuer: str, known: Collection[str]) -> tuple[str, ...]:
    """Configurations that details ask for. Raises Malformed and Unmet("invalid_authorization_details")."""
    try:
        details = parse_as(text.encode(), list[dict[str, Any]])
    except Refusal as refusal:
        raise Malformed(INVALID_AUTHORIZATION_DETAILS, refusal.why) from None
    if not 0 < len(details) <= MAX_DETAILS:
        raise Malformed(INVALID_AUTHORIZATION_DETAILS, "no details, or too many")
    return tuple(dict.fromkeys(_configuration(detail, issuer, known) for detail in details))


def asked_for(scope: Sequence[str], details: str | None, *, issuer: str, known: Collection[str]) -> Asked:
    """What a request asks for; a scope has the name of its configuration. Raises Refusal."""
    # 1 details count where both are there [OID4VCI 5.1.2]
    if details is not None:
        return Asked(parse_details(details, issuer=issuer, known=known), True)
    # 2 scopes that we do not know are ignored [OID4VCI 5.1.2]
    found = tuple(dict.fromkeys(name for name in scope if name in known))
    if not found:
        raise Unmet(INVALID_SCOPE, "no scope of a credential")
    return Asked(found, False)


def granted_details(configurations: Sequence[str]) -> tuple[dict[str, Any], ...]:
    """`authorization_details` of a token response, the same at every refresh [OID4VCI 6.2]."""
    return tuple(
        {
            "type": TYPE,
            "credential_configuration_id": configuration,
            "credential_identifiers": [credential_identifier(configuration)],
        }
        for configuration in configurations
    )


def _configuration(detail: dict[str, Any], issuer: str, known: Collection[str]) -> str:
    """Members that we do not know are ignored, types that we do not know are not [RFC 9396 §5]."""
    if detail.get("type") != TYPE:
        raise Unmet(INVALID_AUTHORIZATION_DETAILS, "details of another type")
    configuration, locations = detail.get("credential_configuration_id"), detail.get("locations", [issuer])
    if not isinstance(configuration, str) or configuration not in known:
        raise Unmet(INVALID_AUTHORIZATION_DETAILS, "details of a configuration there is not")
    if not isinstance(locations, list) or issuer not in locations:
        raise Unmet(INVALID_AUTHORIZATION_DETAILS, "details for another issuer")
    return configuration
