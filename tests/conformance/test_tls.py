"""TLS of the endpoints a harness probes, each at its own address."""

import ssl
from pathlib import Path
from urllib.parse import urlsplit

import httpx2
import pytest

from sinwon.conformance.command import Serving
from tests.tls_probe import OTHER_SUITES, REFUSED, SUITES_12, shake

ENDPOINTS = ("authorization_endpoint", "token_endpoint", "credential_endpoint")


@pytest.fixture(scope="module", params=ENDPOINTS)
def address(request: pytest.FixtureRequest, served: Serving, authority: Path) -> tuple[str, int]:
    issuer = served.identifiers["issuer"]
    with httpx2.Client(verify=ssl.create_default_context(cafile=str(authority)), trust_env=False) as client:
        documents = [client.get(issuer[name]).json() for name in ("metadata", "authorization_server_metadata")]
    url = urlsplit({**documents[0], **documents[1]}[request.param])
    assert url.scheme == "https"
    assert url.hostname
    assert url.port
    return url.hostname, url.port


def test_C76_version_1_3_is_preferred(address: tuple[str, int], authority: Path) -> None:
    """TLS 1.3 is spoken to a client that offers everything."""
    assert shake(*address, authority)[0] == "TLSv1.3"


@pytest.mark.parametrize("suite", SUITES_12)
def test_C76_version_1_2_with_ECDHE_and_AEAD(suite: str, address: tuple[str, int], authority: Path) -> None:
    """TLS 1.2 is spoken with suites of ECDHE and AEAD."""
    assert shake(*address, authority, newest=ssl.TLSVersion.TLSv1_2, ciphers=suite) == ("TLSv1.2", suite)


@pytest.mark.parametrize("suite", OTHER_SUITES)
def test_C76_no_other_suite_of_version_1_2(suite: str, address: tuple[str, int], authority: Path) -> None:
    """No suite of TLS 1.2 without ECDHE or AEAD is agreed to."""
    with pytest.raises(ssl.SSLError, match=REFUSED):
        shake(*address, authority, newest=ssl.TLSVersion.TLSv1_2, ciphers=suite)


@pytest.mark.filterwarnings("ignore:ssl.TLSVersion.TLSv1:DeprecationWarning")
@pytest.mark.parametrize("version", ["TLSv1", "TLSv1_1"])
def test_C76_no_older_version(version: str, address: tuple[str, int], authority: Path) -> None:
    """TLS 1.0 and 1.1 are refused."""
    with pytest.raises(ssl.SSLError, match=REFUSED):
        shake(*address, authority, newest=ssl.TLSVersion[version])
