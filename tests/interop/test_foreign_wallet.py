"""@openid4vc/openid4vci as a wallet at our issuer by the authorization code flow: attested, with DPoP and pushed requests, it
gets both formats.
"""

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest

from sinwon.core import base64url
from sinwon.protocols.vci.configurations import IDENTITY_MDOC, IDENTITY_SD_JWT
from tests import world
from tests.code_client import CLIENT_ID, REDIRECT_URI, Attesting
from tests.code_world import CodeWorld, code_offer, code_world
from tests.interop.oracle import Oracle, OracleRefusal, Web
from tests.interop.shapes import private_jwk
from tests.interop.test_openid4vc import doors, verified_key
from tests.world import ISSUER, key

BOTH = (IDENTITY_SD_JWT, IDENTITY_MDOC)
COPIES = {name: [key(f"foreign {name} {copy}") for copy in range(2)] for name in BOTH}


@pytest.fixture
def here(tmp_path: Path) -> Iterator[CodeWorld]:
    with code_world(tmp_path) as made:
        yield made


def web(here: CodeWorld) -> Web:
    """Our issuer, and a browser that opens its pages: both answer with what came back."""

    def answer(request: Mapping[str, Any]) -> Mapping[str, Any]:
        if urlsplit(request["url"]).path == "/authorize":
            return {"status": 303, "headers": {"location": here.browse(request["url"])}, "body": ""}
        return doors(here.issuing)(request)

    return answer


def collect(node: Oracle, here: CodeWorld, **changes: Any) -> Any:
    attestation, _ = Attesting(here.clock, changes).attestation(ISSUER)
    return node.browse(
        web(here),
        "openid4vc.collectByCode",
        link=code_offer(here, BOTH),
        keys={name: [private_jwk(one) for one in some] for name, some in COPIES.items()},
        dpop=private_jwk(key("foreign sender")),
        instance=private_jwk(key(f"instance at {ISSUER}")),
        attestation=attestation,
        clientId=CLIENT_ID,
        redirectUri=REDIRECT_URI,
        scope=" ".join(BOTH),
        now=here.clock.now,
    )


@pytest.mark.parametrize("dpop_nonces", [False, True])
def test_a_foreign_wallet_gets_both_formats_by_code(node: Oracle, here: CodeWorld, dpop_nonces: bool) -> None:
    here.serve(dpop_nonces=dpop_nonces)
    said = collect(node, here)
    assert set(said["collected"]) == set(BOTH)
    for name, copies in said["collected"].items():
        assert [verified_key(name, copy).jwk for copy in copies] == [dict(one.public_jwk) for one in COPIES[name]]
    assert set(parse_qs(urlsplit(said["opened"]).query)) == {"client_id", "request_uri"}
    assert parse_qs(urlsplit(said["back"]).query)["iss"] == [ISSUER]


@pytest.mark.parametrize(
    "changes",
    [
        {"sub": "another-wallet"},
        {"exp": world.NOW - 1},
        {"cnf": {"jwk": dict(key("another").public_jwk)}},
        {"iss": base64url.encode(b"x"), "sub": CLIENT_ID, "cnf": {}},
    ],
)
def test_another_attestation_is_refused(node: Oracle, here: CodeWorld, changes: dict[str, Any]) -> None:
    with pytest.raises(OracleRefusal):
        collect(node, here, **changes)
    assert here.opened == []
