"""Eligibility: each check on its own, all together in order, and a policy that a deployment changed."""

from dataclasses import replace
from datetime import date, datetime
from unicodedata import normalize

import msgspec
import pytest

from sinwon.adapters.registers.people import InventedPerson
from sinwon.core.clock import KST
from sinwon.protocols.trust.catalogue import Mission
from sinwon.services.enrolment.checks import POLICY, Judged, birthday
from sinwon.services.enrolment.eligibility import Facts, Finding, Records, Rules, blocking, evaluate, policy_version
from sinwon.services.enrolment.form import Consents
from sinwon.services.enrolment.registers import PassportRecord, RegistrationRecord, ResidentRecord
from tests.counter import CLOSED, SEEN, THERE, catalogue, people
from tests.world import NOW

change = msgspec.structs.replace


def records_of(facts: Facts) -> tuple[RegistrationRecord, ResidentRecord, PassportRecord]:
    records = facts.records
    assert records.registration
    assert records.resident
    assert records.passport
    return records.registration, records.resident, records.passport


def facts_of(person: InventedPerson) -> Facts:
    records = Records(person.registration, person.resident, person.passport)
    return Facts(person.form, records, catalogue(), NOW, SEEN, phone_proven=True)


def known() -> Facts:
    return facts_of(people()[3])


def codes(facts: Facts) -> list[str]:
    return [finding.code for finding in evaluate(POLICY, facts)]


@pytest.mark.parametrize("person", people(), ids=lambda person: person.id)
def test_the_eligible_have_no_finding(person: InventedPerson) -> None:
    assert codes(facts_of(person)) == []


def test_all_that_apply_in_table_order_with_names_and_never_values() -> None:
    facts = known()
    records = replace(
        facts.records,
        registration=None,
        passport=change(records_of(facts)[2], expiry_date=date(2021, 2, 1), status="lost", name_ko="다른이름"),
        resident=change(records_of(facts)[1], birthdate=date(2020, 1, 1), deceased=True),
        holds_active=True,
        unavailable=frozenset({"issuer"}),
    )
    form = change(facts.form, mission=CLOSED, residence_country="ZY", consents=Consents(False, True, False))
    found = evaluate(
        POLICY,
        replace(
            facts,
            records=records,
            form=form,
            phone_proven=False,
            visit=change(SEEN, presence="proxy", chip="rejected", face="not_compared"),
        ),
    )
    assert [finding.code for finding in found] == [
        "NOT_REGISTERED",
        "PASSPORT_EXPIRED",
        "PASSPORT_LOST_OR_CANCELLED",
        "PASSPORT_CHIP_REJECTED",
        "IDENTITY_MISMATCH",
        "FACE_MISMATCH",
        "UNDER_14",
        "PROXY_NOT_ALLOWED",
        "WRONG_JURISDICTION",
        "MISSION_NOT_OPEN",
        "DUPLICATE_ACTIVE",
        "PHONE_NOT_PROVEN",
        "CONSENT_MISSING",
        "DECEASED",
        "REGISTRY_UNAVAILABLE",
    ]
    by_code = {finding.code: finding for finding in found}
    assert by_code["IDENTITY_MISMATCH"].fields == ("name_ko", "birthdate", "passport_expiry")
    assert by_code["CONSENT_MISSING"].fields == ("consents.personal_data", "consents.third_parties")
    assert by_code["UNDER_14"].date == "2034-01-01"
    assert by_code["WRONG_JURISDICTION"].missions == (THERE,)
    assert "다른이름" not in str(found)


def test_a_silent_register_finds_nothing_of_its_own() -> None:
    facts = known()
    silent = replace(facts, records=Records(unavailable=frozenset({"registration", "resident", "passport"})))
    found = evaluate(POLICY, silent)
    assert [finding.code for finding in found] == ["REGISTRY_UNAVAILABLE"]
    assert found[0].fields == ("passport", "registration", "resident")


@pytest.mark.parametrize(
    ("written", "register"),
    [("NA RAE", "NA-RAE"), ("na-rae", "NARAE"), ("O BRIEN", "O'BRIEN"), ("BO\nRAM", "BO RAM")],
)
def test_names_are_compared_canonically(written: str, register: str) -> None:
    facts = known()
    records = replace(facts.records, passport=change(records_of(facts)[2], given_name=register))
    assert codes(replace(facts, records=records, form=change(facts.form, given_name=written))) == []


def test_hangul_typed_in_pieces_is_the_same_name() -> None:
    facts = known()
    assert codes(replace(facts, form=change(facts.form, name_ko=normalize("NFD", facts.form.name_ko)))) == []


@pytest.mark.parametrize(
    ("moment", "expected"),
    [
        (datetime(2026, 9, 21, 23, 59, 59, tzinfo=KST), []),
        (datetime(2026, 9, 22, 0, 0, 0, tzinfo=KST), ["PASSPORT_EXPIRED"]),
    ],
)
def test_a_passport_is_valid_through_its_day_in_seoul(moment: datetime, expected: list[str]) -> None:
    facts = known()
    last = date(2026, 9, 21)
    records = replace(facts.records, passport=change(records_of(facts)[2], expiry_date=last))
    form = change(facts.form, passport_expiry=last)
    assert codes(replace(facts, records=records, form=form, now=int(moment.timestamp()))) == expected


def test_fourteen_is_reached_on_the_birthday_in_seoul() -> None:
    born = date(2012, 9, 22)
    facts = known()
    rrn = "120922" + "3" + "970012"
    records = Records(
        change(records_of(facts)[0], birthdate=born, rrn=rrn, sex=1),
        change(records_of(facts)[1], birthdate=born, rrn=rrn, sex=1),
        change(records_of(facts)[2], birthdate=born, sex=1),
    )
    young = replace(facts, records=records, form=change(facts.form, birthdate=born, rrn=rrn))
    eve = int(datetime(2026, 9, 21, 23, 59, 59, tzinfo=KST).timestamp())
    assert codes(replace(young, now=eve)) == ["UNDER_14"]
    assert codes(replace(young, now=eve + 1)) == []


def test_the_29th_of_february_is_a_setting() -> None:
    born = date(2012, 2, 29)
    assert birthday(born, 14, leap_first_of_march=True) == date(2026, 3, 1)
    assert birthday(born, 14, leap_first_of_march=False) == date(2026, 2, 28)
    assert birthday(born, 16, leap_first_of_march=True) == date(2028, 2, 29)


@pytest.mark.parametrize(
    ("rrn", "expected"),
    [
        ("8406111990159", "RRN_INVALID"),  # says male
        ("8413112990159", "RRN_INVALID"),  # thirteenth month
        ("8406116990159", "RRN_INVALID"),  # a foreigner's number
        ("8406122990159", "RRN_INVALID"),  # another day
        ("8406112000000", "RRN_X000000"),
        (None, "RRN_MISSING"),
        ("8406112990159", None),
        ("8406112123456", None),  # any six digits: given since October 2020
    ],
)
def test_what_a_resident_number_may_say(rrn: str | None, expected: str | None) -> None:
    facts = known()
    born = date(1984, 6, 11)
    registration = change(records_of(facts)[0], rrn=rrn, birthdate=born, sex=2)
    only = Judged("IDENTITY_MISMATCH", lambda _: False)
    policy = [check for check in POLICY if check.code.startswith("RRN")] + [only]
    found = evaluate(policy, replace(facts, records=replace(facts.records, registration=registration)))
    assert [finding.code for finding in found] == ([expected] if expected else [])


def test_a_country_without_a_post_belongs_to_the_one_that_covers_it() -> None:
    facts = known()
    away = change(records_of(facts)[0], residence_country="ZX")
    assert codes(replace(facts, records=replace(facts.records, registration=away))) == []
    nowhere = change(records_of(facts)[0], residence_country="ZW")
    assert codes(replace(facts, records=replace(facts.records, registration=nowhere))) == ["WRONG_JURISDICTION"]


def test_chip_and_face_rules() -> None:
    facts = known()
    assert codes(replace(facts, rules=Rules(chip_required=True))) == ["PASSPORT_CHIP_UNREADABLE"]
    assert codes(replace(facts, visit=change(SEEN, face="not_compared"))) == ["FACE_MISMATCH"]
    assert codes(replace(facts, visit=change(SEEN, document="not_presented"))) == ["PASSPORT_MISSING"]
    assert codes(replace(facts, visit=None)) == []


def test_a_deployment_drops_and_replaces_checks() -> None:
    facts = replace(known(), phone_proven=False)
    without = tuple(check for check in POLICY if check.code != "PHONE_NOT_PROVEN")
    assert evaluate(without, facts) == ()
    stricter = (*without, Judged("PHONE_NOT_PROVEN", lambda _: Finding("PHONE_NOT_PROVEN", ("phone",)), edition="zz-1"))
    assert evaluate(stricter, facts) == (Finding("PHONE_NOT_PROVEN", ("phone",)),)
    assert len({policy_version(policy) for policy in (POLICY, without, stricter)}) == 3


def test_only_class_o_can_be_resolved() -> None:
    found = (Finding("DECEASED"), Finding("WRONG_JURISDICTION"), Finding("REGISTRY_UNAVAILABLE"))
    assert blocking(found, ["DECEASED", "WRONG_JURISDICTION", "REGISTRY_UNAVAILABLE"]) == (found[0], found[2])


def test_somebody_abroad_is_sent_to_missions_with_a_counter_and_first_to_those_that_issue() -> None:
    """Not to a delegation at an organisation that happens to sit in the same country."""
    known_missions = catalogue().missions
    model = known_missions[0]

    def post(name: str, *, counter: bool, opens_on: date | None) -> Mission:
        return change(model, id=name, code=name, country="QQ", counter=counter, opens_on=opens_on)

    issuing = post("m-qq-city", counter=True, opens_on=date(2024, 7, 3))
    planned = post("m-qq", counter=True, opens_on=None)
    delegation = post("m-qq-un", counter=False, opens_on=date(2024, 7, 3))
    facts = replace(known(), catalogue=change(catalogue(), missions=(*known_missions, delegation, planned, issuing)))
    abroad = replace(facts, form=change(facts.form, residence_country="QQ"))
    registration, _, _ = records_of(facts)
    abroad = replace(abroad, records=replace(abroad.records, registration=change(registration, residence_country="QQ")))
    assert [f.missions for f in evaluate(POLICY, abroad) if f.code == "WRONG_JURISDICTION"] == [("m-qq-city",)]
    at_delegation = replace(abroad, form=change(abroad.form, mission="m-qq-un"))
    assert "WRONG_JURISDICTION" in codes(at_delegation)
    assert "WRONG_JURISDICTION" not in codes(replace(abroad, form=change(abroad.form, mission="m-qq")))
