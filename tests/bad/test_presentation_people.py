"""One answer with certificates of two people, or made for another purpose: rows V23, V30 and V36 at the gateway.

V30 is held by never asking: no request carries transaction data, whatever a service sends along, so that there are no hashes
to be missing, reordered or forged; hashes in an answer are one more claim that nothing is read from.
"""

from collections.abc import Iterator, Mapping
from hashlib import sha256
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import pytest

from sinwon.core import base64url
from sinwon.core.strict_json import dump
from sinwon.formats.sdjwt.names import KEY_ASSURANCE
from sinwon.formats.sdjwt.parse import parse_sd_jwt
from sinwon.formats.sdjwt.present import select
from sinwon.protocols.attestation.key_assurance import TWO_FACTORS
from sinwon.protocols.credential_types import IDENTITY, LINKAGE
from sinwon.store.gateway.presentations import Progress, find_presentation
from tests import world
from tests.bad.answers import UNIFORM, Request, key_bound, question, refused
from tests.gateway_world import CLAIMS, GatewayWorld, Wallet, gateway_world, plain
from tests.mdoc_wallet import MdocWallet

SOMEBODY, ELSE = str(CLAIMS["person_id"]), "q" * len(str(CLAIMS["person_id"]))
LINKED: Mapping[str, Any] = {"person_id": SOMEBODY, "linkage": {"rrn": "9001019019902"}}
ASSURED = {KEY_ASSURANCE: TWO_FACTORS.claim}


@pytest.fixture
def here(tmp_path: Path) -> Iterator[GatewayWorld]:
    with gateway_world(tmp_path) as made:
        yield made


def body(here: GatewayWorld, request: Request, linked: Mapping[str, Any] = LINKED) -> str:
    """An identity and a linkage credential, each with a key of its own."""
    identity = Wallet(here.clock, visible={**ASSURED, "vct": IDENTITY})
    linkage = Wallet(here.clock, dict(linked), world.key("holder of the other"), 8, {**ASSURED, "vct": LINKAGE})
    token = {"identity": [presented(identity, request, "identity")], "linkage": [presented(linkage, request, "linkage")]}
    return urlencode({"response": identity.sealed(request, {"vp_token": token, "state": request["state"]})})


def presented(wallet: Wallet, request: Request, name: str) -> str:
    (query,) = [one for one in request["dcql_query"]["credentials"] if one["id"] == name]
    paths = [tuple(claim["path"]) for claim in query["claims"] if claim["path"][0] != KEY_ASSURANCE]
    return key_bound(request, select(parse_sd_jwt(wallet.credential()), paths), wallet)


def strong_question(here: GatewayWorld) -> Request:
    return question(here, scope="openid gov-minwon-rrn")


# --- V36: two people in one answer ---


@pytest.mark.parametrize("linked", [{**LINKED, "person_id": ELSE}, {**LINKED, "person_id": SOMEBODY + "x"}])
def test_V36_certificates_of_two_people(here: GatewayWorld, linked: dict[str, Any]) -> None:
    request, wallet = strong_question(here), Wallet(here.clock)
    answer = wallet.post(here.client(), request, body(here, request, linked))
    assert (answer.status_code, plain(answer.text)) == (400, UNIFORM)
    with here.gateway.engine.connect() as connection:
        kept = find_presentation(connection, request["state"])
    assert kept is not None
    assert (kept.progress, kept.result, kept.failed_step) == (Progress.OPEN, None, "query")
    assert wallet.post(here.client(), request, body(here, request)).status_code == 200


def test_V36_control_both_of_one_person(here: GatewayWorld) -> None:
    request = strong_question(here)
    answer = Wallet(here.clock).post(here.client(), request, body(here, request))
    assert answer.status_code == 200, answer.text


# --- V23: the wallet's choice of an authority is nobody's word ---


def test_V23_an_authority_that_only_the_wallet_trusts(here: GatewayWorld) -> None:
    """Our queries name no authorities; the chain is looked at whatever a wallet made of the query."""
    request = question(here)
    stranger = world.certified("somebody's authority", "documents", world.ISSUER, world.document_uses())
    wallet = MdocWallet(here.clock, by=stranger)
    refused(here, request, wallet.answer(request), "issuer", wallet=wallet)


def test_V23_control_the_authority_on_our_list(here: GatewayWorld) -> None:
    request = question(here)
    assert MdocWallet(here.clock).post(here.client(), request).status_code == 200


# --- V30: transaction data ---


ASKED = {"iss", "aud", "iat", "exp", "client_id", "response_type", "response_mode", "response_uri", "nonce", "state"}
SENT_ALONG = base64url.encode(dump({"type": "payment", "credential_ids": ["identity"]}))
HASHES: dict[str, dict[str, Any]] = {
    "missing": {},
    "of something": {"transaction_data_hashes": ["AAAA"]},
    "of the decoded JSON": {"transaction_data_hashes": [base64url.encode(sha256(base64url.decode(SENT_ALONG)).digest())]},
    "in another order": {"transaction_data_hashes": ["BBBB", "AAAA"]},
    "by an algorithm nobody offered": {"transaction_data_hashes": ["AAAA"], "transaction_data_hashes_alg": "md5"},
}


@pytest.mark.parametrize("preset", ["login-basic", "gov-minwon", "gov-minwon-rrn", "gov-strong"])
def test_V30_no_request_asks_to_agree_to_transaction_data(here: GatewayWorld, preset: str) -> None:
    """Its members are these, for whatever a service may ask, and though it sends transaction data along."""
    request = question(here, scope=f"openid {preset}", transaction_data=SENT_ALONG)
    assert request.keys() == ASKED | {"dcql_query", "client_metadata"}
    assert b"transaction_data" not in dump(request)
    assert SENT_ALONG.encode() not in dump(request)


@pytest.mark.parametrize("hashes", HASHES.values(), ids=HASHES)
def test_V30_control_hashes_that_nobody_asked_for_say_nothing(here: GatewayWorld, hashes: dict[str, Any]) -> None:
    request, wallet = question(here), Wallet(here.clock)
    bound = key_bound(request, wallet.shown(request), wallet, **hashes)
    assert wallet.post(here.client(), request, wallet.answer(request, bound)).status_code == 200
