"""Error codes of the issuer's endpoints (OpenID4VCI 1.0 §8.3.1.2, §9.3 and §11.3)."""

from typing import Final

INVALID_CREDENTIAL_REQUEST: Final = "invalid_credential_request"
UNKNOWN_CREDENTIAL_CONFIGURATION: Final = "unknown_credential_configuration"
UNKNOWN_CREDENTIAL_IDENTIFIER: Final = "unknown_credential_identifier"
INVALID_PROOF: Final = "invalid_proof"
INVALID_NONCE: Final = "invalid_nonce"
INVALID_ENCRYPTION_PARAMETERS: Final = "invalid_encryption_parameters"
CREDENTIAL_REQUEST_DENIED: Final = "credential_request_denied"

INVALID_TRANSACTION_ID: Final = "invalid_transaction_id"

INVALID_NOTIFICATION_ID: Final = "invalid_notification_id"
INVALID_NOTIFICATION_REQUEST: Final = "invalid_notification_request"
