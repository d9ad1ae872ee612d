"""The deferred credential endpoint's messages (OpenID4VCI 1.0 §9): the id of what is to come, and when to ask again.

Owns the shapes; an answer with credentials is that of the credential endpoint (vci.credential_request).
"""

from dataclasses import dataclass
from typing import Any, Final

import msgspec

from sinwon.core.refusal import Malformed, Refusal, Unmet
from sinwon.core.strict_json import parse_as
from sinwon.protocols.vci.encryption import AnswerKey, parse_answer_key
from sinwon.protocols.vci.errors import INVALID_CREDENTIAL_REQUEST, INVALID_TRANSACTION_ID

MAX_REQUEST: Final = 16 * 1024  # an id and a key
MAX_ID: Final = 128  # ours has 43 characters


class DeferredResponse(msgspec.Struct, frozen=True):
    """202: not yet."""

    transaction_id: str
    interval: int
    """Seconds after which to ask again, more than none."""


@dataclass(frozen=True, slots=True)
class DeferredRequest:
    transaction_id: str
    encryption: AnswerKey | None = None
    """Where the answer goes from now on; None: as was said before."""


class _Message(msgspec.Struct, frozen=True):
    transaction_id: str
    credential_response_encryption: Any = None


def parse_deferred_request(data: bytes, *, sealed: bool = False) -> DeferredRequest:
    """Raises Refusal."""
    try:
        message = parse_as(data, _Message, limit=MAX_REQUEST)
    except Refusal as refusal:
        raise Malformed(INVALID_CREDENTIAL_REQUEST, refusal.why) from None
    encryption = parse_answer_key(message.credential_response_encryption, sealed=sealed)
    # 1 what could be an id [OID4VCI 9.1]
    if not 0 < len(message.transaction_id) <= MAX_ID:
        raise Unmet(INVALID_TRANSACTION_ID, "not an id of ours")
    return DeferredRequest(message.transaction_id, encryption)
