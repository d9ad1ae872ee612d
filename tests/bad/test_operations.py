"""Hostile operations: hosts and headers that are not ours (threat catalogue T07)."""

import pytest
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route
from starlette.testclient import TestClient

from sinwon.web.shared.answers import json_answer
from sinwon.web.shared.app import make_app

ORIGIN = "https://issuer.example"


def whoami(request: Request) -> Response:
    return json_answer({"path": request.url.path})


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
