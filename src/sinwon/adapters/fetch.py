"""The one HTTP client: every outbound request of every role goes through here, and nothing goes out without limits.

Implements core.fetch.Fetch on the connection pool beneath httpx2, because only there can the address be checked at the moment
of connecting: a name is resolved once, each address is judged, and the connection goes to a judged address and no other.
No proxy or credential from the environment, no cookies, no redirects (a 3xx is an answer like any other), no content
coding (a coded body is refused, so there is nothing to inflate). Does not judge status, media type or content.
"""

import socket
from collections.abc import Callable, Iterable, Mapping
from concurrent.futures import ThreadPoolExecutor
from concurrent.futures import TimeoutError as LateError
from enum import Enum, auto
from ipaddress import IPv4Address, IPv6Address, IPv6Network, ip_address
from ssl import SSLContext, SSLError
from threading import local
from time import monotonic
from typing import Any, Final

import httpcore2
import httpx2

from sinwon.core.fetch import BODY_LIMIT, Answer, Unreachable

CONNECT_SECONDS: Final = 3.0
TOTAL_SECONDS: Final = 5.0
MAX_URL: Final = 8 * 1024  # a request object's address with an opaque id is far below
MAX_ADDRESSES: Final = 4  # of one name, tried in order
KEEP_ALIVE_SECONDS: Final = (
    4.0  # below the five seconds after which common servers close, so that no request meets a closed line
)
CONNECTIONS: Final = 100
IDLE_CONNECTIONS: Final = 20
RESOLVERS: Final = 8  # the system's resolver has no time limit of its own; so many names may hang at once
NAT64: Final = IPv6Network("64:ff9b::/96")
USER_AGENT: Final = "Sinwon"

Address = IPv4Address | IPv6Address
Resolve = Callable[[str, int], list[str]]


def resolve_name(host: str, port: int) -> list[str]:
    """The addresses of `host`, by the system's resolver. Raises OSError."""
    return [str(found[4][0]) for found in socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)]


class Reach(Enum):
    """How far requests may go."""

    PUBLIC = auto()
    """https to addresses of the public internet."""
    LOCAL = auto()
    """Also https to any other address of one machine: a test harness stands in the same room."""
    DEMO = auto()
    """Also https and plain http to loopback: all roles run on one machine."""


class Fetcher:
    """Implements core.fetch.Fetch. Safe for many threads; connections are kept alive and shared."""

    def __init__(self, *, reach: Reach = Reach.PUBLIC, resolve: Resolve = resolve_name, tls: SSLContext | None = None) -> None:
        self._plain = reach is Reach.DEMO
        self._call = _Call()
        self._network = _CheckedNetwork(resolve, self._call, reach)
        self._pool = httpcore2.ConnectionPool(
            ssl_context=tls or httpx2.create_ssl_context(trust_env=False),
            max_connections=CONNECTIONS,
            max_keepalive_connections=IDLE_CONNECTIONS,
            keepalive_expiry=KEEP_ALIVE_SECONDS,
            network_backend=self._network,
        )

    def get(self, url: str, *, accept: str, limit: int = BODY_LIMIT, headers: Mapping[str, str] | None = None) -> Answer:
        return self._request("GET", url, None, {"accept": accept, **(headers or {})}, limit)

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
        return self._request("POST", url, body, {"accept": accept, "content-type": content_type, **(headers or {})}, limit)

    def close(self) -> None:
        self._pool.close()
        self._network.close()

    def _request(self, method: str, url: str, body: bytes | None, headers: Mapping[str, str], limit: int) -> Answer:
        target = _target(url, plain=self._plain)
        self._call.begin(plain=target.scheme == b"http")
        sent = list({"user-agent": USER_AGENT, "accept-encoding": "identity", **headers}.items())
        extensions = {"timeout": {"connect": CONNECT_SECONDS, "pool": CONNECT_SECONDS}}
        try:
            with self._pool.stream(method, target, headers=sent, content=body, extensions=extensions) as response:
                found = {name.decode("latin-1").lower(): value.decode("latin-1") for name, value in response.headers}
                _check_coding(found)
                return Answer(response.status, found, _read(response.iter_stream(), limit))
        except (httpcore2.NetworkError, httpcore2.ProtocolError, httpcore2.TimeoutException, OSError, ValueError) as error:
            raise Unreachable(f"{target.host.decode()}: {type(error).__name__}") from None


class _Call(local):
    """What the request running in this thread may do: its deadline, and whether it goes over plain http."""

    deadline = 0.0
    plain = False

    def begin(self, *, plain: bool) -> None:
        self.plain = plain
        self.deadline = monotonic() + TOTAL_SECONDS

    def left(self, at_most: float | None = None) -> float:
        """Seconds left. Raises ReadTimeout when there are none."""
        seconds = self.deadline - monotonic()
        if seconds <= 0:
            raise httpcore2.ReadTimeout("took too long")
        return seconds if at_most is None else min(seconds, at_most)


class _CheckedNetwork(httpcore2.NetworkBackend):
    """Connects only to addresses that this request may reach."""

    def __init__(self, resolve: Resolve, call: _Call, reach: Reach) -> None:
        self._resolve = resolve
        self._call = call
        self._reach = reach
        self._real = httpcore2.SyncBackend()
        self._resolvers = ThreadPoolExecutor(RESOLVERS, thread_name_prefix="resolve")

    def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,
        local_address: str | None = None,
        socket_options: Iterable[httpcore2.SOCKET_OPTION] | None = None,
    ) -> httpcore2.NetworkStream:
        addresses = self._addresses(host, port)
        for address in addresses:
            try:
                seconds = self._call.left(timeout)
                stream = self._real.connect_tcp(address, port, seconds, local_address, socket_options)
            except (httpcore2.ConnectError, httpcore2.ConnectTimeout):
                continue
            return _TimedStream(stream, self._call)
        raise httpcore2.ConnectError("no address answers")

    def close(self) -> None:
        self._resolvers.shutdown(wait=False)

    def _addresses(self, host: str, port: int) -> list[str]:
        try:
            found = self._resolvers.submit(self._resolve, host, port).result(self._call.left(CONNECT_SECONDS))
        except (LateError, OSError, UnicodeError):
            raise httpcore2.ConnectError("the name does not resolve") from None
        reachable = list(dict.fromkeys(text for text in found if self._may_reach(text)))
        if not reachable:
            raise httpcore2.ConnectError("the name has no address we may reach")
        return reachable[:MAX_ADDRESSES]

    def _may_reach(self, text: str) -> bool:
        address = ip_address(text.partition("%")[0])
        if self._reach is Reach.DEMO and address.is_loopback:
            return True
        if self._call.plain:
            return False
        return is_public(address) or (self._reach is Reach.LOCAL and not address.is_multicast)


class _TimedStream(httpcore2.NetworkStream):
    """A connection on which no single read or write outlives the request it serves, however slowly bytes drip."""

    def __init__(self, inner: httpcore2.NetworkStream, call: _Call) -> None:
        self._inner = inner
        self._call = call

    def read(self, max_bytes: int, timeout: float | None = None) -> bytes:
        return self._inner.read(max_bytes, self._call.left(timeout))

    def write(self, buffer: bytes, timeout: float | None = None) -> None:
        self._inner.write(buffer, self._call.left(timeout))

    def close(self) -> None:
        self._inner.close()

    def start_tls(
        self, ssl_context: SSLContext, server_hostname: str | None = None, timeout: float | None = None
    ) -> httpcore2.NetworkStream:
        try:
            inner = self._inner.start_tls(ssl_context, server_hostname, self._call.left(timeout))
        except SSLError:
            raise httpcore2.ConnectError("no trusted TLS") from None
        return _TimedStream(inner, self._call)

    def get_extra_info(self, info: str) -> Any:
        return self._inner.get_extra_info(info)


def is_public(address: Address) -> bool:
    """Globally reachable, also when wrapped: IPv4 inside IPv6 counts as the IPv4 address, tunnels to anywhere as private."""
    if isinstance(address, IPv6Address):
        if address.ipv4_mapped is not None:
            return is_public(address.ipv4_mapped)
        if address.sixtofour is not None or address.teredo is not None or address in NAT64:
            return False
    return address.is_global and not address.is_multicast


def _target(url: str, *, plain: bool) -> httpcore2.URL:
    """The request target of an allowed URL. Raises Unreachable."""
    if len(url) > MAX_URL:
        raise Unreachable("the address is too long")
    try:
        parsed = httpx2.URL(url)
    except (httpx2.InvalidURL, ValueError):
        raise Unreachable("not an address") from None
    if parsed.scheme != "https" and not (plain and parsed.scheme == "http"):
        raise Unreachable("only https")
    if parsed.userinfo or parsed.fragment or not parsed.host:
        raise Unreachable("no host, or user information or fragment in the address")
    return httpcore2.URL(scheme=parsed.raw_scheme, host=parsed.raw_host, port=parsed.port, target=parsed.raw_path)


def _check_coding(headers: Mapping[str, str]) -> None:
    if headers.get("content-encoding", "identity").lower() != "identity":
        raise ValueError("a coded body that nobody asked for")


def _read(chunks: Iterable[bytes], limit: int) -> bytes:
    """At most `limit` bytes; one more is an error, not a cut."""
    body = bytearray()
    for chunk in chunks:
        body += chunk
        if len(body) > limit:
            raise ValueError("the body is too large")
    return bytes(body)
