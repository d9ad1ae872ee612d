"""Hostile operations: hosts and headers that are not ours (threat catalogue T07), sizes and bytes that are none (T08)."""

import pytest
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route
from starlette.testclient import TestClient

from sinwon.core.strict_json import parse_object
from sinwon.web.shared.answers import json_answer
from sinwon.web.shared.app import make_app
from sinwon.web.shared.reading import query, read_body
from tests.raw_asgi import Sent, send_all

ORIGIN = "https://issuer.example"


def whoami(request: Request) -> Response:
    return json_answer({"path": request.url.path})


async def read_all(request: Request) -> Response:
    return json_answer({"size": len(await read_body(request)), "names": len(query(request))})


@pytest.fixture
def client() -> TestClient:
    return TestClient(make_app([Route("/x", whoami)], origin=ORIGIN), base_url=ORIGIN)


@pytest.mark.parametrize(
    "headers",
    [
        [("host", "evil.example")],
        [("host", "issuer.example:8443")],
        [("host", "issuer.example@evil.example")],
        [("host", "issuer.example/..")],
        [("host", "issuer.example"), ("host", "evil.example")],
    ],
    ids=["other host", "other port", "userinfo", "path in host", "two hosts"],
)
def test_T07_a_host_that_is_not_ours_is_misdirected(client: TestClient, headers: list[tuple[str, str]]) -> None:
    answer = client.get("/x", headers=headers)
    assert answer.status_code == 421
    assert answer.json()["error"] == "misdirected_request"
    assert "evil" not in answer.text


@pytest.mark.parametrize("name", ["x-forwarded-host", "x-forwarded-proto", "forwarded", "x-original-url", "x-forwarded-for"])
def test_T07_forwarding_headers_change_nothing(client: TestClient, name: str) -> None:
    assert client.get("/x", headers={name: "evil.example"}).json() == client.get("/x").json()


def test_T07_control_our_own_host_is_served(client: TestClient) -> None:
    assert client.get("/x").status_code == 200


@pytest.mark.parametrize("length", [b"9" * 5000, b"9" * 20, b"-1", b"+1", b"1e3", b"\xb2", b"0x10", b""])
def test_T08_a_length_that_is_none_or_beyond_reading_is_refused_before_the_body(length: bytes) -> None:
    """Five thousand digits are more than Python reads as a number."""
    assert _status(Sent("POST", b"/y", headers=[(b"content-length", length)])) == (413, "too_large")


def test_T08_raw_bytes_in_a_query_are_no_fault_of_ours() -> None:
    """A query is bytes; only what is percent-encoded in it has to be UTF-8."""
    assert _status(Sent("POST", b"/y", b"a=%ff")) == (400, "invalid_request")
    assert _status(Sent("POST", b"/y", b"a=\xff\xfe")) == (200, None)


def test_T08_control_an_honest_length_is_read() -> None:
    assert _status(Sent("POST", b"/y", b"a=1", headers=[(b"content-length", b"2")], body=b"{}")) == (200, None)


def _status(request: Sent) -> tuple[int, str | None]:
    got = send_all(make_app([Route("/y", read_all, methods=["POST"])], origin=ORIGIN), ORIGIN, [request])[0]
    assert got.error is None
    return got.status, parse_object(got.body).get("error")
