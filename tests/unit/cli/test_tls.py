"""TLS as roles speak it themselves: what is offered, and to whom nothing is."""

import os
import socket
import ssl
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Route

from sinwon.adapters.fetch import Fetcher, Reach
from sinwon.cli.serving import Listener, serving
from sinwon.cli.tls import client_context, server_context
from sinwon.core.fetch import Unreachable
from sinwon.core.refusal import Fault
from sinwon.demo.deployment import free_ports
from sinwon.keys.authority import create_authority
from sinwon.keys.software import generate_key
from tests.tls_probe import OTHER_SUITES, REFUSED, SUITES_12, shake

HOST = "127.0.0.1"


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """`chain.pem`, `key.pem` and `authority.pem`."""
    made, now, key = tmp_path_factory.mktemp("tls"), int(time.time()), generate_key()
    authority = create_authority(generate_key(), "Test TLS authority", now=now, random=os.urandom)
    leaf = authority.certify_server(key, (HOST, "localhost"), now=now, random=os.urandom)
    (made / "key.pem").write_bytes(key.private.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()))
    for name, der in (("chain.pem", leaf), ("authority.pem", authority.certificate)):
        (made / name).write_bytes(x509.load_der_x509_certificate(der).public_bytes(Encoding.PEM))
    return made


@pytest.fixture(scope="module")
def port(folder: Path) -> Iterator[int]:
    async def hello(_request: Request) -> Response:
        return PlainTextResponse("hello")

    (found,) = free_ports(1)
    tls = server_context(folder / "chain.pem", folder / "key.pem")
    with serving({"hello": Listener(Starlette(routes=[Route("/", hello)]), HOST, found, tls)}):
        yield found


def test_the_newest_version_is_spoken(port: int, folder: Path) -> None:
    assert shake(HOST, port, folder / "authority.pem")[0] == "TLSv1.3"


@pytest.mark.parametrize("suite", SUITES_12)
def test_version_1_2_with_forward_secrecy_and_aead(suite: str, port: int, folder: Path) -> None:
    assert shake(HOST, port, folder / "authority.pem", newest=ssl.TLSVersion.TLSv1_2, ciphers=suite) == ("TLSv1.2", suite)


@pytest.mark.parametrize("suite", OTHER_SUITES)
def test_other_suites_are_refused(suite: str, port: int, folder: Path) -> None:
    with pytest.raises(ssl.SSLError, match=REFUSED):
        shake(HOST, port, folder / "authority.pem", newest=ssl.TLSVersion.TLSv1_2, ciphers=suite)


@pytest.mark.filterwarnings("ignore:ssl.TLSVersion.TLSv1:DeprecationWarning")
@pytest.mark.parametrize("version", ["TLSv1", "TLSv1_1"])
def test_older_versions_are_refused(version: str, port: int, folder: Path) -> None:
    with pytest.raises(ssl.SSLError, match=REFUSED):
        shake(HOST, port, folder / "authority.pem", newest=ssl.TLSVersion[version])


def test_roles_accept_their_own_authority(port: int, folder: Path) -> None:
    fetcher = Fetcher(reach=Reach.LOCAL, tls=client_context(folder / "authority.pem"))
    assert fetcher.get(f"https://{HOST}:{port}/", accept="*/*").body == b"hello"
    fetcher.close()


def test_nobody_else_does(port: int) -> None:
    fetcher = Fetcher(reach=Reach.LOCAL, tls=client_context(None))
    with pytest.raises(Unreachable):
        fetcher.get(f"https://{HOST}:{port}/", accept="*/*")
    fetcher.close()


def test_plain_http_is_not_answered(port: int) -> None:
    with socket.create_connection((HOST, port), 5) as plain:
        plain.sendall(b"GET / HTTP/1.1\r\nHost: localhost\r\n\r\n")
        assert b"hello" not in plain.recv(1000)


def test_a_missing_file_is_a_fault(tmp_path: Path) -> None:
    with pytest.raises(Fault, match="TLS certificate"):
        server_context(tmp_path / "chain.pem", tmp_path / "key.pem")
    with pytest.raises(Fault, match="TLS authority"):
        client_context(tmp_path / "authority.pem")
