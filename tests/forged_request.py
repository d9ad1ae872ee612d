"""A verifier of the tests that forges: a correct request, every part of which a test may spoil, and a wallet to try it on."""

import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from hashlib import sha256
from pathlib import Path
from typing import Any

import pytest

from sinwon.core import base64url
from sinwon.core.fetch import Answer
from sinwon.core.refusal import Refusal
from sinwon.formats.jose.jwe import decrypt, parse_jwe
from sinwon.formats.jose.jws import sign_jws
from sinwon.formats.sdjwt.disclosures import process
from sinwon.formats.sdjwt.parse import parse_sd_jwt
from sinwon.holder.copies import Copies, Copy
from sinwon.holder.present import Declined, everything
from sinwon.holder.wallet import Holder
from sinwon.keys.jwk import certificate_text
from sinwon.keys.software import SoftwareKey
from sinwon.protocols.credential_types import IDENTITY
from tests import world
from tests.attesting import Attester
from tests.gateway_world import parameters_of
from tests.wallet_world import WalletWorld, link, wallet_world

REQUEST_URI = f"{world.GATEWAY}/requests/one"
RESPONSE_URI = f"{world.GATEWAY}/responses/one"
TYP = "oauth-authz-req+jwt"
MEDIA_TYPE = "application/oauth-authz-req+jwt"
RESPONSE_KEY = world.key("response")
ACCESS = world.authority("access authority")
Change = Callable[["Forged"], None]


def identity_query(*names: str, **more: Any) -> dict[str, Any]:
    claims = [{"id": f"c{number}", "path": name.split(".")} for number, name in enumerate(names)]
    return {"id": "identity", "format": "dc+sd-jwt", "meta": {"vct_values": [IDENTITY]}, "claims": claims, **more}


@dataclass
class Forged:
    """A correct request of the live service gov24, and every part of it a test may spoil."""

    header: dict[str, Any]
    claims: dict[str, Any]
    key: SoftwareKey
    client_id: str
    media_type: str = MEDIA_TYPE
    token: str | None = None
    request_uri: str = REQUEST_URI
    more: dict[str, str] | None = None

    def signed(self) -> str:
        return self.token if self.token is not None else sign_jws(self.header, self.claims, self.key)

    def certify(self, leaf: bytes, *more: bytes, key: SoftwareKey | None = None) -> None:
        """Sends this chain, and names its leaf as the client."""
        self.header["x5c"] = [certificate_text(der) for der in (leaf, *more)]
        self.name(leaf)
        self.key = key or self.key

    def name(self, leaf: bytes) -> None:
        self.call("x509_hash:" + hash_of(leaf))

    def call(self, client_id: str) -> None:
        self.client_id = self.claims["client_id"] = client_id


def hash_of(der: bytes) -> str:
    return base64url.encode(sha256(der).digest())


def forged(service: str = "gov24") -> Forged:
    by = world.access_signer(service)
    client_id = "x509_hash:" + hash_of(by.chain[0])
    claims = {
        "aud": "https://self-issued.me/v2",
        "iat": world.NOW,
        "exp": world.NOW + 300,
        "client_id": client_id,
        "response_type": "vp_token",
        "response_mode": "direct_post.jwt",
        "response_uri": RESPONSE_URI,
        "nonce": "n" * 43,
        "state": "s" * 43,
        "dcql_query": {"credentials": [identity_query("person_id", "name_ko", "birthdate")]},
        "client_metadata": {
            "jwks": {"keys": [{**RESPONSE_KEY.public_jwk, "kid": "1", "use": "enc", "alg": "ECDH-ES"}]},
            "encrypted_response_enc_values_supported": ["A128GCM", "A256GCM"],
            "vp_formats_supported": {"dc+sd-jwt": {"sd-jwt_alg_values": ["ES256"], "kb-jwt_alg_values": ["ES256"]}},
        },
    }
    header = {"typ": TYP, "x5c": [certificate_text(by.chain[0])]}
    return Forged(header, claims, world.key(f"access {service}"), client_id)


@dataclass
class Scene:
    """A wallet with a certificate, and a verifier that serves what it is told and takes what comes."""

    here: WalletWorld

    @property
    def holder(self) -> Holder:
        return self.here.holder

    def serve(self, request: Forged) -> str:
        """The link to the request."""
        self.here.network.pages[request.request_uri] = Answer(
            200, {"content-type": request.media_type}, request.signed().encode()
        )
        self.here.network.pages[RESPONSE_URI] = Answer(200, {"content-type": "application/json"}, b"{}")
        return link(request.client_id, request.request_uri, **(request.more or {}))

    def stops(self, wallet_link: str, code: str | None = "invalid_request") -> None:
        """Refused, nothing posted, no copy touched."""
        left, posts = self.holder.left(), self.posts()
        with pytest.raises(Refusal) as refusal:
            self.holder.present(wallet_link, everything)
        assert code in {None, refusal.value.code}
        assert self.posts() == posts
        assert self.holder.left() == left

    def tells(self, wallet_link: str, code: str, reason: str) -> dict[str, Any]:
        """Refused with this code told to the verifier, nothing else told, no copy touched."""
        left = self.holder.left()
        with pytest.raises(Declined) as declined:
            self.holder.present(wallet_link, everything)
        assert (declined.value.code, declined.value.reason) == (code, reason)
        assert self.holder.left() == left
        told = self.told()
        assert {name: value for name, value in told.items() if name != "state"} == {"error": code}
        return told

    def posts(self) -> int:
        return sum(line == f"POST {RESPONSE_URI}" for line in self.here.network.log)

    def told(self) -> dict[str, Any]:
        """What the last post to the verifier said."""
        return self.told_by(RESPONSE_KEY)

    def told_by(self, key: SoftwareKey) -> dict[str, Any]:
        form = parameters_of("https://x/?" + self.here.network.bodies[-1].decode())
        if "response" not in form:
            return dict(form)
        return dict(json.loads(decrypt(parse_jwe(form["response"]), key)))


@dataclass
class Scenes:
    """One pair of roles and one receipt for a whole module; each test gets a wallet with these copies and a clean network."""

    here: WalletWorld
    copies: tuple[Copy, ...]

    def fresh(self, *, strong: bool = False) -> Scene:
        """A `strong` one has copies for attested keys as well."""
        network = self.here.network
        for record in (network.pages, network.tampering, network.log, network.bodies):
            record.clear()
        holder = Holder(self.here.holder.powers)
        holder.copies = Copies(copy for copy in self.copies if strong or not copy.attested)
        return Scene(replace(self.here, holder=holder))


@contextmanager
def scenes(folder: Path) -> Iterator[Scenes]:
    with wallet_world(folder) as here:
        here.holder.powers = replace(here.holder.powers, attester=Attester(here.clock))
        here.receive(copies=2)
        yield Scenes(here, here.holder.copies.unused())


def control(scene: Scene, request: Forged | None = None) -> dict[str, Any]:
    """The untouched request is answered; gives what was shown."""
    sent = scene.holder.present(scene.serve(request or forged()), everything)
    assert sent.claims
    presentation = parse_sd_jwt(scene.told()["vp_token"]["identity"][0])
    return process(presentation)


def changed(**claims: Any) -> Forged:
    request = forged()
    for name, value in claims.items():
        if value is ...:
            del request.claims[name]
        else:
            request.claims[name] = value
    return request
