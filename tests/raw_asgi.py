"""A client of a few lines that sends what no HTTP library would: raw bytes in paths, queries, headers."""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass, field
from urllib.parse import unquote, urlsplit

from starlette.types import ASGIApp, Message

Headers = Sequence[tuple[bytes, bytes]]
LONGEST_SECONDS = 20.0  # of waiting for one answer: a hang, not a slow machine


@dataclass(frozen=True)
class Sent:
    """One hostile request. `path` is as on the wire, still percent-encoded."""

    method: str
    path: bytes
    query: bytes = b""
    headers: Headers = ()
    body: bytes = b""
    name: str = ""


@dataclass
class Got:
    """The answer, and the exception that was left over, if any."""

    status: int = 0
    headers: list[tuple[bytes, bytes]] = field(default_factory=list)
    body: bytes = b""
    error: BaseException | None = None

    def header(self, name: str) -> str:
        return next((value.decode("latin-1") for key, value in self.headers if key.lower() == name.encode()), "")


def send_all(app: ASGIApp, origin: str, requests: Sequence[Sent]) -> list[Got]:
    """One after the other, on one event loop."""

    async def run() -> list[Got]:
        return [await asyncio.wait_for(_send(app, origin, request), LONGEST_SECONDS) for request in requests]

    return asyncio.run(run())


async def _send(app: ASGIApp, origin: str, request: Sent) -> Got:
    got, parts = Got(), urlsplit(origin)
    headers = [(b"host", parts.netloc.encode()), *request.headers]
    scope = {
        "type": "http",
        "asgi": {"version": "3.0"},
        "http_version": "1.1",
        "method": request.method,
        "scheme": parts.scheme,
        "path": unquote(request.path.decode("ascii")),
        "raw_path": request.path,
        "query_string": request.query,
        "root_path": "",
        "headers": headers,
        "client": ("192.0.2.1", 40000),
        "server": (parts.hostname, 443),
        "state": {},
    }
    waiting = [{"type": "http.request", "body": request.body, "more_body": False}]

    async def receive() -> Message:
        return waiting.pop() if waiting else {"type": "http.disconnect"}

    async def send(message: Message) -> None:
        if message["type"] == "http.response.start":
            got.status, got.headers = message["status"], list(message["headers"])
        else:
            got.body += message.get("body", b"")

    try:
        await app(scope, receive, send)
    except Exception as error:  # noqa: BLE001 (whatever it is, the test shows it)
        got.error = error
    return got
