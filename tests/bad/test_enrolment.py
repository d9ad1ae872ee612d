"""Hostile and awkward people at the counter: rows E12 and I33. (E16, T09 and T10 stand with the stories they belong to.)"""

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from unicodedata import normalize

import msgspec
import pytest
from sqlalchemy import func, select
from starlette.testclient import TestClient

from sinwon.adapters.registers.people import InventedPerson
from sinwon.services.enrolment.application import State
from sinwon.services.enrolment.decide import approve_application
from sinwon.services.enrolment.offer import obtain_offer
from sinwon.services.enrolment.views import officers_list, officers_view
from sinwon.store.consulate.tables import APPLICATIONS, METADATA
from sinwon.store.engine import open_engine
from sinwon.web.consulate.app import consulate_app
from tests.counter import Counter, counter, people
from tests.world import CONSULATE

change = msgspec.structs.replace


def named(name: str, **passport: object) -> InventedPerson:
    """Somebody whom form and registers call `name`."""
    base = people()[5]
    assert base.registration
    assert base.resident
    assert base.passport
    return replace(
        base,
        form=change(base.form, name_ko=name),
        registration=change(base.registration, name_ko=name),
        resident=change(base.resident, name_ko=name),
        passport=change(base.passport, name_ko=name, **passport),
    )


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path


def open_desk(folder: Path, person: InventedPerson) -> Counter:
    engine = open_engine(f"sqlite:///{folder}/consulate.sqlite")
    METADATA.create_all(engine)
    return counter(engine, everyone=(person,))


@pytest.fixture
def client(folder: Path) -> Iterator[TestClient]:
    desk = open_desk(folder, people()[5])
    yield TestClient(consulate_app(desk.consulate), base_url=CONSULATE, raise_server_exceptions=False)
    desk.consulate.engine.dispose()


AWKWARD = {
    "right_to_left_override": "이\u202eseuL",
    "seventy_letters": "가나다라마바사" * 10,
    "zero_width_joiner": "이\u200d슬",
    "decomposed": normalize("NFD", "남궁누리"),
    "single_name": "슬",
    "markup": "<script>alert(1)</script>",
}


@pytest.mark.parametrize("name", AWKWARD.values(), ids=AWKWARD)
def test_I33_awkward_names_pass_lossless_and_are_shown_clean(folder: Path, name: str) -> None:
    desk = open_desk(folder, named(name))
    officer = desk.officer()
    made = desk.ready(named(name), officer)
    view = officers_view(desk.consulate, officer, made.application)
    assert view["reasons"] == []
    assert not set(view["form"]["name_ko"]) & {"\u202e", "\u200d"}
    assert name not in str(officers_list(desk.consulate, officer, frozenset(State)))
    approve_application(desk.consulate, officer, made.application, {})
    obtain_offer(desk.consulate, officer, made.application)
    assert desk.issuer.asked[0].person.name_ko == normalize("NFC", name)


def test_I33_an_unpaired_surrogate_is_no_text(client: TestClient) -> None:
    form = msgspec.json.encode(people()[5].form).replace(people()[5].form.name_ko.encode(), rb"\ud83d")
    answer = client.post("/applications", content=form, headers={"Content-Type": "application/json"})
    assert (answer.status_code, answer.json()["error"]) == (400, "invalid_request")


def test_I33_control_an_ordinary_name_passes(client: TestClient) -> None:
    form = msgspec.json.encode(people()[5].form)
    answer = client.post("/applications", content=form, headers={"Content-Type": "application/json"})
    assert answer.status_code == 201


@pytest.mark.parametrize(
    ("passport", "fields"),
    [
        ({"name_ko": "다른이름"}, {"name_ko"}),
        ({"family_name": "КИМ"}, {"family_name"}),  # Cyrillic letters that look alike
        ({"given_name": None}, {"given_name"}),
    ],
    ids=["another name", "mixed script", "no given name"],
)
def test_E12_names_that_differ_wait_for_an_officer_and_both_are_kept(
    folder: Path, passport: dict[str, object], fields: set[str]
) -> None:
    person = named("김시험")
    assert person.passport
    person = replace(person, passport=change(person.passport, **passport))
    desk = open_desk(folder, person)
    officer = desk.officer()
    made = desk.ready(person, officer)
    view = officers_view(desk.consulate, officer, made.application)
    assert [(reason["code"], set(reason["fields"])) for reason in view["reasons"]] == [("IDENTITY_MISMATCH", fields)]
    (field,) = fields
    assert view["differences"][field]["form"] == getattr(person.form, field)
    assert view["differences"][field]["passport"] == passport[field]
    approve_application(desk.consulate, officer, made.application, {"IDENTITY_MISMATCH": "change of name on file"})


def test_E12_control_the_same_names_differ_in_nothing(folder: Path) -> None:
    desk = open_desk(folder, named("김시험"))
    officer = desk.officer()
    made = desk.ready(named("김시험"), officer)
    view = officers_view(desk.consulate, officer, made.application)
    assert (view["reasons"], view["differences"]) == ([], {})


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("birthdate", "9999-12-31"),
        ("birthdate", "9986-02-28"),
        ("birthdate", "0001-01-01"),
        ("passport_expiry", "9999-12-31"),
    ],
)
def test_a_form_with_a_date_beyond_reckoning_is_refused_and_not_kept(folder: Path, field: str, value: str) -> None:
    """The fourteenth birthday of one born in 9999 is in no calendar."""
    desk, form = open_desk(folder, people()[5]), {**msgspec.to_builtins(people()[5].form), field: value}
    answer = TestClient(consulate_app(desk.consulate), base_url=CONSULATE).post("/applications", json=form)
    assert (answer.status_code, answer.json()["error"]) == (400, "invalid_request")
    with desk.consulate.engine.connect() as connection:
        assert connection.execute(select(func.count()).select_from(APPLICATIONS)).scalar_one() == 0


def test_control_the_same_form_unchanged_is_kept(folder: Path) -> None:
    desk, form = open_desk(folder, people()[5]), msgspec.to_builtins(people()[5].form)
    assert TestClient(consulate_app(desk.consulate), base_url=CONSULATE).post("/applications", json=form).status_code == 201
