"""Nothing personal leaves its place (threat catalogue T10): canaries planted, a whole journey run, everything searched."""

from pathlib import Path
from typing import Any

import httpx2
import msgspec
import pytest
import structlog

from sinwon.adapters.fetch import Fetcher
from sinwon.adapters.registers.people import InventedPerson, load_people
from sinwon.cli.log import configure_logs
from sinwon.core.fetch import Answer
from sinwon.core.refusal import Refusal
from sinwon.demo.deployment import LIVE, deployed
from sinwon.demo.journey import Journey
from sinwon.demo.traveller import Traveller


def planted(person: InventedPerson) -> InventedPerson:
    """The person, with a mark in everything personal."""
    assert person.registration is not None
    assert person.passport is not None
    assert person.resident is not None
    names = {"name_ko": "카나리아새"}
    latin = {"family_name": "CANARYFAMILY", "given_name": "CANARYGIVEN"}
    number = "M99994710"
    replace = msgspec.structs.replace
    return InventedPerson(
        id=person.id,
        scenario=person.scenario,
        note="",
        form=replace(
            person.form,
            **names,
            **latin,
            address="77 Canary Street\nNowhere",
            email="canary@example.org",
            passport_number=number,
        ),
        visit=person.visit,
        registration=replace(person.registration, **names, passport_number=number),
        resident=replace(person.resident, **names),
        passport=replace(person.passport, **names, **latin, number=number),
        silent=(),
        proves_phone=True,
        holds_active=False,
    )


class Run:
    """What one planted journey left behind."""

    def __init__(self, folder: Path, urls: list[str], fetches: list[str], traveller: Traveller) -> None:
        self.folder, self.urls, self.fetches, self.traveller = folder, urls, fetches, traveller

    @property
    def canaries(self) -> list[str]:
        form = self.traveller.person.form
        birthdate = form.birthdate.isoformat()
        personal = [form.name_ko, form.family_name, form.given_name or "", "77 Canary Street", form.email or "", form.rrn or ""]
        return [*personal, form.passport_number, form.phone, form.phone.removeprefix("+"), birthdate, self.traveller.pin]


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> Run:
    """A person enrols, receives, signs in at both services; another attempt is refused; everything is logged to a file."""
    folder = tmp_path_factory.mktemp("canaries")
    person = planted(next(person for person in load_people() if person.is_eligible))
    urls: list[str] = []
    fetches: list[str] = []
    original = httpx2.Client.send

    def noted(self: httpx2.Client, request: httpx2.Request, **options: Any) -> httpx2.Response:
        urls.append(str(request.url))
        return original(self, request, **options)

    fetched = Fetcher._request

    def noted_fetch(self: Fetcher, method: str, url: str, *given: Any) -> Answer:
        fetches.append(url)
        return fetched(self, method, url, *given)

    patch = pytest.MonkeyPatch()
    patch.setattr(httpx2.Client, "send", noted)
    patch.setattr(Fetcher, "_request", noted_fetch)
    with (folder / "log.jsonl").open("wb") as log, deployed(folder / "state", (person,)) as deployment:
        configure_logs(file=log)
        journey = Journey(deployment)
        traveller = journey.traveller(person)
        journey.enrol(traveller)
        journey.receive(traveller)
        assert all(journey.sign_in(traveller, service) for service in LIVE)
        again = journey.traveller(person)
        again.offer, again.pin = traveller.offer, traveller.pin
        with pytest.raises(Refusal):
            journey.receive(again)
        journey.enrol(again)
        assert again.codes or again.stopped_by
        journey.close()
    patch.undo()
    structlog.reset_defaults()
    return Run(folder, urls, fetches, traveller)


def test_T10_no_file_of_the_run_holds_personal_data(run: Run) -> None:
    """Databases with their journals, keys, documents and the log; the outbox stands for the telephone network."""
    files = [file for file in run.folder.rglob("*") if file.is_file() and "outbox" not in file.parts]
    assert {"issuer.sqlite", "consulate.sqlite", "gateway.sqlite", "log.jsonl"} <= {file.name for file in files}
    for file in files:
        data = file.read_bytes()
        found = [canary for canary in run.canaries if canary.encode() in data or canary.encode("utf-16-le") in data]
        assert found == [], file.name


def test_T10_no_address_holds_personal_data(run: Run) -> None:
    """Neither of browsers and services, nor of the wallet and the roles among themselves."""
    assert len(run.urls) > 30
    assert len(run.fetches) > 10
    for url in run.urls + run.fetches:
        assert [canary for canary in run.canaries if canary in url] == []


def test_T10_control_the_canaries_were_there_to_be_found(run: Run) -> None:
    """The messages to the telephone do hold the number, so the search would have found it elsewhere."""
    data = b"".join(file.read_bytes() for file in (run.folder / "state" / "outbox").glob("*.json"))
    assert run.traveller.person.form.phone.encode() in data
    assert run.traveller.subjects.keys() == set(LIVE)
    assert len((run.folder / "log.jsonl").read_bytes().splitlines()) > 30
