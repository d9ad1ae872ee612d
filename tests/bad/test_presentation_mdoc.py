# ruff: noqa: ARG005 (the spoilers of one table share one signature)
"""Hostile mdoc answers at the gateway's response endpoint: V12, V22, V24–V26 and V32. V27 and V28: test_presentation_device.

As for the other format: the same uniform 400, nothing kept, one note of the step, the transaction still open. Everything behind
the fault is signed again, so that only what is named can be the reason; the control is the same document without a fault.
"""

from collections.abc import Callable, Iterator
from dataclasses import replace
from hashlib import sha1
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import pytest

from sinwon.core import base64url
from sinwon.core.cbor import DateTime, Encoded, Tagged, date_time, encode, parse_cbor
from sinwon.core.clock import DAY
from sinwon.formats.status.token import Kind
from sinwon.keys.trust import Purpose, TrustAnchors
from sinwon.protocols.credential_types import AGE_TYPE, IDENTITY, IDENTITY_TYPE, LINKAGE_TYPE
from sinwon.store.gateway.metadata import AUDIT
from sinwon.store.gateway.presentations import find_presentation, reference_of
from tests import world
from tests.bad.answers import UNIFORM, Request, accepted, question, refused
from tests.gateway_world import CLAIMS, GatewayWorld, Wallet, gateway_world, plain
from tests.mdoc_wallet import MdocWallet

DOCTYPE = IDENTITY_TYPE.doctype


@pytest.fixture
def here(tmp_path: Path) -> Iterator[GatewayWorld]:
    with gateway_world(tmp_path) as made:
        yield made


def answered(here: GatewayWorld, request: Request, wallet: MdocWallet | None = None) -> bool:
    return accepted(here, request, wallet or MdocWallet(here.clock))


def spoilt(here: GatewayWorld, step: str, **faults: Any) -> None:
    request, wallet = question(here), MdocWallet(here.clock)
    refused(here, request, wallet.body(request, wallet.spoiled(request, **faults)), step, wallet=wallet)


def control(here: GatewayWorld, **changes: Any) -> None:
    """The same road with nothing wrong, and without any road."""
    request, wallet = question(here), MdocWallet(here.clock)
    answer = wallet.post(here.client(), request, wallet.body(request, wallet.spoiled(request, **changes)))
    assert answer.status_code == 200, answer.text
    assert answered(here, question(here))


# --- V12: whom we believe ---


def test_V12_a_document_of_a_signer_nobody_listed(here: GatewayWorld) -> None:
    request = question(here)
    stranger = world.certified("status authority", "documents", world.ISSUER, world.document_uses())
    wallet = MdocWallet(here.clock, by=stranger)
    refused(here, request, wallet.answer(request), "issuer", wallet=wallet)


def test_V12_a_document_signed_by_a_key_for_the_other_format(here: GatewayWorld) -> None:
    """The issuer's own key, but its certificate is not for documents."""
    request, wallet = question(here), MdocWallet(here.clock, by=world.issuer_signer())
    refused(here, request, wallet.answer(request), "issuer", wallet=wallet)


def test_V12_an_issuer_listed_for_the_sd_jwt_type_alone(here: GatewayWorld) -> None:
    anchors = tuple(
        replace(anchor, types=frozenset({IDENTITY})) if anchor.purpose is Purpose.ISSUANCE else anchor
        for anchor in here.anchors[0].anchors
    )
    here.anchors[0] = TrustAnchors(anchors)
    request, wallet = question(here), MdocWallet(here.clock)
    refused(here, request, wallet.answer(request), "issuer", wallet=wallet)


def test_V12_control_the_listed_document_signer(here: GatewayWorld) -> None:
    assert answered(here, question(here))


# --- V22: the query ---

V22: dict[str, Callable[[list[tuple[str, str]]], list[tuple[str, str]]]] = {
    "a required claim missing": lambda asked: [one for one in asked if one[1] != "birth_date"],
    "the name of the person missing": lambda asked: [one for one in asked if one[1] != "person_id"],
    "nothing shown": lambda asked: [],
}


@pytest.mark.parametrize("fault", V22)
def test_V22_a_document_that_does_not_answer(here: GatewayWorld, fault: str) -> None:
    request, wallet = question(here), MdocWallet(here.clock)
    response = wallet.response(request, V22[fault](wallet.elements(request)))
    refused(here, request, wallet.body(request, response), "query", wallet=wallet)


def test_V22_a_document_of_another_type(here: GatewayWorld) -> None:
    request = question(here)
    wallet = MdocWallet(here.clock, kind=LINKAGE_TYPE, claims={**CLAIMS, "linkage": {"rrn": "9001019019902"}})
    shown = [(LINKAGE_TYPE.doctype, "person_id")]
    refused(here, request, wallet.body(request, wallet.response(request, shown)), "query")


@pytest.mark.parametrize("where", ["identity", "age", "linkage", "", "identity-mdoc "])
def test_V22_a_document_under_another_query(here: GatewayWorld, where: str) -> None:
    request, wallet = question(here), MdocWallet(here.clock)
    body = wallet.body(request, wallet.response(request), where or "x")
    refused(here, request, body, "shape", wallet=wallet)


def test_V22_the_other_format_under_the_query_of_documents(here: GatewayWorld) -> None:
    request, wallet = question(here), Wallet(here.clock)
    token = {"identity-mdoc": [wallet.present(request)]}
    body = urlencode({"response": wallet.sealed(request, {"vp_token": token, "state": request["state"]})})
    refused(here, request, body, "shape")


def test_V22_both_formats_at_once_are_more_than_was_asked_for(here: GatewayWorld) -> None:
    request, wallet, other = question(here), MdocWallet(here.clock), Wallet(here.clock)
    token = {"identity-mdoc": [base64url.encode(wallet.response(request))], "identity": [other.present(request)]}
    body = urlencode({"response": wallet.sealed(request, {"vp_token": token, "state": request["state"]})})
    refused(here, request, body, "shape")


def test_V22_two_documents_in_one_response(here: GatewayWorld) -> None:
    spoilt(here, "shape", response=lambda whole: whole.update(documents=whole["documents"] * 2))


def test_V22_an_age_that_is_not_reached_proves_nothing(here: GatewayWorld) -> None:
    changes = {"client_id": "shop-client", "redirect_uri": "https://shop.example/callback", "scope": "openid age-19"}
    request = question(here, **changes)
    flags = dict.fromkeys(("age_over_14", "age_over_18", "age_over_19", "adult_by_year"), False)
    wallet = MdocWallet(here.clock, kind=AGE_TYPE, query="age-mdoc", claims=flags)
    answer = wallet.post(here.client(), request)
    assert (answer.status_code, plain(answer.text)) == (400, UNIFORM)
    wallet.claims = {**flags, "age_over_19": True}
    assert answered(here, request, wallet)


def test_V22_what_nobody_asked_for_is_not_kept(here: GatewayWorld) -> None:
    request, wallet = question(here), MdocWallet(here.clock)
    shown = [*wallet.elements(request), (DOCTYPE, "passport_number")]
    assert wallet.post(here.client(), request, wallet.body(request, wallet.response(request, shown))).status_code == 200
    with here.gateway.engine.connect() as connection:
        (entry,) = AUDIT.of(connection, reference_of(request["state"]))
    assert "passport.number" not in str(entry.details)
    assert "name_ko" in str(entry.details)


def test_V22_control_a_document_with_what_was_asked_for(here: GatewayWorld) -> None:
    for choice in (0, 1):
        assert answered(here, question(here), MdocWallet(here.clock, choice=choice))


# --- V24: elements ---


def first(namespaces: dict[str, Any]) -> Encoded:
    found: Encoded = namespaces[DOCTYPE][1]
    return found


def in_first(namespaces: dict[str, Any], **changed: object) -> None:
    namespaces[DOCTYPE][1] = encode({**first(namespaces).value, **changed})


def wider_id(namespaces: dict[str, Any]) -> None:
    """The same item, its digest id written in eight bytes instead of four."""
    raw = first(namespaces).raw
    at = raw.index(b"\x68digestID\x1a") + 9
    namespaces[DOCTYPE][1] = Encoded(raw[:at] + b"\x1b\x00\x00\x00\x00" + raw[at + 1 :])


V24: dict[str, tuple[dict[str, Any], str]] = {
    "digest of something else": ({"mso": lambda mso: mso["valueDigests"].update({DOCTYPE: mixed(mso)})}, "issuer"),
    "digest of no bytes": (
        {"mso": lambda mso: mso["valueDigests"].update({DOCTYPE: dict.fromkeys(mso["valueDigests"][DOCTYPE], b"")})},
        "issuer",
    ),
    "altered value": ({"items": lambda spaces: in_first(spaces, elementValue="남의 이름")}, "issuer"),
    "altered identifier": ({"items": lambda spaces: in_first(spaces, elementIdentifier="family_name")}, "issuer"),
    "altered random": ({"items": lambda spaces: in_first(spaces, random=bytes(24))}, "issuer"),
    "digests of the namespace missing": ({"mso": lambda mso: mso["valueDigests"].pop(DOCTYPE)}, "issuer"),
    "digest id of no digest": ({"items": lambda spaces: in_first(spaces, digestID=1)}, "issuer"),
    "no digest id": ({"items": lambda spaces: in_first(spaces, digestID=None)}, "shape"),
    "moved to another namespace": (
        {"items": lambda spaces: spaces.update({"org.iso.18013.5.1": [spaces[DOCTYPE].pop()]})},
        "issuer",
    ),
    "the same element twice": ({"items": lambda spaces: spaces[DOCTYPE].append(first(spaces))}, "issuer"),
    "digest id of another element": (
        {"items": lambda spaces: in_first(spaces, digestID=spaces[DOCTYPE][0].value["digestID"])},
        "issuer",
    ),
    "item without tag 24": ({"items": lambda spaces: spaces.update({DOCTYPE: [first(spaces).value]})}, "shape"),
    "item in another tag": ({"items": lambda spaces: spaces.update({DOCTYPE: [Tagged(25, first(spaces).raw)]})}, "shape"),
    "integer written wider": ({"items": wider_id}, "issuer"),
}


def mixed(mso: dict[str, Any]) -> dict[int, bytes]:
    """Every digest under the id of its neighbour."""
    ids, digests = list(mso["valueDigests"][DOCTYPE]), list(mso["valueDigests"][DOCTYPE].values())
    return dict(zip(ids, digests[1:] + digests[:1], strict=True))


@pytest.mark.parametrize("fault", V24)
def test_V24_elements_that_the_issuer_did_not_sign(here: GatewayWorld, fault: str) -> None:
    faults, step = V24[fault]
    spoilt(here, step, **faults)


def test_V24_control_elements_signed_again(here: GatewayWorld) -> None:
    control(here, items=lambda spaces: in_first(spaces))


# --- V25: what the signed object is ---

V25: dict[str, tuple[dict[str, Any], str]] = {
    "signed object of another type": ({"mso": lambda mso: mso.update(docType=LINKAGE_TYPE.doctype)}, "issuer"),
    "document of another type": ({"document": lambda shown: shown.update(docType=LINKAGE_TYPE.doctype)}, "issuer"),
    "both of another type": (
        {
            "mso": lambda mso: mso.update(docType="org.iso.18013.5.1.mDL"),
            "document": lambda shown: shown.update(docType="org.iso.18013.5.1.mDL"),
        },
        "issuer",
    ),
    "version 2.0": ({"mso": lambda mso: mso.update(version="2.0")}, "issuer"),
    "no version": ({"mso": lambda mso: mso.pop("version")}, "issuer"),
    "digests by SHA-1": ({"mso": lambda mso: mso.update(digestAlgorithm="SHA-1")}, "issuer"),
    "digests by an unknown hash": ({"mso": lambda mso: mso.update(digestAlgorithm="SHA-256 ")}, "issuer"),
    "response of version 2.0": ({"response": lambda whole: whole.update(version="2.0")}, "shape"),
    "response that reports an error": ({"response": lambda whole: whole.update(status=10)}, "shape"),
}


@pytest.mark.parametrize("fault", V25)
def test_V25_a_signed_object_of_another_kind(here: GatewayWorld, fault: str) -> None:
    faults, step = V25[fault]
    spoilt(here, step, **faults)


def test_V25_sha_1_with_digests_to_match(here: GatewayWorld) -> None:
    """Even when every digest is right."""
    request, wallet = question(here), MdocWallet(here.clock)
    whole = parse_cbor(wallet.response(request), limit=1 << 20)
    items = whole["documents"][0]["issuerSigned"]["nameSpaces"][DOCTYPE]
    digests = {item.value["digestID"]: sha1(item.tagged, usedforsecurity=False).digest() for item in items}
    spoilt(here, "issuer", mso=lambda mso: mso.update(digestAlgorithm="SHA-1", valueDigests={DOCTYPE: digests}))


def test_V25_control_version_and_hash_written_again(here: GatewayWorld) -> None:
    control(here, mso=lambda mso: mso.update(version="1.0", digestAlgorithm="SHA-256", docType=DOCTYPE))


# --- V26: times ---


def times(**changed: object) -> dict[str, Any]:
    return {"mso": lambda mso: mso["validityInfo"].update(changed)}


NOW = world.NOW
V26: dict[str, tuple[dict[str, Any], str]] = {
    "expired": (times(validUntil=date_time(NOW - 1)), "issuer"),
    "not valid yet": (times(validFrom=date_time(NOW + 7200), validUntil=date_time(NOW + DAY)), "issuer"),
    "beyond its signer's certificate": (times(validUntil=date_time(NOW + 500 * DAY)), "issuer"),
    "signed before its signer was": (times(signed=date_time(NOW - 500 * DAY)), "issuer"),
    "valid before it was signed": (times(signed=date_time(NOW), validFrom=date_time(NOW - 7200)), "issuer"),
    "over before it begins": (times(validUntil=date_time(NOW - DAY)), "issuer"),
    "with fractions": (times(validUntil=DateTime("2026-09-22T14:00:00.5Z")), "shape"),
    "with an offset": (times(validUntil=DateTime("2026-09-22T14:00:00+09:00")), "shape"),
    "without time zone": (times(validUntil=DateTime("2026-09-22T14:00:00")), "shape"),
    "text without tag": (times(validUntil="2026-09-22T14:00:00Z"), "shape"),
    "seconds since 1970": (times(validUntil=Tagged(1, NOW + DAY)), "shape"),
    "no end": ({"mso": lambda mso: mso["validityInfo"].pop("validUntil")}, "shape"),
    "no times": ({"mso": lambda mso: mso.pop("validityInfo")}, "shape"),
}


@pytest.mark.parametrize("fault", V26)
def test_V26_a_document_at_another_time(here: GatewayWorld, fault: str) -> None:
    faults, step = V26[fault]
    spoilt(here, step, **faults)


def test_V26_control_times_written_again(here: GatewayWorld) -> None:
    control(here, **times(signed=date_time(NOW - 60), validFrom=date_time(NOW - 60), validUntil=date_time(NOW)))


# --- V32: status ---


def test_V32_a_document_without_status(here: GatewayWorld) -> None:
    spoilt(here, "status", mso=lambda mso: mso.pop("status"))


def test_V32_a_document_whose_list_is_of_the_other_format(here: GatewayWorld) -> None:
    """A JWT where a CWT was asked for is no list, and without a list there is no L2."""
    request, wallet = question(here), MdocWallet(here.clock)
    here.status.only = Kind.JWT
    assert wallet.post(here.client(), request).status_code == 400
    with here.gateway.engine.connect() as connection:
        kept = find_presentation(connection, request["state"])
    assert kept is not None
    assert kept.failed_step == "status"


@pytest.mark.parametrize("value", [1, 2, 3])
def test_V32_a_stopped_document(here: GatewayWorld, value: int) -> None:
    """Whatever the reason, its list says one thing."""
    request, wallet = question(here), MdocWallet(here.clock)
    here.status.values = {wallet.index: value}
    assert wallet.post(here.client(), request).status_code == 400


def test_V32_control_the_neighbour_s_place(here: GatewayWorld) -> None:
    wallet = MdocWallet(here.clock)
    here.status.values = {wallet.index - 1: 1, wallet.index + 1: 1}
    assert answered(here, question(here), wallet)
