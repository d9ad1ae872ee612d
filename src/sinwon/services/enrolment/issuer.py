"""The port to the issuer: the consulate asks, the issuer signs. What comes back may be late, or never."""

from typing import Final, Protocol

from sinwon.core.refusal import Fault
from sinwon.protocols.roles.messages import MakeOffer, OfferMade, Revoke, Revoked

ALREADY_OFFERED: Final = "already_offered"
"""The issuer made an offer under this name before: its answer never reached us."""


class IssuerUnavailable(Fault):
    """No answer, or none that can be used. The issuer may or may not have acted."""


class IssuerPort(Protocol):
    """Each raises IssuerUnavailable, or Refusal("issuer_refused")."""

    def make_offer(self, message: MakeOffer) -> OfferMade:
        """Also raises Refusal(ALREADY_OFFERED)."""
        ...

    def is_active(self, rrn: str) -> bool: ...

    def revoke(self, message: Revoke) -> Revoked: ...
