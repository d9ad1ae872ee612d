"""Hostile reading of the verifier's own requests, of every kind it makes: P10, P13, P15, P24 and P30."""

from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlsplit

import msgspec
import pytest

from sinwon.core.refusal import Unmet
from sinwon.formats.jose.jws import parse_jws
from sinwon.protocols.vp.description import FOREIGN, ResponseMode
from sinwon.protocols.vp.request_object import MAX_WALLET_NONCE
from sinwon.services.presentation.start_presentation import read_presentation
from sinwon.store.gateway.presentations import Progress
from tests.conformance.test_presentation_request import BY_LINK, MODES, WAYS
from tests.conformance.verifier_world import HAIP, Asked, VerifierWorld, answered, verifier_world
from tests.gateway_world import parameters_of


@pytest.fixture
def here(tmp_path: Path) -> Iterator[VerifierWorld]:
    with verifier_world(tmp_path) as made:
        yield made


def test_P10_P24_nothing_of_a_request_is_ever_in_another(here: VerifierWorld) -> None:
    requests = [
        here.ask(msgspec.structs.replace(way, response_mode=mode, query=query)).request
        for way in WAYS.values()
        for mode in MODES.values()
        for query in FOREIGN.values()
        for _ in range(3)
    ]
    keys = [key for request in requests for key in request["client_metadata"].get("jwks", {"keys": []})["keys"]]
    assert len(keys) == len(requests) // 2
    for values in (
        [request["nonce"] for request in requests],
        [request["state"] for request in requests],
        [request["response_uri"] for request in requests],
        [key["x"] for key in keys],
        [key["kid"] for key in keys],
    ):
        assert len(set(values)) == len(values)
    assert not {request["nonce"] for request in requests} & {request["state"] for request in requests}


@pytest.mark.parametrize("nonce", ["", "w" * (MAX_WALLET_NONCE + 1)])
def test_P13_a_wallet_nonce_that_is_none(here: VerifierWorld, nonce: str) -> None:
    path = urlsplit(parameters_of(here.start().link)["request_uri"]).path
    assert here.http.post(path, data={"wallet_nonce": nonce}).status_code == 400
    assert here.http.get(path).status_code == 200


@pytest.mark.parametrize("method", ["PUT", "DELETE", "PATCH"])
def test_P13_the_request_is_fetched_in_two_ways_only(here: VerifierWorld, method: str) -> None:
    path = urlsplit(parameters_of(here.start().link)["request_uri"]).path
    assert here.http.request(method, path).status_code == 405


def test_P13_control_the_longest_wallet_nonce_comes_back(here: VerifierWorld) -> None:
    path = urlsplit(parameters_of(here.start().link)["request_uri"]).path
    answer = here.http.post(path, data={"wallet_nonce": "w" * MAX_WALLET_NONCE})
    assert parse_jws(answer.text).claims()["wallet_nonce"] == "w" * MAX_WALLET_NONCE


def test_P15_unknown_answered_expired_and_unsigned_requests_look_alike(here: VerifierWorld) -> None:
    used, old, unsigned = here.ask(), here.ask(), here.ask(BY_LINK)
    answered(used)
    here.world.clock.move(300)
    names = ("x" * 43, "x", used.request["state"], old.request["state"], unsigned.request["state"])
    answers = [here.http.get(f"/presentations/{name}/request") for name in names]
    assert {(answer.status_code, answer.text) for answer in answers} == {(404, answers[0].text)}
    assert old.outcome().expired


def test_P15_control_an_open_request_is_given_to_any_address(here: VerifierWorld) -> None:
    asked = here.ask()
    assert here.world.client().get(f"/presentations/{asked.request['state']}/request").status_code == 200


def taken(asked: Asked) -> str:
    """The response code of a good answer."""
    answer = asked.here.wallet().post(asked.here.http, asked.request)
    return parameters_of(answer.json()["redirect_uri"])["response_code"]


@pytest.mark.parametrize("how", ["no code", "guessed", "empty", "too late", "of another transaction"])
def test_P30_without_the_code_nothing_is_read(here: VerifierWorld, how: str) -> None:
    asked = here.ask()
    code = taken(asked)
    wrong = {"no code": None, "guessed": "A" * 43, "empty": "", "too late": code}.get(how) or (
        taken(here.ask()) if how == "of another transaction" else None
    )
    if how == "too late":
        here.world.clock.move(120)
    assert asked.outcome(wrong).credentials is None
    if how != "too late":
        assert asked.outcome(code).credentials is not None


@pytest.mark.parametrize("how", ["request id alone", "another's secret", "nobody's", "nothing"])
def test_P30_without_the_handle_nothing_is_read(here: VerifierWorld, how: str) -> None:
    asked, other = here.ask(), here.ask()
    code, state = taken(asked), asked.request["state"]
    handle = {
        "request id alone": state,
        "another's secret": f"{state}.{other.started.handle.partition('.')[2]}",
        "nobody's": f"{'x' * 43}.{'y' * 43}",
        "nothing": "",
    }[how]
    with pytest.raises(Unmet):
        read_presentation(here.world.gateway, handle, code)
    assert asked.outcome(code).credentials is not None


def test_P30_what_was_shown_is_given_out_once(here: VerifierWorld) -> None:
    asked = here.ask()
    code = taken(asked)
    assert asked.outcome(code).credentials is not None
    assert (asked.outcome(code).credentials, asked.outcome(code).progress) == (None, Progress.FINISHED)


def test_P30_control_handle_and_code_together_read_the_answer(here: VerifierWorld) -> None:
    assert answered(here.ask()).credentials is not None


@pytest.mark.parametrize("mode", MODES)
def test_V06_an_answer_counts_once_in_either_mode(here: VerifierWorld, mode: str) -> None:
    asked = here.ask(msgspec.structs.replace(HAIP, response_mode=ResponseMode(mode)))
    same = here.wallet().presentation(asked.request)
    statuses = [here.wallet().post(here.http, asked.request, same).status_code for _ in range(3)]
    assert statuses == [200, 400, 400]


def test_V06_control_two_questions_are_answered_each(here: VerifierWorld) -> None:
    for asked in (here.ask(), here.ask()):
        answered(asked)
