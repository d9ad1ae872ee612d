"""Hostile mdocs: each spoils one thing, is signed again where that could hide it, and is refused."""

from collections.abc import Callable
from typing import Any

import pytest

from sinwon.core.cbor import DateTime, Encoded, Tagged, date_time, dump_cbor, encode, parse_cbor
from sinwon.core.clock import DAY, HOUR
from sinwon.core.refusal import Malformed, Refusal, Unmet, Untrusted
from sinwon.formats.cose.key import cose_key, parse_cose_key
from sinwon.formats.mdoc.device_response import parse_device_response
from sinwon.formats.mdoc.issue import Validity
from sinwon.formats.mdoc.issuer_signed import parse_issuer_signed
from sinwon.formats.mdoc.names import MIN_RANDOM
from sinwon.formats.mdoc.verify import verify_issuer_signed, verify_mdoc
from sinwon.keys.jwk import parse_public_jwk
from tests.unit.formats.mdoc.forge import (
    DOCTYPE,
    HOLDER,
    TRANSCRIPT,
    VALIDITY,
    anchors,
    in_item,
    issued,
    presented,
    signer,
    spoiled,
    verify,
)
from tests.world import NOW

OTHER = "org.iso.23220.1"
Spoil = Callable[[Any], object]
PUBLIC = parse_public_jwk(HOLDER.public_jwk)


def change_first(**changed: object) -> Spoil:
    def spoil(items: dict[str, list[Encoded]]) -> None:
        items[DOCTYPE][0] = in_item(items[DOCTYPE][0], **changed)

    return spoil


# V24 ------------------------------------------------------------------------------------------------------------------


def wide_integer(items: dict[str, list[Encoded]]) -> None:
    """The same element, its digestID written in eight bytes."""
    first = items[DOCTYPE][0]
    identity = first.value["digestID"]
    raw = first.raw.replace(b"\x1a" + identity.to_bytes(4), b"\x1b" + identity.to_bytes(8))
    assert Encoded(raw).value == first.value
    items[DOCTYPE][0] = Encoded(raw)


def moved(items: dict[str, list[Encoded]]) -> None:
    items[OTHER].append(items[DOCTYPE].pop())


def same_id(items: dict[str, list[Encoded]]) -> None:
    items[DOCTYPE][1] = in_item(items[DOCTYPE][1], digestID=items[DOCTYPE][0].value["digestID"])


def without_tag(items: dict[str, list[Any]]) -> None:
    items[DOCTYPE][0] = items[DOCTYPE][0].raw


def as_map(items: dict[str, list[Any]]) -> None:
    items[DOCTYPE][0] = items[DOCTYPE][0].value


def other_tag(items: dict[str, list[Any]]) -> None:
    items[DOCTYPE][0] = Tagged(25, items[DOCTYPE][0].raw)


def twice(items: dict[str, list[Encoded]]) -> None:
    items[DOCTYPE].append(items[DOCTYPE][0])


ELEMENTS: dict[str, Spoil] = {
    "altered_value": change_first(elementValue="김철수"),
    "renamed": change_first(elementIdentifier="family_name"),
    "other_random": change_first(random=bytes(24)),
    "short_random": change_first(random=bytes(15)),
    "digest_id_of_nothing": change_first(digestID=5),
    "digest_id_negative": change_first(digestID=-1),
    "digest_id_true": change_first(digestID=True),
    "namespace_moved": moved,
    "namespace_unknown": lambda items: items.update(unknown=items.pop(DOCTYPE)),
    "duplicate_digest_id": same_id,
    "duplicate_element": twice,
    "not_tag_24": without_tag,
    "plain_map": as_map,
    "other_tag": other_tag,
    "integer_width": wide_integer,
    "empty_list": lambda items: items.update({DOCTYPE: []}),
}


def test_V24_control_untouched_elements_pass() -> None:
    assert verify(spoiled()).claims[DOCTYPE]["name_ko"] == "홍길동"


@pytest.mark.parametrize("fault", ELEMENTS)
def test_V24_element_that_the_issuer_did_not_sign(fault: str) -> None:
    with pytest.raises((Unmet, Malformed)) as refused:
        verify(spoiled(items=ELEMENTS[fault], resign=False))
    assert refused.value.code == "invalid_credential"


@pytest.mark.parametrize("long", [b"\xd9\x00\x18", b"\xd8\x18\x59\x00"])
def test_V24_element_framed_longer_than_it_was_hashed(long: bytes) -> None:
    raw = parse_issuer_signed(issued()).namespaces[DOCTYPE][0].encoded.tagged
    assert raw.startswith(b"\xd8\x18\x58")
    framed = presented().replace(raw, long + raw[len(long) - 1 :])
    with pytest.raises(Malformed, match="longer than necessary"):
        verify(framed)


def drop_digest(mso: dict[str, Any]) -> None:
    mso["valueDigests"][DOCTYPE].clear()


def flip_digests(mso: dict[str, Any]) -> None:
    own = mso["valueDigests"][DOCTYPE]
    own.update({identity: bytes(32) for identity in own})


@pytest.mark.parametrize("spoil", [drop_digest, flip_digests, lambda mso: mso["valueDigests"].pop(DOCTYPE)])
def test_V24_digests_that_are_missing_or_differ(spoil: Spoil) -> None:
    with pytest.raises(Unmet):
        verify(spoiled(mso=spoil))


@pytest.mark.parametrize("spoil", [drop_digest, lambda mso: mso.update(docType="other"), lambda mso: mso.update(extra=1)])
def test_V24_signed_object_changed_after_signing(spoil: Spoil) -> None:
    def document(shown: dict[str, Any]) -> None:
        auth = shown["issuerSigned"]["issuerAuth"]
        said = parse_cbor(auth[2]).value
        spoil(said)
        auth[2] = dump_cbor(encode(said))

    with pytest.raises(Untrusted):
        verify(spoiled(document=document, resign=False))


def test_V24_elements_beside_too_little_randomness() -> None:
    """15 bytes are refused as they are read; 16 are read, and refused because this is not what was signed."""
    with pytest.raises(Malformed, match="random"):
        parse_device_response(spoiled(items=change_first(random=bytes(MIN_RANDOM - 1))))
    response = spoiled(items=change_first(random=bytes(MIN_RANDOM)))
    assert parse_device_response(response)
    with pytest.raises(Unmet):
        verify(response)


# V25 ------------------------------------------------------------------------------------------------------------------


def test_V25_control_the_type_asked_for_passes() -> None:
    assert verify(presented()).doctype == DOCTYPE


def test_V25_document_of_another_type() -> None:
    def relabel(shown: dict[str, Any]) -> None:
        shown["docType"] = "org.iso.18013.5.1.mDL"

    document = parse_device_response(spoiled(document=relabel)).documents[0]
    for doctype in (DOCTYPE, "org.iso.18013.5.1.mDL"):
        with pytest.raises(Refusal):
            verify_mdoc(document, anchors=anchors(DOCTYPE, doctype), doctype=doctype, transcript=TRANSCRIPT, now=NOW)
    with pytest.raises(Unmet):
        parse_device_response(presented()).document("org.iso.18013.5.1.mDL")


@pytest.mark.parametrize(
    "spoil",
    [
        lambda mso: mso.update(docType="org.iso.18013.5.1.mDL"),
        lambda mso: mso.update(docType=None),
        lambda mso: mso.update(version="2.0"),
        lambda mso: mso.update(version=1),
        lambda mso: mso.update(digestAlgorithm="SHA-1"),
        lambda mso: mso.update(digestAlgorithm="sha-256"),
        lambda mso: mso.update(digestAlgorithm="SHA-512"),
        lambda mso: mso.update(digestAlgorithm=["SHA-256"]),
        lambda mso: mso.pop("digestAlgorithm"),
    ],
)
def test_V25_signed_object_of_another_kind(spoil: Spoil) -> None:
    with pytest.raises(Unmet):
        verify(spoiled(mso=spoil))


@pytest.mark.parametrize("version", ["2.0", "1.1", 1, None])
def test_V25_response_of_another_version(version: object) -> None:
    with pytest.raises(Malformed):
        verify(spoiled(response=lambda whole: whole.update(version=version)))


def test_V25_type_the_issuer_is_not_trusted_for() -> None:
    with pytest.raises(Untrusted) as refused:
        verify(presented(), anchors=anchors("org.iso.18013.5.1.mDL"))
    assert refused.value.code == "untrusted_issuer"


@pytest.mark.parametrize("uses", [(), ("1.3.6.1.5.5.7.3.1",), ("1.0.18013.5.1.6",)])
def test_V25_signer_that_is_not_one_of_documents(uses: tuple[str, ...]) -> None:
    with pytest.raises(Untrusted) as refused:
        verify(spoiled(by=signer("document signer", uses)))
    assert refused.value.code == "untrusted_issuer"


# V26 ------------------------------------------------------------------------------------------------------------------


def times(**changed: object) -> Spoil:
    return lambda mso: mso["validityInfo"].update(changed)


def test_V26_control_at_both_ends_of_its_time() -> None:
    for now in (VALIDITY.valid_from, VALIDITY.valid_until):
        assert verify(presented(), now=now)


def test_V26_expired_and_not_yet() -> None:
    for now in (VALIDITY.valid_until + 1, VALIDITY.valid_from - 61):
        with pytest.raises(Unmet) as refused:
            verify(presented(), now=now)
        assert refused.value.code == "credential_expired"


@pytest.mark.parametrize(
    "spoil",
    [
        times(validUntil=date_time(NOW + 500 * DAY)),
        times(signed=date_time(NOW - 400 * DAY)),
        times(validFrom=date_time(NOW - 2 * HOUR - DAY)),
        times(validUntil=date_time(VALIDITY.valid_from)),
        times(validUntil=DateTime("2026-10-21T14:00:00.5Z")),
        times(validUntil=DateTime("2026-10-21T14:00:00+09:00")),
        times(validUntil=DateTime("2026-10-21T14:00:00")),
        times(validUntil="2026-10-21T14:00:00Z"),
        times(validUntil=Tagged(1, NOW + DAY)),
        times(validUntil=NOW + DAY),
        times(signed=None),
        lambda mso: mso["validityInfo"].pop("validFrom"),
        lambda mso: mso.pop("validityInfo"),
    ],
)
def test_V26_times_that_do_not_hold(spoil: Spoil) -> None:
    with pytest.raises((Unmet, Malformed)) as refused:
        verify(spoiled(mso=spoil))
    assert refused.value.code == "invalid_credential"


def test_V26_wallet_sees_it_too() -> None:
    copy = parse_issuer_signed(issued(validity=Validity(NOW - HOUR, NOW - HOUR, NOW)))
    with pytest.raises(Unmet):
        verify_issuer_signed(copy, anchors=anchors(), doctype=DOCTYPE, now=NOW + 1)


# V29 ------------------------------------------------------------------------------------------------------------------

COSE_KEY: dict[Any, Any] = {**cose_key(PUBLIC)}
KEYS: dict[str, dict[Any, Any]] = {
    "kty_okp": {1: 1},
    "kty_true": {1: True},
    "kty_text": {1: "EC2"},
    "kty_float": {1: 2.0},
    "private_part": {-4: bytes(32)},
    "private_part_empty": {-4: None},
    "crv_p384": {-1: 2},
    "crv_ed25519": {-1: 6},
    "crv_true": {-1: True},
    "alg_es384": {3: -35},
    "alg_eddsa": {3: -8},
    "alg_true": {3: True},
    "compressed_y": {-3: True},
    "compressed_y_false": {-3: False},
    "short_x": {-2: bytes(31)},
    "x_is_text": {-2: "x" * 32},
    "off_the_curve": {-3: bytes(32)},
    "label_bytes": {b"": 1},
}


@pytest.mark.parametrize("more", [{}, {3: -7}, {3: -9}, {2: b"kid"}, {4: [2]}])
def test_V29_control_a_public_key_passes(more: dict[int, object]) -> None:
    assert parse_cose_key({**COSE_KEY, **more}) == PUBLIC


@pytest.mark.parametrize("fault", KEYS)
def test_V29_key_that_is_none(fault: str) -> None:
    with pytest.raises(Malformed):
        parse_cose_key({**COSE_KEY, **KEYS[fault]})
    with pytest.raises((Malformed, Unmet)):
        verify(spoiled(mso=lambda mso: mso["deviceKeyInfo"].update(deviceKey={**COSE_KEY, **KEYS[fault]})))


@pytest.mark.parametrize("data", ["a20102f503", "a2f5030102", "a1f502"])
def test_V29_labels_that_only_look_alike(data: str) -> None:
    """{1: 2, true: 3}: equal keys in Python."""
    with pytest.raises(Malformed):
        parse_cbor(bytes.fromhex(data))


@pytest.mark.parametrize("value", [None, [], b"", {}, {True: 2, -1: 1}])
def test_V29_not_even_a_key(value: object) -> None:
    with pytest.raises(Malformed):
        parse_cose_key(value)


# O04 ------------------------------------------------------------------------------------------------------------------


def test_O04_control_a_response_with_extras_passes() -> None:
    def extras(whole: dict[str, Any]) -> None:
        whole.update(documentErrors=[{"org.iso.18013.5.1.mDL": 0}], zkDocuments=[])
        whole["documents"][0]["errors"] = {DOCTYPE: {"portrait": 0}}

    assert verify(spoiled(response=extras))


@pytest.mark.parametrize("status", [10, 11, 12, 1, None, False, "0", 0.0])
def test_O04_status_of_an_error_with_documents(status: object) -> None:
    with pytest.raises(Unmet):
        verify(spoiled(response=lambda whole: whole.update(status=status)))


def test_O04_no_status() -> None:
    with pytest.raises(Unmet):
        verify(spoiled(response=lambda whole: whole.pop("status")))


def test_O04_document_nobody_asked_for_is_left_aside() -> None:
    def another(whole: dict[str, Any]) -> None:
        first = whole["documents"][0]
        whole["documents"].insert(0, {**first, "docType": "org.iso.18013.5.1.mDL"})

    response = parse_device_response(spoiled(response=another))
    assert len(response.documents) == 2
    assert verify(spoiled(response=another)).doctype == DOCTYPE


def test_O04_the_same_document_twice() -> None:
    with pytest.raises(Unmet):
        verify(spoiled(response=lambda whole: whole["documents"].append(whole["documents"][0])))


@pytest.mark.parametrize(
    "spoil",
    [
        lambda whole: whole.update(documentErrors=[{DOCTYPE: 0}]),
        lambda whole: whole["documents"][0].update(errors={DOCTYPE: {"name_ko": 0}}),
        lambda whole: whole.update(documentErrors={}),
        lambda whole: whole["documents"][0].update(errors=[]),
        lambda whole: whole["documents"][0].update(errors={DOCTYPE: []}),
        lambda whole: whole.update(documents={}),
        lambda whole: whole.update(documents=[]),
        lambda whole: whole.pop("documents"),
    ],
)
def test_O04_response_that_contradicts_itself(spoil: Spoil) -> None:
    with pytest.raises((Unmet, Malformed)):
        verify(spoiled(response=spoil))
