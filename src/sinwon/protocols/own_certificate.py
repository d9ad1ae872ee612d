"""What a holder may do about their own certificate at its issuer: look, stop, release, end, and move to another phone.

Ours, beside OpenID4VCI: the issuer's metadata name the endpoint in a member that other wallets ignore. Each request is a POST
of a form with the device's refresh token, and a DPoP proof by the key it is bound to: a certificate that is stopped gives no
access tokens, and must be released all the same. The token is not renewed by it.
"""

from typing import Final

import msgspec

PATH: Final = "/certificate"
SUSPEND: Final = "/suspend"
"""Below PATH, as are all that follow. `reason`: LOSS_REPORTED or PIN_LOCKED."""
RELEASE: Final = "/release"
"""`code`: the revocation code of the receipt, or one that was mailed."""
RELEASE_CODE: Final = "/release-code"
"""Has such a code mailed. 204."""
END: Final = "/end"
TRANSFER: Final = "/transfer"
"""`tx_code`: six digits. 201 TransferOffer. Every other answer is an OwnCertificate."""
TRANSFER_BY_CHIP: Final = "/transfer/chip"
"""Without a device: `evidence`, base64url of what a reader read from the passport, and `tx_code`."""

DEVICE_REPLACED: Final = "device_replaced"
"""The certificate is on another phone now."""
INVALID_CODE: Final = "invalid_code"
NOT_SUSPENDED: Final = "not_suspended"
NO_MAIL_ADDRESS: Final = "no_mail_address"
"""There is no e-mail address on file; a message to a telephone that may be lost would be no second proof."""


class OpenReason(msgspec.Struct, frozen=True):
    reason: str
    since: int


class Happening(msgspec.Struct, frozen=True, omit_defaults=True):
    """One change in the life of a certificate, in codes."""

    at: int
    what: str
    """issued, suspended, released, needs_renewal, renewed, fetched, transfer_offered, moved, revoked, expired."""
    reason: str | None = None
    to: str | None = None
    """The state it led to."""
    by: str | None = None
    """holder, public, officer, operator, register or issuer."""


class OwnCertificate(msgspec.Struct, frozen=True):
    """How the certificate stands, and how it came to. Nothing of the person."""

    state: str
    holds: tuple[OpenReason, ...]
    stale: bool
    """New data are on file, and wait to be fetched."""
    valid_until: int
    history: tuple[Happening, ...]
    """The newest, oldest first."""


class TransferOffer(msgspec.Struct, frozen=True):
    uri: str
    """The link, or QR text, for the other phone."""
    expires_at: int
