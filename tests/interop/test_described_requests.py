"""@openid4vc/openid4vp: a foreign wallet reads every kind of request that our verifier makes."""

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import msgspec
import pytest

from sinwon.core import base64url
from sinwon.protocols.vp.description import FOREIGN
from tests import world
from tests.conformance.test_presentation_request import MODES, WAYS
from tests.conformance.verifier_world import VerifierWorld, verifier_world
from tests.interop.oracle import Oracle, OracleRefusal


@pytest.fixture
def here(tmp_path: Path) -> Iterator[VerifierWorld]:
    with verifier_world(tmp_path) as made:
        yield made


def read(node: Oracle, here: VerifierWorld, link: str) -> Any:
    def web(request: Mapping[str, Any]) -> Mapping[str, Any]:
        answer = here.http.request(request["method"], urlsplit(str(request["url"])).path)
        return {"status": answer.status_code, "headers": dict(answer.headers), "body": base64url.encode(answer.content)}

    return node.browse(web, "openid4vc.readRequest", link=link, now=world.NOW)


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize("name", FOREIGN)
def test_a_foreign_wallet_reads_our_requests(node: Oracle, here: VerifierWorld, way: str, mode: str, name: str) -> None:
    description = msgspec.structs.replace(WAYS[way], response_mode=MODES[mode], query=FOREIGN[name])
    said = read(node, here, here.start(description).link)
    assert (said["client"]["prefix"], said["version"], said["query"]) == (way, 100, FOREIGN[name])
    assert said["payload"]["response_mode"] == mode


@pytest.mark.parametrize("way", ["x509_hash", "x509_san_dns"])
def test_not_in_the_name_of_another(node: Oracle, here: VerifierWorld, way: str) -> None:
    link = here.start(WAYS[way]).link
    other = link.replace("x509_san_dns%3Agateway", "x509_san_dns%3Aother").replace("x509_hash%3A", "x509_hash%3AA")
    with pytest.raises(OracleRefusal):
        read(node, here, other)
