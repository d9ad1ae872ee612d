"""What the provider says of itself (OpenID Connect Discovery 1.0 §3, RFC 8414, RFC 9207)."""

from collections.abc import Iterable
from typing import Any, Final

from sinwon.protocols.oauth.client_authentication.secret import METHODS
from sinwon.protocols.oauth.grants.authorization_code import GRANT_TYPE
from sinwon.protocols.oidc.authentication_request import OPENID, PROMPTS
from sinwon.protocols.oidc.claims import service_path
from sinwon.protocols.oidc.id_token import ACR
from sinwon.protocols.trust.catalogue import Preset

WELL_KNOWN: Final = "/.well-known/openid-configuration"
AUTHORIZE: Final = "/authorize"
TOKEN: Final = "/token"  # noqa: S105 (a path)
USERINFO: Final = "/userinfo"
JWKS: Final = "/jwks"
ALWAYS: Final = ("iss", "sub", "aud", "exp", "iat", "auth_time", "nonce", "acr", "amr", "at_hash")


def provider_metadata(issuer: str, presets: Iterable[Preset], algorithms: Iterable[str]) -> dict[str, Any]:
    """The discovery document for the purposes the catalogue offers, and the `algorithms` of ID tokens."""
    offered = tuple(presets)
    names = {service_path(name)[0] for preset in offered for name in preset.claims}
    return {
        "issuer": issuer,
        "authorization_endpoint": issuer + AUTHORIZE,
        "token_endpoint": issuer + TOKEN,
        "userinfo_endpoint": issuer + USERINFO,
        "jwks_uri": issuer + JWKS,
        "scopes_supported": [OPENID, *(preset.name for preset in offered)],
        "response_types_supported": ["code"],
        "response_modes_supported": ["query"],
        "grant_types_supported": [GRANT_TYPE],
        "acr_values_supported": list(ACR.values()),
        "subject_types_supported": ["pairwise"],
        "id_token_signing_alg_values_supported": list(algorithms),
        "token_endpoint_auth_methods_supported": list(METHODS),
        "claim_types_supported": ["normal"],
        "claims_supported": [*ALWAYS, *sorted(names)],
        "claims_parameter_supported": False,
        "request_parameter_supported": False,
        "request_uri_parameter_supported": False,
        "prompt_values_supported": sorted(PROMPTS - {"none"}),
        "code_challenge_methods_supported": ["S256"],
        "authorization_response_iss_parameter_supported": True,
        "ui_locales_supported": ["ko", "en"],
    }
