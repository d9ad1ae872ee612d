"""Registering and revoking instances of the wallet."""

from typing import Final

from sqlalchemy import Connection

from sinwon.core.refusal import Refusal, Unmet
from sinwon.protocols.wallet_provider.errors import (
    INSTANCE_KNOWN,
    INSTANCE_REVOKED,
    TOO_MANY,
    UNKNOWN_INSTANCE,
    USE_CHALLENGE,
)
from sinwon.protocols.wallet_provider.messages import REGISTER, REVOKE, ChallengeGiven, Nothing, Registered, Revoked
from sinwon.protocols.wallet_provider.request import (
    CHALLENGE_LIFETIME,
    VerifiedInstanceRequest,
    make_challenge,
    verify_instance_request,
)
from sinwon.services.wallet_provider.provider import WalletProvider
from sinwon.store.audit import Details, Entry
from sinwon.store.engine import writing
from sinwon.store.wallet_provider import challenges, instances, registrations
from sinwon.store.wallet_provider.tables import AUDIT

INSTANCE: Final = "instance"
OPERATOR: Final = "operator"


def give_challenge(provider: WalletProvider) -> ChallengeGiven:
    """Nothing is stored for it."""
    now = provider.clock()
    challenge = make_challenge(provider.challenge_key, provider=provider.origin, now=now, random=provider.random)
    return ChallengeGiven(challenge, CHALLENGE_LIFETIME)


def register_instance(provider: WalletProvider, token: bytes) -> Registered:
    """A fresh key becomes an instance. Raises Refusal."""
    request, now = verify(provider, token, REGISTER), provider.clock()
    request.message(Nothing)
    with writing(provider.engine) as connection:
        consume(connection, request)
        if not registrations.count(connection, most=provider.registrations, now=now):
            raise Unmet(TOO_MANY, "enough instances registered in this minute")
        if not instances.register(connection, request.instance, now=now):
            raise Unmet(INSTANCE_KNOWN, "this key is an instance's already")
        write(connection, "instance.registered", request.instance, now)
    return Registered(request.instance)


def revoke_own(provider: WalletProvider, token: bytes) -> Revoked:
    """By the instance itself. Raises Refusal."""
    request = verify(provider, token, REVOKE)
    request.message(Nothing)
    with writing(provider.engine) as connection:
        consume(connection, request)
        _revoke(connection, request.instance, INSTANCE, provider.clock())
    return Revoked(request.instance)


def revoke_instance(provider: WalletProvider, instance: str) -> None:
    """By the operator. Raises Unmet("unknown_instance" | "instance_revoked")."""
    with writing(provider.engine) as connection:
        _revoke(connection, instance, OPERATOR, provider.clock())


def verify(provider: WalletProvider, token: bytes, action: str) -> VerifiedInstanceRequest:
    """Raises Refusal."""
    key, now = provider.challenge_key, provider.clock()
    return verify_instance_request(token, action=action, provider=provider.origin, challenge_key=key, now=now)


def consume(connection: Connection, request: VerifiedInstanceRequest) -> None:
    """Raises Unmet where the challenge was answered before; the transaction must then be rolled back."""
    if not challenges.consume(connection, request.challenge, expires_at=request.expires_at):
        raise Unmet(USE_CHALLENGE, "challenge was answered before")


def not_active(connection: Connection, instance: str) -> Refusal:
    """Why an instance is not served."""
    if instances.find(connection, instance) is None:
        return Unmet(UNKNOWN_INSTANCE, "no instance has this key")
    return Unmet(INSTANCE_REVOKED, "this instance was revoked")


def write(
    connection: Connection, action: str, instance: str, now: int, *, by: str = INSTANCE, details: Details | None = None
) -> None:
    AUDIT.write(connection, Entry(now, by, action, instance, details or {}))


def _revoke(connection: Connection, instance: str, by: str, now: int) -> None:
    if not instances.revoke(connection, instance, now=now):
        raise not_active(connection, instance)
    write(connection, "instance.revoked", instance, now, by=by)
