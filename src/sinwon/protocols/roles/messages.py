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
CHANGE: Final = "change"
"""POST /roles/certificates/change: Change → 200 Changed."""
ASK_STATE: Final = "ask_state"
"""POST /roles/certificates/state: AskState → 200 Standing."""

PATHS: Final = {
    MAKE_OFFER: "/roles/offers",
    ASK_ACTIVE: "/roles/certificates/active",
    REVOKE: "/roles/certificates/revoke",
    CHANGE: "/roles/certificates/change",
    ASK_STATE: "/roles/certificates/state",
}


RevocationReason = Literal["HOLDER_REQUEST", "ISSUED_IN_ERROR", "KEY_COMPROMISE", "KEY_LOST", "NATIONALITY_LOST", "DECEASED"]


ChangeReason = Literal[
    "LOSS_REPORTED",
    "PIN_LOCKED",
    "PHONE_CHANGED",
    "KEY_LOST",
    "PASSPORT_EXPIRED",
    "PASSPORT_LOST",
    "PASSPORT_CANCELLED",
    "DEREGISTERED",
    "MOVED_MISSION",
    "RETURN_REPORTED",
    "NAME_CHANGED",
    "RRN_CHANGED",
    "ADDRESS_CHANGED",
    "NATIONALITY_LOST",
    "DECEASED",
    "ISSUED_IN_ERROR",
    "KEY_COMPROMISE",
    "HOLDER_REQUEST",
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
    language: Literal["ko", "en"] = "ko"
    """In which the holder is written to."""


class OfferMade(msgspec.Struct, frozen=True, omit_defaults=True):
    offer: str
    """The offer's id."""
    uri: str
    """`openid-credential-offer://?credential_offer_uri=…` or `…?credential_offer=…`: what the QR code holds."""
    expires_at: int
    revocation_code: str
    """Printed on the receipt: stops the certificate without a phone. Shown this once, the issuer keeps a keyed hash only."""


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


class Change(msgspec.Struct, frozen=True, omit_defaults=True):
    """Something happened to the person, or was decided about their certificate: a reason is raised, or released.

    About the certificate of one `application`, or about all that the person with this `rrn` has: exactly one of the two. With
    an `event_id` it is what a register said, and `occurred_at` says when it happened; without, it is the officer's own word.
    """

    action: Literal["raise", "release"]
    reason: ChangeReason
    officer: str
    """Who passes it on: an officer's id, or the register's name."""
    application: str | None = None
    rrn: str | None = None
    event_id: str | None = None
    occurred_at: int | None = None
    person: Person | None = None
    """As they are on file now. What changed in it replaces what the issuer keeps, and releases the reasons it cures."""


class Changed(msgspec.Struct, frozen=True):
    """How the certificate stands; of several, the newest that lives."""

    certificate: str
    state: str
    holds: tuple[str, ...]
    """Reasons that are open."""
    stale: bool
    """New data are on file, and wait for the wallet to fetch them."""
    certificates: int = 1
    """How many it was about."""
    renewed: tuple[str, ...] = ()
    """Aspects of the person that were taken over: passport, registration, name, rrn, address."""


class AskState(msgspec.Struct, frozen=True):
    """How does the certificate of this application stand?"""

    application: str


class OpenReason(msgspec.Struct, frozen=True):
    reason: str
    since: int
    by: str
    """holder, public, officer, operator, register or issuer."""


class Standing(msgspec.Struct, frozen=True):
    """A certificate as an officer sees it: nothing of the person, nothing of where it was shown."""

    certificate: str
    state: str
    valid_until: int
    holds: tuple[OpenReason, ...]
    stale: bool
    """New data are on file, and wait for the wallet to fetch them."""
