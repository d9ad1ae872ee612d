"""What was promised and has not come (OpenID4VCI 1.0 §9), and what came, as its issuer calls it (§11).

Owns the records a wallet keeps of both, and asking again once. Does not say when: whoever runs the wallet does (Holder.resume).
"""

from typing import Final

import msgspec

from sinwon.core.clock import Clock
from sinwon.core.refusal import Refusal
from sinwon.holder.access import Access, sender_with
from sinwon.holder.issuer import REFUSED, Issuer, Later
from sinwon.holder.powers import Powers
from sinwon.holder.receive import Batch, Deferred, open_keys, take_response
from sinwon.protocols.vci.metadata import INVALID_METADATA

PASSING: Final = frozenset({REFUSED, INVALID_METADATA})
"""What an issuer may say on a bad day; everything else ends the waiting."""


class Waiting(msgspec.Struct, frozen=True):
    """One batch that an issuer has promised."""

    issuer: str
    server: str | None
    configuration: str
    transaction_id: str
    keys: tuple[str, ...]
    """References of the keys that were proven."""
    token: str
    key: str | None
    """The reference of the key the token is bound to, and the name of the renewal that gives new ones, if there is one."""
    expires_at: int | None
    """When the token ends, if that was said."""
    ask_at: int


class Receipt(msgspec.Struct, frozen=True):
    """One delivery."""

    batch: str
    key: str
    """The name of its renewal."""
    notification_id: str


def promised(issuer: Issuer, server: str | None, access: Access, key: str | None, deferred: Deferred) -> Waiting:
    return Waiting(
        issuer.identifier,
        server,
        deferred.configuration,
        deferred.later.transaction_id,
        deferred.keys,
        access.token or "",
        key,
        access.expires_at,
        issuer.clock() + deferred.later.interval,
    )


def access_of(powers: Powers, waiting: Waiting) -> Access:
    """With the token it was promised for."""
    sender = None if waiting.key is None else sender_with(powers, powers.keys.open(waiting.key))
    return Access(waiting.token, sender)


def ask_again(powers: Powers, issuer: Issuer, access: Access, waiting: Waiting) -> Batch | Waiting:
    """Raises Refusal with the issuer's code or ours, Unreachable."""
    response = issuer.ask_again(access, waiting.transaction_id)
    if isinstance(response, Later):
        return msgspec.structs.replace(waiting, ask_at=powers.clock() + response.interval)
    return take_response(powers, issuer, access, waiting.configuration, open_keys(powers, waiting.keys), response)


def is_over(refusal: Refusal) -> bool:
    return refusal.code not in PASSING


def has_expired(waiting: Waiting, clock: Clock) -> bool:
    return waiting.expires_at is not None and waiting.expires_at <= clock()
