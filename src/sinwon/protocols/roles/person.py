"""The person as the consulate proved them: what the issuer turns into credentials. One claim set for every format.

Field names are the claim names of the credentials. Dates are ISO 8601 (`YYYY-MM-DD`); text is NFC.
"""

import msgspec


class Passport(msgspec.Struct, frozen=True, omit_defaults=True):
    type: str
    issuing_state: str
    """ICAO alpha-3, `KOR`."""
    number: str
    issue_date: str
    expiry_date: str
    authority: str


class Registration(msgspec.Struct, frozen=True, omit_defaults=True):
    """The overseas-national registration (재외국민등록)."""

    number: str
    serial: str
    mission_name: str
    mission_code: str
    """Our immutable mission id."""


class Contact(msgspec.Struct, frozen=True, omit_defaults=True):
    address: str
    """Free lines, separated by LF."""
    phone_number: str
    """E.164."""
    email: str | None = None


class Linkage(msgspec.Struct, frozen=True, omit_defaults=True):
    """What joins records across services; its own credential type, never part of *identity*."""

    rrn: str
    """13 digits without hyphen."""


class Evidence(msgspec.Struct, frozen=True, omit_defaults=True):
    """How the person was proven. No officer's name."""

    kind: str
    """`consular_visit`."""
    mission: str
    date: str
    subject: str
    """`physical` or `digital` presence."""
    document: str
    chip: str
    """`verified`, `not_read` or `unreadable`: a chip nobody read is not claimed."""


class Person(msgspec.Struct, frozen=True, omit_defaults=True):
    name_ko: str
    family_name: str
    birthdate: str
    sex: int
    """ISO 5218: 0 not known, 1 male, 2 female, 9 not applicable."""
    nationality: str
    """ISO alpha-2, `KR`."""
    residence_country: str
    passport: Passport
    registration: Registration
    contact: Contact
    evidence: Evidence
    linkage: Linkage
    given_name: str | None = None
    """None for a person whose passport has no given name."""
    portrait: str | None = None
    """`data:image/jpeg;base64,…`."""
