"""Who a wallet proved to be, and that each proof of it counts once: consumed in the transaction that acts."""

from collections.abc import Mapping
from dataclasses import dataclass

from sqlalchemy import Connection

from sinwon.core.limits import CLOCK_SKEW
from sinwon.core.refusal import Malformed, Refusal, Unmet, Untrusted
from sinwon.formats.status.token import VALID
from sinwon.protocols.oauth.client_authentication import assertion, attestation
from sinwon.protocols.oauth.client_authentication.attestation import (
    Challenges,
    VerifiedAttestation,
    check_client_attestation,
    parse_client_attestation,
    verify_client_attestation,
)
from sinwon.protocols.oauth.errors import INVALID_CLIENT
from sinwon.services.issuance.issuer import Issuer
from sinwon.store.issuer import once


@dataclass(frozen=True, slots=True)
class Presented:
    """What came with a request, as it came."""

    form: Mapping[str, str]
    attestations: tuple[str, ...] = ()
    """All headers of that name, as are the next."""
    pops: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class AuthenticatedClient:
    id: str
    instance: str | None
    """The thumbprint of the instance key of an attested client."""
    provider: str | None
    proof: str = ""
    """What names the proof among all: client or instance, and `jti`."""
    expires_at: int = 0
    """The last second in which the proof would pass."""


def authenticate_client(issuer: Issuer, presented: Presented) -> AuthenticatedClient | None:
    """None where nobody presented anything. Raises Refusal, WouldFetch."""
    attested = bool(presented.attestations or presented.pops)
    asserted = "client_assertion" in presented.form or "client_assertion_type" in presented.form
    # 1 one way at a time [RFC 6749 2.3]
    if (attested and asserted) or "client_secret" in presented.form:
        raise Malformed(INVALID_CLIENT, "another or more than one way of client authentication")
    if attested:
        return _by_attestation(issuer, presented)
    return _by_assertion(issuer, presented.form) if asserted else None


def consume_client(connection: Connection, client: AuthenticatedClient | None) -> None:
    """Raises Unmet when the proof was used before; the transaction must then be rolled back."""
    if client is not None and not once.consume(connection, "client", client.proof, expires_at=client.expires_at):
        raise Unmet(INVALID_CLIENT, "proof used before")


def whose(client: AuthenticatedClient | None) -> tuple[str | None, str | None]:
    """Client and instance, as they are kept beside what is given to them."""
    return (None, None) if client is None else (client.id, client.instance)


def check_anonymous(issuer: Issuer, client: AuthenticatedClient | None) -> None:
    """Where wallets must say who they are, nobody goes on without. Raises Unmet("invalid_client")."""
    if client is None and not issuer.settings.anonymous_wallets:
        raise Unmet(INVALID_CLIENT, "nobody authenticated")


def challenges(issuer: Issuer) -> Challenges:
    return Challenges(issuer.epoch_key, issuer.origin, issuer.settings.client_challenges)


def make_challenge(issuer: Issuer) -> str:
    return challenges(issuer).make(now=issuer.clock(), random=issuer.random)


def _by_attestation(issuer: Issuer, presented: Presented) -> AuthenticatedClient:
    now = issuer.clock()
    found = parse_client_attestation(presented.attestations, presented.pops, client_id=presented.form.get("client_id"))
    client = issuer.clients.get(found.client_id)
    if client is None or client.method != attestation.METHOD:
        raise Unmet(INVALID_CLIENT, "no client that is attested")
    check_client_attestation(found, issuer=issuer.origin, challenges=challenges(issuer), now=now)
    verified = verify_client_attestation(found, anchors=issuer.trust(), now=now)
    _check_status(issuer, verified, now)
    _check_unused(issuer, found.made_at, attestation.WINDOW)
    proof = f"{verified.instance}\x00{verified.jti}"
    return AuthenticatedClient(verified.client_id, verified.instance, verified.provider, proof, verified.expires_at)


def _by_assertion(issuer: Issuer, form: Mapping[str, str]) -> AuthenticatedClient:
    found = assertion.parse_client_assertion(form)
    client = issuer.clients.get(found.client_id)
    if client is None or not client.keys:
        raise Unmet(INVALID_CLIENT, "no client with keys")
    assertion.verify_client_assertion(found, client.keys, issuer=issuer.origin, now=issuer.clock())
    if found.issued_at is None:
        _check_unused(issuer, found.expires_at, assertion.MAX_LIFE + CLOCK_SKEW)
    else:
        _check_unused(issuer, found.issued_at, CLOCK_SKEW)
    return AuthenticatedClient(client.id, None, None, f"{client.id}\x00{found.jti}", found.expires_at + CLOCK_SKEW)


def _check_unused(issuer: Issuer, time: int, ahead: int) -> None:
    """`ahead` is how far in the future `time` may have lain when the proof was used. Raises Unmet."""
    if time <= issuer.restored_at + ahead:
        raise Unmet(INVALID_CLIENT, "made before the database was restored, perhaps used then")


def _check_status(issuer: Issuer, verified: VerifiedAttestation, now: int) -> None:
    """An attestation that cannot be judged, because its own status is not to be had, is none."""
    if verified.status is None:
        return
    anchors = issuer.trust()
    try:
        value = issuer.statuses.value(verified.status, issuer=verified.provider, fetch=issuer.fetch, anchors=anchors, now=now)
    except Refusal as refusal:
        raise refusal.coded(INVALID_CLIENT) from None
    if value != VALID:
        raise Untrusted(INVALID_CLIENT, f"status of the attestation {value}")
