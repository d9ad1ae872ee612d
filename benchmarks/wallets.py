"""Many wallets at once over kept connections, cheap enough that the server is the one that works.

A step is made by WALLETS at a time: all requests are written, then all answers read. HTTP/1.1 with Content-Length only.
"""

import socket
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any, Final
from urllib.parse import urlencode, urlsplit

import msgspec

WALLETS: Final = 16


@dataclass(frozen=True, slots=True)
class Request:
    method: str
    url: str
    body: bytes = b""
    headers: dict[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Answer:
    status: int
    headers: dict[str, str]
    body: bytes

    def json(self) -> Any:
        return msgspec.json.decode(self.body)

    @property
    def location(self) -> str:
        return self.headers["location"]


def form(url: str, fields: dict[str, str], headers: dict[str, str] | None = None) -> Request:
    kind = {"content-type": "application/x-www-form-urlencoded"}
    return Request("POST", url, urlencode(fields).encode(), kind | (headers or {}))


class Wallets:
    """WALLETS connections to one origin."""

    def __init__(self, origin: str) -> None:
        parts = urlsplit(origin)
        self.host = parts.netloc
        self.lines = [socket.create_connection((parts.hostname, parts.port)) for _ in range(WALLETS)]
        for line in self.lines:
            line.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)

    def exchange(self, requests: Sequence[Request]) -> list[Answer]:
        """At most WALLETS requests, all under way together."""
        for line, request in zip(self.lines, requests, strict=False):
            line.sendall(self._written(request))
        return [_read(line) for line, _ in zip(self.lines, requests, strict=False)]

    def close(self) -> None:
        for line in self.lines:
            line.close()

    def _written(self, request: Request) -> bytes:
        parts = urlsplit(request.url)
        target = parts.path + (f"?{parts.query}" if parts.query else "")
        headers = {"host": self.host, "content-length": str(len(request.body)), **request.headers}
        lines = [f"{request.method} {target} HTTP/1.1", *(f"{name}: {value}" for name, value in headers.items()), "", ""]
        return "\r\n".join(lines).encode() + request.body


def _read(line: socket.socket) -> Answer:
    data = b""
    while b"\r\n\r\n" not in data:
        data += _more(line)
    head, _, body = data.partition(b"\r\n\r\n")
    first, *rest = head.decode("latin-1").split("\r\n")
    headers = {name.lower(): value for name, _, value in (text.partition(": ") for text in rest)}
    wanted = int(headers.get("content-length", "0"))
    while len(body) < wanted:
        body += _more(line)
    return Answer(int(first.split(" ")[1]), headers, body)


def _more(line: socket.socket) -> bytes:
    data = line.recv(65_536)
    if not data:
        raise ConnectionError("the server closed the line")
    return data
