"""Receiving the certificate (OpenID4VCI 1.0 §6–§9): token, nonce, proofs, and every credential verified before it is kept.

A configuration is received as a whole or not at all: one bad copy and nothing of its batch is kept, and the issuer is told. One
that is not ready yet is asked for later, with the keys that were proven (holder.waiting keeps them).
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from sinwon.core.ids import new_id
from sinwon.core.refusal import Malformed, Refusal, Unmet, Untrusted
from sinwon.holder.access import Access
from sinwon.holder.copies import Copy
from sinwon.holder.formats import FORMATS
from sinwon.holder.issuer import Issuer, Later, proof_types_of
from sinwon.holder.powers import Powers
from sinwon.keys.jwk import PublicKey, parse_public_jwk
from sinwon.keys.signer import Signer
from sinwon.protocols.vci.credential_request import ATTESTATION, JWT, CredentialResponse
from sinwon.protocols.vci.errors import INVALID_NONCE
from sinwon.protocols.vci.metadata import Configuration
from sinwon.protocols.vci.proof import sign_proof

COPIES: Final = 10  # asked for at once, if the issuer gives that many
ACCEPTED: Final = "credential_accepted"
FAILURE: Final = "credential_failure"
DELETED: Final = "credential_deleted"
CONFIGURATION: Final = "credential_configuration_id"
IDENTIFIER: Final = "credential_identifier"
MAX_DATA_SETS: Final = 16  # of one configuration; ours gives one
INVALID_CREDENTIAL: Final = "invalid_credential"
NOT_ATTESTED: Final = "keys_not_attested"


@dataclass(frozen=True, slots=True)
class NewKey:
    """A key made for one copy."""

    reference: str
    signer: Signer
    public: PublicKey


@dataclass(frozen=True, slots=True)
class Batch:
    """Copies received together, and what the issuer calls the delivery."""

    copies: tuple[Copy, ...]
    notification_id: str | None


@dataclass(frozen=True, slots=True)
class Deferred:
    """Nothing yet: what to ask again for, and the keys it will be for."""

    configuration: str
    later: Later
    keys: tuple[str, ...]
    """References."""


def receive_configuration(
    powers: Powers, issuer: Issuer, access: Access, configuration_id: str, copies: int
) -> tuple[Batch | Deferred, ...]:
    """A batch of verified copies of one configuration, or the promise of one: one for each data set the token response named.
    Raises Refusal, Unreachable; then nothing of it is kept."""
    names = access.identifiers.get(configuration_id, ())[:MAX_DATA_SETS]
    called = [{IDENTIFIER: name} for name in names] or [{CONFIGURATION: configuration_id}]
    return tuple(_receive(powers, issuer, access, configuration_id, named, copies) for named in called)


def take_response(
    powers: Powers, issuer: Issuer, access: Access, configuration_id: str, keys: Sequence[NewKey], response: CredentialResponse
) -> Batch:
    """What came, verified, and the issuer told what became of it. Raises Refusal."""
    try:
        received = verify_batch(powers, issuer.identifier, issuer.configuration(configuration_id), keys, response)
    except Refusal:
        issuer.notify(access, response.notification_id, FAILURE)
        raise
    issuer.notify(access, response.notification_id, ACCEPTED)
    return Batch(received, response.notification_id)


def open_keys(powers: Powers, references: Sequence[str]) -> tuple[NewKey, ...]:
    return tuple(_known_key(reference, powers.keys.open(reference)) for reference in references)


def _receive(
    powers: Powers, issuer: Issuer, access: Access, configuration_id: str, named: Mapping[str, str], copies: int
) -> Batch | Deferred:
    configuration = issuer.configuration(configuration_id)
    keys = [_known_key(*powers.keys.create()) for _ in range(min(copies, issuer.batch_size))]
    prove = _prover(powers, issuer, configuration, keys)
    response = _request(issuer, access, named, prove)
    if isinstance(response, Later):
        return Deferred(configuration_id, response, tuple(key.reference for key in keys))
    return take_response(powers, issuer, access, configuration_id, keys, response)


def verify_batch(
    powers: Powers, issuer: str, configuration: Configuration, keys: Sequence[NewKey], response: CredentialResponse
) -> tuple[Copy, ...]:
    """Every credential, or none. Raises Malformed, Untrusted, Unmet."""
    texts = [credential.credential for credential in response.credentials]
    # 1 some, and no more than there are keys [OID4VCI 8.3]
    if not 0 < len(texts) <= len(keys):
        raise Malformed(INVALID_CREDENTIAL, "no credential, or more than there are keys")
    waiting = {key.public: key for key in keys}
    batch = new_id(powers.random)
    return tuple(_verify(powers, issuer, configuration, waiting, text, batch) for text in texts)


def _verify(
    powers: Powers, issuer: str, wanted: Configuration, waiting: dict[PublicKey, NewKey], text: str, batch: str
) -> Copy:
    now = powers.clock()
    # 2 signature, chain for this type, validity, key, status [SD-JWT VC 3; ISO 18013-5 9.3.1; HAIP 6.1]
    found = FORMATS[wanted.format].verify(text, wanted.type, powers.anchors(), now)
    # 3 not over already, where the format lets it be shown for one moment more
    if found.expires_at <= now:
        raise Unmet(INVALID_CREDENTIAL, "over")
    # 4 what was asked for, from whom it was asked [OID4VCI 8.3]
    if found.type != wanted.type or found.issuer != issuer:
        raise Untrusted(INVALID_CREDENTIAL, "another type or issuer than asked for")
    # 5 bound to a key of ours, each key once [OID4VCI 8.2]
    key = waiting.pop(found.holder_key, None)
    if key is None:
        raise Untrusted(INVALID_CREDENTIAL, "bound to a key that is not ours, or to one twice")
    # 6 saying of the key what its issuer required of it [decision 17]
    if wanted.required_assurance.takes_two_factors and not found.assurance.takes_two_factors:
        raise Unmet(INVALID_CREDENTIAL, "a copy for attested keys that does not say so")
    return Copy(
        wanted.format, wanted.type, text, key.reference, found.expires_at, now, batch, attested=wanted.needs_attestation
    )


def _request(
    issuer: Issuer, access: Access, named: Mapping[str, str], prove: Callable[[str], dict[str, list[str]]]
) -> CredentialResponse | Later:
    try:
        return issuer.request(access, named, prove(issuer.nonce(access)))
    except Unmet as refusal:
        if refusal.code != INVALID_NONCE:
            raise
    # A nonce may run out on a slow line; the text allows one more try with a fresh one [OID4VCI 8.3.1.2].
    return issuer.request(access, named, prove(issuer.nonce(access)))


def _prover(
    powers: Powers, issuer: Issuer, configuration: Configuration, keys: Sequence[NewKey]
) -> Callable[[str], dict[str, list[str]]]:
    """What proves the keys with a nonce, in the way the configuration asks for. Raises Unmet."""
    kind, attester = proof_types_of(configuration)[0], powers.attester if configuration.needs_attestation else None
    if configuration.needs_attestation and attester is None:
        raise Unmet(NOT_ATTESTED, "nobody vouches for the keys of this wallet")

    def prove(nonce: str) -> dict[str, list[str]]:
        said = None if attester is None else attester.attest([key.public for key in keys], nonce)
        if said is not None and kind == ATTESTATION:
            return {ATTESTATION: [said]}
        # An attestation is about all keys, so one of them signs for the others, too [OID4VCI F.1].
        signers = [key.signer for key in (keys if said is None else keys[:1])]
        now, to = powers.clock(), issuer.identifier
        return {JWT: [sign_proof(signer, issuer=to, nonce=nonce, now=now, attestation=said) for signer in signers]}

    return prove


def _known_key(reference: str, signer: Signer) -> NewKey:
    return NewKey(reference, signer, parse_public_jwk(signer.public_jwk))
