"""Pages about addresses that a stranger made up, row T07 of the threat catalogue: they link to us alone. With its control."""

from html import unescape
from pathlib import Path
from re import findall
from urllib.parse import urljoin

import pytest

from tests import world
from tests.issuing import on_sqlite
from tests.raw_asgi import Sent, send_all

HTML = ((b"accept", b"text/html"),)
ADDRESSES = (
    b"//evil.example/",
    b"///evil.example/",
    b"/%5Cevil.example/",
    b"/%2Fevil.example/",
    b"/%09/evil.example/",
    b"/%0A/evil.example/",
    b"/%2E%2E//evil.example/",
    b"/x%3Fy%23z",
    b"/%22%3E%3Cscript%3E",
    b"/lost/..%5C%5Cevil.example",
)


def links(folder: Path, path: bytes) -> list[str]:
    """Where a browser goes from the page at `path`: it takes a backslash for a slash and skips tabs and line feeds."""
    issuing = on_sqlite(folder)
    [got] = send_all(issuing.client.app, world.ISSUER, [Sent("GET", path, headers=HTML)])
    issuing.issuer.engine.dispose()
    assert got.error is None
    assert b"<script>" not in got.body
    found = [unescape(link) for link in findall(r'(?:href|action)="([^"]*)"', got.body.decode())]
    plain = [link.replace("\\", "/").translate({9: None, 10: None, 13: None}) for link in found]
    return [urljoin(world.ISSUER + "/", link) for link in plain if not link.startswith(("#", "data:"))]


@pytest.mark.parametrize("path", ADDRESSES)
def test_T07_a_page_about_a_made_up_address_links_to_our_own_site(tmp_path: Path, path: bytes) -> None:
    found = links(tmp_path, path)
    assert found
    assert all(link.startswith(f"{world.ISSUER}/") for link in found)


def test_T07_control_the_other_language_is_at_the_same_address(tmp_path: Path) -> None:
    assert f"{world.ISSUER}/lost?lang=en" in links(tmp_path, b"/lost")
    assert f"{world.ISSUER}/%EA%B0%80%20b?lang=en" in links(tmp_path, b"/%EA%B0%80%20b")
