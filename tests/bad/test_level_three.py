"""Reaching for level L3 without the keys it rests on: at the gateway, in both formats (decision 17; V01, V12 and V22 for it).

A certificate for any key is worth L2, whoever holds it. What is said of a key counts only where its issuer signed it, about
this very key, where nobody could leave it out.
"""

from collections.abc import Callable, Iterator
from hashlib import sha256
from pathlib import Path
from typing import Any

import pytest

from sinwon.core import base64url
from sinwon.core.cbor import dump_cbor, encode, parse_cbor
from sinwon.core.strict_json import dump
from sinwon.formats.jose.jws import parse_jws, sign_with_chain
from sinwon.formats.sdjwt.disclosures import process
from sinwon.formats.sdjwt.names import KEY_ASSURANCE, SD_JWT_VC
from sinwon.formats.sdjwt.parse import parse_sd_jwt
from sinwon.formats.sdjwt.present import bind_key, select
from sinwon.keys.software import derive_key
from sinwon.protocols.attestation.key_assurance import KEY_INFO, PIN_AND_PASSKEY, TWO_FACTORS
from sinwon.protocols.credential_types import IDENTITY_TYPE
from sinwon.store.gateway.presentations import Progress, find_presentation
from tests import world
from tests.attesting import BASIC, SOFTWARE
from tests.bad.answers import UNIFORM, Request, question
from tests.gateway_world import GatewayWorld, Wallet, begin, gateway_world, parameters_of, plain, wallet_link_on
from tests.mdoc_wallet import LIMIT, MdocWallet

ASSURED = {KEY_ASSURANCE: SOFTWARE.claim}
INFO = {KEY_INFO: SOFTWARE.claim}
DOCTYPE = IDENTITY_TYPE.doctype


@pytest.fixture
def here(tmp_path: Path) -> Iterator[GatewayWorld]:
    with gateway_world(tmp_path) as made:
        yield made


def strong(here: GatewayWorld, **changes: Any) -> Wallet:
    return Wallet(here.clock, visible=ASSURED, **changes)


def strong_mdoc(here: GatewayWorld) -> MdocWallet:
    return MdocWallet(here.clock, key_info=INFO)


def asked(here: GatewayWorld) -> Request:
    return question(here, scope="openid gov-strong")


def shown(wallet: Wallet, request: Request, credential: str | None = None) -> str:
    """The claims asked for of this credential, key bound; what is said of the key is always visible or not there."""
    query = request["dcql_query"]["credentials"][0]
    paths = [tuple(claim["path"]) for claim in query["claims"] if claim["path"][0] != KEY_ASSURANCE]
    text = select(parse_sd_jwt(credential or wallet.credential()), paths)
    return bind_key(text, audience=request["client_id"], nonce=request["nonce"], now=wallet.clock(), signer=wallet.holder)


def refused(here: GatewayWorld, request: Request, body: str, step: str) -> None:
    """Refused without a trace of it; then somebody with the right keys answers, in either format."""
    answer = Wallet(here.clock).post(here.client(), request, body)
    assert (answer.status_code, plain(answer.text)) == (400, UNIFORM)
    with here.gateway.engine.connect() as connection:
        kept = find_presentation(connection, request["state"])
    assert kept is not None
    assert (kept.progress, kept.result, kept.failed_step) == (Progress.OPEN, None, step)
    control(here, request)


def control(here: GatewayWorld, request: Request) -> None:
    wallet = strong(here)
    answer = wallet.post(here.client(), request, wallet.answer(request, shown(wallet, request)))
    assert answer.status_code == 200, answer.text


# --- SD-JWT VC ---

WEAK: dict[str, tuple[Any, str]] = {
    "plain_copy": (None, "assurance"),
    "nothing_said": ({}, "assurance"),
    "one_factor": ({"user_authentication": [BASIC]}, "assurance"),
    "strong_storage_alone": ({"key_storage": ["iso_18045_high"], "user_authentication": ["iso_18045_high"]}, "assurance"),
    "the_word_in_another_place": ({"key_storage": [PIN_AND_PASSKEY]}, "assurance"),
    "the_word_and_more": ({"user_authentication": [PIN_AND_PASSKEY + "/2"]}, "assurance"),
    "text": (PIN_AND_PASSKEY, "issuer"),
    "list": ([PIN_AND_PASSKEY], "issuer"),
    "text_for_a_list": ({"user_authentication": PIN_AND_PASSKEY}, "issuer"),
    "empty_list": ({"user_authentication": []}, "issuer"),
    "hundred_values": ({"user_authentication": [PIN_AND_PASSKEY] * 100}, "issuer"),
}


@pytest.mark.parametrize("said", WEAK)
def test_V22_a_certificate_whose_key_is_not_strong(here: GatewayWorld, said: str) -> None:
    value, step = WEAK[said]
    request, wallet = asked(here), Wallet(here.clock, visible={KEY_ASSURANCE: value})
    refused(here, request, wallet.answer(request, shown(wallet, request)), step)


def test_V22_a_plain_copy_that_was_stolen_is_worth_no_more_at_l3(here: GatewayWorld) -> None:
    """Key and all: the thief signs as the holder would."""
    request, stolen = asked(here), Wallet(here.clock, index=9)
    refused(here, request, stolen.answer(request, shown(stolen, request)), "assurance")


def changed(credential: str, change: Callable[[dict[str, Any]], object], *, sign: bool) -> str:
    """With another payload, signed again by the issuer or not at all."""
    text, *disclosures = credential.split("~")
    payload = parse_jws(text, limit=LIMIT).claims(limit=LIMIT)
    change(payload)
    head, _, signature = text.split(".")
    forged = f"{head}.{base64url.encode(dump(payload))}.{signature}"
    return "~".join([sign_with_chain(SD_JWT_VC, payload, world.issuer_signer()) if sign else forged, *disclosures])


FORGED: dict[str, Callable[[dict[str, Any]], object]] = {
    "written_into_a_plain_copy": lambda payload: payload.update(ASSURED),
    "another_key_put_in": lambda payload: payload.update(
        ASSURED, cnf={"jwk": dict(derive_key(b"\x09" * 32, b"thief").public_jwk)}
    ),
}


@pytest.mark.parametrize("how", FORGED)
def test_V01_assurance_that_the_issuer_did_not_sign(here: GatewayWorld, how: str) -> None:
    request, wallet = asked(here), Wallet(here.clock)
    if how == "another_key_put_in":
        wallet.holder = derive_key(b"\x09" * 32, b"thief")
    credential = changed(Wallet(here.clock).credential(), FORGED[how], sign=False)
    refused(here, request, wallet.answer(request, shown(wallet, request, credential)), "issuer")


def test_V01_assurance_taken_out(here: GatewayWorld) -> None:
    request, wallet = asked(here), strong(here)
    credential = changed(wallet.credential(), lambda payload: payload.pop(KEY_ASSURANCE), sign=False)
    refused(here, request, wallet.answer(request, shown(wallet, request, credential)), "issuer")


@pytest.mark.parametrize("whole", [True, False], ids=["as_a_whole", "one_of_its_members"])
def test_V01_assurance_in_a_disclosure(here: GatewayWorld, whole: bool) -> None:
    """Though the issuer signed its digest: what a holder may leave out is no statement about the key."""
    request, wallet = asked(here), strong(here)
    name, value = (KEY_ASSURANCE, SOFTWARE.claim) if whole else ("user_authentication", list(SOFTWARE.user_authentication))
    disclosure = base64url.encode(dump(["c2FsdHNhbHRzYWx0c2FsdA", name, value]))
    digest = base64url.encode(sha256(disclosure.encode()).digest())

    def hide(payload: dict[str, Any]) -> None:
        payload.pop(KEY_ASSURANCE)
        if whole:
            payload["_sd"] = sorted([*payload["_sd"], digest])
        else:
            payload[KEY_ASSURANCE] = {"_sd": [digest]}

    credential = changed(wallet.credential(), hide, sign=True) + disclosure + "~"
    assert process(parse_sd_jwt(credential))[KEY_ASSURANCE]["user_authentication"] == list(SOFTWARE.user_authentication)
    paths = [("name_ko",), ("person_id",), (KEY_ASSURANCE,)]
    text = select(parse_sd_jwt(credential), paths)
    bound = bind_key(text, audience=request["client_id"], nonce=request["nonce"], now=here.clock(), signer=wallet.holder)
    refused(here, request, wallet.answer(request, bound), "issuer")


# --- mdoc ---


@pytest.mark.parametrize("said", WEAK)
def test_V22_a_document_whose_key_is_not_strong(here: GatewayWorld, said: str) -> None:
    value, step = WEAK[said]
    wallet = MdocWallet(here.clock, key_info=None if value is None else {KEY_INFO: value})
    request = asked(here)
    refused(here, request, wallet.body(request, wallet.response(request)), step)


@pytest.mark.parametrize("label", [-1, 1, KEY_INFO - 1, -KEY_INFO])
def test_V22_assurance_under_another_label(here: GatewayWorld, label: int) -> None:
    wallet, request = MdocWallet(here.clock, key_info={label: SOFTWARE.claim}), asked(here)
    refused(here, request, wallet.body(request, wallet.response(request)), "assurance")


def test_V22_assurance_that_the_device_says_itself(here: GatewayWorld) -> None:
    wallet, request = MdocWallet(here.clock), asked(here)
    own = {DOCTYPE: {KEY_ASSURANCE: SOFTWARE.claim, "keyInfo": INFO}}
    refused(here, request, wallet.body(request, wallet.spoiled(request, own=own)), "assurance")


PLACES: dict[str, Callable[[dict[str, Any]], object]] = {
    "beside_the_key_info": lambda mso: mso["deviceKeyInfo"].update({KEY_ASSURANCE: SOFTWARE.claim}),
    "beside_everything": lambda mso: mso.update({"keyInfo": INFO, KEY_ASSURANCE: SOFTWARE.claim}),
    "among_authorizations": lambda mso: mso["deviceKeyInfo"].update(keyAuthorizations={"nameSpaces": [KEY_ASSURANCE]}),
}


@pytest.mark.parametrize("place", PLACES)
def test_V22_assurance_in_another_place(here: GatewayWorld, place: str) -> None:
    wallet, request = MdocWallet(here.clock), asked(here)
    refused(here, request, wallet.body(request, wallet.spoiled(request, mso=PLACES[place])), "assurance")


@pytest.mark.parametrize("value", ["text", 7, [1], None], ids=repr)
def test_V22_key_info_that_is_no_map(here: GatewayWorld, value: object) -> None:
    wallet, request = MdocWallet(here.clock), asked(here)
    spoiled = wallet.spoiled(request, mso=lambda mso: mso["deviceKeyInfo"].update(keyInfo=value))
    refused(here, request, wallet.body(request, spoiled), "shape")


def resealed(wallet: MdocWallet, request: Request, change: Callable[[dict[Any, Any]], object]) -> bytes:
    """The signed object changed under the issuer's old signature."""
    whole = parse_cbor(wallet.response(request), limit=LIMIT)
    auth = whole["documents"][0]["issuerSigned"]["issuerAuth"]
    said = parse_cbor(auth[2], limit=LIMIT).value
    change(said["deviceKeyInfo"])
    auth[2] = dump_cbor(encode(said))
    return dump_cbor(whole)


def test_V01_key_info_taken_out_of_a_document(here: GatewayWorld) -> None:
    wallet, request = strong_mdoc(here), asked(here)
    spoiled = resealed(wallet, request, lambda key: key.pop("keyInfo"))
    refused(here, request, wallet.body(request, spoiled), "issuer")


def test_V01_key_info_put_into_a_document(here: GatewayWorld) -> None:
    wallet, request = MdocWallet(here.clock), asked(here)
    spoiled = resealed(wallet, request, lambda key: key.update(keyInfo=INFO))
    refused(here, request, wallet.body(request, spoiled), "issuer")


# --- both ---


@pytest.mark.parametrize("state", [1, 2, 3])
def test_V12_a_strong_certificate_that_is_stopped(here: GatewayWorld, state: int) -> None:
    here.status.values[9] = state
    request, wallet = asked(here), strong(here, index=9)
    refused(here, request, wallet.answer(request, shown(wallet, request)), "status")


def test_V12_a_strong_certificate_of_unknown_status(here: GatewayWorld) -> None:
    """What is said of its key does not replace it."""
    here.status.reachable = False
    request, wallet = asked(here), strong(here)
    answer = wallet.post(here.client(), request, wallet.answer(request, shown(wallet, request)))
    assert answer.status_code == 400
    here.status.reachable = True
    here.clock.move(30)
    control(here, request)


def both(here: GatewayWorld, request: Request, **weak: bool | None) -> str:
    """Identity and linkage, each strong unless it is said to be weak or left out (None)."""
    rrn = {"person_id": "person-0123456789abcdef", "linkage": {"rrn": "9001019019902"}}
    made = {
        "identity": Wallet(here.clock),
        "linkage": Wallet(here.clock, rrn, world.key("holder of the other"), 8),
    }
    token = {}
    for name, wallet in made.items():
        (query,) = [one for one in request["dcql_query"]["credentials"] if one["id"] == name]
        wallet.visible = {"vct": query["meta"]["vct_values"][0], **({} if weak.get(name) else ASSURED)}
        paths = [tuple(claim["path"]) for claim in query["claims"] if claim["path"][0] != KEY_ASSURANCE]
        text = select(parse_sd_jwt(wallet.credential()), paths)
        told = {"audience": request["client_id"], "nonce": request["nonce"], "now": here.clock()}
        token[name] = [bind_key(text, signer=wallet.holder, **told)]
    wanted = {name: presented for name, presented in token.items() if weak.get(name, False) is not None}
    return made["identity"].form(request, wanted)


@pytest.mark.parametrize(
    ("weak", "step"),
    [
        ({"identity": True}, "assurance"),
        ({"linkage": True}, "assurance"),
        ({"identity": True, "linkage": True}, "assurance"),
        ({"identity": None}, "query"),
        ({"linkage": None}, "query"),
    ],
    ids=["identity", "linkage", "both", "no_identity", "no_linkage"],
)
def test_V22_one_weak_certificate_beside_a_strong_one(here: GatewayWorld, weak: dict[str, Any], step: str) -> None:
    request = question(here, scope="openid gov-minwon-rrn")
    answer = Wallet(here.clock).post(here.client(), request, both(here, request, **weak))
    assert (answer.status_code, plain(answer.text)) == (400, UNIFORM)
    with here.gateway.engine.connect() as connection:
        kept = find_presentation(connection, request["state"])
    assert kept is not None
    assert (kept.progress, kept.result, kept.failed_step) == (Progress.OPEN, None, step)
    assert Wallet(here.clock).post(here.client(), request, both(here, request)).status_code == 200


def test_V22_control_strong_keys_in_each_format(here: GatewayWorld) -> None:
    control(here, asked(here))
    wallet, request = strong_mdoc(here), asked(here)
    answer = wallet.post(here.client(), request, wallet.body(request, wallet.response(request)))
    assert answer.status_code == 200, answer.text


def test_V22_control_a_document_that_is_signed_again(here: GatewayWorld) -> None:
    """The road of the spoiled ones, with nothing wrong at its end."""
    wallet, request = MdocWallet(here.clock), asked(here)
    spoiled = wallet.spoiled(request, mso=lambda mso: mso["deviceKeyInfo"].update(keyInfo={KEY_INFO: TWO_FACTORS.claim}))
    answer = wallet.post(here.client(), request, wallet.body(request, spoiled))
    assert answer.status_code == 200, answer.text


@pytest.mark.parametrize("fails", [True, False], ids=["weak_key", "nothing_sent"])
def test_the_service_learns_that_the_level_was_missing(here: GatewayWorld, fails: bool) -> None:
    browser, wallet = here.client(), Wallet(here.clock)
    page = begin(browser, scope="openid gov-strong")
    text = browser.get(page).text
    request = wallet.fetch(here.client(), wallet_link_on(text))
    if fails:
        assert wallet.post(here.client(), request, wallet.answer(request, shown(wallet, request))).status_code == 400
        assert "비밀번호와 패스키로 함께 보호되는" in browser.get(page, headers={"accept-language": "ko"}).text
    back = parameters_of(browser.post(f"{page}/cancel").headers["location"])
    assert back["error"] == ("unmet_authentication_requirements" if fails else "access_denied")
