"""The credential endpoint's messages (OpenID4VCI 1.0 §8.2, §8.3): what is asked for, the proofs as text, the answer.

Owns shape and count; the proofs themselves are read by vci.proof. This issuer offers no encryption of its own beside TLS,
so a request that asks for it is refused.
"""

from dataclasses import dataclass
from typing import Any, Final

import msgspec

from sinwon.core.refusal import Malformed, Refusal, Unmet
from sinwon.core.strict_json import parse_as
from sinwon.protocols.vci.errors import (
    INVALID_CREDENTIAL_REQUEST,
    INVALID_ENCRYPTION_PARAMETERS,
    INVALID_PROOF,
    UNKNOWN_CREDENTIAL_CONFIGURATION,
    UNKNOWN_CREDENTIAL_IDENTIFIER,
)
from sinwon.protocols.vci.proof import Proof, parse_proof

MAX_REQUEST: Final = 256 * 1024  # the largest batch of the largest proofs


@dataclass(frozen=True, slots=True)
class CredentialRequest:
    configuration_id: str
    proofs: tuple[Proof, ...]


class Credential(msgspec.Struct, frozen=True):
    credential: str


class CredentialResponse(msgspec.Struct, frozen=True, omit_defaults=True):
    credentials: tuple[Credential, ...]
    notification_id: str | None = None


class _Message(msgspec.Struct, frozen=True):
    credential_configuration_id: str | None = None
    credential_identifier: str | None = None
    proofs: dict[str, Any] | None = None
    credential_response_encryption: Any = None


def parse_credential_request(data: bytes, *, known: frozenset[str], batch_size: int) -> CredentialRequest:
    """The request, for one of the `known` configurations, with 1 to `batch_size` proofs. Raises Refusal."""
    try:
        message = parse_as(data, _Message, limit=MAX_REQUEST)
    except Refusal as refusal:
        raise Malformed(INVALID_CREDENTIAL_REQUEST, refusal.why) from None
    if message.credential_response_encryption is not None:
        raise Unmet(INVALID_ENCRYPTION_PARAMETERS, "response encryption is not offered")
    configuration_id = _configuration(message, known)
    return CredentialRequest(configuration_id, tuple(map(parse_proof, _proof_texts(message.proofs, batch_size))))


def _configuration(message: _Message, known: frozenset[str]) -> str:
    configuration_id, identifier = message.credential_configuration_id, message.credential_identifier
    # 1 exactly one of the two names [OID4VCI 8.2]
    if (configuration_id is None) == (identifier is None):
        raise Malformed(INVALID_CREDENTIAL_REQUEST, "not exactly one of configuration id and identifier")
    # 2 identifiers exist only after a token response that named some; ours names none [OID4VCI 6.2]
    if configuration_id is None:
        raise Unmet(UNKNOWN_CREDENTIAL_IDENTIFIER, "no identifiers were given")
    if configuration_id not in known:
        raise Unmet(UNKNOWN_CREDENTIAL_CONFIGURATION, "no such configuration")
    return configuration_id


def _proof_texts(proofs: dict[str, Any] | None, batch_size: int) -> list[str]:
    # 3 exactly one proof type, the one we offer [OID4VCI 8.2]
    texts = proofs.get("jwt") if proofs is not None and len(proofs) == 1 else None
    # 4 a non-empty array, no larger than the batch [OID4VCI 8.2, 12.2.4]
    if not isinstance(texts, list) or not 1 <= len(texts) <= batch_size:
        raise Malformed(INVALID_PROOF, "proofs is not one non-empty array of jwt proofs within the batch size")
    if not all(isinstance(text, str) for text in texts):
        raise Malformed(INVALID_PROOF, "a proof is not a string")
    return texts
