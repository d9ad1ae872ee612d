"""What the provider says of an instance that is registered and not revoked: that it is one of its wallets, and what its keys
withstand.

An instance asks for itself alone, and its key is all that ties its requests together: a wallet has one instance for each server
it speaks to, so servers cannot compare them, and the provider is not told which server it is. The assurance is that of the
wallet type. Whether a device keeps its keys as the type promises must be known before it is promised: a wallet in software
promises the least.
"""

from typing import Final

from sinwon.core.clock import HOUR
from sinwon.protocols.attestation.key_attestation import sign_key_attestation
from sinwon.protocols.oauth.client_authentication.attestation import sign_client_attestation
from sinwon.protocols.wallet_provider.messages import (
    ATTEST_CLIENT,
    ATTEST_KEYS,
    AttestKeys,
    ClientAttested,
    KeysAttested,
    Nothing,
)
from sinwon.protocols.wallet_provider.named_keys import parse_named_keys
from sinwon.protocols.wallet_provider.request import VerifiedInstanceRequest
from sinwon.services.wallet_provider.instances import consume, not_active, verify, write
from sinwon.services.wallet_provider.provider import WalletProvider
from sinwon.store.audit import Details
from sinwon.store.engine import writing
from sinwon.store.wallet_provider import instances

LIFETIME: Final = HOUR  # so long a revoked instance may still be believed; the provider is asked that often at most


def attest_client(provider: WalletProvider, token: bytes) -> ClientAttested:
    """A client attestation of the instance that asks. Raises Refusal."""
    request, now = verify(provider, token, ATTEST_CLIENT), provider.clock()
    request.message(Nothing)
    _admit(provider, request, "instance.attested", now)
    attestation = sign_client_attestation(
        request.key, client_id=provider.client_id, issuer=provider.origin, now=now, lifetime=LIFETIME, by=provider.signer
    )
    return ClientAttested(attestation, now + LIFETIME)


def attest_keys(provider: WalletProvider, token: bytes) -> KeysAttested:
    """A key attestation for keys that the instance names, made for the nonce of an issuer. Raises Refusal."""
    request, now = verify(provider, token, ATTEST_KEYS), provider.clock()
    asked = request.message(AttestKeys)
    keys = parse_named_keys(asked)
    _admit(provider, request, "keys.attested", now, {"keys": len(keys)})
    return KeysAttested(sign_key_attestation(keys, provider.assurance, nonce=asked.nonce, now=now, by=provider.signer))


def _admit(
    provider: WalletProvider, request: VerifiedInstanceRequest, action: str, now: int, details: Details | None = None
) -> None:
    """Raises Refusal where the instance is not an active one, or its challenge was answered before."""
    with writing(provider.engine) as connection:
        consume(connection, request)
        if not instances.note_seen(connection, request.instance, now=now):
            raise not_active(connection, request.instance)
        write(connection, action, request.instance, now, details=details)
