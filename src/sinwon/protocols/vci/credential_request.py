"""The credential endpoint's messages (OpenID4VCI 1.0 §8.2, §8.3): what is asked for, the proofs as text, the answer.

Owns shape and count; proofs and attestations are read by vci.proof and attestation.key_attestation, what is asked of encryption
by vci.encryption. Whether a token wants an identifier or a configuration's name, the use case says.
"""

from dataclasses import dataclass
from typing import Any, Final

import msgspec

from sinwon.core.refusal import Malformed, Refusal, Unmet
from sinwon.core.strict_json import parse_as
from sinwon.protocols.attestation.key_attestation import KeyAttestation, parse_key_attestation
from sinwon.protocols.vci.credential_identifiers import configuration_of
from sinwon.protocols.vci.encryption import AnswerKey, parse_answer_key
from sinwon.protocols.vci.errors import (
    INVALID_CREDENTIAL_REQUEST,
    INVALID_PROOF,
    UNKNOWN_CREDENTIAL_CONFIGURATION,
    UNKNOWN_CREDENTIAL_IDENTIFIER,
)
from sinwon.protocols.vci.proof import Proof, parse_proof

MAX_REQUEST: Final = 256 * 1024  # a large batch of proofs, or several with one attestation in each of them
JWT: Final = "jwt"
ATTESTATION: Final = "attestation"
PROOF_TYPES: Final = frozenset({JWT, ATTESTATION})


@dataclass(frozen=True, slots=True)
class CredentialRequest:
    configuration_id: str
    proofs: tuple[Proof, ...]
    """Of type `jwt`; none where the attestation stands for them."""
    attestation: KeyAttestation | None = None
    """Of all keys of the request, whichever way it came."""
    by_identifier: bool = False
    """Whether the configuration was named by a credential identifier."""
    encryption: AnswerKey | None = None
    """How the answer is to be encrypted."""


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


def parse_credential_request(data: bytes, *, known: frozenset[str], batch_size: int, sealed: bool = False) -> CredentialRequest:
    """The request, for one of the `known` configurations and of 1 to `batch_size` keys; `sealed`, it came encrypted. Raises
    Refusal."""
    try:
        message = parse_as(data, _Message, limit=MAX_REQUEST)
    except Refusal as refusal:
        raise Malformed(INVALID_CREDENTIAL_REQUEST, refusal.why) from None
    encryption = parse_answer_key(message.credential_response_encryption, sealed=sealed)
    configuration_id = _configuration(message, known)
    proofs, attestation = _proofs(message.proofs, batch_size)
    # 6 no more keys than the batch has copies [OID4VCI 12.2.4]
    if attestation is not None and len(attestation.keys) > batch_size:
        raise Malformed(INVALID_PROOF, "more keys are attested than the batch size")
    by_identifier = message.credential_identifier is not None
    return CredentialRequest(configuration_id, proofs, attestation, by_identifier, encryption)


def _configuration(message: _Message, known: frozenset[str]) -> str:
    configuration_id, identifier = message.credential_configuration_id, message.credential_identifier
    # 1 exactly one of the two names [OID4VCI 8.2]
    if (configuration_id is None) == (identifier is None):
        raise Malformed(INVALID_CREDENTIAL_REQUEST, "not exactly one of configuration id and identifier")
    # 2 a name of ours [OID4VCI 6.2, 12.2.4]
    if identifier is not None:
        return _identified(identifier, known)
    if configuration_id not in known:
        raise Unmet(UNKNOWN_CREDENTIAL_CONFIGURATION, "no such configuration")
    return configuration_id


def _identified(identifier: str, known: frozenset[str]) -> str:
    configuration_id = configuration_of(identifier)
    if configuration_id not in known:
        raise Unmet(UNKNOWN_CREDENTIAL_IDENTIFIER, "no such identifier")
    return configuration_id


def _proofs(proofs: dict[str, Any] | None, batch_size: int) -> tuple[tuple[Proof, ...], KeyAttestation | None]:
    # 3 exactly one proof type, of those we offer [OID4VCI 8.2]
    if proofs is None or len(proofs) != 1 or not PROOF_TYPES.issuperset(proofs):
        raise Malformed(INVALID_PROOF, "not exactly one proof type that is offered")
    if ATTESTATION in proofs:
        return (), parse_key_attestation(_texts(proofs[ATTESTATION], 1)[0])
    found = tuple(map(parse_proof, _texts(proofs[JWT], batch_size)))
    # 5 one attestation for all of them, or none [OID4VCI F.1; HAIP 4.5.1]
    attestation = found[0].attestation
    if any(proof.attestation != attestation for proof in found):
        raise Malformed(INVALID_PROOF, "not one key attestation for all proofs")
    return found, None if attestation is None else parse_key_attestation(attestation)


def _texts(texts: object, most: int) -> list[str]:
    # 4 a non-empty array, no larger than the batch, and of one key attestation [OID4VCI 8.2, 12.2.4, F.3]
    if not isinstance(texts, list) or not 1 <= len(texts) <= most:
        raise Malformed(INVALID_PROOF, f"proofs are not an array of 1 to {most}")
    if not all(isinstance(text, str) for text in texts):
        raise Malformed(INVALID_PROOF, "a proof is not a string")
    return texts
