"""Error codes of the OAuth endpoints: RFC 6749 §4.1.2.1 and §5.2, RFC 6750 §3.1, RFC 9449 §12.2,
RFC 9101 §7, RFC 9396 §5."""

from typing import Final

INVALID_REQUEST: Final = "invalid_request"
INVALID_CLIENT: Final = "invalid_client"
INVALID_GRANT: Final = "invalid_grant"
INVALID_SCOPE: Final = "invalid_scope"
UNAUTHORIZED_CLIENT: Final = "unauthorized_client"
UNSUPPORTED_GRANT_TYPE: Final = "unsupported_grant_type"
UNSUPPORTED_RESPONSE_TYPE: Final = "unsupported_response_type"
ACCESS_DENIED: Final = "access_denied"
LOGIN_REQUIRED: Final = "login_required"
INVALID_REQUEST_URI: Final = "invalid_request_uri"
INVALID_AUTHORIZATION_DETAILS: Final = "invalid_authorization_details"

INVALID_TOKEN: Final = "invalid_token"  # noqa: S105 (an error code)
INSUFFICIENT_SCOPE: Final = "insufficient_scope"

INVALID_DPOP_PROOF: Final = "invalid_dpop_proof"
USE_DPOP_NONCE: Final = "use_dpop_nonce"

INVALID_CLIENT_ATTESTATION: Final = "invalid_client_attestation"
USE_FRESH_ATTESTATION: Final = "use_fresh_attestation"
USE_ATTESTATION_CHALLENGE: Final = "use_attestation_challenge"
