"""The credential endpoint: proofs of fresh keys become copies of the certificate, all of them or none.

Load (token, certificate, free places) → decide (proofs, claims, signatures) → one conditional write with its audit entry.
The nonce is consumed by the write, so a refused request leaves it usable and a successful one does not. Issuance that was
deferred ends here too: what it consumes is the transaction (services.issuance.defer_issuance).
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Final, TypeVar

import msgspec
import structlog
from sqlalchemy import Connection

from sinwon.core import base64url
from sinwon.core.ids import digest, new_id
from sinwon.core.refusal import Fault, Unmet
from sinwon.formats.status.reference import StatusReference
from sinwon.formats.status.token import VALID, Kind
from sinwon.protocols.attestation.key_assurance import UNKNOWN
from sinwon.protocols.oauth.dpop import VerifiedDpop
from sinwon.protocols.oauth.errors import INSUFFICIENT_SCOPE, INVALID_TOKEN
from sinwon.protocols.roles.person import Person
from sinwon.protocols.vci.configurations import ISSUED
from sinwon.protocols.vci.credential_request import Credential, CredentialRequest, CredentialResponse
from sinwon.protocols.vci.errors import (
    CREDENTIAL_REQUEST_DENIED,
    INVALID_CREDENTIAL_REQUEST,
    INVALID_NONCE,
    INVALID_PROOF,
    UNKNOWN_CREDENTIAL_IDENTIFIER,
)
from sinwon.protocols.vci.nonce import check_nonce
from sinwon.protocols.vci.proven_keys import ProvenKeys, request_nonce
from sinwon.services.issuance.bound_tokens import check_bound, consume_proof
from sinwon.services.issuance.claims import claims_of, derived_until
from sinwon.services.issuance.copies import FORMATS, Batch
from sinwon.services.issuance.issuer import Issuer
from sinwon.services.issuance.places import choose_places, draw_places, open_next_list
from sinwon.services.issuance.prove_keys import prove_keys
from sinwon.services.issuance.validity import copy_times
from sinwon.services.lifecycle.fetch import begin_fetch
from sinwon.store.audit import Details, Entry
from sinwon.store.engine import reading, writing
from sinwon.store.issuer import certificates, once, status
from sinwon.store.issuer.certificates import LIVING, Granted, OpenList, seal_context
from sinwon.store.issuer.status import NewCopy
from sinwon.store.issuer.tables import AUDIT

T = TypeVar("T")
log = structlog.stdlib.get_logger("sinwon.issuance")
ATTEMPTS: Final = 5  # a place or a list taken between load and write: rare once, never five times


class _Taken(Exception):
    """Somebody took the place, the key or the list number, or changed the certificate, since we looked."""


@dataclass(frozen=True, slots=True)
class Accepted:
    """A request that holds, and all that its copies are made from."""

    granted: Granted
    configuration: str
    person: Person
    proven: ProvenKeys
    keys: tuple[str, ...]
    """The thumbprints of the proven keys."""
    consume: Callable[[Connection], None]
    """What counts once, in the transaction that issues. Raises Unmet when it was consumed before."""
    begins: int
    ends: int
    now: int

    @property
    def lists(self) -> Kind:
        """In which lists the status of the copies stands."""
        return FORMATS[ISSUED[self.configuration].format].lists


def issue_credentials(
    issuer: Issuer, token: str, request: CredentialRequest, dpop: VerifiedDpop | None = None
) -> CredentialResponse:
    """Raises Refusal: invalid_token, invalid_dpop_proof, insufficient_scope, credential_request_denied, invalid_proof,
    invalid_nonce. And WouldFetch, where the status of a key attestation is due and must not be waited for."""
    return until_free(lambda: _attempt_issue(issuer, token, request, dpop, issuer.clock()))


def until_free(attempt: Callable[[], T]) -> T:
    """The first attempt that nobody came before. Raises what it raises, and Fault."""
    for _attempt in range(ATTEMPTS):
        try:
            return attempt()
        except _Taken:
            continue
    raise Fault("no free place in the status lists")


def _attempt_issue(
    issuer: Issuer, token: str, request: CredentialRequest, dpop: VerifiedDpop | None, now: int
) -> CredentialResponse:
    with reading(issuer.engine) as connection:
        granted = granted_to(connection, token, dpop, now)
        accepted = accept(issuer, granted, request, now)
        places = free_places(issuer, connection, accepted)
    return issue(issuer, accepted, places, dpop)


def issue(issuer: Issuer, accepted: Accepted, places: tuple[int, ...] | None, dpop: VerifiedDpop | None) -> CredentialResponse:
    """Signs and writes, at places that were free a moment ago; to be attempted again where they are not."""
    granted = accepted.granted
    if places is None:
        _open_list(issuer, accepted.lists, full=granted.lists.get(accepted.lists))
        raise _Taken
    notification_id = new_id(issuer.random)
    credentials = _sign_copies(issuer, accepted, places)
    _write(issuer, accepted, places, digest(notification_id), dpop)
    return CredentialResponse(credentials, notification_id)


def accept(issuer: Issuer, granted: Granted, request: CredentialRequest, now: int) -> Accepted:
    check_named(granted, request)
    check_granted(granted, request.configuration_id)
    nonce = request_nonce(request)
    nonce_ends = check_nonce(nonce, issuer.epoch_key, issuer=issuer.origin, now=now)
    proven = prove_keys(issuer, request, nonce=nonce, now=now)
    consume = partial(_consume_nonce, nonce=nonce, ends=nonce_ends)
    return accept_keys(issuer, granted, request.configuration_id, proven, consume, now)


def accept_keys(
    issuer: Issuer, granted: Granted, configuration: str, proven: ProvenKeys, consume: Callable[[Connection], None], now: int
) -> Accepted:
    """For a token and keys that were checked. Raises Unmet."""
    person = _person(issuer, granted)
    begins, ends = copy_times(
        now=now,
        lifetime=issuer.settings.copy_lifetime,
        certificate_end=granted.valid_until,
        true_until=derived_until(ISSUED[configuration].type, person, now=now),
    )
    if ends <= now:
        raise Unmet(CREDENTIAL_REQUEST_DENIED, "the certificate is over")
    keys = tuple(base64url.encode(key.thumbprint) for key in proven.keys)
    return Accepted(granted, configuration, person, proven, keys, consume, begins, ends, now)


def granted_to(connection: Connection, token: str, dpop: VerifiedDpop | None, now: int) -> Granted:
    """What this token grants to whoever sent it. Raises Unmet."""
    granted = certificates.granted(connection, digest(token), now=now)
    if granted is None:
        raise Unmet(INVALID_TOKEN, "access token is unknown or expired")
    check_bound(granted.key, dpop)
    return granted


def check_named(granted: Granted, request: CredentialRequest) -> None:
    """By identifier, if the token came with some, else by configuration [OID4VCI 8.2]. Raises Unmet."""
    if request.by_identifier and not (granted.by_identifier and request.configuration_id in granted.configurations):
        raise Unmet(UNKNOWN_CREDENTIAL_IDENTIFIER, "no such identifier was given with this token")
    if granted.by_identifier and not request.by_identifier:
        raise Unmet(INVALID_CREDENTIAL_REQUEST, "identifiers were given with this token")


def check_granted(granted: Granted, configuration: str) -> None:
    """The token is for this configuration, and the certificate lives. Raises Unmet."""
    if configuration not in granted.configurations:
        raise Unmet(INSUFFICIENT_SCOPE, "configuration not offered to this token")
    if granted.state not in LIVING or granted.person is None:
        raise Unmet(CREDENTIAL_REQUEST_DENIED, "the certificate is stopped or over")


def free_places(issuer: Issuer, connection: Connection, accepted: Accepted) -> tuple[int, ...] | None:
    """Free places for the copies; None when a new list is needed. Raises Unmet when a key was used before."""
    count, newest = len(accepted.keys), accepted.granted.lists.get(accepted.lists)
    drawn = draw_places(count, size=issuer.settings.status_list_size, random=issuer.random)
    taken = status.taken(connection, newest.number if newest else 0, drawn, accepted.keys)
    # One key binds at most one copy, over all requests [OID4VCI 8.2].
    if taken.keys:
        log.warning("a key that binds a copy already", certificate=accepted.granted.certificate, keys=len(taken.keys))
        raise Unmet(INVALID_PROOF, "key already bound to a copy")
    return choose_places(drawn, taken.places, count) if newest is not None else None


def _open_list(issuer: Issuer, kind: Kind, *, full: OpenList | None) -> None:
    now = issuer.clock()
    with writing(issuer.engine) as connection:
        number = open_next_list(connection, kind, full.number if full else None, issuer.random, now=now)
        if number is None:
            raise _Taken
        AUDIT.write(connection, Entry(now, "issuer", "status_list.opened", str(number), {"kind": kind.value}))


def _sign_copies(issuer: Issuer, accepted: Accepted, places: Sequence[int]) -> tuple[Credential, ...]:
    granted, issued = accepted.granted, ISSUED[accepted.configuration]
    claims = claims_of(issued.type, accepted.person, granted.person_id, now=accepted.now)
    attestation = accepted.proven.attestation
    assurance = attestation.assurance if attestation is not None else UNKNOWN
    sign = FORMATS[issued.format].prepare(issuer, Batch(issued.type, claims, accepted.begins, accepted.ends, assurance))
    uri = issuer.status_url(granted.lists[accepted.lists].id)
    keys = accepted.proven.keys
    return tuple(Credential(sign(key, StatusReference(uri, place))) for key, place in zip(keys, places, strict=True))


def _person(issuer: Issuer, granted: Granted) -> Person:
    plain = issuer.seal.open(granted.person or b"", seal_context(granted.certificate))
    return msgspec.json.decode(plain, type=Person)


def _consume_nonce(connection: Connection, *, nonce: str, ends: int) -> None:
    if not once.consume(connection, "c_nonce", nonce, expires_at=ends):
        raise Unmet(INVALID_NONCE, "nonce served a successful request before")


def _write(issuer: Issuer, accepted: Accepted, places: Sequence[int], batch: str, dpop: VerifiedDpop | None) -> None:
    granted, configuration = accepted.granted, accepted.configuration
    number = granted.lists[accepted.lists].number
    copies = [
        NewCopy(number, place, granted.certificate, configuration, key, batch, accepted.ends)
        for key, place in zip(accepted.keys, places, strict=True)
    ]
    with writing(issuer.engine) as connection:
        consume_proof(connection, dpop)
        value = begin_fetch(issuer, connection, granted, now=accepted.now)
        if value is None:
            raise _Taken
        there = status.count_unexpired(connection, granted.certificate, now=accepted.now)
        if there.living + len(copies) > issuer.settings.copies or there.all + len(copies) > issuer.settings.unexpired:
            raise Unmet(CREDENTIAL_REQUEST_DENIED, "the certificate has as many copies as it may")
        accepted.consume(connection)
        if not status.add(connection, copies):
            raise _Taken
        if value != VALID:
            status.set_all(connection, granted.certificate, value, now=accepted.now)
        details: Details = {"configuration": configuration, "copies": len(copies), **_attested(accepted.proven)}
        AUDIT.write(connection, Entry(accepted.now, "applicant", "certificate.issued", granted.certificate, details))


def _attested(proven: ProvenKeys) -> Details:
    """Who vouches for the keys, for the day that this turns out to be worth nothing."""
    return {} if proven.attestation is None else {"wallet_provider": proven.attestation.provider}
