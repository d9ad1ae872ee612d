"""The profile's wallets: what a harness is given of them is enough to get credentials, by a button, time and again."""

import ssl
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import httpx2
import pytest
from cryptography.hazmat.primitives.asymmetric import ec

from sinwon.conformance.command import Serving
from sinwon.conformance.desk import OFFERS
from sinwon.core import base64url
from sinwon.core.ids import new_id
from sinwon.formats.jose.jws import sign_jws
from sinwon.keys.software import SoftwareKey, generate_key
from sinwon.protocols.oauth.client_authentication.assertion import ASSERTION_TYPE
from sinwon.protocols.oauth.client_authentication.attestation import POP_TYP, TYP
from sinwon.protocols.oauth.dpop import sign_dpop_proof
from sinwon.protocols.oauth.pkce import challenge_of
from sinwon.protocols.vci.configurations import IDENTITY_SD_JWT
from sinwon.protocols.vci.offer import parse_offer
from tests.authorizing import Forms
from tests.world import SeededRandomness

VERIFIER = "v" * 43
RANDOM = SeededRandomness(5)


@dataclass
class Player:
    """One of the harness's wallets, from what is printed and nothing else."""

    client_id: str
    told: dict[str, Any]
    http: httpx2.Client

    @property
    def issuer(self) -> str:
        return str(self.told["issuer"]["credential_issuer"])

    @property
    def given(self) -> dict[str, Any]:
        return dict(self.told["wallets"][self.client_id])

    def assertion(self) -> dict[str, str]:
        jwk, now = self.given["jwks"]["keys"][0], int(time.time())
        signer = SoftwareKey(ec.derive_private_key(int.from_bytes(base64url.decode(jwk["d"])), ec.SECP256R1()))
        claims = {"iss": self.client_id, "sub": self.client_id, "aud": self.issuer, "jti": new_id(RANDOM), "exp": now + 60}
        token = sign_jws({"kid": jwk["kid"]}, claims, signer)
        return {"client_assertion_type": ASSERTION_TYPE, "client_assertion": token}

    def attestation(self, instance: SoftwareKey) -> dict[str, str]:
        """The headers of HAIP, by the attester that is printed."""
        told, now = self.told["attester"], int(time.time())
        signer = SoftwareKey(ec.derive_private_key(int.from_bytes(base64url.decode(told["jwk"]["d"])), ec.SECP256R1()))
        claims = {"iss": told["issuer"], "sub": self.client_id, "iat": now, "exp": now + 300}
        header = {"typ": TYP, "x5c": told["jwk"]["x5c"]}
        attestation = sign_jws(header, {**claims, "cnf": {"jwk": dict(instance.public_jwk)}}, signer)
        pop = {"iss": self.client_id, "aud": self.issuer, "jti": new_id(RANDOM), "iat": now}
        return {
            "OAuth-Client-Attestation": attestation,
            "OAuth-Client-Attestation-PoP": sign_jws({"typ": POP_TYP}, pop, instance),
        }

    def push(self, *, instance: SoftwareKey | None = None, **more: str) -> str:
        headers = {} if instance is None else self.attestation(instance)
        form = {
            "response_type": "code",
            "redirect_uri": self.given["redirect_uri"],
            "scope": IDENTITY_SD_JWT,
            "code_challenge": challenge_of(VERIFIER),
            "code_challenge_method": "S256",
            **({} if instance else self.assertion()),
            **more,
        }
        answer = self.http.post(self.issuer + "/par", data=form, headers=headers)
        assert answer.status_code == 201, answer.text
        return str(answer.json()["request_uri"])

    def press(self, step: str, request_uri: str, **more: str) -> httpx2.Response:
        form = {"client_id": self.client_id, "request_uri": request_uri, **more}
        return self.http.post(f"{self.issuer}/authorize/{step}", data=form)

    def code(self, **more: Any) -> str:
        uri = self.push(**more)
        page = self.http.get(f"{self.issuer}/authorize", params={"client_id": self.client_id, "request_uri": uri})
        assert {"login-auto", "login-form", "login-cancel"} <= set(Forms(page.text).ids)
        assert self.press("sign-in", uri, way="auto").status_code == 303
        approved = self.press("approve", uri).headers["location"]
        assert approved.startswith(self.given["redirect_uri"])
        return dict(parse_qsl(urlsplit(approved).query))["code"]

    def token(self, code: str, *, instance: SoftwareKey | None = None) -> httpx2.Response:
        form = {"grant_type": "authorization_code", "code": code, "redirect_uri": self.given["redirect_uri"]}
        proof = sign_dpop_proof(generate_key(), method="POST", uri=self.issuer + "/token", now=int(time.time()), random=RANDOM)
        data = {**form, "code_verifier": VERIFIER, **({} if instance else self.assertion())}
        headers = {"DPoP": proof, **({} if instance is None else self.attestation(instance))}
        return self.http.post(self.issuer + "/token", data=data, headers=headers)


@pytest.fixture
def http(authority: Path) -> Iterator[httpx2.Client]:
    with httpx2.Client(verify=ssl.create_default_context(cafile=str(authority)), trust_env=False) as client:
        yield client


@pytest.mark.parametrize("client_id", ["conf-wallet-1", "conf-wallet-2"])
def test_each_wallet_gets_tokens_time_and_again(served: Serving, http: httpx2.Client, client_id: str) -> None:
    player = Player(client_id, served.identifiers, http)
    answers = [player.token(player.code()) for _twice in range(2)]
    assert [answer.status_code for answer in answers] == [200, 200]


@pytest.mark.parametrize("client_id", ["conf-wallet-1", "conf-wallet-2"])
def test_each_wallet_may_be_attested(served: Serving, http: httpx2.Client, client_id: str) -> None:
    player, instance = Player(client_id, served.identifiers, http), generate_key()
    assert player.token(player.code(instance=instance), instance=instance).status_code == 200


def test_an_offer_on_demand_begins_the_same_flow(served: Serving, http: httpx2.Client) -> None:
    """The button signs in as the person of the offer."""
    made = http.post(served.desk + OFFERS, data={"by": "reference"}).json()
    address = dict(parse_qsl(urlsplit(made["offer"]).query))["credential_offer_uri"]
    grant = parse_offer(http.get(address).content).grants.authorization_code
    assert grant is not None
    player = Player("conf-wallet-1", served.identifiers, http)
    assert player.token(player.code(issuer_state=grant.issuer_state or "")).status_code == 200
