"""Middleware, strict reading, answers and pages that every role uses."""

import pytest
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route
from starlette.testclient import TestClient
from structlog.testing import capture_logs

from sinwon.core.refusal import Fault, Malformed, Refusal
from sinwon.web.shared.answers import json_answer, public_answer
from sinwon.web.shared.app import make_app, wallet_route
from sinwon.web.shared.pages import HERE, LANGUAGES, Pages, Texts, language_of
from sinwon.web.shared.reading import bearer, prefers, query, read_body, read_form

ORIGIN = "https://role.example"


async def echo_form(request: Request) -> Response:
    return json_answer(await read_form(request))


async def echo_size(request: Request) -> Response:
    return json_answer({"size": len(await read_body(request))})


async def echo_query(request: Request) -> Response:
    return json_answer(query(request))


async def echo_bearer(request: Request) -> Response:
    return json_answer({"token": bearer(request)})


def refuse(_request: Request) -> Response:
    raise Malformed("invalid_grant", "the code of canary-person is used")


def fail(_request: Request) -> Response:
    raise Fault("a key is missing")


def public(request: Request) -> Response:
    return public_answer(b"{}", "application/json", request, max_age=60)


@pytest.fixture
def client() -> TestClient:
    routes = [
        Route("/form", echo_form, methods=["POST"]),
        Route("/size", echo_size, methods=["POST"]),
        Route("/query", echo_query),
        Route("/bearer", echo_bearer),
        Route("/refuse", refuse),
        Route("/fail", fail),
        Route("/public", public),
        wallet_route("/wallet", refuse, ["POST"], exposed=["DPoP-Nonce"]),
    ]
    return TestClient(make_app(routes, origin=ORIGIN, max_body=1000), base_url=ORIGIN, raise_server_exceptions=False)


def test_a_refusal_is_its_code_and_a_fixed_text_never_the_reason(client: TestClient) -> None:
    answer = client.get("/refuse")
    assert answer.status_code == 400
    assert answer.json() == {"error": "invalid_grant", "error_description": "The code, PIN or token is wrong, used or expired."}
    assert answer.headers["cache-control"] == "no-store"


def test_a_fault_is_a_500_without_details(client: TestClient) -> None:
    answer = client.get("/fail")
    assert (answer.status_code, answer.json()["error"]) == (500, "server_error")
    assert "key" not in answer.text


def test_unknown_paths_and_verbs_have_the_same_shape(client: TestClient) -> None:
    assert client.get("/nowhere").json()["error"] == "not_found"
    assert client.get("/form").status_code == 405


@pytest.mark.parametrize(
    ("body", "kind", "status"),
    [
        ("a=1&b=2", "application/x-www-form-urlencoded", 200),
        ("a=1&b=2", "application/x-www-form-urlencoded; charset=utf-8", 200),
        ("a=1&a=2", "application/x-www-form-urlencoded", 400),
        ("a=%ff", "application/x-www-form-urlencoded", 400),
        ("&".join(f"f{n}=1" for n in range(51)), "application/x-www-form-urlencoded", 400),
        ("&".join(f"f{n}=1" for n in range(50)), "application/x-www-form-urlencoded", 200),
        ("{}", "application/json", 415),
        ("a=1", "multipart/form-data; boundary=x", 415),
    ],
)
def test_forms_are_exact(client: TestClient, body: str, kind: str, status: int) -> None:
    assert client.post("/form", content=body, headers={"content-type": kind}).status_code == status


@pytest.mark.parametrize(("size", "status"), [(1000, 200), (1001, 413)])
def test_bodies_end_at_the_limit(client: TestClient, size: int, status: int) -> None:
    assert client.post("/size", content=b"x" * size).status_code == status
    assert client.post("/size", content=(b"x" for _ in range(size))).status_code == status


def test_query_parameters_stand_once(client: TestClient) -> None:
    assert client.get("/query?a=1&b=%EA%B0%80").json() == {"a": "1", "b": "가"}
    assert client.get("/query?a=1&a=1").status_code == 400


def test_a_person_at_a_wrong_address_gets_a_page_and_a_program_an_error() -> None:
    with_pages = TestClient(make_app([], origin=ORIGIN, pages=Pages(HERE / "templates", HERE / "locale")), base_url=ORIGIN)
    page = with_pages.get("/<b>nowhere", headers={"accept": "text/html", "accept-language": "en"})
    assert (page.status_code, "There is no such page" in page.text, "<b>nowhere" in page.text) == (404, True, False)
    assert with_pages.get("/nowhere", headers={"accept": "*/*"}).json()["error"] == "not_found"


def test_a_bearer_token_stands_in_one_header(client: TestClient) -> None:
    assert client.get("/bearer", headers={"authorization": "bearer abc"}).json() == {"token": "abc"}
    for headers in ({}, {"authorization": "Basic abc"}, {"authorization": "Bearer a b"}, {"authorization": "Bearer "}):
        assert client.get("/bearer", headers=headers).status_code == 401
    twice = [("authorization", "Bearer a"), ("authorization", "Bearer b")]
    assert client.get("/bearer", headers=twice).status_code == 401


def test_public_documents_are_cached_and_open_to_web_wallets(client: TestClient) -> None:
    first = client.get("/public")
    assert first.headers["access-control-allow-origin"] == "*"
    again = client.get("/public", headers={"if-none-match": first.headers["etag"]})
    assert (again.status_code, again.content) == (304, b"")


def test_a_wallet_of_any_origin_may_call_and_read_errors(client: TestClient) -> None:
    preflight = client.options("/wallet", headers={"origin": "https://phone.example", "access-control-request-method": "POST"})
    assert preflight.status_code == 204
    assert "DPoP" in preflight.headers["access-control-allow-headers"]
    refused = client.post("/wallet", headers={"origin": "https://phone.example"})
    assert refused.status_code == 400
    assert refused.headers["access-control-allow-origin"] == "*"
    assert "access-control-allow-credentials" not in refused.headers


def test_the_access_log_names_the_route_and_nothing_else(client: TestClient) -> None:
    with capture_logs() as entries:
        client.get("/query?name=canary", headers={"cookie": "canary=1", "user-agent": "canary"})
    assert [entry["route"] for entry in entries if entry["event"] == "request"] == ["/query"]
    assert "canary" not in str(entries)


def test_both_languages_have_every_shared_text() -> None:
    korean, english = (Texts(language, [HERE / "locale"]) for language in LANGUAGES)
    assert korean.keys == english.keys
    with pytest.raises(Fault):
        korean("no-such-text")


@pytest.mark.parametrize(
    ("address", "headers", "language"),
    [
        ("/?lang=en", {}, "en"),
        ("/?lang=xx", {"accept-language": "en-GB,ko;q=0.5"}, "en"),
        ("/", {"cookie": "sinwon_lang=en", "accept-language": "ko"}, "en"),
        ("/", {"accept-language": "fr, ja"}, "ko"),
    ],
)
def test_the_language_is_asked_remembered_or_korean(address: str, headers: dict[str, str], language: str) -> None:
    path, _, search = address.partition("?")
    raw = [(name.encode(), value.encode()) for name, value in headers.items()]
    scope = {"type": "http", "method": "GET", "path": path, "query_string": search.encode(), "headers": raw}
    assert language_of(Request(scope)) == language


def test_refusals_keep_their_reason_for_the_log() -> None:
    assert str(Refusal("invalid_grant", "used")) == "invalid_grant: used"


@pytest.mark.parametrize(
    ("accept", "preferred"),
    [
        ("application/jwt", True),
        ("Application/JWT ; q=1.0", True),
        ("application/json, application/jwt", True),
        ("application/json;q=0.5, application/jwt;q=0.500", True),
        ("text/html, application/jwt;q=0.1, */*", True),
        ("", False),
        ("*/*", False),
        ("application/*", False),
        ("application/json", False),
        ("application/json, application/jwt;q=0.9", False),
        ("application/jwt;q=0", False),
        ("application/jwt;q=0.000, application/json;q=0", False),
        ("application/jwt+more", False),
    ],
)
def test_what_is_preferred_is_asked_for_by_name(accept: str, preferred: bool) -> None:
    headers = [(b"accept", accept.encode())] if accept else []
    request = Request({"type": "http", "method": "GET", "path": "/", "query_string": b"", "headers": headers})
    assert prefers(request, "application/jwt", "application/json") is preferred
