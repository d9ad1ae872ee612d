"""Coming back for more: what the wallet keeps so that it can fetch fresh copies without the person (OpenID4VCI 1.0 §14.5).

A refresh token is bound to a key of this wallet, which is made for one certificate and used with its issuer alone. Does not say
when to come back: whoever runs the wallet does, at times that have nothing to do with showing the certificate, or the issuer
would learn when that happens.
"""

from typing import Final

import msgspec

from sinwon.core.refusal import Untrusted
from sinwon.holder.copies import Copies
from sinwon.holder.issuer import Issuer, open_issuer
from sinwon.holder.offer import UNTRUSTED_ISSUER, OfferView, listed_issuers
from sinwon.holder.powers import Powers

FEW: Final = 3  # a busy day's worth: with fewer of a type left, it is time to fetch


class Wanted(msgspec.Struct, frozen=True):
    configuration: str
    type: str
    attested: bool = False


class Renewal(msgspec.Struct, frozen=True):
    """How to come back to one issuer for one certificate."""

    issuer: str
    server: str | None
    """The authorization server the offer named."""
    key: str
    """The reference of the key the refresh token is bound to."""
    refresh_token: str
    wanted: tuple[Wanted, ...]

    def with_token(self, refresh_token: str) -> "Renewal":
        return Renewal(self.issuer, self.server, self.key, refresh_token, self.wanted)


def new_renewal(offer: OfferView, issuer: Issuer, key: str, refresh_token: str) -> Renewal:
    """Raises Unmet for a configuration that the issuer does not describe as it should."""
    held = {name: issuer.configuration(name) for name in issuer.holdable(offer.configuration_ids)}
    wanted = tuple(Wanted(name, found.type, found.needs_attestation) for name, found in held.items())
    return Renewal(offer.issuer, offer.grant.authorization_server, key, refresh_token, wanted)


def due(renewal: Renewal, copies: Copies, *, now: int, few: int) -> tuple[str, ...]:
    """The configurations of which fewer than `few` copies are good for another while."""
    left = copies.lasting(now)
    return tuple(one.configuration for one in renewal.wanted if left[one.type, one.attested] < few)


def reopen_issuer(powers: Powers, renewal: Renewal) -> Issuer:
    """Its metadata, fetched anew. Raises Refusal, Unreachable; speaks to nobody who has left the trust list."""
    return open_again(powers, renewal.issuer, renewal.server)


def open_again(powers: Powers, issuer: str, server: str | None) -> Issuer:
    if issuer not in listed_issuers(powers):
        raise Untrusted(UNTRUSTED_ISSUER, "the issuer is no longer on the trust list")
    return open_issuer(powers, issuer, server)
