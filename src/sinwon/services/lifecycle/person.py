"""A person's data by aspect: what differs between two states of it, and one state taken into another.

Each aspect has its own time, so that a late report about the address does not bring an old name back.
"""

from collections.abc import Mapping
from typing import Any, Final

import msgspec

from sinwon.protocols.roles.person import Person
from sinwon.services.lifecycle.machine import Aspect

FIELDS: Final[Mapping[Aspect, tuple[str, ...]]] = {
    Aspect.PASSPORT: ("passport",),
    Aspect.REGISTRATION: ("registration",),
    Aspect.NAME: ("name_ko", "family_name", "given_name"),
    Aspect.RRN: ("linkage", "birthdate", "sex", "nationality"),
    Aspect.ADDRESS: ("contact", "residence_country"),
}
"""Evidence is of no aspect: it says how the certificate began."""
BESIDE: Final[Mapping[Aspect, tuple[str, ...]]] = {Aspect.PASSPORT: ("portrait",)}
"""Comes with the aspect, and alone is no change of it: the same picture may be encoded anew."""


def changed_aspects(old: Person, new: Person) -> frozenset[Aspect]:
    return frozenset(
        aspect for aspect, fields in FIELDS.items() if any(getattr(old, field) != getattr(new, field) for field in fields)
    )


def taken(old: Person, new: Person, aspects: frozenset[Aspect]) -> Person:
    """`old` with these aspects of `new`."""
    fields: dict[str, Any] = {
        field: getattr(new, field) for aspect in aspects for field in (*FIELDS[aspect], *BESIDE.get(aspect, ()))
    }
    return msgspec.structs.replace(old, **fields)
