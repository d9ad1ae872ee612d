"""The port to the issuer: the consulate asks, the issuer signs. What comes back may be late, or never."""

from typing import Final, Protocol

from sinwon.core.refusal import Fault
from sinwon.protocols.roles.messages import Change, Changed, MakeOffer, OfferMade, Revoke, Revoked, Standing

ALREADY_OFFERED: Final = "already_offered"
"""The issuer made an offer under this name before: its answer never reached us."""
ENDED: Final = "certificate_ended"
"""Nothing changes a certificate that is over."""
REVOKED: Final = "revoked"
"""The state of a certificate that is over for good."""
NOT_ALLOWED: Final = "not_allowed"
"""Not for whoever asks."""


class IssuerUnavailable(Fault):
    """No answer, or none that can be used. The issuer may or may not have acted."""


class IssuerPort(Protocol):
    """Each raises IssuerUnavailable, or Refusal("issuer_refused")."""

    def make_offer(self, message: MakeOffer) -> OfferMade:
        """Also raises Refusal(ALREADY_OFFERED)."""
        ...

    def is_active(self, rrn: str) -> bool: ...

    def revoke(self, message: Revoke) -> Revoked: ...

    def change(self, message: Change) -> Changed:
        """Also raises Refusal(ENDED) and Refusal(NOT_ALLOWED)."""
        ...

    def standing(self, application: str) -> Standing: ...
