# ruff: noqa: ARG005 (the spoilers of one table share one signature)
"""Hostile answers at the gateway's response endpoint: V01–V06 and V20–V22.

After every refusal: the same uniform 400, nothing kept, one note of the step in the audit trail, and the transaction still
open, so that whoever it belongs to can answer it after all. Each row's control is that last answer.
"""

import asyncio
from collections.abc import Callable, Iterator
from hashlib import sha384
from pathlib import Path
from typing import Any
from urllib.parse import urlencode, urlsplit

import httpx2
import pytest

from sinwon.core import base64url
from sinwon.formats.sdjwt.issue import issue_sd_jwt
from sinwon.formats.sdjwt.key_binding import sd_hash
from sinwon.formats.sdjwt.parse import parse_sd_jwt
from sinwon.formats.sdjwt.present import bind_key, select
from sinwon.protocols.credential_types import LINKAGE
from sinwon.store.gateway.metadata import AUDIT
from sinwon.store.gateway.presentations import find_presentation
from sinwon.web.gateway.app import gateway_app
from tests import world
from tests.bad.answers import Request, accepted, flipped, key_bound, question, refused
from tests.gateway_world import CLAIMS, PERSON, SECRET, GatewayWorld, Wallet, gateway_world


@pytest.fixture
def here(tmp_path: Path) -> Iterator[GatewayWorld]:
    with gateway_world(tmp_path) as made:
        yield made


@pytest.mark.parametrize("what", ["issuer signature", "disclosure"])
def test_V01_at_the_endpoint_a_tampered_credential(here: GatewayWorld, what: str) -> None:
    request, wallet = question(here), Wallet(here.clock)
    shown = wallet.shown(request)
    jwt, first, *rest = shown.split("~")
    if what == "issuer signature":
        jwt = flipped(jwt, jwt.rindex(".") + 10)
    else:
        first = flipped(first, 10)
    presentation = key_bound(request, "~".join([jwt, first, *rest]), wallet)
    refused(here, request, wallet.answer(request, presentation), "issuer")


def test_V01_control_an_untouched_credential(here: GatewayWorld) -> None:
    assert accepted(here, question(here))


@pytest.mark.parametrize("how", ["missing", "typ of a plain jwt", "typ missing"])
def test_V02_key_binding_is_required_whatever_is_sent(here: GatewayWorld, how: str) -> None:
    request, wallet = question(here), Wallet(here.clock)
    shown = wallet.shown(request)
    if how == "missing":
        presentation = shown
    elif how == "typ of a plain jwt":
        presentation = key_bound(request, shown, wallet, typ="JWT")
    else:
        presentation = key_bound(request, shown, wallet, typ="")
    refused(here, request, wallet.answer(request, presentation), "holder")


def test_V02_control_key_binding_made_by_hand(here: GatewayWorld) -> None:
    request, wallet = question(here), Wallet(here.clock)
    body = wallet.answer(request, key_bound(request, wallet.shown(request), wallet))
    assert wallet.post(here.client(), request, body).status_code == 200


V03: dict[str, Callable[[Request, int], dict[str, Any]]] = {
    "aud is the bare host": lambda request, now: {"aud": "gateway.example"},
    "aud is another client id": lambda request, now: {"aud": "x509_hash:" + "A" * 43},
    "aud has its prefix stripped": lambda request, now: {"aud": request["client_id"].partition(":")[2]},
    "aud is an array": lambda request, now: {"aud": [request["client_id"]]},
    "aud missing": lambda request, now: {"aud": None},
    "nonce of long ago": lambda request, now: {"nonce": "o" * 43},
    "nonce empty": lambda request, now: {"nonce": ""},
    "nonce with more behind it": lambda request, now: {"nonce": request["nonce"] + "x"},
    "nonce a part of ours": lambda request, now: {"nonce": request["nonce"][:-1]},
    "iat a year ago": lambda request, now: {"iat": now - 365 * 86_400},
    "iat in a year": lambda request, now: {"iat": now + 365 * 86_400},
    "exp past": lambda request, now: {"exp": now - 1},
}


@pytest.mark.parametrize("fault", V03)
def test_V03_key_binding_for_another_audience_nonce_or_time(here: GatewayWorld, fault: str) -> None:
    request, wallet = question(here), Wallet(here.clock)
    presentation = key_bound(request, wallet.shown(request), wallet, **V03[fault](request, here.clock()))
    refused(here, request, wallet.answer(request, presentation), "holder")


def test_V03_the_nonce_of_another_transaction(here: GatewayWorld) -> None:
    request, other, wallet = question(here), question(here), Wallet(here.clock)
    presentation = wallet.present(request, nonce=other["nonce"])
    refused(here, request, wallet.answer(request, presentation), "holder")


def test_V03_control_unknown_claims_in_the_key_binding_do_no_harm(here: GatewayWorld) -> None:
    request, wallet = question(here), Wallet(here.clock)
    body = wallet.answer(request, key_bound(request, wallet.shown(request), wallet, exp=here.clock() + 60, jti="x"))
    assert wallet.post(here.client(), request, body).status_code == 200


@pytest.mark.parametrize("how", ["another subset", "without the last tilde", "another algorithm"])
def test_V04_at_the_endpoint_a_hash_over_something_else(here: GatewayWorld, how: str) -> None:
    request, wallet = question(here), Wallet(here.clock)
    shown = wallet.shown(request)
    fewer = select(parse_sd_jwt(wallet.credential()), [("person_id",)])
    wrong = {
        "another subset": sd_hash(fewer),
        "without the last tilde": sd_hash(shown[:-1]),
        "another algorithm": base64url.encode(sha384(shown.encode()).digest()),
    }[how]
    refused(here, request, wallet.answer(request, key_bound(request, shown, wallet, sd_hash=wrong)), "holder")


def test_V04_control_the_hash_over_what_is_shown(here: GatewayWorld) -> None:
    assert accepted(here, question(here))


def cnf_with(**members: str) -> dict[str, Any]:
    return {"jwk": {**world.key("holder").public_jwk, **members}}


@pytest.mark.parametrize(
    ("cnf", "step"),
    [
        ({}, "issuer"),
        ({"kid": "holder-1"}, "issuer"),
        ({"jwk": {"kid": "holder-1"}}, "issuer"),
        (cnf_with(x5u="https://keys.example/1"), "issuer"),
        (cnf_with(jku="https://keys.example/1"), "issuer"),
    ],
)
def test_V05_a_credential_without_a_plain_holder_key(here: GatewayWorld, cnf: dict[str, Any], step: str) -> None:
    request, wallet = question(here), Wallet(here.clock, cnf=cnf)
    asked_before = here.status.asked
    refused(here, request, wallet.answer(request), step)
    assert here.status.asked <= asked_before + 1  # only for the control; nothing was dereferenced


def test_V05_key_binding_by_an_attackers_key(here: GatewayWorld) -> None:
    request, wallet = question(here), Wallet(here.clock)
    presentation = wallet.present(request, signer=world.key("attacker"))
    refused(here, request, wallet.answer(request, presentation), "holder")


def test_V05_control_a_minimal_holder_key(here: GatewayWorld) -> None:
    minimal = {"jwk": {name: world.key("holder").public_jwk[name] for name in ("kty", "crv", "x", "y")}}
    assert accepted(here, question(here), Wallet(here.clock, cnf=minimal))


def test_V06_the_same_response_again(here: GatewayWorld) -> None:
    request, wallet, http = question(here), Wallet(here.clock), here.client()
    body = wallet.answer(request)
    assert [wallet.post(http, request, body).status_code for _ in range(3)] == [200, 400, 400]


@pytest.mark.parametrize("changes", [{}, {"client_id": "oka365-client", "redirect_uri": "https://oka365.example/callback"}])
def test_V06_a_presentation_taken_to_another_transaction_or_verifier(
    here: GatewayWorld, changes: dict[str, str | None]
) -> None:
    first, second, wallet = question(here), question(here, **changes), Wallet(here.clock)
    presentation = wallet.present(first)
    assert wallet.post(here.client(), first, wallet.answer(first, presentation)).status_code == 200
    refused(here, second, wallet.answer(second, presentation), "holder")


def test_V06_a_hundred_posts_at_once_and_one_counts(here: GatewayWorld) -> None:
    request, wallet = question(here), Wallet(here.clock)
    path, body = urlsplit(request["response_uri"]).path, wallet.answer(request)

    async def all_at_once() -> list[int]:
        transport = httpx2.ASGITransport(gateway_app(here.gateway))
        headers = {"content-type": "application/x-www-form-urlencoded"}
        async with httpx2.AsyncClient(transport=transport, base_url=world.GATEWAY, headers=headers) as client:
            answers = await asyncio.gather(*(client.post(path, content=body) for _ in range(100)))
        return sorted(answer.status_code for answer in answers)

    assert asyncio.run(all_at_once()) == [200] + [400] * 99


def test_V06_control_two_transactions_two_answers(here: GatewayWorld) -> None:
    assert accepted(here, question(here))
    assert accepted(here, question(here))


@pytest.mark.parametrize("state", [None, "", "x" * 43])
def test_V20_an_error_without_the_request_id_is_not_heard(here: GatewayWorld, state: str | None) -> None:
    request = question(here)
    body = urlencode({"error": "access_denied"} | ({} if state is None else {"state": state}))
    refused(here, request, body, "transaction")


def test_V20_an_error_after_the_answer_changes_nothing(here: GatewayWorld) -> None:
    request, wallet = question(here), Wallet(here.clock)
    assert accepted(here, request)
    body = urlencode({"error": "access_denied", "state": request["state"]})
    assert wallet.post(here.client(), request, body).status_code == 400


def test_V20_control_an_error_of_the_wallet_itself_plain_or_encrypted(here: GatewayWorld) -> None:
    wallet = Wallet(here.clock)
    for encrypted in (False, True):
        request = question(here)
        message = {"error": "access_denied", "state": request["state"]}
        body = urlencode({"response": wallet.sealed(request, message)} if encrypted else message)
        answers = [wallet.post(here.client(), request, body) for _ in range(2)]
        assert [answer.status_code for answer in answers] == [200, 200]
        assert answers[0].text == answers[1].text


@pytest.mark.parametrize("fault", ["missing", "of another transaction", "a number"])
def test_V21_state_inside_the_answer(here: GatewayWorld, fault: str) -> None:
    request, other, wallet = question(here), question(here), Wallet(here.clock)
    state = {"missing": {}, "of another transaction": {"state": other["state"]}, "a number": {"state": 1}}[fault]
    message = {"vp_token": {"identity": [wallet.present(request)]}, **state}
    step = "decryption" if fault == "a number" else "transaction"
    refused(here, request, urlencode({"response": wallet.sealed(request, message)}), step)


def test_V21_methods_types_and_doubled_fields(here: GatewayWorld) -> None:
    request, wallet, http = question(here), Wallet(here.clock), here.client()
    path, body = urlsplit(request["response_uri"]).path, wallet.answer(request)
    assert http.get(path).status_code == 405
    assert http.post(path, content=body, headers={"content-type": "text/plain"}).status_code == 415
    assert http.post(path, content=body, headers={"content-type": "application/json"}).status_code == 415
    assert wallet.post(http, request, f"{body}&{body}").status_code == 400
    assert wallet.post(http, request, f"{body}&error=access_denied").status_code == 400
    assert wallet.post(http, request, f"{body}&vp_token=x").status_code == 400
    assert wallet.post(http, request, body).status_code == 200


def test_V21_control_unknown_fields_are_ignored(here: GatewayWorld) -> None:
    request, wallet = question(here), Wallet(here.clock)
    assert wallet.post(here.client(), request, wallet.answer(request) + "&unheard_of=1").status_code == 200


@pytest.mark.parametrize("missing", ["person_id", "name_ko", "birthdate"])
def test_V22_a_required_claim_is_missing(here: GatewayWorld, missing: str) -> None:
    request, wallet = question(here), Wallet(here.clock)
    paths = [(name,) for name in ("person_id", "name_ko", "birthdate") if name != missing]
    shown = select(parse_sd_jwt(wallet.credential()), paths)
    refused(here, request, wallet.answer(request, key_bound(request, shown, wallet)), "query")


def test_V22_another_type_of_a_trusted_issuer(here: GatewayWorld) -> None:
    request, wallet = question(here), Wallet(here.clock, visible={"vct": LINKAGE})
    refused(here, request, wallet.answer(request), "query")


def test_V22_extra_claims_are_dropped_and_not_kept(here: GatewayWorld) -> None:
    request, wallet = question(here), Wallet(here.clock)
    everything = bind_key(
        wallet.credential(), audience=request["client_id"], nonce=request["nonce"], now=here.clock(), signer=wallet.holder
    )
    assert wallet.post(here.client(), request, wallet.answer(request, everything)).status_code == 200
    with here.gateway.engine.connect() as connection:
        kept = find_presentation(connection, request["state"])
    assert kept is not None
    assert kept.result is not None
    opened = here.gateway.seal.open(kept.result, f"presentations.result:{kept.reference}").decode()
    assert "M123A4567" not in opened
    assert "KIM" not in opened
    assert CLAIMS["name_ko"] in opened
    assert PERSON.encode() not in kept.result


def test_V22_control_exactly_what_was_asked(here: GatewayWorld) -> None:
    assert accepted(here, question(here))


def test_an_untrusted_issuer_is_refused_at_the_endpoint(here: GatewayWorld) -> None:
    request, wallet = question(here), Wallet(here.clock)
    now = here.clock()
    visible = {
        "iss": world.ISSUER,
        "vct": "urn:sinwon:overseas-national:1",
        "exp": now + 86_400,
        "cnf": {"jwk": dict(wallet.holder.public_jwk)},
        "status": {"status_list": {"idx": 1, "uri": f"{world.ISSUER}/status/1"}},
    }
    by = world.certified("somebody's authority", "somebody", world.ISSUER)
    shown = issue_sd_jwt(visible, CLAIMS, typ="dc+sd-jwt", by=by, random=world.SeededRandomness(4))
    refused(here, request, wallet.answer(request, key_bound(request, shown, wallet)), "issuer")


def test_nothing_personal_or_secret_is_in_the_trail(here: GatewayWorld) -> None:
    request = question(here)
    assert accepted(here, request)
    with here.gateway.engine.connect() as connection:
        rows = connection.execute(AUDIT.table.select()).all()
    written = str(rows)
    assert len(rows) >= 5
    for secret in (CLAIMS["name_ko"], PERSON, "bada@example.com", request["state"], request["nonce"], SECRET):
        assert secret not in written
