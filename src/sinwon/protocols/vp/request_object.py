"""The request of a verifier (OpenID4VP 1.0 §5; HAIP 1.0 §5.1): signed and by reference, or unsigned in the link itself.

Owns its parameters, the client metadata with the response key, and the link that brings a wallet here. Does not choose the
query (query, description), nor keep the transaction (services.presentation).
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final
from urllib.parse import urlencode

import msgspec

from sinwon.core.refusal import Malformed
from sinwon.core.strict_json import dump
from sinwon.formats.cose.names import SIGNING
from sinwon.formats.jose.jwe import ENC_VALUES
from sinwon.formats.jose.jws import sign_with_chain
from sinwon.formats.mdoc.names import MDOC
from sinwon.formats.sdjwt.names import SD_JWT_VC
from sinwon.keys.signer import CertifiedSigner
from sinwon.protocols.vp.client_identifier import x509_hash

TYP: Final = "oauth-authz-req+jwt"
MEDIA_TYPE: Final = "application/oauth-authz-req+jwt"
AUDIENCE: Final = "https://self-issued.me/v2"
RESPONSE_TYPE: Final = "vp_token"
RESPONSE_MODE: Final = "direct_post.jwt"
"""Ours, and HAIP's: the answer is encrypted."""
DIRECT_POST: Final = "direct_post"
REQUEST_SECONDS: Final = 300
MAX_WALLET_NONCE: Final = 512  # copied into the request, so bounded
FORMATS: Final = msgspec.Raw(
    dump(
        {
            SD_JWT_VC: {"sd-jwt_alg_values": ["ES256"], "kb-jwt_alg_values": ["ES256"]},
            MDOC: {"issuerauth_alg_values": sorted(SIGNING), "deviceauth_alg_values": sorted(SIGNING)},
        }
    )
)
"""`vp_formats_supported` as JSON. No MAC stands in it: a device signs."""


@dataclass(frozen=True, slots=True)
class RequestObject:
    state: str
    nonce: str
    response_uri: str
    query: Mapping[str, Any] | msgspec.Raw
    """The DCQL query, or its JSON."""
    response_key: Mapping[str, str] | None
    """Public JWK that is used for this one response; None where that is not to be encrypted."""
    expires_at: int
    wallet_nonce: str | None = None
    client_id: str | None = None
    """None: the signer is known by the hash of its certificate."""


def response_jwk(public_jwk: Mapping[str, str], key_id: str) -> dict[str, str]:
    """The response key as the wallet gets it (OpenID4VP 1.0 §5.1 `client_metadata.jwks`)."""
    return {**public_jwk, "kid": key_id, "use": "enc", "alg": "ECDH-ES"}


def sign_request_object(request: RequestObject, *, by: CertifiedSigner, now: int) -> str:
    """A compact JWS with the signer's chain."""
    client_id = request.client_id or x509_hash(by.chain[0])
    claims: dict[str, Any] = {
        "iss": client_id,
        "aud": AUDIENCE,
        "iat": now,
        "exp": request.expires_at,
        **_parameters(request, client_id),
    }
    if request.wallet_nonce is not None:
        claims["wallet_nonce"] = request.wallet_nonce
    return sign_with_chain(TYP, claims, by)


def wallet_link(endpoint: str, *, client_id: str, request_uri: str, by_post: bool = False) -> str:
    """What opens a wallet: `endpoint` with the parameters of a request by reference (RFC 9101 §5; OpenID4VP 1.0 §5.1)."""
    method = {"request_uri_method": "post"} if by_post else {}
    return _link(endpoint, {"client_id": client_id, "request_uri": request_uri, **method})


def unsigned_link(endpoint: str, request: RequestObject, *, client_id: str) -> str:
    """What opens a wallet: `endpoint` with the whole request, whose JSON stands in it as text (OpenID4VP 1.0 §5)."""
    parameters = _parameters(request, client_id)
    return _link(endpoint, {name: value if isinstance(value, str) else dump(value) for name, value in parameters.items()})


def _link(endpoint: str, parameters: Mapping[str, str | bytes]) -> str:
    return endpoint + ("&" if "?" in endpoint else "?") + urlencode(parameters)


def _parameters(request: RequestObject, client_id: str) -> dict[str, Any]:
    metadata: dict[str, Any] = {"vp_formats_supported": FORMATS}
    if request.response_key is not None:
        keys = {"keys": [request.response_key]}
        metadata = {"jwks": keys, "encrypted_response_enc_values_supported": ENC_VALUES, **metadata}
    return {
        "client_id": client_id,
        "response_type": RESPONSE_TYPE,
        "response_mode": DIRECT_POST if request.response_key is None else RESPONSE_MODE,
        "response_uri": request.response_uri,
        "nonce": request.nonce,
        "state": request.state,
        "dcql_query": request.query,
        "client_metadata": metadata,
    }


def parse_wallet_nonce(form: Mapping[str, str]) -> str | None:
    """The `wallet_nonce` of a request fetched by POST (OpenID4VP 1.0 §5.10). Raises Malformed."""
    nonce = form.get("wallet_nonce")
    if nonce is not None and not 0 < len(nonce) <= MAX_WALLET_NONCE:
        raise Malformed("invalid_request", "wallet_nonce empty or too long")
    return nonce
