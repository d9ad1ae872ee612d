"""Presentations on demand at the desk: each legal way to be asked, the result by handle, and the page in a browser."""

import ssl
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlencode

import httpx2
import pytest
from starlette.testclient import TestClient

from sinwon.conformance.command import Serving
from sinwon.conformance.presentations import DONE, OPEN, RESULT, START, STATUSES, Presentations
from sinwon.formats.jose.jws import parse_jws
from sinwon.web.shared.app import make_app
from tests.conformance.test_presentation_request import WAYS
from tests.conformance.verifier_world import verifier_world
from tests.foreign_wallet import fetch
from tests.gateway_world import parameters_of

WALLET = "https://harness.example:8443/test/a/sinwon/authorize"


@pytest.fixture
def client(authority: Path) -> Iterator[httpx2.Client]:
    with httpx2.Client(verify=ssl.create_default_context(cafile=str(authority)), trust_env=False) as client:
        yield client


def wishes(way: str, **more: str) -> dict[str, str]:
    return {"wallet": WALLET, "client_id_prefix": way, "request_method": WAYS[way].method.value, **more}


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize("mode", ["direct_post", "direct_post.jwt"])
@pytest.mark.parametrize("profile", ["pid-sd-jwt", "pid-mdoc", "mdl-mdoc"])
def test_each_legal_way_is_asked_on_demand(served: Serving, client: httpx2.Client, way: str, mode: str, profile: str) -> None:
    told = served.identifiers["verifier"]
    made = client.post(told["start"], data=wishes(way, response_mode=mode, profile=profile))
    assert made.status_code == 201, made.text
    assert made.json()["link"].startswith(f"{WALLET}?client_id=")
    outer = parameters_of(made.json()["link"])
    if way != "redirect_uri":
        assert outer["client_id"] == told["client_id_prefixes"][way]
        request = parse_jws(client.get(outer["request_uri"]).text).claims()
        assert (request["client_id"], request["response_mode"]) == (outer["client_id"], mode)
    else:
        assert outer["response_mode"] == mode
    result = client.post(told["result"], data={"handle": made.json()["handle"]})
    assert (result.status_code, result.json()) == (200, {"progress": "open"})


def test_a_post_is_asked_for_where_that_is_wished(served: Serving, client: httpx2.Client) -> None:
    made = client.post(served.identifiers["verifier"]["start"], data=wishes("x509_hash", request_uri_method="post"))
    outer = parameters_of(made.json()["link"])
    assert outer["request_uri_method"] == "post"
    token = client.post(outer["request_uri"], data={"wallet_nonce": "w" * 22}).text
    assert parse_jws(token).claims()["wallet_nonce"] == "w" * 22


@pytest.mark.parametrize(
    "wrong",
    [
        {"profile": "passport"},
        {"client_id_prefix": "origin"},
        {"response_mode": "fragment"},
        {"request_method": "url_query"},
        {"request_uri_method": "POST"},
    ],
)
def test_an_illegal_way_is_refused(served: Serving, client: httpx2.Client, wrong: dict[str, str]) -> None:
    answer = client.post(served.identifiers["verifier"]["start"], data=wishes("x509_hash") | wrong)
    assert (answer.status_code, answer.json()["error"]) == (400, "invalid_request")


def test_an_unknown_handle_is_not_found(served: Serving, client: httpx2.Client) -> None:
    assert client.post(served.identifiers["verifier"]["result"], data={"handle": "x"}).status_code == 404


@pytest.mark.parametrize("how", ["declined", "refused", "another browser"])
def test_a_browser_is_sent_to_the_wallet_and_comes_back_to_a_page(
    served: Serving, client: httpx2.Client, authority: Path, how: str
) -> None:
    sent = client.get(f"{served.identifiers['verifier']['open']}?{urlencode(wishes('x509_hash'))}")
    assert sent.status_code == 303
    assert "__Host-sinwon-desk=" in sent.headers["set-cookie"]
    request = parse_jws(client.get(parameters_of(sent.headers["location"])["request_uri"]).text).claims()
    form = {"error": "access_denied", "state": request["state"]} if how != "refused" else {"response": "x"}
    answer = client.post(request["response_uri"], data=form)
    page = f"{served.desk}/presentations/done"
    if how == "refused":
        assert answer.status_code == 400
    else:
        assert answer.json() == {"redirect_uri": page}
    context = ssl.create_default_context(cafile=str(authority))
    with httpx2.Client(verify=context, trust_env=False) as other:
        shown = (other if how == "another browser" else client).get(page, headers={"accept-language": "en"})
    assert shown.status_code == 200
    assert 'id="result-page"' in shown.text
    assert '<span id="result-status" hidden>failed</span>' in shown.text
    words = {"declined": "access_denied", "refused": "Step: envelope", "another browser": "This browser asked for nothing"}
    assert words[how] in shown.text


def test_what_was_shown_stands_on_the_page_once(tmp_path: Path) -> None:
    with verifier_world(tmp_path) as here:
        desk = Presentations("https://desk.example", here.world.gateway, "gov24")
        app = make_app(desk.routes(), origin=desk.origin, statuses=STATUSES)
        browser = TestClient(app, base_url=desk.origin, follow_redirects=False)
        sent = browser.get(OPEN, params=wishes("x509_hash"))
        request = fetch(here.http, sent.headers["location"])
        back = here.wallet().post(here.http, request).json()["redirect_uri"]
        assert back.startswith(f"{desk.origin}{DONE}?response_code=")
        pages = [browser.get(back, headers={"accept-language": language}) for language in ("ko", "en")]
        for page in pages:
            assert '<span id="result-status" hidden>ok</span>' in page.text
        for line in ("Mustermann", "DE, FR", "place_of_birth / locality", "Berlin"):
            assert line in pages[0].text
        assert "Mustermann" not in pages[1].text


def test_what_was_shown_is_read_as_json_once(tmp_path: Path) -> None:
    with verifier_world(tmp_path) as here:
        desk = Presentations("https://desk.example", here.world.gateway, "gov24")
        app = make_app(desk.routes(), origin=desk.origin, statuses=STATUSES)
        http = TestClient(app, base_url=desk.origin)
        made = http.post(START, data=wishes("x509_hash", profile="pid-mdoc")).json()
        back = here.wallet().post(here.http, fetch(here.http, made["link"])).json()["redirect_uri"]
        form = {"handle": made["handle"], "response_code": parameters_of(back)["response_code"]}
        first, second = (http.post(RESULT, data=form).json() for _ in range(2))
        (one,) = first.pop("credentials").values()
        assert one["claims"]["eu.europa.ec.eudi.pid.1"]["family_name"] == "Mustermann"
        assert first == second == {"progress": "finished"}
