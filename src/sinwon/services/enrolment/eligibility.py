"""Eligibility: what is known about an applicant, one finding per reason that applies, in table order.

The checks themselves are in `checks` and can be dropped or replaced by a deployment; this module owns their shape, the
facts they may use and the evaluation. Pure: registers and issuer were asked before. Ages and expiry go by the date in Seoul.
"""

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date
from hashlib import sha256
from typing import Literal, Protocol

import msgspec

from sinwon.core.clock import seoul_date
from sinwon.protocols.trust.catalogue import Catalogue
from sinwon.services.enrolment.form import Form, Visit
from sinwon.services.enrolment.reasons import ORDER, REASONS, Kind
from sinwon.services.enrolment.registers import PassportRecord, RegistrationRecord, ResidentRecord

Source = Literal["registration", "resident", "passport", "issuer"]


@dataclass(frozen=True, slots=True)
class Records:
    """What the registers and the issuer answered. A source in `unavailable` did not answer: its field means nothing."""

    registration: RegistrationRecord | None = None
    resident: ResidentRecord | None = None
    passport: PassportRecord | None = None
    holds_active: bool = False
    unavailable: frozenset[Source] = frozenset()


@dataclass(frozen=True, slots=True)
class Rules:
    """Settings of the checks (open questions of the law, decided per deployment)."""

    chip_required: bool = False
    """Off until the counter has a chip reader."""
    leap_birthday: Literal["march_first", "february_last"] = "march_first"
    """When somebody born on 29 February comes of age in a common year."""


@dataclass(frozen=True, slots=True)
class Facts:
    form: Form
    records: Records
    catalogue: Catalogue
    now: int
    visit: Visit | None = None
    """None before the officer has seen the person: what only the eye decides is not judged yet."""
    phone_proven: bool = False
    rules: Rules = field(default_factory=Rules)

    @property
    def today(self) -> date:
        return seoul_date(self.now)

    def knows(self, source: Source) -> bool:
        return source not in self.records.unavailable

    @property
    def rrn(self) -> str | None:
        """The register's number; what the applicant typed is only compared with it."""
        return self.records.registration.rrn if self.records.registration else None

    @property
    def birthdate(self) -> date:
        known = self.records.registration or self.records.resident or self.records.passport
        return known.birthdate if known else self.form.birthdate

    @property
    def residence_country(self) -> str:
        return self.records.registration.residence_country if self.records.registration else self.form.residence_country


class Finding(msgspec.Struct, frozen=True, omit_defaults=True):
    """One reason that applies. `fields` are names, never values."""

    code: str
    fields: tuple[str, ...] = ()
    date: str | None = None
    """ISO; fills `{date}`."""
    missions: tuple[str, ...] = ()
    """Mission ids; fill `{mission}`."""

    @property
    def kind(self) -> Kind:
        return REASONS[self.code].kind


class Check(Protocol):
    """One rule. `code` is the reason it may find."""

    @property
    def code(self) -> str: ...

    @property
    def edition(self) -> str:
        """Part of the policy's version: a replaced check carries another edition."""
        ...

    def find(self, facts: Facts) -> Finding | None: ...


def evaluate(policy: Iterable[Check], facts: Facts) -> tuple[Finding, ...]:
    """Every reason that applies, in table order."""
    found = (check.find(facts) for check in policy)
    return tuple(sorted((finding for finding in found if finding), key=lambda finding: ORDER[finding.code]))


def policy_version(policy: Iterable[Check]) -> str:
    """Names the exact set of checks a decision was made by."""
    names = sorted(f"{check.code}@{check.edition}" for check in policy)
    return sha256("\n".join(names).encode()).hexdigest()[:16]


def blocking(findings: Iterable[Finding], overridden: Iterable[str]) -> tuple[Finding, ...]:
    """What still stops an approval: everything but class O reasons that the officer resolved."""
    resolved = frozenset(overridden)
    return tuple(f for f in findings if f.kind is not Kind.OFFICER or f.code not in resolved)
