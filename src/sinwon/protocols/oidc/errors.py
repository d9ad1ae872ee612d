"""What a service reads when it is sent back without a code (RFC 6749 §4.1.2.1, OpenID Connect Core 1.0 §3.1.2.6).

Printable ASCII without quotes; says what to change, never repeats what was sent.
"""

from collections.abc import Mapping
from typing import Final

DESCRIPTIONS: Final[Mapping[str, str]] = {
    "invalid_request": "A parameter is missing or malformed; PKCE with S256 is required.",
    "unsupported_response_type": "Only response_type=code is offered.",
    "invalid_scope": "Ask for openid and one purpose this service is registered for.",
    "unauthorized_client": "This service is not live.",
    "unmet_authentication_requirements": "This purpose needs level L3: a key attested to take PIN and passkey.",
    "login_required": "Every sign-in needs the person; prompt=none cannot succeed.",
    "request_not_supported": "Request objects are not supported.",
    "request_uri_not_supported": "Request objects by reference are not supported.",
    "access_denied": "The person ended the sign-in. Nothing was shared.",
}
