"""The bodies that the consulate's API reads. Unknown members are refused: the only callers are our own screens and tools."""

from typing import Annotated, Literal

import msgspec

from sinwon.services.enrolment.certificate import ReleaseReason, StopReason
from sinwon.services.enrolment.revoke import OfficersReason

Words = Annotated[str, msgspec.Meta(min_length=1, max_length=500, pattern=r"\S")]
"""An officer's own words."""


class SendCode(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    number: Annotated[str, msgspec.Meta(max_length=32)] | None = None
    """Another number than the form's."""


class ProvePhone(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    code: Annotated[str, msgspec.Meta(max_length=12)]


class ChoosePin(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    pin: Annotated[str, msgspec.Meta(max_length=12)]


class Nothing(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """`{}`."""


class SignIn(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    login: Annotated[str, msgspec.Meta(min_length=1, max_length=100)]
    secret: Annotated[str, msgspec.Meta(min_length=1, max_length=200)]


class WitnessPhone(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    reason: Words


class Decide(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    verdict: Literal["approve", "refuse"]
    overrides: Annotated[dict[str, Words], msgspec.Meta(max_length=23)] = msgspec.field(default_factory=dict)
    """Reason code → why the officer resolved it."""
    reason: Words | None = None
    """Of a refusal that no finding explains."""


class RevokeCertificate(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    reason: OfficersReason


class SuspendCertificate(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    reason: StopReason


class ReleaseCertificate(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    reason: ReleaseReason


class RenewCertificate(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    passport_number: Annotated[str, msgspec.Meta(pattern=r"^[A-Z0-9]{9}\Z")] | None = None
    """Of the new passport the officer saw; None for the one on file."""
