"""The checks of eligibility: one per reason code. `POLICY` is the default set.

A check whose register did not answer finds nothing; REGISTRY_UNAVAILABLE says so instead. What the eye decides (document,
chip, face, presence) is judged only after the visit is recorded.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import date
from typing import Any, Final

from sinwon.core.text import canonical_name, masked_rrn
from sinwon.services.enrolment.eligibility import Check, Facts, Finding, Source
from sinwon.services.enrolment.rrn import agrees, is_unassigned

MINIMUM_AGE: Final = 14
FIRST_EPASSPORT: Final = date(2008, 8, 25)
Rule = Callable[[Facts], Finding | bool | None]


@dataclass(frozen=True, slots=True)
class Judged:
    """A check made of a function: True means "applies, nothing more to say"."""

    code: str
    rule: Rule
    needs: tuple[Source, ...] = ()
    """Sources without which the rule cannot be judged."""
    edition: str = "1"

    def find(self, facts: Facts) -> Finding | None:
        if not all(facts.knows(source) for source in self.needs):
            return None
        result = self.rule(facts)
        return result if isinstance(result, Finding) else Finding(self.code) if result else None


def _not_registered(facts: Facts) -> bool:
    return facts.records.registration is None


def _deregistered(facts: Facts) -> bool:
    registration = facts.records.registration
    return registration is not None and registration.cancelled


def _rrn_missing(facts: Facts) -> bool:
    return facts.records.registration is not None and facts.rrn is None


def _rrn_unassigned(facts: Facts) -> bool:
    return facts.rrn is not None and is_unassigned(facts.rrn)


def _rrn_invalid(facts: Facts) -> bool:
    registration = facts.records.registration
    if registration is None or facts.rrn is None or is_unassigned(facts.rrn):
        return False
    return not agrees(facts.rrn, registration.birthdate, registration.sex)


def _passport_missing(facts: Facts) -> bool:
    not_shown = facts.visit is not None and facts.visit.document == "not_presented"
    return not_shown or (facts.knows("passport") and facts.records.passport is None)


def _passport_not_electronic(facts: Facts) -> bool:
    passport = facts.records.passport
    return passport is not None and (not passport.electronic or passport.issue_date < FIRST_EPASSPORT)


def _passport_expired(facts: Facts) -> bool:
    """A passport is valid through its date of expiry."""
    passport = facts.records.passport
    return passport is not None and passport.expiry_date < facts.today


def _passport_lost(facts: Facts) -> bool:
    passport = facts.records.passport
    return passport is not None and passport.status != "valid"


def _chip_unreadable(facts: Facts) -> bool:
    if facts.visit is None:
        return False
    return facts.visit.chip == "unreadable" or (facts.rules.chip_required and facts.visit.chip == "not_read")


def _chip_rejected(facts: Facts) -> bool:
    return facts.visit is not None and facts.visit.chip == "rejected"


def mismatches(facts: Facts) -> tuple[str, ...]:
    """Names of the fields in which form and registers differ. Names of people are compared canonically, Latin names only
    between form and passport; nothing is romanised."""
    return tuple(field for field, values, key in _compared(facts) if len({key(value) for value in values.values()}) > 1)


def differences(facts: Facts) -> dict[str, dict[str, Any]]:
    """What each source says in the fields that differ: for the officer's eyes. Resident numbers masked."""
    apart = mismatches(facts)
    return {
        field: {source: masked_rrn(value) if field == "rrn" else value for source, value in values.items()}
        for field, values, _key in _compared(facts)
        if field in apart
    }


def _identity_mismatch(facts: Facts) -> Finding | None:
    fields = mismatches(facts)
    return Finding("IDENTITY_MISMATCH", fields) if fields else None


def _compared(facts: Facts) -> Iterable[tuple[str, dict[str, Any], Callable[[Any], object]]]:
    """Field, what each source says in it, and how two values are compared."""
    form, records = facts.form, facts.records
    registration, resident, passport = records.registration, records.resident, records.passport
    named = {"registration": registration, "resident": resident, "passport": passport}
    people = {source: record for source, record in named.items() if record}
    yield "name_ko", {"form": form.name_ko, **{source: person.name_ko for source, person in people.items()}}, _name
    yield "birthdate", {"form": form.birthdate, **{source: person.birthdate for source, person in people.items()}}, _same
    yield "sex", {source: person.sex for source, person in people.items()}, _same
    numbers = {"registration": registration and registration.rrn, "resident": resident and resident.rrn}
    known = {source: number for source, number in numbers.items() if number}
    yield "rrn", {**({"form": form.rrn} if form.rrn and known else {}), **known}, _same
    if registration:
        numbers = {"form": form.passport_number, "registration": registration.passport_number}
        yield "passport_number", numbers, _same
    if passport:
        yield "passport_expiry", {"form": form.passport_expiry, "passport": passport.expiry_date}, _same
        yield "family_name", {"form": form.family_name, "passport": passport.family_name}, _name
        yield "given_name", {"form": form.given_name, "passport": passport.given_name}, _name


def _name(name: str | None) -> str:
    return canonical_name(name or "")


def _same(value: object) -> object:
    return value


def _face(facts: Facts) -> bool:
    """Not compared is not a match: the officer compares, or answers for not doing so."""
    return facts.visit is not None and facts.visit.face != "match"


def _under_age(facts: Facts) -> Finding | None:
    day = birthday(facts.birthdate, MINIMUM_AGE, leap_first_of_march=facts.rules.leap_birthday == "march_first")
    return Finding("UNDER_14", date=day.isoformat()) if facts.today < day else None


def birthday(born: date, age: int, *, leap_first_of_march: bool) -> date:
    """The day on which somebody reaches `age` (만 나이)."""
    try:
        return born.replace(year=born.year + age)
    except ValueError:
        return date(born.year + age, 3, 1) if leap_first_of_march else date(born.year + age, 2, 28)


def _proxy(facts: Facts) -> bool:
    return facts.visit is not None and facts.visit.presence == "proxy"


def _wrong_jurisdiction(facts: Facts) -> Finding | None:
    """By country of residence: its own missions that have a counter, else the one that covers it (겸임). Not by region within a
    country. The person is sent to those that issue already, where there are any."""
    country, catalogue = facts.residence_country, facts.catalogue
    own = [mission for mission in catalogue.missions if mission.country == country and mission.counter]
    covering = catalogue.mission(catalogue.covered.get(country, ""))
    competent = own or ([covering] if covering else [])
    if facts.form.mission in {mission.id for mission in competent}:
        return None
    issuing = [mission for mission in competent if mission.is_open(facts.now)]
    return Finding("WRONG_JURISDICTION", missions=tuple(mission.id for mission in issuing or competent))


def _mission_not_open(facts: Facts) -> Finding | None:
    mission = facts.catalogue.mission(facts.form.mission)
    if mission is not None and mission.is_open(facts.now):
        return None
    planned = mission.opens_on if mission else None
    return Finding("MISSION_NOT_OPEN", date=planned.isoformat() if planned else None)


def _duplicate(facts: Facts) -> bool:
    return facts.records.holds_active


def _phone(facts: Facts) -> bool:
    return not facts.phone_proven


def _consent(facts: Facts) -> Finding | None:
    missing = facts.form.consents.missing()
    return Finding("CONSENT_MISSING", tuple(f"consents.{name}" for name in missing)) if missing else None


def _nationality(facts: Facts) -> bool:
    """Lost, or nobody on file under the number: then nationality cannot be confirmed."""
    resident = facts.records.resident
    if resident is not None:
        return resident.nationality == "lost"
    rrn = facts.rrn or (facts.form.rrn if facts.records.registration is None else None)
    return rrn is not None and not is_unassigned(rrn)


def _deceased(facts: Facts) -> bool:
    return facts.records.resident is not None and facts.records.resident.deceased


def _unavailable(facts: Facts) -> Finding | None:
    silent = tuple(sorted(facts.records.unavailable))
    return Finding("REGISTRY_UNAVAILABLE", silent) if silent else None


POLICY: Final[tuple[Check, ...]] = (
    Judged("NOT_REGISTERED", _not_registered, ("registration",)),
    Judged("DEREGISTERED", _deregistered, ("registration",)),
    Judged("RRN_MISSING", _rrn_missing, ("registration",)),
    Judged("RRN_X000000", _rrn_unassigned, ("registration",)),
    Judged("RRN_INVALID", _rrn_invalid, ("registration",)),
    Judged("PASSPORT_MISSING", _passport_missing),
    Judged("PASSPORT_NOT_EPASSPORT", _passport_not_electronic),
    Judged("PASSPORT_EXPIRED", _passport_expired),
    Judged("PASSPORT_LOST_OR_CANCELLED", _passport_lost),
    Judged("PASSPORT_CHIP_UNREADABLE", _chip_unreadable),
    Judged("PASSPORT_CHIP_REJECTED", _chip_rejected),
    Judged("IDENTITY_MISMATCH", _identity_mismatch),
    Judged("FACE_MISMATCH", _face),
    Judged("UNDER_14", _under_age),
    Judged("PROXY_NOT_ALLOWED", _proxy),
    Judged("WRONG_JURISDICTION", _wrong_jurisdiction),
    Judged("MISSION_NOT_OPEN", _mission_not_open),
    Judged("DUPLICATE_ACTIVE", _duplicate),
    Judged("PHONE_NOT_PROVEN", _phone),
    Judged("CONSENT_MISSING", _consent),
    Judged("NATIONALITY_LOST", _nationality, ("registration", "resident")),
    Judged("DECEASED", _deceased),
    Judged("REGISTRY_UNAVAILABLE", _unavailable),
)
