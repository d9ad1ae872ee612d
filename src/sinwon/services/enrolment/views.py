"""What an applicant and an officer may see of an application. Texts are rendered from codes here, in both languages.

The applicant reads what registers say only once they are known to be the person (`told`); before that, only what their own
input or the mission decides. Neutral texts and codes hide from the applicant what the officer must see.
"""

from typing import Any, Final

from sinwon.core.text import masked_name, masked_rrn, shown
from sinwon.protocols.trust.catalogue import Catalogue
from sinwon.services.accounts.officer import Officer
from sinwon.services.enrolment.access import applicants_own, at_mission_of
from sinwon.services.enrolment.application import State
from sinwon.services.enrolment.certificate import standing_of
from sinwon.services.enrolment.consulate import Consulate
from sinwon.services.enrolment.decide import WORDS as DECISION_WORDS
from sinwon.services.enrolment.eligibility import Finding
from sinwon.services.enrolment.form import Form
from sinwon.services.enrolment.offer import offer_of
from sinwon.services.enrolment.phone_number import masked_phone
from sinwon.services.enrolment.reasons import REASONS, Text
from sinwon.services.enrolment.rrn import checksum_holds, is_unassigned
from sinwon.services.enrolment.submit import DIFFERENCES, FORM
from sinwon.services.enrolment.visit import visit_of
from sinwon.store.consulate.applications import ApplicationRow, DecisionRow, find_decision, list_applications
from sinwon.store.consulate.tables import AUDIT
from sinwon.store.engine import reading

OPEN_TO_ALL: Final = frozenset(
    {
        "MISSION_NOT_OPEN",
        "PHONE_NOT_PROVEN",
        "CONSENT_MISSING",
        "PROXY_NOT_ALLOWED",
        "FACE_MISMATCH",
        "REGISTRY_UNAVAILABLE",
    }
)
"""Reasons that say nothing of what a register holds."""
UNKNOWN: Final = {"date": Text("미정", "not known yet"), "mission": Text("확인 중", "being determined")}
LONGEST_ADDRESS: Final = 500
View = dict[str, Any]


def applicants_view(consulate: Consulate, application: str, secret: str) -> View:
    """Raises Refusal("invalid_token")."""
    with reading(consulate.engine) as connection:
        row = applicants_own(connection, application, secret, lock=False)
    catalogue = consulate.catalogue()
    findings = [finding for finding in findings_of(row) if row.told or finding.code in OPEN_TO_ALL]
    return {
        **_summary(row, catalogue),
        "registers": "told" if row.told else "at_the_counter",
        "reasons": [reason_view(finding, catalogue, officer=False) for finding in findings],
    }


def officers_list(consulate: Consulate, officer: Officer, states: frozenset[State]) -> list[View]:
    """The applications at the officer's mission in those states, oldest first, names masked."""
    with reading(consulate.engine) as connection:
        rows = list_applications(connection, officer.mission, sorted(states))
    return [_line(consulate, row) for row in rows]


def officers_view(consulate: Consulate, officer: Officer, application: str) -> View:
    """Raises Unmet("not_found")."""
    with reading(consulate.engine) as connection:
        row = at_mission_of(connection, officer, application, lock=False)
        decision = find_decision(connection, application)
        history = AUDIT.of(connection, application)
    catalogue, form = consulate.catalogue(), consulate.opened(row.form, FORM, row.id, Form)
    return {
        **_summary(row, catalogue),
        "reasons": [reason_view(finding, catalogue, officer=True) for finding in findings_of(row)],
        "differences": consulate.opened(row.differences, DIFFERENCES, row.id, dict[str, dict[str, Any]]),
        "warnings": warnings(form),
        "form": _form_view(form),
        "visit": visit_of(consulate, row) if row.visit else None,
        "offer": offer_of(consulate, row) if row.offer else None,
        "certificate": standing_of(consulate, row),
        "decision": _decision_view(consulate, decision) if decision else None,
        "history": [{"at": entry.at, "by": entry.actor, "action": entry.action} for entry in history],
    }


def findings_of(row: ApplicationRow) -> list[Finding]:
    return [Finding(f["code"], tuple(f.get("fields", ())), f.get("date"), tuple(f.get("missions", ()))) for f in row.findings]


def reason_view(finding: Finding, catalogue: Catalogue, *, officer: bool) -> View:
    """Code, class, fields, text and next step. `officer` decides between the plain and the neutral form."""
    reason = REASONS[finding.code]
    text = reason.for_officer if officer and reason.for_officer else reason.text
    ko, en = _fillings(finding, catalogue)
    next_step = reason.next_step.filled(ko, en)
    return {
        "code": reason.code if officer else reason.applicant_code,
        "class": reason.kind.value,
        "fields": list(finding.fields),
        "text": {"ko": text.ko, "en": text.en},
        "next": {"ko": next_step.ko, "en": next_step.en},
    }


def warnings(form: Form) -> list[str]:
    """Hints to the officer that decide nothing: numbers given since October 2020 carry no check digit."""
    rrn = form.rrn
    return ["RRN_CHECK_DIGIT"] if rrn and not is_unassigned(rrn) and not checksum_holds(rrn) else []


def _fillings(finding: Finding, catalogue: Catalogue) -> tuple[dict[str, str], dict[str, str]]:
    missions = [mission for mission in map(catalogue.mission, finding.missions) if mission]
    ko = {"date": finding.date or UNKNOWN["date"].ko, "mission": UNKNOWN["mission"].ko}
    en = {"date": finding.date or UNKNOWN["date"].en, "mission": UNKNOWN["mission"].en}
    if missions:
        ko["mission"] = ", ".join(mission.name_ko for mission in missions)
        en["mission"] = ", ".join(mission.name_en for mission in missions)
    return ko, en


def _summary(row: ApplicationRow, catalogue: Catalogue) -> View:
    mission = catalogue.mission(row.mission)
    names = {"ko": mission.name_ko, "en": mission.name_en} if mission else None
    return {
        "application": row.id,
        "state": row.state,
        "mission": {"id": row.mission, "name": names},
        "submitted_at": row.submitted_at,
        "changed_at": row.changed_at,
        "steps": {
            "phone": row.phone_proven_at is not None,
            "pin": row.state in {State.PIN_SET, State.READY, State.APPROVED, State.OFFERED},
            "visit": row.visited_at is not None,
        },
        "offer_expires_at": row.offer_expires_at,
    }


def _line(consulate: Consulate, row: ApplicationRow) -> View:
    form = consulate.opened(row.form, FORM, row.id, Form)
    return {
        "application": row.id,
        "state": row.state,
        "name": masked_name(shown(form.name_ko)),
        "submitted_at": row.submitted_at,
        "codes": [finding["code"] for finding in row.findings],
    }


def _form_view(form: Form) -> View:
    """Names as given, but for signs nobody can see: they are compared with the booklet. Number and phone are masked."""
    return {
        "name_ko": shown(form.name_ko),
        "family_name": shown(form.family_name),
        "given_name": shown(form.given_name) if form.given_name else None,
        "birthdate": form.birthdate,
        "rrn": masked_rrn(form.rrn) if form.rrn else None,
        "passport_number": form.passport_number,
        "passport_expiry": form.passport_expiry,
        "phone": masked_phone(form.phone),
        "residence_country": form.residence_country,
        "address": shown(form.address, LONGEST_ADDRESS),
        "language": form.language,
        "consents": form.consents,
    }


def _decision_view(consulate: Consulate, decision: DecisionRow) -> View:
    return {
        "verdict": decision.verdict,
        "at": decision.at,
        "officer": decision.officer,
        "codes": decision.codes,
        "overridden": decision.overridden,
        "words": consulate.opened(decision.reasons, DECISION_WORDS, decision.application, dict[str, str]),
        "policy": decision.policy,
    }
