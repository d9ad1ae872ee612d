"""The status list token in CBOR: its envelope, who signed it, what it is about, whether it is current, what it says."""

from typing import Any

import pytest
from msgspec import structs

from sinwon.core.cbor import Tagged, dump_cbor, parse_cbor
from sinwon.core.refusal import Refusal, Unmet
from sinwon.formats.cose.headers import chain_value
from sinwon.formats.cose.mac0 import mac0
from sinwon.formats.cose.sign1 import parse_sign1, sign1, verify_sign1
from sinwon.formats.status import token_jwt
from sinwon.formats.status.encode import deflate, pack
from sinwon.formats.status.pieces import PackedList
from sinwon.formats.status.reference import StatusReference, parse_status
from sinwon.formats.status.token import INVALID, MAX_TOKEN, MAX_TTL, MIN_TTL, VALID, VerifiedStatusList
from sinwon.formats.status.token_cwt import sign_status_list, verify_status_list
from sinwon.keys.jwk import parse_public_jwk
from sinwon.keys.signer import CertifiedSigner
from tests.unit.formats.vectors import named
from tests.world import ISSUER, NOW, certified, issuer_signer, key, status_signer, trust_anchors

URI = "https://issuer.example/status/1"
LST = deflate(pack({3: INVALID}, size=1000, bits=1))
VECTORS = named("status-list/tokens.json")
TYPE = "application/statuslist+cwt"


def signed(lst: Any = LST, bits: int = 1) -> bytes:
    return sign_status_list(lst, bits=bits, uri=URI, now=NOW, lifetime=86_400, ttl=300, by=status_signer())


def verify(token: bytes, *, uri: str = URI, now: int = NOW) -> VerifiedStatusList:
    return verify_status_list(token, uri=uri, anchors=trust_anchors(), now=now)


def forged(
    *,
    typ: object = TYPE,
    by: CertifiedSigner | None = None,
    tag: int | None = 18,
    chain_protected: bool = True,
    **changed: object,
) -> bytes:
    """A token whose claims ("c" and the label) or envelope differ; None takes a claim away."""
    signer = by or status_signer()
    claims: dict[int, object] = {2: URI, 6: NOW, 4: NOW + 86_400, 65534: 300, 65533: {"bits": 1, "lst": LST}}
    claims |= {int(name[1:]): value for name, value in changed.items()}
    payload = dump_cbor({label: value for label, value in claims.items() if value is not None})
    x5chain: dict[int, object] = {33: chain_value(signer.chain)}
    protected = {16: typ, **(x5chain if chain_protected else {})}
    members = sign1(payload, by=signer.signer, protected=protected, unprotected={} if chain_protected else x5chain)
    return dump_cbor(members if tag is None else Tagged(tag, members))


def test_what_we_sign_we_read() -> None:
    verified = verify(signed())
    assert (verified.issued_at, verified.expires_at, verified.ttl) == (NOW, NOW + 86_400, 300)
    assert [verified.at(index) for index in range(5)] == [0, 0, 0, 1, 0]
    assert (verified.at(999), verified.size, verified.entities) == (VALID, 1000, frozenset({ISSUER}))
    assert verify(forged()) == verified


def test_both_forms_say_the_same() -> None:
    entries = PackedList(size=1 << 16, bits=2)
    entries.put([(1, 2), (40_000, 3), (65_535, 1)])
    given: dict[str, Any] = {"bits": 2, "uri": URI, "now": NOW, "lifetime": 600, "ttl": 60, "by": status_signer()}
    jwt = token_jwt.sign_status_list(entries.deflated(), **given)
    cwt = sign_status_list(entries.deflated(), **given)
    assert token_jwt.verify_status_list(jwt, uri=URI, anchors=trust_anchors(), now=NOW) == verify(cwt)
    assert len(cwt) < 0.7 * len(jwt)


def test_an_envelope_as_the_standards_say() -> None:
    assert signed()[:1] == b"\xd2"  # tag 18, no CWT tag before it
    message = parse_sign1(parse_cbor(signed()), tagged=True)
    assert message.header == {1: -7, 16: TYPE, 33: chain_value(status_signer().chain)}
    assert message.unprotected == {}
    assert set(parse_cbor(message.with_payload(None))) == {2, 4, 6, 65533, 65534}


@pytest.mark.parametrize(
    ("ttl", "expected"),
    [(1, MIN_TTL), (MIN_TTL, MIN_TTL), (MAX_TTL, MAX_TTL), (315_360_000, MAX_TTL), (None, MAX_TTL)],
)
def test_ttl_is_clamped(ttl: int | None, expected: int) -> None:
    assert verify(forged(c65534=ttl)).ttl == expected


@pytest.mark.parametrize(
    "changed",
    [
        {"c2": URI + "/"},
        {"c2": None},
        {"c2": URI.encode()},
        {"c4": NOW},
        {"c4": None},
        {"c4": float(NOW + 10)},
        {"c6": NOW + 61},
        {"c6": None},
        {"c6": True},
        {"c65534": 0},
        {"c65534": -1},
        {"c65534": True},
        {"c65533": None},
        {"c65533": []},
        {"c65533": {"bits": 1}},
        {"c65533": {"lst": LST}},
        {"c65533": {"bits": 3, "lst": LST}},
        {"c65533": {"bits": True, "lst": LST}},
        {"c65533": {"bits": "1", "lst": LST}},
        {"c65533": {"bits": 1, "lst": LST.hex()}},
        {"c65533": {"bits": 1, "lst": LST + b"more"}},
        {"c65533": {"bits": 1, "lst": LST[:-1]}},
        {"c65533": {"bits": 1, "lst": b"plain"}},
        {"c65533": {b"bits": 1, b"lst": LST}},
        {"typ": "application/statuslist+jwt"},
        {"typ": "statuslist+cwt"},
        {"typ": "application/identifierlist+cwt"},
        {"typ": b"application/statuslist+cwt"},
        {"typ": 16},
        {"tag": None},
        {"tag": 17},
        {"tag": 61},
        {"tag": 98},
        {"chain_protected": False},
        {"by": issuer_signer()},
        {"by": certified("stranger", "status", ISSUER)},
        {"by": CertifiedSigner(key("stranger"), status_signer().chain)},
    ],
)
def test_a_token_with_one_fault(changed: dict[str, Any]) -> None:
    with pytest.raises(Refusal) as refusal:
        verify(forged(**changed))
    assert refusal.value.code == "invalid_status"


def test_a_cwt_tag_around_it_is_not_what_we_asked_for() -> None:
    with pytest.raises(Refusal):
        verify(b"\xd8\x3d" + signed())


def test_a_mac_proves_nothing_to_us() -> None:
    payload = parse_sign1(parse_cbor(signed()), tagged=True).with_payload(None)
    with pytest.raises(Refusal):
        verify(dump_cbor(Tagged(17, mac0(payload, b"k" * 32))))


def test_any_flipped_bit_is_refused() -> None:
    whole = signed()
    for at in range(0, len(whole), 1 + len(whole) // 97):
        with pytest.raises(Refusal):
            verify(whole[:at] + bytes([whole[at] ^ 1]) + whole[at + 1 :])


@pytest.mark.parametrize(
    "token", [b"", b"\xd2", b"\xd2\x80", b"eyJ", signed() + b"\x00", signed()[:-1], b"\x00" * (MAX_TOKEN + 1)]
)
def test_what_is_no_token(token: bytes) -> None:
    with pytest.raises(Refusal):
        verify(token)


def test_the_last_second_and_another_list() -> None:
    verify(signed(), now=NOW + 86_399)
    with pytest.raises(Unmet):
        verify(signed(), now=NOW + 86_400)
    with pytest.raises(Unmet):
        verify(signed(), uri="https://issuer.example/status/2")


def test_token_of_the_draft_is_signed_as_it_says() -> None:
    vector = VECTORS["status list token, CWT (COSE_Sign1 tagged)"]
    message = parse_sign1(parse_cbor(bytes.fromhex(vector["token_hex"])), tagged=True)
    public = {name: vector["key"][name] for name in ("kty", "crv", "x", "y")}
    verify_sign1(message, parse_public_jwk(public))
    assert {str(label): value for label, value in message.header.items()} == vector["protected"]
    claims = parse_cbor(message.with_payload(None))
    expected = dict(vector["claims"])
    listed = expected.pop("65533")
    assert claims.pop(65533) == {"bits": listed["bits"], "lst": bytes.fromhex(listed["lst"])}
    assert {str(label): value for label, value in claims.items()} == expected
    with pytest.raises(Refusal):
        verify_sign1(message, parse_public_jwk(key("other").public_jwk))


def test_claims_of_the_draft_under_a_chain_of_ours() -> None:
    claims = VECTORS["status list token, CWT (COSE_Sign1 tagged)"]["claims"]
    lst = bytes.fromhex(claims["65533"]["lst"])
    again = forged(c2=claims["2"], c6=claims["6"], c4=claims["4"], c65534=claims["65534"], c65533={"bits": 1, "lst": lst})
    verified = verify(again, uri=claims["2"])
    assert (verified.at(0), verified.ttl) == (INVALID, 43_200)
    assert [verified.at(index) for index in range(16)] == named("status-list/encodings.json")["1-bit short"]["statuses"]


def test_lists_of_the_draft_in_cbor() -> None:
    encodings = named("status-list/encodings.json")
    assert (len(encodings), len(VECTORS)) == (6, 5)
    for vector in encodings.values():
        listed = parse_cbor(bytes.fromhex(vector["cbor"]))
        verified = verify(signed(listed["lst"], listed["bits"]))
        assert (verified.bits, len(verified.packed)) == (vector["bits"], vector["decompressed_length"])


def test_a_referenced_token_of_the_draft_points_to_its_list() -> None:
    vector, pair = VECTORS["referenced token, CWT"], VECTORS["matching pair"]
    message = parse_sign1(parse_cbor(bytes.fromhex(vector["token_hex"])), tagged=True)
    public = {name: vector["key"][name] for name in ("kty", "crv", "x", "y")}
    verify_sign1(message, parse_public_jwk(public))
    claims = parse_cbor(message.with_payload(None))
    assert parse_status(claims[65535]) == StatusReference(pair["referenced_uri"], pair["idx"])
    flipped = message.proof[:-1] + bytes([message.proof[-1] ^ 1])
    with pytest.raises(Refusal):
        verify_sign1(structs.replace(message, proof=flipped), parse_public_jwk(public))
