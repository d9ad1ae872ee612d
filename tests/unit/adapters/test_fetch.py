"""The fetcher against a real server on loopback, and its judgement of addresses."""

import gzip
import socket
import time
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from ipaddress import ip_address
from itertools import count
from threading import Thread

import pytest

from sinwon.adapters import fetch as fetch_module
from sinwon.adapters.fetch import Fetcher, Reach, is_public
from sinwon.core.fetch import Unreachable


class Pages(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    seen: list[tuple[str, int]] = []  # noqa: RUF012 (one server, one list)

    def do_GET(self) -> None:
        self.seen.append((self.headers["Host"], self.client_address[1]))
        getattr(self, "page_" + self.path.strip("/").partition("?")[0])()

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"]))
        self.answer(200, body + b"|" + self.headers["Content-Type"].encode())

    def answer(self, status: int, body: bytes, **headers: str) -> None:
        self.send_response(status)
        for name, value in {"Content-Type": "Text/Plain; charset=utf-8", **headers}.items():
            self.send_header(name.replace("_", "-"), value)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def page_plain(self) -> None:
        self.answer(200, b"hello")

    def page_echo(self) -> None:
        self.answer(200, repr(sorted((name.lower(), value) for name, value in self.headers.items())).encode())

    def page_cookie(self) -> None:
        self.answer(200, b"", Set_Cookie="a=b")

    def page_redirect(self) -> None:
        self.answer(302, b"", Location="/plain")

    def page_thousand(self) -> None:
        self.answer(200, b"x" * 1000)

    def page_bomb(self) -> None:
        self.answer(200, gzip.compress(b"\0" * 10_000_000), Content_Encoding="gzip")

    def page_drip(self) -> None:
        self.send_response(200)
        self.send_header("Content-Length", "200")
        self.end_headers()
        try:
            for _ in range(200):
                self.wfile.write(b"x")
                time.sleep(0.02)
        except OSError:
            self.close_connection = True

    def page_endless(self) -> None:
        self.send_response(200)
        self.send_header("Transfer-Encoding", "chunked")
        self.end_headers()
        try:
            while True:
                self.wfile.write(b"400\r\n" + b"x" * 1024 + b"\r\n")
        except OSError:
            self.close_connection = True

    def log_message(self, format: str, *args: object) -> None:
        pass


class Server(ThreadingHTTPServer):
    daemon_threads = True

    def handle_error(self, request: object, client_address: object) -> None:
        """A client that goes away in the middle is what some of these tests are about."""


@pytest.fixture(scope="module")
def origin() -> Iterator[str]:
    server = Server(("127.0.0.1", 0), Pages)
    thread = Thread(target=server.serve_forever, daemon=True)
    thread.start()
    yield f"http://127.0.0.1:{server.server_address[1]}"
    server.shutdown()
    server.server_close()
    thread.join()


@pytest.fixture
def fetcher() -> Iterator[Fetcher]:
    fetcher = Fetcher(reach=Reach.DEMO)
    yield fetcher
    fetcher.close()


def test_get_gives_status_headers_and_body(origin: str, fetcher: Fetcher) -> None:
    answer = fetcher.get(f"{origin}/plain", accept="text/plain")
    assert (answer.status, answer.media_type, answer.body) == (200, "text/plain", b"hello")


def test_post_sends_body_and_type(origin: str, fetcher: Fetcher) -> None:
    assert fetcher.post(f"{origin}/", b"a=1", content_type="text/x").body == b"a=1|text/x"


def test_connections_are_kept_alive(origin: str, fetcher: Fetcher) -> None:
    Pages.seen.clear()
    for _ in range(3):
        fetcher.get(f"{origin}/plain", accept="*/*")
    assert len({port for _, port in Pages.seen}) == 1


def test_sends_nothing_ambient(origin: str, fetcher: Fetcher, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HTTP_PROXY", "http://127.0.0.1:1")
    fetcher.get(f"{origin}/cookie", accept="*/*")
    sent = fetcher.get(f"{origin}/echo", accept="*/*").body.decode()
    assert "cookie" not in sent
    assert "authorization" not in sent
    assert "('accept-encoding', 'identity')" in sent


def test_a_redirect_is_not_followed(origin: str, fetcher: Fetcher) -> None:
    assert fetcher.get(f"{origin}/redirect", accept="*/*").status == 302


def test_a_body_at_the_limit_passes_and_one_byte_more_does_not(origin: str, fetcher: Fetcher) -> None:
    assert len(fetcher.get(f"{origin}/thousand", accept="*/*", limit=1000).body) == 1000
    with pytest.raises(Unreachable):
        fetcher.get(f"{origin}/thousand", accept="*/*", limit=999)


@pytest.mark.parametrize("page", ["bomb", "endless"])
def test_bombs_and_endless_bodies_are_cut_off(page: str, origin: str, fetcher: Fetcher) -> None:
    with pytest.raises(Unreachable):
        fetcher.get(f"{origin}/{page}", accept="*/*")


def test_a_slow_drip_ends_at_the_total_time(origin: str, fetcher: Fetcher, monkeypatch: pytest.MonkeyPatch) -> None:
    """By a clock on which a second passes between any two looks at it."""
    clock = count()
    with monkeypatch.context() as patch:
        patch.setattr(fetch_module, "TOTAL_SECONDS", 20)  # to connect and to ask takes a few looks
        patch.setattr(fetch_module, "monotonic", lambda: float(next(clock)))
        with pytest.raises(Unreachable, match="ReadTimeout"):
            fetcher.get(f"{origin}/drip", accept="*/*")
    assert next(clock) == 20 + 1
    assert fetcher.get(f"{origin}/plain", accept="*/*").status == 200


def test_a_closed_port_is_unreachable(fetcher: Fetcher) -> None:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    with pytest.raises(Unreachable):
        fetcher.get(f"http://127.0.0.1:{port}/", accept="*/*")


@pytest.mark.parametrize(
    "url",
    [
        "http://127.0.0.1/",
        "http://example.org/",
        "file:///etc/passwd",
        "data:text/plain,x",
        "https://user@example.org/",
        "https://user:secret@example.org/",
        "https://example.org/#part",
        "https:///path",
        "no address",
        "https://example.org/" + "x" * 8192,
    ],
)
def test_addresses_refused_before_connecting(url: str) -> None:
    def never(host: str, port: int) -> list[str]:
        raise AssertionError(f"resolved {host}:{port}")

    fetcher = Fetcher(resolve=never)
    with pytest.raises(Unreachable):
        fetcher.get(url, accept="*/*")
    fetcher.close()


@pytest.mark.parametrize("address", ["127.0.0.1", "169.254.169.254", "10.0.0.1", "::1", "::ffff:127.0.0.1", "fe80::1%lo"])
def test_a_name_that_points_inside_is_refused_at_connect(address: str) -> None:
    fetcher = Fetcher(resolve=lambda _host, _port: [address])
    with pytest.raises(Unreachable, match="ConnectError"):
        fetcher.get("https://inside.example/", accept="*/*")
    fetcher.close()


def test_plain_http_goes_to_loopback_only_even_in_the_demo() -> None:
    fetcher = Fetcher(reach=Reach.DEMO, resolve=lambda _host, _port: ["93.184.215.14"])
    with pytest.raises(Unreachable):
        fetcher.get("http://example.org/", accept="*/*")
    fetcher.close()


def test_the_demo_does_not_open_the_rest_of_the_private_network() -> None:
    fetcher = Fetcher(reach=Reach.DEMO, resolve=lambda _host, _port: ["192.168.0.1"])
    with pytest.raises(Unreachable):
        fetcher.get("https://printer.example/", accept="*/*")
    fetcher.close()


@pytest.mark.parametrize("url", ["http://harness.example/", "http://127.0.0.1/"])
def test_a_local_reach_is_for_https_only(url: str) -> None:
    fetcher = Fetcher(reach=Reach.LOCAL, resolve=lambda _host, _port: ["127.0.0.1"])
    with pytest.raises(Unreachable, match="only https"):
        fetcher.get(url, accept="*/*")
    fetcher.close()


def test_a_local_reach_multicasts_to_nobody() -> None:
    fetcher = Fetcher(reach=Reach.LOCAL, resolve=lambda _host, _port: ["224.0.0.1"])
    with pytest.raises(Unreachable, match="ConnectError"):
        fetcher.get("https://harness.example/", accept="*/*")
    fetcher.close()


def test_the_connection_goes_to_the_checked_address(origin: str) -> None:
    """The name is resolved once: what was judged is what is connected to."""
    asked: list[str] = []

    def resolve(host: str, port: int) -> list[str]:
        asked.append(host)
        return ["127.0.0.1"]

    fetcher = Fetcher(reach=Reach.DEMO, resolve=resolve)
    port = origin.rpartition(":")[2]
    assert fetcher.get(f"http://name.invalid:{port}/plain", accept="*/*").body == b"hello"
    assert asked == ["name.invalid"]
    fetcher.close()


def test_a_resolver_that_hangs_is_unreachable(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(fetch_module, "CONNECT_SECONDS", 0.1)

    def slow(host: str, port: int) -> list[str]:
        time.sleep(0.5)
        return ["127.0.0.1"]

    fetcher = Fetcher(reach=Reach.DEMO, resolve=slow)
    with pytest.raises(Unreachable):
        fetcher.get("http://slow.example/", accept="*/*")
    fetcher.close()


@pytest.mark.parametrize(
    ("address", "public"),
    [
        ("93.184.215.14", True),
        ("2606:2800:21f:cb07:6820:80da:af6b:8b2c", True),
        ("::ffff:93.184.215.14", True),
        ("0.0.0.0", False),  # noqa: S104 (an address to refuse)
        ("100.64.0.1", False),
        ("192.0.2.1", False),
        ("224.0.0.1", False),
        ("255.255.255.255", False),
        ("fd00::1", False),
        ("ff02::1", False),
        ("2002:7f00:1::", False),
        ("2001:0:4136:e378:8000:63bf:3fff:fdd2", False),
        ("64:ff9b::7f00:1", False),
        ("::", False),
    ],
)
def test_public_addresses(address: str, public: bool) -> None:
    assert is_public(ip_address(address)) is public
