"""The network of the tests: a Fetch that leads to applications in this process by their origin, and lets a test tamper."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from urllib.parse import urlsplit

from starlette.testclient import TestClient
from starlette.types import ASGIApp

from sinwon.core.fetch import BODY_LIMIT, Answer, Unreachable

Tamper = Callable[[Answer], Answer]


@dataclass
class Network:
    """`tampering` changes the answers of a path; `pages` answer a whole address before any application does."""

    apps: dict[str, ASGIApp] = field(default_factory=dict)
    pages: dict[str, Answer] = field(default_factory=dict)
    tampering: dict[str, Tamper] = field(default_factory=dict)
    log: list[str] = field(default_factory=list)
    bodies: list[bytes] = field(default_factory=list)
    clients: dict[str, TestClient] = field(default_factory=dict)

    def get(self, url: str, *, accept: str, limit: int = BODY_LIMIT, headers: Mapping[str, str] | None = None) -> Answer:
        return self._ask("GET", url, None, {"accept": accept, **(headers or {})}, limit)

    def post(
        self,
        url: str,
        body: bytes,
        *,
        content_type: str,
        accept: str = "application/json",
        limit: int = BODY_LIMIT,
        headers: Mapping[str, str] | None = None,
    ) -> Answer:
        self.bodies.append(body)
        return self._ask("POST", url, body, {"accept": accept, "content-type": content_type, **(headers or {})}, limit)

    def _ask(self, method: str, url: str, body: bytes | None, headers: Mapping[str, str], limit: int) -> Answer:
        self.log.append(f"{method} {url}")
        answer = self.pages.get(url) or self._call(method, url, body, headers)
        tamper = self.tampering.get(urlsplit(url).path)
        answer = answer if tamper is None else tamper(answer)
        if len(answer.body) > limit:
            raise Unreachable("too large")
        return answer

    def _call(self, method: str, url: str, body: bytes | None, headers: Mapping[str, str]) -> Answer:
        parts = urlsplit(url)
        origin = f"{parts.scheme}://{parts.netloc}"
        if origin not in self.apps:
            raise Unreachable("nobody there")
        client = self.clients.setdefault(origin, TestClient(self.apps[origin], base_url=origin, follow_redirects=False))
        answer = client.request(method, url.removeprefix(origin), content=body, headers=dict(headers))
        return Answer(answer.status_code, {name.lower(): value for name, value in answer.headers.items()}, answer.content)


def json_page(body: bytes, status: int = 200, media_type: str = "application/json") -> Answer:
    return Answer(status, {"content-type": media_type}, body)


def with_body(answer: Answer, body: bytes) -> Answer:
    return replace(answer, body=body)
