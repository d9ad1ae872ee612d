"""What a wallet must not swallow on its way through the authorization code flow: I16, and I06 to I11 where they reach it.

Whatever is wrong, no code is sent to any token endpoint, and nothing is kept.
"""

import json
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any
from urllib.parse import quote, urlencode

import pytest

from sinwon.core import base64url
from sinwon.core.clock import DAY
from sinwon.core.fetch import Answer
from sinwon.core.refusal import Refusal
from sinwon.formats.jose.jws import sign_jws, sign_with_chain
from sinwon.keys.authority import create_authority
from sinwon.keys.jwk import certificate_text
from sinwon.keys.signer import CertifiedSigner
from sinwon.protocols.oauth.grants.pre_authorized import GRANT_TYPE
from sinwon.protocols.vci.configurations import IDENTITY_SD_JWT
from sinwon.protocols.vci.signed_metadata import TYP
from tests import world
from tests.code_client import REDIRECT_URI
from tests.code_world import SERVER, CodeWorld, code_world
from tests.network import with_body

METADATA = "/.well-known/openid-credential-issuer"
ONE = (IDENTITY_SD_JWT,)
OTHER = "https://other.example"


@pytest.fixture
def here(tmp_path: Path) -> Iterator[CodeWorld]:
    with code_world(tmp_path) as made:
        yield made


def stops(here: CodeWorld, code: str, **more: Any) -> None:
    wallet = here.wallet(**more)
    with pytest.raises(Refusal) as refusal:
        wallet.ask_issuer(world.ISSUER, ONE, copies=1)
    assert refusal.value.code == code
    assert here.sent("/token") == here.sent("/credential") == 0
    assert not wallet.copies.unused()
    assert not wallet.waiting
    assert wallet.history.events[-1].outcome == code


def answered(**changes: str | None) -> Callable[[str], str]:
    """The answer with parameters changed; None takes one away."""

    def change(back: str) -> str:
        place, _, query = back.partition("?")
        pairs = dict(pair.split("=", 1) for pair in query.split("&"))
        named = {**pairs, **{name: quote(value, safe="") if value else value for name, value in changes.items()}}
        return place + "?" + "&".join(f"{name}={value}" for name, value in named.items() if value is not None)

    return change


I16: dict[str, Callable[[str], str]] = {
    "no_iss": answered(iss=None),
    "iss_of_another_server": answered(iss=OTHER),
    "iss_with_a_slash": answered(iss=f"{world.ISSUER}/"),
    "iss_in_capitals": answered(iss="https://ISSUER.example"),
    "iss_empty": answered(iss=""),
    "two_iss": lambda back: f"{back}&iss={quote(OTHER, safe='')}",
    "no_state": answered(state=None),
    "state_of_another_flow": answered(state="s" * 43),
    "two_states": lambda back: f"{back}&state=x",
    "error_of_another_server": answered(code=None, error="access_denied", iss=OTHER),
    "error_without_iss": answered(code=None, error="access_denied", iss=None),
    "no_code": answered(code=None),
    "two_codes": lambda back: f"{back}&code=x",
    "in_the_fragment": lambda back: back.replace("?", "#"),
    "at_another_address": lambda back: back.replace("/callback", "/callback/more"),
    "on_another_host": lambda back: back.replace("wallet.example", "attacker.example"),
    "nothing": lambda _back: REDIRECT_URI,
    "not_an_address": lambda _back: "https://[",
    "endless": lambda back: f"{back}&more={'x' * 10_000}",
}


@pytest.mark.parametrize("fault", I16)
def test_I16_an_answer_of_another_server_or_to_another_question_stops_before_the_token(here: CodeWorld, fault: str) -> None:
    here.back = I16[fault]
    stops(here, "authorization_mismatch")


def test_I16_control_the_answer_as_it_was_sent_is_taken(here: CodeWorld) -> None:
    here.back = answered(unknown="x")
    wallet = here.wallet()
    wallet.ask_issuer(world.ISSUER, ONE, copies=1)
    assert len(wallet.copies.unused()) == 1
    assert here.sent("/token") == 1


@pytest.mark.parametrize("issuer", [OTHER, "http://issuer.example", f"{world.ISSUER}/", "https://user@issuer.example", ""])
def test_I06_the_wallet_starts_with_nobody_off_the_list(here: CodeWorld, issuer: str) -> None:
    with pytest.raises(Refusal):
        here.wallet().ask_issuer(issuer, ONE)
    assert here.network.log == []


def test_I06_control_it_starts_with_a_listed_issuer(here: CodeWorld) -> None:
    assert sum(here.wallet().ask_issuer(world.ISSUER, ONE, copies=1).values()) == 1


def offer(grants: dict[str, Any], **changes: Any) -> str:
    made = {"credential_issuer": world.ISSUER, "credential_configuration_ids": list(ONE), "grants": grants, **changes}
    return "openid-credential-offer://?" + urlencode({"credential_offer": json.dumps(made)})


@pytest.mark.parametrize(
    "grants",
    [
        {"urn:example:grant": {}},
        {"authorization_code": {"issuer_state": 1}},
        {"authorization_code": [], "urn:example:grant": {}},
        {GRANT_TYPE: {"pre-authorized_code": ""}, "authorization_code": {}},
    ],
)
def test_I08_grants_out_of_shape_or_unknown_stop_the_wallet(here: CodeWorld, grants: dict[str, Any]) -> None:
    with pytest.raises(Refusal) as refusal:
        here.wallet().receive(offer(grants))
    assert refusal.value.code == "invalid_offer"
    assert here.network.log == []


def test_I08_control_the_code_flow_beside_an_unknown_grant_is_taken(here: CodeWorld) -> None:
    assert here.wallet().read_offer(offer({"authorization_code": {}, "urn:example:grant": {}})).code is None


def test_I08_control_an_offer_without_grants_leads_to_the_issuer(here: CodeWorld) -> None:
    wallet = here.wallet()
    assert sum(wallet.receive(offer({}), copies=1).values()) == 1
    assert len(here.opened) == 1


def test_I08_a_server_that_the_issuer_does_not_name_is_not_asked(here: CodeWorld) -> None:
    with pytest.raises(Refusal) as refusal:
        here.wallet().receive(offer({"authorization_code": {"authorization_server": OTHER}}))
    assert refusal.value.code == "invalid_metadata"
    assert not any(OTHER in line or "POST" in line for line in here.network.log)


def test_I09_a_drive_by_offer_with_a_stranger_s_state_makes_no_sound(here: CodeWorld) -> None:
    view = here.wallet().read_offer(offer({"authorization_code": {"issuer_state": "of-the-attacker"}}))
    assert view.issuer_state == "of-the-attacker"
    assert (here.network.log, here.opened) == ([], [])
    with pytest.raises(Refusal):  # and when the person goes on, the issuer knows better
        here.wallet().accept_offer(view)
    assert here.sent("/token") == 0


def test_I09_control_the_network_is_used_once_the_person_accepts(here: CodeWorld) -> None:
    wallet = here.wallet()
    wallet.accept_offer(wallet.read_offer(offer({"authorization_code": {}})), copies=1)
    assert here.opened


def server_says(here: CodeWorld, **changes: Any) -> None:
    def tamper(answer: Answer) -> Answer:
        found = {**json.loads(answer.body), **changes}
        return with_body(answer, json.dumps({name: value for name, value in found.items() if value is not None}).encode())

    here.network.tampering[SERVER] = tamper


@pytest.mark.parametrize("issuer", ["https://ISSUER.example", f"{world.ISSUER}/", f"{world.ISSUER}:443", OTHER])
def test_I10_a_server_that_speaks_for_another_is_refused(here: CodeWorld, issuer: str) -> None:
    server_says(here, issuer=issuer)
    stops(here, "invalid_metadata")
    assert not any("POST" in line for line in here.network.log)


@pytest.mark.parametrize(
    "endpoint",
    ["token_endpoint", "authorization_endpoint", "pushed_authorization_request_endpoint", "challenge_endpoint"],
)
@pytest.mark.parametrize("where", ["https://attacker.example/x", "http://issuer.example/x"])
def test_I10_endpoints_of_the_server_elsewhere_are_refused(here: CodeWorld, endpoint: str, where: str) -> None:
    server_says(here, **{endpoint: where})
    stops(here, "invalid_metadata")
    assert not any("POST" in line for line in here.network.log)


@pytest.mark.parametrize(
    "changes",
    [{"pushed_authorization_request_endpoint": None}, {"code_challenge_methods_supported": ["plain"]}],
)
def test_I10_a_server_without_par_or_s256_is_not_asked(here: CodeWorld, changes: dict[str, Any]) -> None:
    server_says(here, **changes)
    stops(here, "invalid_metadata")
    assert here.opened == []


def test_I10_control_metadata_with_more_in_them_are_taken(here: CodeWorld) -> None:
    server_says(here, unknown_member=1)
    assert sum(here.wallet().ask_issuer(world.ISSUER, ONE, copies=1).values()) == 1


def signed(answer: Answer, *, by: CertifiedSigner | None = None, typ: str = TYP, **changes: Any) -> Answer:
    """The issuer's metadata signed again with one thing changed."""
    by = by or world.issuer_signer()
    claims = {**claims_of(answer), **changes}
    return sign_over(answer, sign_with_chain(typ, {k: v for k, v in claims.items() if v is not None}, by))


def claims_of(answer: Answer) -> dict[str, Any]:
    payload: dict[str, Any] = json.loads(base64url.decode(answer.body.decode().split(".")[1]))
    return payload


def sign_over(answer: Answer, token: str) -> Answer:
    return Answer(200, {"content-type": "application/jwt"}, token.encode())


def unsecured(answer: Answer) -> Answer:
    chain = [certificate_text(der) for der in world.issuer_signer().chain]
    header = base64url.encode(json.dumps({"alg": "none", "typ": TYP, "x5c": chain}).encode())
    return sign_over(answer, f"{header}.{answer.body.decode().split('.')[1]}.")


def anchored(answer: Answer) -> Answer:
    signer = world.issuer_signer()
    anchor = world.authority("issuing authority").certificate
    return signed(answer, by=CertifiedSigner(signer.signer, (*signer.chain, anchor)))


def self_signed(answer: Answer) -> Answer:
    key = world.key("attacker")
    own = create_authority(key, "Self", now=world.NOW - DAY, random=world.SeededRandomness(5))
    return signed(answer, by=CertifiedSigner(key, (own.certificate,)))


def expired(answer: Answer) -> Answer:
    key, long_ago = world.key("issuer"), world.NOW - 20 * 365 * DAY
    by = world.authority("issuing authority").certify(
        key, "issuer", world.ISSUER, now=long_ago, random=world.SeededRandomness(6)
    )
    return signed(answer, by=CertifiedSigner(key, (by,)))


def without_chain(answer: Answer) -> Answer:
    return sign_over(answer, sign_jws({"typ": TYP}, claims_of(answer), world.key("issuer")))


def in_the_open(answer: Answer) -> Answer:
    return Answer(200, {"content-type": "application/json"}, json.dumps(claims_of(answer)).encode())


def open_but_called_signed(answer: Answer) -> Answer:
    return replace(in_the_open(answer), headers={"content-type": "application/jwt"})


I11: dict[str, Callable[[Answer], Answer]] = {
    "alg_none": unsecured,
    "another_typ": lambda answer: signed(answer, typ="JWT"),
    "typ_of_a_proof": lambda answer: signed(answer, typ="openid4vci-proof+jwt"),
    "sub_of_another_issuer": lambda answer: signed(answer, sub=OTHER),
    "no_sub": lambda answer: signed(answer, sub=None),
    "of_another_issuer_inside": lambda answer: signed(answer, credential_issuer=OTHER),
    "no_iat": lambda answer: signed(answer, iat=None),
    "over": lambda answer: signed(answer, exp=world.NOW - 61),
    "from_tomorrow": lambda answer: signed(answer, iat=world.NOW + DAY),
    "self_signed": self_signed,
    "expired_chain": expired,
    "anchor_inside": anchored,
    "no_chain": without_chain,
    "by_the_status_authority": lambda answer: signed(answer, by=world.status_signer()),
    "by_another_issuer": lambda answer: signed(answer, by=world.certified("issuing authority", "other", OTHER)),
    "unsigned": in_the_open,
    "unsigned_but_called_signed": open_but_called_signed,
}


@pytest.mark.parametrize("fault", I11)
def test_I11_signed_metadata_that_do_not_hold_are_refused_and_nothing_else_is_taken(here: CodeWorld, fault: str) -> None:
    here.network.tampering[METADATA] = I11[fault]
    stops(here, "invalid_metadata", signed_metadata=True)
    assert here.network.log == [f"GET {world.ISSUER}{METADATA}"]


def test_I11_control_the_same_signed_again_without_fault_is_taken(here: CodeWorld) -> None:
    here.network.tampering[METADATA] = signed
    wallet = here.wallet(signed_metadata=True)
    assert sum(wallet.ask_issuer(world.ISSUER, ONE, copies=1).values()) == 1
