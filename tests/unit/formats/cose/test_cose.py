"""COSE_Key, COSE_Sign1 and COSE_Mac0 of our own making, and what is refused."""

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sinwon.core.cbor import Tagged, dump_cbor, parse_cbor
from sinwon.core.refusal import Malformed, Refusal, Untrusted
from sinwon.formats.cose.headers import MAX_PROTECTED, chain_value
from sinwon.formats.cose.key import cose_key, parse_cose_key, written_key
from sinwon.formats.cose.mac0 import agree_mac_key, mac0, parse_mac0, verify_mac0
from sinwon.formats.cose.sign1 import Sign1, parse_sign1, sign1, to_sign, verify_sign1
from sinwon.keys.jwk import parse_public_jwk
from sinwon.keys.software import derive_key
from tests.world import key

SIGNER = key("signer")
PUBLIC = parse_public_jwk(SIGNER.public_jwk)
PAYLOAD = b"payload"
SECRET = bytes(range(32))


def received(members: list[object]) -> Any:
    return parse_cbor(dump_cbor(members))


@settings(max_examples=30, deadline=None)
@given(st.binary(min_size=32, max_size=32))
def test_a_key_written_is_the_key_read(secret: bytes) -> None:
    public = parse_public_jwk(derive_key(secret, b"").public_jwk)
    assert parse_cose_key(received([dict(cose_key(public))])[0]) == public
    assert written_key(public) == dump_cbor(cose_key(public))


@settings(max_examples=30, deadline=None)
@given(st.binary(max_size=200), st.binary(max_size=20), st.booleans(), st.booleans())
def test_a_signature_written_is_the_signature_read(payload: bytes, external: bytes, detached: bool, tagged: bool) -> None:
    members = sign1(payload, by=SIGNER, protected={16: "type"}, unprotected={33: b"c"}, detached=detached, external=external)
    value = parse_cbor(dump_cbor(Tagged(18, members) if tagged else members))
    message = parse_sign1(value, tagged=tagged)
    assert [message.protected, message.unprotected, message.payload, message.proof] == members
    verify_sign1(message, PUBLIC, payload=payload if detached else None, external=external)
    with pytest.raises(Malformed):
        parse_sign1(value, tagged=not tagged)


@settings(max_examples=60, deadline=None)
@given(st.data())
def test_any_flipped_bit_of_a_signature_is_refused(data: st.DataObject) -> None:
    raw = bytearray(dump_cbor(sign1(PAYLOAD, by=SIGNER)))
    at = data.draw(st.integers(0, len(raw) * 8 - 1))
    raw[at // 8] ^= 1 << at % 8
    with pytest.raises(Refusal):
        verify_sign1(parse_sign1(parse_cbor(bytes(raw))), PUBLIC)


def test_both_names_of_the_algorithm() -> None:
    members = sign1(PAYLOAD, by=SIGNER)
    assert members[0] == bytes.fromhex("a10126")
    fully_specified = bytes.fromhex("a10128")
    message = parse_sign1([fully_specified, {}, PAYLOAD, SIGNER.sign(to_sign(fully_specified, PAYLOAD))])
    verify_sign1(message, PUBLIC)


@pytest.mark.parametrize(
    "members",
    [
        [b"", {}, b""],
        [b"", {}, b"", b"", b""],
        (b"", {}, b"", b""),
        [{}, {}, b"", b""],
        [b"", b"", b"", b""],
        [b"", {}, "", b""],
        [b"", {}, b"", ""],
        [b"\x80", {}, b"", b""],
        [b"\xff", {}, b"", b""],
        [b"\xa1\x01", {}, b"", b""],
        [bytes.fromhex("a10126"), {1: -7}, b"", b""],
        [bytes.fromhex("a2012602811821"), {}, b"", b""],
        [bytes.fromhex("a10126"), {2: [33]}, b"", b""],
        [bytes.fromhex("a10126"), {b"": 1}, b"", b""],
        {},
        None,
    ],
)
def test_not_a_message(members: object) -> None:
    with pytest.raises(Malformed):
        parse_sign1(members)


@pytest.mark.parametrize("protected", ["", "a0", "a10105", "a1013822", "a10127", "a101f5", "a101654553323536"])
def test_other_algorithms_are_refused(protected: str) -> None:
    header = bytes.fromhex(protected)
    message = parse_sign1([header, {}, PAYLOAD, SIGNER.sign(to_sign(header, PAYLOAD))])
    with pytest.raises(Untrusted, match="protected alg"):
        verify_sign1(message, PUBLIC)


def test_payload_is_given_once() -> None:
    attached: Sign1 = parse_sign1(sign1(PAYLOAD, by=SIGNER))
    detached = parse_sign1(sign1(PAYLOAD, by=SIGNER, detached=True))
    for message, payload in ((attached, PAYLOAD), (detached, None)):
        with pytest.raises(Malformed):
            verify_sign1(message, PUBLIC, payload=payload)


def test_long_protected_headers_are_read_and_bounded() -> None:
    chain = [bytes(8192)] * 5
    message = parse_sign1(sign1(PAYLOAD, by=SIGNER, protected={33: chain_value(chain)}))
    assert message.chain == tuple(chain)
    assert parse_sign1(sign1(PAYLOAD, by=SIGNER, unprotected={33: chain_value(chain[:1])})).chain == (chain[0],)
    with pytest.raises(Malformed):
        parse_sign1(sign1(PAYLOAD, by=SIGNER, protected={99: bytes(64 * 1024)}))


@pytest.mark.parametrize("value", [None, [], [b""] * 6, b"\x00" * 8193, "text", [b"", 1]])
def test_not_a_chain(value: object) -> None:
    message = parse_sign1(sign1(PAYLOAD, by=SIGNER, unprotected={} if value is None else {33: value}))
    with pytest.raises(Malformed):
        _ = message.chain


def test_mac_of_an_agreed_key() -> None:
    reader, device = key("reader"), key("device")
    transcript = dump_cbor([None, None, ["x"]])
    secret = agree_mac_key(device, parse_public_jwk(reader.public_jwk), transcript)
    assert secret == agree_mac_key(reader, parse_public_jwk(device.public_jwk), transcript)
    assert secret != agree_mac_key(reader, parse_public_jwk(device.public_jwk), dump_cbor([None, None, ["y"]]))
    message = parse_mac0(received(mac0(PAYLOAD, secret, detached=True)))
    verify_mac0(message, secret, payload=PAYLOAD)
    with pytest.raises(Untrusted):
        verify_mac0(message, SECRET, payload=PAYLOAD)


@pytest.mark.parametrize("secret", [bytes(32), b"", bytes(range(31)), bytes(range(33))])
def test_a_key_that_is_none(secret: bytes) -> None:
    with pytest.raises(Untrusted):
        mac0(PAYLOAD, secret)
    with pytest.raises(Untrusted):
        verify_mac0(parse_mac0(mac0(PAYLOAD, SECRET)), secret)


def test_the_longest_protected_header_and_one_byte_more() -> None:
    around = len(dump_cbor({1: -7, 4: bytes(MAX_PROTECTED - 100)})) - (MAX_PROTECTED - 100)
    for excess in (0, 1):
        protected = dump_cbor({1: -7, 4: bytes(MAX_PROTECTED - around + excess)})
        assert len(protected) == MAX_PROTECTED + excess
        members = [protected, {}, PAYLOAD, bytes(64)]
        if excess:
            with pytest.raises(Malformed):
                parse_sign1(members)
        else:
            assert parse_sign1(members).protected == protected
