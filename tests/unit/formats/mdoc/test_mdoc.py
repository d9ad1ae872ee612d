"""An mdoc's whole life: issued, received, shown in part, verified, by signature and by MAC."""

from typing import Any

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from sinwon.core.cbor import DateTime, Encoded, FullDate, Tagged, dump_cbor, encode, parse_cbor
from sinwon.core.clock import DAY
from sinwon.core.ids import Randomness
from sinwon.core.refusal import Fault, Malformed, Refusal, Unmet, Untrusted
from sinwon.formats.mdoc.device_auth import device_authentication, sign_device
from sinwon.formats.mdoc.device_response import parse_device_response
from sinwon.formats.mdoc.issue import ID_BASE, Validity, issue_mdoc, prepare_mdoc
from sinwon.formats.mdoc.issuer_signed import parse_issuer_signed
from sinwon.formats.mdoc.names import MAX_DOCUMENTS, MAX_MDOC
from sinwon.formats.mdoc.present import present, present_with_mac
from sinwon.formats.mdoc.verify import plain, verify_issuer_signed
from sinwon.keys.jwk import parse_public_jwk
from tests.unit.formats.mdoc.forge import (
    CLAIMS,
    DOCTYPE,
    HOLDER,
    READER,
    SHOWN,
    STATUS,
    TRANSCRIPT,
    VALIDITY,
    anchors,
    issued,
    presented,
    signer,
    spoiled,
    verify,
)
from tests.world import ISSUER, NOW, SeededRandomness, key

PUBLIC = parse_public_jwk(HOLDER.public_jwk)


def test_what_a_wallet_receives() -> None:
    verified = verify_issuer_signed(parse_issuer_signed(issued()), anchors=anchors(), doctype=DOCTYPE, now=NOW)
    assert verified.holder_key == PUBLIC
    assert verified.issuer == ISSUER
    assert verified.status == STATUS
    assert verified.expires_at == VALIDITY.valid_until
    assert verified.claims == {
        namespace: {name: plain(value) for name, value in own.items()} for namespace, own in CLAIMS.items()
    }


def test_what_a_service_sees() -> None:
    verified = verify(presented())
    assert verified.doctype == DOCTYPE
    assert verified.claims == {
        DOCTYPE: {"name_ko": "홍길동", "birth_date": "1990-03-01"},
        "org.iso.23220.1": {"issuing_country": "KR"},
    }
    assert verified.device_claims == {}


def test_shown_by_mac() -> None:
    reader = parse_public_jwk(READER.public_jwk)
    response = present_with_mac(parse_issuer_signed(issued()), SHOWN, transcript=TRANSCRIPT, own=HOLDER, reader=reader)
    assert verify(response, reader=READER).claims == verify(presented()).claims
    for other in (None, key("another reader")):
        with pytest.raises(Untrusted) as refused:
            verify(response, reader=other)
        assert refused.value.code == "invalid_key_binding"


def test_nothing_shown_but_the_type() -> None:
    assert verify(present(parse_issuer_signed(issued()), (), transcript=TRANSCRIPT, signer=HOLDER)).claims == {}


@pytest.mark.parametrize("element", [(DOCTYPE, "rrn"), ("org.iso.23220.1", "name_ko"), ("other", "name_ko")])
def test_what_is_not_there_is_not_shown(element: tuple[str, str]) -> None:
    with pytest.raises(Unmet):
        present(parse_issuer_signed(issued()), [*SHOWN, element], transcript=TRANSCRIPT, signer=HOLDER)


def test_copies_have_nothing_in_common() -> None:
    one, other = (parse_issuer_signed(issued(seed=seed)) for seed in (1, 2))
    for namespace in CLAIMS:
        pairs = list(zip(one.namespaces[namespace], other.namespaces[namespace], strict=True))
        assert all(a.digest_id != b.digest_id and a.encoded.value["random"] != b.encoded.value["random"] for a, b in pairs)
        assert one.mso.digests[namespace].keys().isdisjoint(other.mso.digests[namespace])
    assert set(one.mso.digests[DOCTYPE].values()).isdisjoint(other.mso.digests[DOCTYPE].values())


def test_digest_ids_say_nothing() -> None:
    issuer_signed = parse_issuer_signed(issued())
    ids = [item.digest_id for item in issuer_signed.namespaces[DOCTYPE]]
    assert all(ID_BASE <= one < 2**31 for one in ids)
    assert len(set(ids)) == len(ids)
    assert list(issuer_signed.mso.digests[DOCTYPE]) == sorted(ids)
    assert ids != sorted(ids)


def test_ids_are_drawn_again_until_none_is_twice() -> None:
    draws: list[Randomness] = [bytes, SeededRandomness(9)]
    copy = issue_mdoc(
        prepare_mdoc(DOCTYPE, CLAIMS),
        holder=PUBLIC,
        validity=VALIDITY,
        status=None,
        by=signer(),
        random=lambda count: draws.pop(0)(count),
    )
    assert draws == []
    assert verify_issuer_signed(parse_issuer_signed(copy), anchors=anchors(), doctype=DOCTYPE, now=NOW).status is None


def test_the_object_is_the_one_of_the_standard() -> None:
    copy = issued()
    issuer_signed = parse_cbor(copy)
    protected, unprotected, payload, _ = issuer_signed["issuerAuth"]
    assert protected == bytes.fromhex("a10126")
    assert unprotected == {33: signer().chain[0]}
    mso = parse_cbor(payload).value
    assert set(mso) == {"version", "digestAlgorithm", "docType", "valueDigests", "deviceKeyInfo", "validityInfo", "status"}
    assert mso["status"] == STATUS.claim
    assert set(mso["deviceKeyInfo"]) == {"deviceKey"}
    assert dump_cbor(issuer_signed) == copy


@pytest.mark.parametrize(
    "validity",
    [
        Validity(NOW, NOW - 1, NOW + 1),
        Validity(NOW, NOW, NOW),
        Validity(NOW - 3 * DAY, NOW, NOW + 1),
        Validity(NOW, NOW, NOW + 500 * DAY),
    ],
)
def test_the_issuer_keeps_within_its_certificate(validity: Validity) -> None:
    with pytest.raises(Fault):
        issued(validity=validity)


def test_a_value_without_form_is_our_fault() -> None:
    with pytest.raises(Fault):
        prepare_mdoc(DOCTYPE, {DOCTYPE: {"name": {1, 2}}})


def test_values_without_types_of_cbor() -> None:
    assert plain(
        [FullDate("1990-03-01"), {"a": DateTime("2026-09-21T14:00:00Z")}, Encoded(b"\x01"), Tagged(99, [1]), None]
    ) == [
        "1990-03-01",
        {"a": "2026-09-21T14:00:00Z"},
        b"\x01",
        [1],
        None,
    ]
    for wrong in (FullDate("1990-02-30"), DateTime("2026-09-21T14:00:00.5Z")):
        with pytest.raises(Malformed) as refused:
            plain(wrong)
        assert refused.value.code == "invalid_credential"


def authorized(**allowed: object) -> Any:
    return lambda mso: mso["deviceKeyInfo"].update(keyAuthorizations=allowed)


def test_what_the_device_may_say() -> None:
    own = {"device.example": {"mood": "good", "time": 5}}
    for allowed in ({"nameSpaces": ["device.example"]}, {"dataElements": {"device.example": ["mood", "time"]}}):
        assert verify(spoiled(mso=authorized(**allowed), own=own)).device_claims == own
    some = verify(spoiled(mso=authorized(dataElements={"device.example": ["mood"]}), own=own))
    assert some.device_claims == {"device.example": {"mood": "good"}}


@pytest.mark.parametrize("own", [{"a": 1}, {1: {}}, [], "text"])
def test_device_elements_of_another_shape(own: Any) -> None:
    whole = parse_cbor(presented())
    document = whole["documents"][0]
    namespaces = encode(own)
    authentication = device_authentication(TRANSCRIPT, DOCTYPE, namespaces)
    document["deviceSigned"] = {"nameSpaces": namespaces, "deviceAuth": sign_device(authentication, HOLDER)}
    with pytest.raises(Malformed):
        verify(dump_cbor(whole))


def test_limits_of_a_response() -> None:
    whole = parse_cbor(presented())
    document = whole["documents"][0]
    many = dump_cbor({**whole, "documents": [document] * MAX_DOCUMENTS})
    assert len(parse_device_response(many).documents) == MAX_DOCUMENTS
    with pytest.raises(Malformed):
        parse_device_response(dump_cbor({**whole, "documents": [document] * (MAX_DOCUMENTS + 1)}))
    room = MAX_MDOC - len(dump_cbor({**whole, "more": b""})) - 4
    assert parse_device_response(dump_cbor({**whole, "more": bytes(room)}))
    with pytest.raises(Malformed):
        parse_device_response(dump_cbor({**whole, "more": bytes(room + 1)}))


@settings(max_examples=25, deadline=None)
@given(
    st.dictionaries(
        st.text(min_size=1, max_size=30), st.one_of(st.text(max_size=70), st.binary(max_size=300), st.integers(0, 99))
    )
)
def test_issued_is_what_is_read(elements: dict[str, object]) -> None:
    assume("issuing_country" not in elements)  # which must be the country of the signer
    copy = issue_mdoc(
        prepare_mdoc("type", {"space": elements}),
        holder=PUBLIC,
        validity=VALIDITY,
        status=STATUS,
        by=signer(),
        random=SeededRandomness(3),
    )
    assert dump_cbor(parse_cbor(copy)) == copy
    verified = verify_issuer_signed(parse_issuer_signed(copy), anchors=anchors("type"), doctype="type", now=NOW)
    assert verified.claims == ({"space": elements} if elements else {})


RESPONSE = presented()


@settings(max_examples=150, deadline=None)
@given(st.integers(0, len(RESPONSE) * 8 - 1))
def test_any_flipped_bit_is_refused(at: int) -> None:
    changed = bytearray(RESPONSE)
    changed[at // 8] ^= 1 << at % 8
    with pytest.raises(Refusal):
        verify(bytes(changed))
