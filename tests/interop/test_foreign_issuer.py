"""@openid4vc/oauth2 and openid4vci as an issuer: our wallet gets certificates of both formats there by the authorization code
flow, with attestation, DPoP and pushed requests.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qsl

import pytest

from sinwon.core import base64url
from sinwon.core.fetch import BODY_LIMIT, Answer
from sinwon.core.refusal import Refusal
from sinwon.core.strict_json import dump
from sinwon.formats.mdoc.names import MDOC
from sinwon.formats.sdjwt.names import SD_JWT_VC
from sinwon.holder.wallet import Holder
from sinwon.keys.jwk import certificate_text
from sinwon.protocols.credential_types import IDENTITY_TYPE
from sinwon.protocols.vci.configurations import IDENTITY_MDOC, IDENTITY_SD_JWT, configurations
from tests import world
from tests.code_client import CLIENT_ID, REDIRECT_URI, Drawer, code_client, code_powers
from tests.interop.oracle import Oracle
from tests.interop.shapes import private_jwk
from tests.world import ISSUER

BOTH = (IDENTITY_SD_JWT, IDENTITY_MDOC)
TYPES = (IDENTITY_TYPE.vct, IDENTITY_TYPE.doctype)
SERVER = {
    "issuer": ISSUER,
    "token_endpoint": f"{ISSUER}/token",
    "authorization_endpoint": f"{ISSUER}/authorize",
    "pushed_authorization_request_endpoint": f"{ISSUER}/par",
    "require_pushed_authorization_requests": True,
    "authorization_response_iss_parameter_supported": True,
    "challenge_endpoint": f"{ISSUER}/challenge",
    "response_types_supported": ["code"],
    "code_challenge_methods_supported": ["S256"],
    "dpop_signing_alg_values_supported": ["ES256"],
    "token_endpoint_auth_methods_supported": ["attest_jwt_client_auth"],
}


def metadata(scopes: bool = True) -> dict[str, Any]:
    known = json.loads(dump({name: configurations()[name] for name in BOTH}))
    if not scopes:
        for configuration in known.values():
            del configuration["scope"]
    return {
        "credential_issuer": ISSUER,
        "credential_endpoint": f"{ISSUER}/credential",
        "nonce_endpoint": f"{ISSUER}/nonce",
        "deferred_credential_endpoint": f"{ISSUER}/deferred",
        "notification_endpoint": f"{ISSUER}/notification",
        "batch_credential_issuance": {"batch_size": 4},
        "credential_configurations_supported": known,
    }


@dataclass
class ForeignIssuer:
    """The Fetch of our wallet, and what its browser finds: the oracle is the issuer."""

    node: Oracle
    clock: world.StandingClock
    drawer: Drawer = field(default_factory=Drawer)

    def open(self, *, scopes: bool = True, **how: Any) -> Holder:
        documents = {
            "key": private_jwk(world.key("documents")),
            "certificate": base64url.encode(world.document_signer().chain[0]),
        }
        credentials = {
            "key": private_jwk(world.key("issuer")),
            "x5c": [certificate_text(der) for der in world.issuer_signer().chain],
            "documents": documents,
            "status": {"status_list": {"idx": 7, "uri": f"{ISSUER}/status/1"}},
            "claims": {"family_name": "HONG", "given_name": "GILDONG"},
            "elements": {IDENTITY_TYPE.doctype: {"family_name": "HONG", "given_name": "GILDONG"}},
        }
        given = {"server": SERVER, "metadata": metadata(scopes), "credentials": credentials, "as": "a" * 22, "rs": "r" * 22}
        self.node.ask("issuer.open", **given, **how)
        return self.holder()

    def holder(self) -> Holder:
        return Holder(code_powers(self, self.clock, code_client(self.clock, self.browse)), self.drawer)

    def browse(self, url: str) -> str:
        """The person's browser: one page, and it says yes."""
        return self.get(url, accept="text/html").headers["location"]

    def heard(self, path: str) -> list[str]:
        return [one["body"] for one in self.node.ask("issuer.heard") if one["path"] == path]

    def get(self, url: str, *, accept: str, limit: int = BODY_LIMIT, headers: Mapping[str, str] | None = None) -> Answer:
        return self._ask("GET", url, b"", {"accept": accept, **(headers or {})}, limit)

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
        return self._ask("POST", url, body, {"accept": accept, "content-type": content_type, **(headers or {})}, limit)

    def _ask(self, method: str, url: str, body: bytes, headers: Mapping[str, str], limit: int) -> Answer:
        given = {"method": method, "url": url, "headers": dict(headers), "content": base64url.encode(body), "now": self.clock()}
        said = self.node.ask("issuer.answer", **given)
        named = {name.lower(): value for name, value in said["headers"].items()}
        content = base64url.decode(said["body"])
        assert len(content) <= limit
        return Answer(said["status"], named, content)


@pytest.fixture
def there(node: Oracle) -> ForeignIssuer:
    return ForeignIssuer(node, world.StandingClock())


def pushed(there: ForeignIssuer) -> dict[str, str]:
    """What was taken, after a challenge and a nonce were asked for."""
    return dict(parse_qsl(there.heard("/par")[-1], strict_parsing=True))


def test_both_formats_without_an_offer(there: ForeignIssuer) -> None:
    wallet = there.open()
    assert wallet.ask_issuer(ISSUER, BOTH) == dict.fromkeys(TYPES, 4)
    asked = pushed(there)
    assert asked["scope"].split() == list(BOTH)
    assert (asked["client_id"], asked["redirect_uri"]) == (CLIENT_ID, REDIRECT_URI)
    assert {copy.format for copy in wallet.copies.unused()} == {SD_JWT_VC, MDOC}
    assert [json.loads(one)["event"] for one in there.heard("/notification")][-2:] == ["credential_accepted"] * 2


def test_copies_find_their_keys_though_they_come_in_another_order(there: ForeignIssuer) -> None:
    wallet = there.open()
    wallet.ask_issuer(ISSUER, BOTH, copies=3)
    copies = wallet.copies.unused()
    assert len({copy.key for copy in copies}) == len(copies) == 6


def test_an_offer_brings_the_issuer_s_state_back(there: ForeignIssuer) -> None:
    wallet = there.open()
    link = there.node.ask("issuer.link", configurations=[IDENTITY_SD_JWT], issuerState="of-this-offer")
    assert wallet.receive(link, copies=2) == {IDENTITY_TYPE.vct: 2}
    assert pushed(there)["issuer_state"] == "of-this-offer"


def test_details_where_there_are_no_scopes(there: ForeignIssuer) -> None:
    """Then the issuer names its credentials, and they go by those names."""
    wallet = there.open(scopes=False)
    assert wallet.ask_issuer(ISSUER, BOTH, copies=1) == dict.fromkeys(TYPES, 1)
    assert "scope" not in pushed(there)
    assert [json.loads(one).get("credential_identifier") for one in there.heard("/credential")][-2:] == [
        f"{name}/one" for name in BOTH
    ]


def test_patience(there: ForeignIssuer) -> None:
    wallet = there.open(later=2)
    assert wallet.ask_issuer(ISSUER, BOTH, copies=2) == {}
    assert len(wallet.waiting) == 2
    assert wallet.resume() == {}
    assert there.heard("/deferred") == []
    again = there.holder()  # the wallet was closed meanwhile
    there.clock.move(3)
    assert again.resume() == {}
    there.clock.move(3)
    assert again.resume() == dict.fromkeys(TYPES, 2)
    assert (again.waiting, there.holder().waiting) == ((), ())


def test_fresh_copies_by_a_refresh_token(there: ForeignIssuer) -> None:
    wallet = there.open()
    wallet.ask_issuer(ISSUER, BOTH, copies=1)
    assert wallet.refresh(copies=2) == dict.fromkeys(TYPES, 2)
    assert len(there.heard("/authorize")) == 1


def test_nonces_and_challenges_are_asked_for_once(there: ForeignIssuer) -> None:
    """The challenge was fetched, so only the first request of each half lacks something: a nonce."""
    wallet = there.open()
    wallet.ask_issuer(ISSUER, BOTH, copies=1)
    assert [len(there.heard(path)) for path in ("/challenge", "/par", "/token", "/credential")] == [1, 2, 1, 2]


def test_a_code_of_another_flow_is_refused_by_them(there: ForeignIssuer) -> None:
    there.open()

    def other(_url: str) -> str:
        return f"{REDIRECT_URI}?code=x&state=y&iss={ISSUER}"

    wallet = Holder(code_powers(there, there.clock, code_client(there.clock, other)), there.drawer)
    with pytest.raises(Refusal, match="authorization_mismatch"):
        wallet.ask_issuer(ISSUER, BOTH)
    assert there.heard("/token") == []
