"""Hostile operations: hosts and headers that are not ours (threat catalogue T07), sizes and bytes that are none (T08)."""

import asyncio

import pytest
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route, Router
from starlette.testclient import TestClient
from starlette.types import Message

from sinwon.core.strict_json import parse_object
from sinwon.web.shared.answers import json_answer
from sinwon.web.shared.app import get_only, make_app
from sinwon.web.shared.middleware import BodyLimit, Errors
from sinwon.web.shared.reading import query, read_body
from tests.raw_asgi import Got, Sent, send_all

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


@pytest.mark.parametrize(
    ("arrives", "expected"),
    [
        ([(0.0, b"a"), (9.0, b"b")], (408, "request_timeout")),
        ([(0.04, b"x")] * 20, (408, "request_timeout")),
        ([(0.0, b"a"), (0.0, None)], (400, "invalid_request")),
        ([(0.0, None)], (400, "invalid_request")),
    ],
    ids=["stops half-way", "drips", "leaves half-way", "leaves at once"],
)
def test_T08_a_slow_or_broken_off_body_is_ended(arrives: list[tuple[float, bytes | None]], expected: tuple[int, str]) -> None:
    assert _slowly(arrives, 0.2) == expected


def test_T08_no_connection_stays_open_for_the_rest_of_a_body() -> None:
    for request in (Sent("POST", b"/y", headers=[(b"content-length", b"9999999")]), Sent("POST", b"/y", body=b"x" * 600_000)):
        (got,) = send_all(make_app([Route("/y", read_all, methods=["POST"])], origin=ORIGIN), ORIGIN, [request])
        assert (got.status, got.header("connection")) == (413, "close")


def test_T08_control_a_body_in_pieces_is_read_and_its_sender_may_hang_up_then() -> None:
    assert _slowly([(0.01, b"{"), (0.01, b"}"), (0.0, b"")], 5.0) == (200, None)


def test_T08_control_an_honest_length_is_read() -> None:
    assert _status(Sent("POST", b"/y", b"a=1", headers=[(b"content-length", b"2")], body=b"{}")) == (200, None)


def _status(request: Sent) -> tuple[int, str | None]:
    got = send_all(make_app([Route("/y", read_all, methods=["POST"])], origin=ORIGIN), ORIGIN, [request])[0]
    assert got.error is None
    return got.status, parse_object(got.body).get("error")


def _slowly(arrives: list[tuple[float, bytes | None]], seconds: float) -> tuple[int, str | None]:
    """What a body answered that arrives in pieces, each after its delay; None is a sender that hangs up."""
    pieces = iter(arrives)
    last = len(arrives) - 1
    got = Got()

    async def receive() -> Message:
        nonlocal last
        delay, piece = next(pieces)
        await asyncio.sleep(delay)
        last -= 1
        if piece is None:
            return {"type": "http.disconnect"}
        return {"type": "http.request", "body": piece, "more_body": last >= 0}

    async def send(message: Message) -> None:
        if message["type"] == "http.response.start":
            got.status = message["status"]
        else:
            got.body += message.get("body", b"")

    inner = Router(routes=[Route("/y", read_all, methods=["POST"])])
    app = Errors(BodyLimit(inner, limit=1000, seconds=seconds), statuses={}, role="test")
    scope = {"type": "http", "method": "POST", "path": "/y", "query_string": b"", "root_path": "", "headers": []}
    asyncio.run(app(scope, receive, send))
    return got.status, parse_object(got.body).get("error")


def minted(_request: Request) -> Response:
    raise AssertionError("a HEAD must not come here")


def test_a_head_does_not_consume_what_a_get_consumes() -> None:
    """Offers mint a code and response codes are used up by GET; link previews and scanners send HEAD first."""
    client = TestClient(make_app([get_only(Route("/once", minted))], origin=ORIGIN), base_url=ORIGIN)
    assert client.head("/once").status_code == 405
