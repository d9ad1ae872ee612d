"""Asking the registers and judging the answers: outside any transaction, because registers are slow and may be silent."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import TypeVar

from sinwon.services.enrolment.checks import mismatches
from sinwon.services.enrolment.consulate import Consulate
from sinwon.services.enrolment.eligibility import Facts, Finding, Records, Source, evaluate
from sinwon.services.enrolment.form import Form, Visit
from sinwon.services.enrolment.issuer import IssuerUnavailable
from sinwon.services.enrolment.registers import RegisterUnavailable, Sought
from sinwon.services.enrolment.rrn import is_unassigned

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Assessment:
    facts: Facts
    findings: tuple[Finding, ...]

    @property
    def is_waiting(self) -> bool:
        return bool(self.facts.records.unavailable)

    @property
    def codes(self) -> list[str]:
        return [finding.code for finding in self.findings]

    @property
    def rrn(self) -> str | None:
        """The number the records stand under: the register's, else the applicant's."""
        return self.facts.rrn or self.facts.form.rrn


def assess(consulate: Consulate, form: Form, *, visit: Visit | None = None, phone_proven: bool = False) -> Assessment:
    """Looks everything up and evaluates the policy. The issuer is asked only once an officer has seen the person."""
    facts = Facts(
        form=form,
        records=look_up(consulate, form, ask_issuer=visit is not None),
        catalogue=consulate.catalogue(),
        now=consulate.clock(),
        visit=visit,
        phone_proven=phone_proven,
        rules=consulate.settings.rules,
    )
    return Assessment(facts, evaluate(consulate.settings.policy, facts))


def look_up(consulate: Consulate, form: Form, *, ask_issuer: bool) -> Records:
    silent: set[Source] = set()
    registers = consulate.registers
    sought = Sought(form.name_ko, form.birthdate, form.passport_number, form.rrn)
    registration = _ask("registration", lambda: registers.registration.find(sought), silent)
    rrn = registration.rrn if registration else form.rrn
    number = rrn if rrn and not is_unassigned(rrn) else None
    resident = _ask("resident", lambda: registers.resident.find(number), silent) if number else None
    passport = _ask("passport", lambda: registers.passport.find(form.passport_number), silent)
    active = _ask("issuer", lambda: consulate.issuer.is_active(number), silent) if number and ask_issuer else False
    return Records(registration, resident, passport, bool(active), frozenset(silent))


def knows_the_person(facts: Facts) -> bool:
    """Whether the form agrees with the registers throughout: only then may its sender, unseen, read what they say.

    Otherwise anybody could ask about anybody; until the visit they learn nothing but that it will be checked there.
    """
    records = facts.records
    found = records.passport is not None and (records.registration is not None or records.resident is not None)
    return found and not mismatches(facts)


def _ask(source: Source, question: Callable[[], T], silent: set[Source]) -> T | None:
    try:
        return question()
    except (RegisterUnavailable, IssuerUnavailable):
        silent.add(source)
        return None
