# ruff: noqa: ARG005 (the spoilers of one table share one signature)
"""The device's part of a hostile mdoc answer at the gateway: V27 and V28. See test_presentation_mdoc for the rest of it."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from hmac import digest
from pathlib import Path
from typing import Any

import pytest

from sinwon.core import base64url
from sinwon.core.cbor import dump_cbor, encode
from sinwon.formats.cose.mac0 import PROTECTED_HMAC, agree_mac_key, to_mac
from sinwon.formats.cose.sign1 import sign1
from sinwon.formats.mdoc.device_auth import device_authentication
from sinwon.formats.mdoc.session_transcript import dc_api_transcript
from sinwon.keys.jwk import parse_public_jwk
from sinwon.protocols.credential_types import IDENTITY_TYPE
from sinwon.services.presentation.response_key import response_key
from sinwon.store.gateway.presentations import find_presentation
from tests import world
from tests.bad.answers import Request, question, refused
from tests.gateway_world import CLAIMS, GatewayWorld, gateway_world
from tests.mdoc_wallet import MdocWallet, unchanged

DOCTYPE = IDENTITY_TYPE.doctype


@pytest.fixture
def here(tmp_path: Path) -> Iterator[GatewayWorld]:
    with gateway_world(tmp_path) as made:
        yield made


# --- V27: the device, in this session ---


def another(name: str, value: Any) -> Callable[[MdocWallet, Request], bytes]:
    return lambda wallet, request: wallet.transcript(request, **{name: value})


V27: dict[str, Callable[[MdocWallet, Request], bytes]] = {
    "another nonce": another("nonce", "o" * 43),
    "another client": another("client_id", "x509_hash:" + "A" * 43),
    "client id without prefix": lambda wallet, request: wallet.transcript(
        request, client_id=request["client_id"].partition(":")[2]
    ),
    "another response address": another("response_uri", "https://attacker.example/response"),
    "no thumbprint": another("thumbprint", None),
    "thumbprint of another key": another("thumbprint", parse_public_jwk(world.key("attacker").public_jwk).thumbprint),
    "thumbprint as text": lambda wallet, request: wallet.transcript(
        request, thumbprint=base64url.encode(parse_public_jwk(request["client_metadata"]["jwks"]["keys"][0]).thumbprint)
    ),
    "for a browser's interface": lambda wallet, request: dc_api_transcript(
        origin=world.GATEWAY, nonce=request["nonce"], thumbprint=None
    ),
    "an empty session": lambda wallet, request: dump_cbor([None, None, None]),
}


@pytest.mark.parametrize("fault", V27)
def test_V27_a_document_shown_in_another_session(here: GatewayWorld, fault: str) -> None:
    request, wallet = question(here), MdocWallet(here.clock)
    body = wallet.body(request, wallet.response(request, transcript=V27[fault](wallet, request)))
    refused(here, request, body, "holder", wallet=wallet)


def test_V27_the_answer_to_another_transaction(here: GatewayWorld) -> None:
    request, other, wallet = question(here), question(here), MdocWallet(here.clock)
    refused(here, request, wallet.body(request, wallet.response(other)), "holder", wallet=wallet)


@dataclass(frozen=True)
class Proof:
    """What a device's proof can be made from."""

    wallet: MdocWallet
    here: GatewayWorld
    request: Request

    @property
    def authentication(self) -> bytes:
        return device_authentication(self.wallet.transcript(self.request), DOCTYPE, encode({}))

    def mac(self, key: bytes) -> dict[str, object]:
        return {"deviceMac": [PROTECTED_HMAC, {}, None, digest(key, to_mac(PROTECTED_HMAC, self.authentication), "sha256")]}

    def agreed(self) -> dict[str, object]:
        """A right MAC for the key that the answer is encrypted to."""
        reader = response_key(self.here.gateway.response_secret, self.request["state"])
        transcript = self.wallet.transcript(self.request)
        return self.mac(agree_mac_key(self.wallet.holder, parse_public_jwk(reader.public_jwk), transcript))

    def signature(self, **changes: Any) -> list[Any]:
        return sign1(self.authentication, **{"by": self.wallet.holder, "detached": True, **changes})

    def unprotected_algorithm(self) -> dict[str, object]:
        _protected, _unprotected, payload, signature = self.signature()
        return {"deviceSignature": [b"", {1: -7}, payload, signature]}


PROOFS: dict[str, tuple[Callable[[Proof], object], str]] = {
    "missing": (lambda proof: {}, "shape"),
    "both kinds": (lambda proof: {"deviceSignature": proof.signature(), **proof.mac(bytes(32))}, "shape"),
    "a MAC by no key": (lambda proof: proof.mac(bytes(32)), "holder"),
    "a right MAC, which we do not ask for": (Proof.agreed, "holder"),
    "signed by another key": (lambda proof: {"deviceSignature": proof.signature(by=world.key("attacker"))}, "holder"),
    "signed by the issuer": (lambda proof: {"deviceSignature": proof.signature(by=world.document_signer().signer)}, "holder"),
    "payload within": (lambda proof: {"deviceSignature": proof.signature(detached=False)}, "holder"),
    "signature of no bytes": (lambda proof: {"deviceSignature": [*proof.signature()[:3], b""]}, "holder"),
    "algorithm in the unprotected header": (Proof.unprotected_algorithm, "holder"),
    "algorithm none": (lambda proof: {"deviceSignature": [b"\xa1\x01\x00", *proof.signature()[1:]]}, "holder"),
}


@pytest.mark.parametrize("fault", PROOFS)
def test_V27_a_proof_that_is_not_the_device_s(here: GatewayWorld, fault: str) -> None:
    request, wallet = question(here), MdocWallet(here.clock)
    make, step = PROOFS[fault]
    auth = make(Proof(wallet, here, request))
    response = wallet.spoiled(request, document=lambda shown: shown["deviceSigned"].update(deviceAuth=auth))
    refused(here, request, wallet.body(request, response), step, wallet=wallet)


def test_V27_a_document_without_the_device_s_part(here: GatewayWorld) -> None:
    request, wallet = question(here), MdocWallet(here.clock)
    response = wallet.spoiled(request, document=lambda shown: shown.pop("deviceSigned"))
    refused(here, request, wallet.body(request, response), "shape", wallet=wallet)


def test_V27_control_a_proof_made_by_hand(here: GatewayWorld) -> None:
    request, wallet = question(here), MdocWallet(here.clock)
    auth = {"deviceSignature": Proof(wallet, here, request).signature()}
    response = wallet.spoiled(request, document=lambda shown: shown["deviceSigned"].update(deviceAuth=auth))
    assert wallet.post(here.client(), request, wallet.body(request, response)).status_code == 200


# --- V28: the device's own words ---


def authorized(mso: dict[str, Any]) -> None:
    mso["deviceKeyInfo"]["keyAuthorizations"] = {"nameSpaces": [DOCTYPE]}


def shown_claims(here: GatewayWorld, request: Request) -> str:
    with here.gateway.engine.connect() as connection:
        kept = find_presentation(connection, request["state"])
    assert kept is not None
    assert kept.result is not None
    context = f"presentations.result:{kept.reference}"
    return here.gateway.seal.open(kept.result, context).decode()


@pytest.mark.parametrize("allowed", [False, True])
def test_V28_what_the_device_says_is_never_merged(here: GatewayWorld, allowed: bool) -> None:
    """An element the issuer did not give, though the service would like it: authorised or not, it is not passed on."""
    claims = {name: value for name, value in CLAIMS.items() if name != "contact"}
    request, wallet = question(here), MdocWallet(here.clock, claims=claims, choice=1)
    own = {DOCTYPE: {"email": "attacker@example.com"}}
    response = wallet.spoiled(request, own=own, mso=authorized if allowed else unchanged)
    assert wallet.post(here.client(), request, wallet.body(request, response)).status_code == 200
    assert "attacker" not in shown_claims(here, request)


def test_V28_a_required_claim_cannot_come_from_the_device(here: GatewayWorld) -> None:
    request, wallet = question(here), MdocWallet(here.clock)
    fewer = [one for one in wallet.elements(request) if one[1] != "birth_date"]
    response = wallet.spoiled(request, shown=fewer, own={DOCTYPE: {"birth_date": "1950-01-01"}}, mso=authorized)
    refused(here, request, wallet.body(request, response), "query")


def test_V28_the_device_does_not_speak_where_the_issuer_did(here: GatewayWorld) -> None:
    request, wallet = question(here), MdocWallet(here.clock)
    shadow = {DOCTYPE: {"name_ko": "남의 이름"}}
    refused(here, request, wallet.body(request, wallet.spoiled(request, own=shadow, mso=authorized)), "holder", wallet=wallet)
    again = question(here)
    response = wallet.spoiled(again, own=shadow)
    assert wallet.post(here.client(), again, wallet.body(again, response)).status_code == 200
    assert "남의" not in shown_claims(here, again)


def test_V28_control_a_device_that_adds_nothing(here: GatewayWorld) -> None:
    request, wallet = question(here), MdocWallet(here.clock)
    answer = wallet.post(here.client(), request, wallet.body(request, wallet.spoiled(request, own={}, mso=authorized)))
    assert answer.status_code == 200
