"""What an applicant submits (신청서) and what an officer observes at the counter.

`parse_form` refuses what no register could hold and brings numbers into their one written form; names and addresses stay as
typed. It does not judge: eligibility does.
"""

from datetime import date
from re import IGNORECASE
from re import compile as pattern
from typing import Annotated, Final, Literal

import msgspec

from sinwon.core.refusal import Malformed
from sinwon.services.enrolment.phone_number import parse_phone_number
from sinwon.services.enrolment.rrn import FORM as RRN_FORM
from sinwon.services.enrolment.rrn import digits

Name = Annotated[str, msgspec.Meta(min_length=1, max_length=200)]  # some official names exceed 60 letters
Country = Annotated[str, msgspec.Meta(pattern=r"^[A-Z]{2}\Z")]
PASSPORT_NUMBER: Final = pattern(r"[MSRGDPT](?:[0-9]{8}|[0-9]{3}[A-Z][0-9]{4})\Z", IGNORECASE)
EMAIL: Final = pattern(r"[^@\s]{1,64}@[^@\s]{1,190}\Z")
YEARS: Final = range(1800, 2200)  # of births in resident numbers, and of passports: calendars end in 9999, and so do sums
REQUIRED_CONSENTS: Final = ("personal_data", "unique_identifiers", "third_parties")


class Consents(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    personal_data: bool
    """개인정보 수집·이용."""
    unique_identifiers: bool
    """고유식별정보 처리."""
    third_parties: bool
    """제3자 제공."""

    def missing(self) -> tuple[str, ...]:
        return tuple(name for name in REQUIRED_CONSENTS if not getattr(self, name))


class Form(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    mission: Annotated[str, msgspec.Meta(min_length=1, max_length=64)]
    name_ko: Name
    family_name: Name
    birthdate: date
    passport_number: Annotated[str, msgspec.Meta(max_length=9)]
    passport_expiry: date
    phone: Annotated[str, msgspec.Meta(max_length=32)]
    address: Annotated[str, msgspec.Meta(min_length=1, max_length=500)]
    residence_country: Country
    consents: Consents
    given_name: Name | None = None
    """None for a passport without a given name."""
    rrn: Annotated[str, msgspec.Meta(max_length=14)] | None = None
    email: Annotated[str, msgspec.Meta(max_length=254)] | None = None
    language: Literal["ko", "en"] = "ko"


class Visit(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What the officer saw."""

    document: Literal["presented", "not_presented"]
    chip: Literal["verified", "unreadable", "rejected", "not_read"]
    face: Literal["match", "mismatch", "not_compared"]
    presence: Literal["in_person", "proxy"]


def parse_form(form: Form) -> Form:
    """The form with its numbers in canonical form. Raises Malformed("invalid_request") or ("invalid_phone")."""
    if form.birthdate.year not in YEARS or form.passport_expiry.year not in YEARS:
        raise Malformed("invalid_request", "birthdate or passport_expiry is no date of a living person")
    if not PASSPORT_NUMBER.match(form.passport_number):
        raise Malformed("invalid_request", "passport_number has no known form")
    if form.rrn is not None and not RRN_FORM.match(form.rrn):
        raise Malformed("invalid_request", "rrn has not 13 digits")
    if form.email is not None and not EMAIL.match(form.email):
        raise Malformed("invalid_request", "email is not an address")
    return msgspec.structs.replace(
        form,
        passport_number=form.passport_number.upper(),
        rrn=None if form.rrn is None else digits(form.rrn),
        phone=parse_phone_number(form.phone),
    )
