"""The pre-authorized code grant (OpenID4VCI 1.0 §3.5, §6.1): a code from the offer and a transaction code the applicant knows.

Owns the request's shape, the rule when a transaction code must or must not be sent, and the longest one worth comparing.
Does not look up or consume the code and does not count tries (services.issuance.redeem_code).
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from sinwon.core.refusal import Malformed
from sinwon.protocols.oauth.errors import INVALID_REQUEST
from sinwon.protocols.oauth.token_request import required

GRANT_TYPE: Final = "urn:ietf:params:oauth:grant-type:pre-authorized_code"
MAX_TX_CODE: Final = 64  # ours have 6 digits; anything longer is a wrong one and not worth hashing


@dataclass(frozen=True, slots=True)
class PreAuthorizedRequest:
    """`tx_code` stays the text that came: it is compared, never read as a number."""

    code: str
    tx_code: str | None


def parse_request(form: Mapping[str, str]) -> PreAuthorizedRequest:
    """Raises Malformed."""
    return PreAuthorizedRequest(required(form, "pre-authorized_code"), form.get("tx_code"))


def check_tx_code_sent(request: PreAuthorizedRequest, *, asked: bool) -> None:
    """A transaction code is sent exactly when the offer asked for one [OID4VCI 6.3]. Raises Malformed."""
    if asked and request.tx_code is None:
        raise Malformed(INVALID_REQUEST, "tx_code is missing")
    if not asked and request.tx_code is not None:
        raise Malformed(INVALID_REQUEST, "tx_code was not asked for")
