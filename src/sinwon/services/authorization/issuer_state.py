"""What an offer gives a wallet to bring back in its authorization request: `issuer_state` (OpenID4VCI 1.0 §4.1.1, §5.1.3).

Anybody may have put one there, so it opens nothing: it names an offer, under a keyed hash, and only whoever proves to be the
person of that offer goes on. Nothing of it is stored.
"""

from typing import Final

from sinwon.core.ids import same
from sinwon.core.refusal import Unmet
from sinwon.protocols.oauth.errors import INVALID_REQUEST
from sinwon.services.issuance.issuer import Issuer

MAX_STATE: Final = 128  # characters; ours have 66


def issuer_state(issuer: Issuer, offer: str) -> str:
    return f"{offer}.{_mark(issuer, offer)}"


def offer_of(issuer: Issuer, state: str) -> str:
    """The offer it was made for. Raises Unmet("invalid_request")."""
    offer, _, mark = state[:MAX_STATE].partition(".")
    if not same(mark, _mark(issuer, offer)):
        raise Unmet(INVALID_REQUEST, "issuer_state is none of ours")
    return offer


def _mark(issuer: Issuer, offer: str) -> str:
    return issuer.seal.index(offer, "offers.issuer_state")
