"""The profile itself: one folder, the same at every start, and never anything of a production."""

import json
import os
import ssl
import time
from collections.abc import Iterator
from pathlib import Path

import httpx2
import pytest
from click.testing import CliRunner
from cryptography import x509

from sinwon.cli.main import main
from sinwon.cli.setup import ROLES, Plan, set_up
from sinwon.conformance.citizen import TX_CODE
from sinwon.conformance.command import Serving, parse_harness
from sinwon.conformance.desk import OFFERS
from sinwon.conformance.plan import Place, prepare
from sinwon.core.refusal import Fault
from sinwon.protocols.vci.offer import parse_link


@pytest.fixture
def client(authority: Path) -> Iterator[httpx2.Client]:
    with httpx2.Client(verify=ssl.create_default_context(cafile=str(authority)), trust_env=False) as client:
        yield client


def test_all_that_a_harness_is_given_can_be_printed(served: Serving) -> None:
    told = json.loads(json.dumps(served.identifiers))
    assert told["issuer"]["credential_issuer"] == served.config.issuer.origin
    for pem in told["anchors"].values():
        assert x509.load_pem_x509_certificate(pem.encode()).subject


def test_every_address_in_it_is_https(served: Serving) -> None:
    assert "http://" not in json.dumps(served.identifiers)


def test_offers_are_made_on_demand_each_once(served: Serving, client: httpx2.Client) -> None:
    made = [client.post(served.desk + OFFERS, data={"by": by}) for by in ("reference", "value", "value")]
    assert [answer.status_code for answer in made] == [201, 201, 201]
    assert {answer.json()["tx_code"] for answer in made} == {TX_CODE}
    assert len({answer.json()["offer"] for answer in made}) == 3
    for answer in made:
        assert parse_link(answer.json()["offer"])


def test_an_offer_of_an_unknown_kind_is_refused(served: Serving, client: httpx2.Client) -> None:
    assert client.post(served.desk + OFFERS, data={"by": "post"}).status_code == 400


def test_a_second_start_finds_the_same(served: Serving, place: Place) -> None:
    assert prepare(place) == served.config


def test_the_folder_of_a_production_is_refused(tmp_path: Path) -> None:
    place = Place(tmp_path, "localhost")
    plan = Plan(tmp_path, "production", {role: f"https://{role}.example" for role in ROLES}, place.ports, ("gov24",))
    set_up(plan, now=int(time.time()), random=os.urandom)
    with pytest.raises(Fault, match="not of the conformance profile"):
        prepare(place)


def test_the_folder_of_another_host_is_refused(served: Serving, place: Place) -> None:
    with pytest.raises(Fault, match="another host"):
        prepare(Place(place.folder, "other.example", place.first_port))


@pytest.mark.parametrize("arguments", [["issuer", "--profile", "conformance"], ["--profile", "production"], [], ["issuer"]])
def test_it_is_served_by_itself(arguments: list[str]) -> None:
    assert CliRunner().invoke(main, ["serve", *arguments]).exit_code == 2


@pytest.mark.parametrize(
    ("base", "alias"), [("http://harness.example", "a"), ("https://harness.example/path", "a"), ("https://h.example", "a/b")]
)
def test_a_harness_has_an_https_origin_and_a_plain_alias(base: str, alias: str) -> None:
    with pytest.raises(Fault):
        parse_harness(base, alias)
