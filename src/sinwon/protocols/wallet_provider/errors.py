"""Error codes of the wallet provider."""

from typing import Final

INVALID_REQUEST: Final = "invalid_request"
INVALID_PROOF: Final = "invalid_proof"
USE_CHALLENGE: Final = "use_challenge"
"""The challenge is foreign, too old or was used: fetch another one."""
UNKNOWN_INSTANCE: Final = "unknown_instance"
INSTANCE_REVOKED: Final = "instance_revoked"
INSTANCE_KNOWN: Final = "instance_known"
TOO_MANY: Final = "too_many_requests"
