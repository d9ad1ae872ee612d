"""The messages between consulate and issuer, and the action and path of each."""

from typing import Final, Literal

import msgspec

from sinwon.protocols.roles.person import Person

MAKE_OFFER: Final = "make_offer"
"""POST /roles/offers: MakeOffer → 201 OfferMade."""
ASK_ACTIVE: Final = "ask_active"
"""POST /roles/certificates/active: AskActive → 200 ActiveAnswer."""
REVOKE: Final = "revoke"
"""POST /roles/certificates/revoke: Revoke → 200 Revoked."""

PATHS: Final = {MAKE_OFFER: "/roles/offers", ASK_ACTIVE: "/roles/certificates/active", REVOKE: "/roles/certificates/revoke"}


RevocationReason = Literal[
    "HOLDER_REQUEST", "ISSUED_IN_ERROR", "KEY_COMPROMISE", "KEY_LOST", "PHONE_CHANGED", "NATIONALITY_LOST", "DECEASED"
]


class MakeOffer(msgspec.Struct, frozen=True):
    """Make an offer for this approved application. A second request for the same application is refused."""

    application: str
    mission: str
    officer: str
    person: Person
    tx_code: str
    """The issuance PIN the applicant chose, digits; the issuer keeps a keyed hash only."""
    by: Literal["reference", "value"] = "reference"


class OfferMade(msgspec.Struct, frozen=True, omit_defaults=True):
    offer: str
    """The offer's id."""
    uri: str
    """`openid-credential-offer://?credential_offer_uri=…` or `…?credential_offer=…`: what the QR code holds."""
    expires_at: int


class AskActive(msgspec.Struct, frozen=True):
    """Does this person hold an active certificate?"""

    rrn: str


class ActiveAnswer(msgspec.Struct, frozen=True):
    active: bool


class Revoke(msgspec.Struct, frozen=True):
    """Revoke the certificate that was issued for this application. Final."""

    application: str
    officer: str
    reason: RevocationReason


class Revoked(msgspec.Struct, frozen=True):
    certificate: str
    copies: int
