"""The invented people: enough, plainly invented, and each reaching the reason they stand for."""

from base64 import b64decode
from collections import Counter as Tally
from collections.abc import Iterator
from datetime import date
from pathlib import Path

import phonenumbers
import pytest
from PIL import Image

from sinwon.adapters.registers.embedded import Outage, embedded_registers
from sinwon.adapters.registers.people import InventedPerson, load_people
from sinwon.adapters.registers.portraits import LONGEST, SIZE, draw_portrait
from sinwon.protocols.trust.catalogue import Catalogue
from sinwon.services.catalogue.seed_data import read_seed
from sinwon.services.enrolment.phone_number import parse_phone_number
from sinwon.services.enrolment.reasons import NEUTRAL_CODE, REASONS, TABLE
from sinwon.services.enrolment.registers import RegisterUnavailable, Sought
from sinwon.services.enrolment.rrn import checksum_holds
from sinwon.services.enrolment.views import applicants_view, officers_view
from sinwon.services.enrolment.visit import record_visit
from sinwon.store.consulate.tables import METADATA
from sinwon.store.engine import open_engine
from tests.counter import Counter, counter
from tests.world import NOW

PEOPLE = load_people()
ELIGIBLE = tuple(person for person in PEOPLE if person.is_eligible)
CASES = tuple(person for person in PEOPLE if not person.is_eligible)
FIRST = ["cn", "vn", "id", "ph", "us-losangeles", "br-saopaulo", "nz-auckland"]
SECOND = ["za", "ca", "be", "cl", "pe", "np", "kg", "dk", "bn", "cm", "mg", "de-bonn", "tr-istanbul", "it-milano"]


def seed_catalogue() -> Catalogue:
    seed = read_seed()
    missions = tuple(stored.mission for stored in seed.missions)
    return Catalogue(1, NOW, NOW + 86_400, missions, seed.presets, seed.services, seed.covered)


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[Counter]:
    engine = open_engine(f"sqlite:///{tmp_path}/consulate.sqlite")
    METADATA.create_all(engine)
    yield counter(engine, everyone=PEOPLE, missions=seed_catalogue())
    engine.dispose()


def test_there_are_enough_of_them() -> None:
    assert len(PEOPLE) >= 90
    assert len({person.id for person in PEOPLE}) == len(PEOPLE)


def test_two_eligible_at_each_open_mission() -> None:
    at = Tally(person.form.mission for person in ELIGIBLE)
    assert set(at) == {f"m-{code}" for code in FIRST + SECOND}
    assert min(at.values()) >= 2
    open_now = {mission.id for mission in seed_catalogue().missions if mission.is_open(NOW)}
    assert set(at) <= open_now


def test_a_case_for_each_reason() -> None:
    assert {person.scenario for person in CASES} == set(REASONS)


@pytest.mark.parametrize("person", CASES, ids=lambda person: f"{person.scenario}-{person.id}")
def test_each_reaches_their_reason_and_reads_the_next_step(desk: Counter, person: InventedPerson) -> None:
    officer = desk.officer(person.form.mission)
    if person.holds_active:
        assert person.form.rrn
        desk.issuer.active.add(person.form.rrn)
    made = desk.apply(person)
    if person.proves_phone and not person.silent:
        desk.prove_phone(person, made)
    record_visit(desk.consulate, officer, made.application, person.visit)
    shown = officers_view(desk.consulate, officer, made.application)["reasons"]
    codes = [reason["code"] for reason in shown]
    assert person.scenario in codes
    order = [reason.code for reason in TABLE]
    assert codes == sorted(codes, key=order.index)
    assert all(reason[part][tongue] for reason in shown for part in ("text", "next") for tongue in ("ko", "en"))
    own = applicants_view(desk.consulate, made.application, made.secret)["reasons"]
    assert REASONS[person.scenario].applicant_code in [reason["code"] for reason in own]


@pytest.mark.parametrize("person", ELIGIBLE, ids=lambda person: person.id)
def test_the_eligible_are_ready_for_approval(desk: Counter, person: InventedPerson) -> None:
    officer = desk.officer(person.form.mission)
    made = desk.ready(person, officer, person.visit)
    shown = officers_view(desk.consulate, officer, made.application)
    assert (shown["state"], shown["reasons"]) == ("READY", [])


def test_several_reasons_at_once(desk: Counter) -> None:
    person = CASES[-1]
    made = desk.apply(person)
    shown = applicants_view(desk.consulate, made.application, made.secret)
    assert [reason["code"] for reason in shown["reasons"]] == [
        "NOT_REGISTERED",
        "PASSPORT_EXPIRED",
        "UNDER_14",
        "PHONE_NOT_PROVEN",
    ]
    under = next(reason for reason in shown["reasons"] if reason["code"] == "UNDER_14")
    assert under["next"] == {"ko": "2028-12-01부터 신청할 수 있습니다.", "en": "You can apply from 2028-12-01."}


def test_no_neutral_code_tells_the_applicant(desk: Counter) -> None:
    person = next(person for person in CASES if person.scenario == "DECEASED")
    made = desk.apply(person)
    shown = str(applicants_view(desk.consulate, made.application, made.secret))
    assert NEUTRAL_CODE in shown
    assert "DECEASED" not in shown
    assert "사망" not in shown


@pytest.mark.parametrize("person", PEOPLE, ids=lambda person: person.id)
def test_resident_numbers_belong_to_nobody(person: InventedPerson) -> None:
    held = {person.form.rrn, person.registration and person.registration.rrn, person.resident and person.resident.rrn}
    for rrn in {number for number in held if number}:
        assert rrn.endswith("000000") or (rrn[7:9] in {"97", "98", "99"} and not checksum_holds(rrn))
    assert person.form.birthdate < date(2020, 10, 1)


def test_telephones_of_fifteen_countries_and_none_of_korea() -> None:
    numbers = [person.form.phone for person in PEOPLE]
    assert [parse_phone_number(number) for number in numbers] == numbers
    assert len(set(numbers)) == len(numbers)
    countries = {phonenumbers.region_code_for_number(phonenumbers.parse(number)) for number in numbers}
    assert len(countries) >= 15
    assert "KR" not in countries


def test_hard_names_are_among_the_eligible() -> None:
    names = {person.form.name_ko for person in ELIGIBLE}
    assert any(len(name) == 2 for name in names)
    assert any(name.startswith(("남궁", "선우", "황보")) for name in names)
    assert max(map(len, names)) == 60
    assert any("-" in (person.form.given_name or "") for person in ELIGIBLE)
    assert any(person.form.given_name is None for person in ELIGIBLE)


def test_pictures_are_small_grey_and_the_same_each_time() -> None:
    numbers = {person.form.passport_number for person in PEOPLE}
    pictures = {draw_portrait(number) for number in numbers}
    assert len(pictures) == len(numbers)
    assert max(map(len, pictures)) <= LONGEST
    draw_portrait.cache_clear()
    assert draw_portrait("M99900000") in pictures


def test_a_picture_is_a_jpeg(tmp_path: Path) -> None:
    kind, _, data = draw_portrait("anybody").partition(",")
    assert kind == "data:image/jpeg;base64"
    path = tmp_path / "picture.jpg"
    path.write_bytes(b64decode(data))
    with Image.open(path) as image:
        assert (image.format, image.mode, image.size) == ("JPEG", "L", SIZE)


def test_registers_find_who_is_there_and_nobody_else() -> None:
    registers, person = embedded_registers(), ELIGIBLE[0]
    form = person.form
    sought = Sought(form.name_ko, form.birthdate, form.passport_number, form.rrn)
    assert registers.registration.find(sought) == person.registration
    assert registers.registration.find(Sought(form.name_ko, form.birthdate, form.passport_number, None))
    assert registers.registration.find(Sought(form.name_ko, form.birthdate, "M00000000", "9710139019902")) is None
    assert registers.resident.find("9710139019902") is None
    assert registers.passport.find("M00000000") is None
    assert registers.passport.portrait("M00000000") is None


def test_a_register_that_is_switched_off_says_so() -> None:
    registers = embedded_registers(outage=Outage({"passport"}))
    with pytest.raises(RegisterUnavailable):
        registers.passport.find("M00000000")
