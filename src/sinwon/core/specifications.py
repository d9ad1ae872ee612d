"""Which version of each specification we emit and check. Changing a pin is a reviewed change with its own tests.

HAIP's set of drafts overrides the ones named inside OpenID4VCI and OpenID4VP.
"""

from typing import Final

OID4VCI: Final = "OpenID4VCI 1.0"
OID4VP: Final = "OpenID4VP 1.0"
HAIP: Final = "HAIP 1.0"
SD_JWT: Final = "RFC 9901"
SD_JWT_VC: Final = "draft-ietf-oauth-sd-jwt-vc-13"
STATUS_LIST: Final = "draft-ietf-oauth-status-list-14"
OIDC: Final = "OpenID Connect Core 1.0"
LOTE: Final = "ETSI TS 119 602 V1.1.1"
