"""@openid4vc/oauth2: its server takes our proofs of possession, ours takes those of its client.

Its server looks neither at the age of a proof nor at whether one is used twice.
"""

from os import urandom
from typing import Any

import pytest

from sinwon.core.refusal import Refusal, Unmet
from sinwon.keys.jwk import parse_public_jwk
from sinwon.protocols.oauth.dpop import DpopNonces, VerifiedDpop, sign_dpop_proof, thumbprint_of, verify_dpop_proof
from tests.interop.oracle import Oracle, OracleRefusal
from tests.interop.shapes import PARTS, flipped_jwt, private_jwk
from tests.world import NOW, SeededRandomness, key

HOLDER = key("holder")
URL = "https://issuer.example/credential"
TOKEN = "an-access-token"
NONCES = DpopNonces(bytes(32), "https://issuer.example")


def ours(**changed: Any) -> str:
    known = {"method": "POST", "uri": URL, "now": NOW, "access_token": TOKEN, "nonce": "their-nonce", **changed}
    return sign_dpop_proof(HOLDER, random=SeededRandomness(8), **known)


def they_check(node: Oracle, proof: str, **changed: Any) -> Any:
    known = {"url": URL, "method": "POST", "now": NOW, "accessToken": TOKEN, "expectedNonce": "their-nonce", **changed}
    return node.ask("oauth.check", proof=proof, **known)


def they_prove(node: Oracle, **given: Any) -> list[dict[str, str]]:
    sent: list[dict[str, str]] = node.ask(
        "oauth.prove", key=private_jwk(HOLDER), url=f"{URL}?a=b", method="POST", accessToken=TOKEN, now=NOW, **given
    )
    return sent


def we_verify(proof: str, nonces: DpopNonces | None = None) -> VerifiedDpop:
    return verify_dpop_proof(proof, method="POST", uri=URL, now=NOW, access_token=TOKEN, nonces=nonces)


def test_one_thumbprint(node: Oracle) -> None:
    for name in ("holder", "issuer", "reader"):
        jwk = dict(key(name).public_jwk)
        assert node.ask("oauth.thumbprint", jwk=jwk) == thumbprint_of(parse_public_jwk(jwk))


def test_their_server_takes_our_proof(node: Oracle) -> None:
    said = they_check(node, ours(), expectedJwkThumbprint=thumbprint_of(parse_public_jwk(HOLDER.public_jwk)))
    assert said["thumbprint"] == thumbprint_of(parse_public_jwk(HOLDER.public_jwk))


@pytest.mark.parametrize(
    "changed",
    [{"method": "GET"}, {"url": "https://issuer.example/nonce"}, {"accessToken": "another"}, {"expectedNonce": "another"}],
)
def test_their_server_sees_what_our_proof_is_for(node: Oracle, changed: dict[str, str]) -> None:
    with pytest.raises(OracleRefusal):
        they_check(node, ours(), **changed)


@pytest.mark.parametrize("part", PARTS)
def test_one_byte_of_ours_and_they_refuse(node: Oracle, part: str) -> None:
    with pytest.raises(OracleRefusal):
        they_check(node, flipped_jwt(ours(), part))


def test_our_server_takes_their_proof(node: Oracle) -> None:
    (sent,) = they_prove(node)
    assert sent["authorization"] == f"DPoP {TOKEN}"
    assert we_verify(sent["proof"]).key == parse_public_jwk(HOLDER.public_jwk)


def test_their_client_learns_our_nonce(node: Oracle) -> None:
    first, second = they_prove(node, nonce=NONCES.make(now=NOW, random=urandom))
    with pytest.raises(Unmet) as refused:
        we_verify(first["proof"], NONCES)
    assert refused.value.code == "use_dpop_nonce"
    assert we_verify(second["proof"], NONCES).jti != we_verify(first["proof"]).jti


@pytest.mark.parametrize("part", PARTS)
def test_one_byte_of_theirs_and_we_refuse(node: Oracle, part: str) -> None:
    (sent,) = they_prove(node)
    with pytest.raises(Refusal):
        we_verify(flipped_jwt(sent["proof"], part))
