"""Deferred issuance (OpenID4VCI 1.0 §9): what a policy names is promised, and issued when the wallet asks again.

A request is checked whole before it is promised, and consumes its nonce then. What is kept of it are the keys, what was
attested of them and how to encrypt the answer, sealed; the copies are made when they are fetched, of what the person's data are
then. Only the certificate it was asked for gets them, with a token for the same key, once.
"""

from dataclasses import dataclass
from functools import partial

import msgspec
from sqlalchemy import Connection

from sinwon.core.ids import digest, new_secret
from sinwon.core.refusal import Refusal, Unmet
from sinwon.formats.status.reference import StatusReference
from sinwon.keys.jwk import key_at
from sinwon.protocols.attestation.key_assurance import KeyAssurance
from sinwon.protocols.attestation.key_attestation import VerifiedKeyAttestation
from sinwon.protocols.oauth.dpop import VerifiedDpop
from sinwon.protocols.vci.credential_request import CredentialRequest, CredentialResponse
from sinwon.protocols.vci.deferred import DeferredRequest, DeferredResponse
from sinwon.protocols.vci.encryption import AnswerKey
from sinwon.protocols.vci.errors import CREDENTIAL_REQUEST_DENIED, INVALID_TRANSACTION_ID
from sinwon.protocols.vci.proven_keys import ProvenKeys
from sinwon.services.issuance.bound_tokens import consume_proof
from sinwon.services.issuance.issue_credentials import (
    Accepted,
    accept,
    accept_keys,
    check_granted,
    free_places,
    granted_to,
    issue,
    until_free,
)
from sinwon.services.issuance.issuer import Issuer
from sinwon.services.issuance.prove_keys import check_status
from sinwon.store.audit import Details, Entry
from sinwon.store.engine import reading, writing
from sinwon.store.issuer import pendings
from sinwon.store.issuer.certificates import Granted
from sinwon.store.issuer.pendings import Pending, seal_context
from sinwon.store.issuer.tables import AUDIT


class _Attested(msgspec.Struct, frozen=True):
    assurance: KeyAssurance
    provider: str
    status: StatusReference | None


class _Promise(msgspec.Struct, frozen=True):
    """What is kept of a request."""

    keys: tuple[bytes, ...]
    """The points: x‖y."""
    attested: _Attested | None
    encryption: AnswerKey | None


@dataclass(frozen=True, slots=True)
class Answered:
    """An answer of the deferred endpoint, and how it is to be encrypted."""

    body: CredentialResponse | DeferredResponse
    encryption: AnswerKey | None


@dataclass(frozen=True, slots=True)
class _Found:
    """A promise, and who asks for it."""

    granted: Granted
    pending: Pending
    promise: _Promise
    now: int


def defer_issuance(
    issuer: Issuer, token: str, request: CredentialRequest, dpop: VerifiedDpop | None = None
) -> DeferredResponse:
    """Raises Refusal as issue_credentials does, and WouldFetch."""
    now, settings = issuer.clock(), issuer.settings
    with reading(issuer.engine) as connection:
        accepted = accept(issuer, granted_to(connection, token, dpop, now), request, now)
        # Places are drawn when the copies are made; that a key was used before is said now.
        free_places(issuer, connection, accepted)
    transaction_id = new_secret(issuer.random)
    pending = _pending(issuer, accepted, digest(transaction_id), _promise(accepted.proven, request.encryption))
    with writing(issuer.engine) as connection:
        consume_proof(connection, dpop)
        if pendings.count_of(connection, pending.certificate, now=now) >= settings.deferred_at_once:
            raise Unmet(CREDENTIAL_REQUEST_DENIED, "as much is deferred as may be")
        accepted.consume(connection)
        pendings.add(connection, pending)
        details: Details = {"configuration": pending.configuration, "copies": len(accepted.keys)}
        AUDIT.write(connection, Entry(now, "applicant", "issuance.deferred", pending.certificate, details))
    return DeferredResponse(transaction_id, settings.deferred_delay)


def issue_deferred(issuer: Issuer, token: str, request: DeferredRequest, dpop: VerifiedDpop | None = None) -> Answered:
    """Raises Refusal: invalid_token, invalid_dpop_proof, insufficient_scope, invalid_transaction_id,
    credential_request_denied. And WouldFetch."""
    return until_free(lambda: _attempt(issuer, token, request, dpop, issuer.clock()))


def _attempt(issuer: Issuer, token: str, request: DeferredRequest, dpop: VerifiedDpop | None, now: int) -> Answered:
    with reading(issuer.engine) as connection:
        found = _find(issuer, connection, granted_to(connection, token, dpop, now), request, now)
        encryption = found.promise.encryption
        accepted = _accept(issuer, found) if now >= found.pending.due_at else None
        places = None if accepted is None else _free_places(issuer, connection, accepted, found.pending)
    if accepted is None:
        _keep_waiting(issuer, found, dpop, anew=request.encryption is not None)
        return Answered(DeferredResponse(request.transaction_id, found.pending.due_at - now), encryption)
    return Answered(issue(issuer, accepted, places, dpop), encryption)


def _find(issuer: Issuer, connection: Connection, granted: Granted, request: DeferredRequest, now: int) -> _Found:
    # 1 of this certificate and of this device, and not yet fetched [OID4VCI 9.1]
    pending = pendings.find(connection, digest(request.transaction_id), granted.certificate, now=now)
    if pending is None or pending.key != granted.key:
        raise Unmet(INVALID_TRANSACTION_ID, "no such transaction of this token")
    # 2 what it is about may still be had [OID4VCI 9.3]
    check_granted(granted, pending.configuration)
    promise = msgspec.json.decode(issuer.seal.open(pending.sealed, seal_context(pending.id)), type=_Promise)
    # 3 the newer wish for encryption holds [OID4VCI 9.1]
    if request.encryption is not None:
        promise = msgspec.structs.replace(promise, encryption=request.encryption)
    return _Found(granted, pending, promise, now)


def _accept(issuer: Issuer, found: _Found) -> Accepted:
    proven, now = _proven(found.promise), found.now
    if proven.attestation is not None:
        # 4 and was not taken back meanwhile [OID4VCI D.1]
        try:
            check_status(issuer, proven.attestation, now)
        except Refusal as refusal:
            raise refusal.coded(CREDENTIAL_REQUEST_DENIED) from None
    consume = partial(_take, pending=found.pending.id, now=now)
    return accept_keys(issuer, found.granted, found.pending.configuration, proven, consume, now)


def _take(connection: Connection, *, pending: str, now: int) -> None:
    # 5 once [OID4VCI 9.1]
    if not pendings.take(connection, pending, now=now):
        raise Unmet(INVALID_TRANSACTION_ID, "fetched before")


def _free_places(issuer: Issuer, connection: Connection, accepted: Accepted, pending: Pending) -> tuple[int, ...] | None:
    try:
        return free_places(issuer, connection, accepted)
    except Refusal as refusal:
        # The keys are bound: by whoever fetched this very promise meanwhile, or by another.
        if pendings.find(connection, pending.id, pending.certificate, now=accepted.now) is None:
            raise Unmet(INVALID_TRANSACTION_ID, "fetched before") from None
        raise refusal.coded(CREDENTIAL_REQUEST_DENIED) from None


def _keep_waiting(issuer: Issuer, found: _Found, dpop: VerifiedDpop | None, *, anew: bool) -> None:
    """Not yet: the proof is used up, and a new wish for encryption is kept."""
    if dpop is None and not anew:
        return
    with writing(issuer.engine) as connection:
        consume_proof(connection, dpop)
        if anew:
            pendings.reseal(connection, found.pending.id, _sealed(issuer, found.promise, found.pending.id))


def _pending(issuer: Issuer, accepted: Accepted, name: str, promise: _Promise) -> Pending:
    granted, now, settings = accepted.granted, accepted.now, issuer.settings
    sealed = _sealed(issuer, promise, name)
    due_at, expires_at = now + settings.deferred_delay, now + settings.deferred_window
    return Pending(name, granted.certificate, accepted.configuration, granted.key, sealed, due_at, expires_at)


def _sealed(issuer: Issuer, promise: _Promise, name: str) -> bytes:
    return issuer.seal.seal(msgspec.json.encode(promise), seal_context(name))


def _promise(proven: ProvenKeys, encryption: AnswerKey | None) -> _Promise:
    said = proven.attestation
    attested = None if said is None else _Attested(said.assurance, said.provider, said.status)
    return _Promise(tuple(key.point for key in proven.keys), attested, encryption)


def _proven(promise: _Promise) -> ProvenKeys:
    keys, said = tuple(map(key_at, promise.keys)), promise.attested
    attestation = None if said is None else VerifiedKeyAttestation(keys, said.assurance, said.provider, said.status)
    return ProvenKeys(keys, attestation)
