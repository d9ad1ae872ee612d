"""The examples of the COSE working group, both ways, and the CBOR examples of RFC 8949 and RFC 7049."""

import math
from base64 import urlsafe_b64decode
from typing import Any

import pytest

from sinwon.core.cbor import DateTime, Encoded, Tagged, dump_cbor, parse_cbor
from sinwon.core.refusal import Malformed, Refusal
from sinwon.formats.cose.mac0 import parse_mac0, to_mac, verify_mac0
from sinwon.formats.cose.sign1 import parse_sign1, to_sign, verify_sign1
from sinwon.keys.jwk import PublicKey, parse_public_jwk
from sinwon.keys.x509 import verify_chain
from tests.unit.formats.vectors import VECTORS, load, outside

SIGN1 = sorted(path.stem for path in (VECTORS / "cose/sign1-tests").iterdir())
MAC0 = sorted(path.stem for path in (VECTORS / "cose/mac0-tests").iterdir())
VERIFIES = {"sign-pass-02", "sign-pass-03"}
MAC_VERIFIES = {"HMac-01"}
"""The other passes carry `alg` in the unprotected header only: refused by rule, though the structure is right."""
ECDSA = {"ecdsa-sig-01": True, "ecdsa-sig-02": False, "ecdsa-sig-03": False, "ecdsa-sig-04": False}


def example(name: str) -> dict[str, Any]:
    found: dict[str, Any] = load(f"cose/{name}.json")
    return found


def message(vector: dict[str, Any]) -> bytes:
    return bytes.fromhex(vector["output"]["cbor"])


def sign_key(vector: dict[str, Any]) -> PublicKey:
    jwk = vector["input"]["sign0"]["key"]
    return parse_public_jwk({name: jwk[name] for name in ("kty", "crv", "x", "y")})


def external(vector: dict[str, Any], kind: str) -> bytes:
    return bytes.fromhex(vector["input"][kind].get("external", ""))


def verify_signed(vector: dict[str, Any], data: bytes) -> None:
    tagged = "RemoveCBORTag" not in vector["input"].get("failures", {})
    parsed = parse_sign1(parse_cbor(data), tagged=tagged)
    verify_sign1(parsed, sign_key(vector), external=external(vector, "sign0"))


def verify_maced(vector: dict[str, Any], data: bytes) -> None:
    tagged = "RemoveCBORTag" not in vector["input"].get("failures", {})
    k = vector["input"]["mac0"]["recipients"][0]["key"]["k"]
    verify_mac0(parse_mac0(parse_cbor(data), tagged=tagged), urlsafe_b64decode(k + "="), external=external(vector, "mac0"))


def test_counts() -> None:
    assert (len(SIGN1), len(MAC0)) == (9, 10)
    assert len(list((VECTORS / "cose/ecdsa-examples").iterdir())) == 8
    assert len(list((VECTORS / "cose/x509-examples").glob("*.json"))) == 5
    malformed = load("cbor/rfc8949-appendix-f-malformed.json")
    assert (len(malformed["vectors"]), len(malformed["not_strict"])) == (94, 8)


@pytest.mark.parametrize("name", SIGN1)
def test_sign1(name: str) -> None:
    vector = example(f"sign1-tests/{name}")
    if name in VERIFIES:
        verify_signed(vector, message(vector))
        for at in (4, -1):
            with pytest.raises(Refusal):
                verify_signed(vector, flipped(message(vector), at))
        return
    with pytest.raises(Refusal):
        verify_signed(vector, message(vector))


@pytest.mark.parametrize("name", [name for name in SIGN1 if "pass" in name and name != "sign-pass-01"])
def test_what_is_signed(name: str) -> None:
    """All but the first, whose protected header was rewritten after it was signed."""
    vector = example(f"sign1-tests/{name}")
    value = parse_cbor(message(vector))
    protected, _, payload, _ = value.value if isinstance(value, Tagged) else value
    assert to_sign(protected, payload, external(vector, "sign0")).hex() == vector["intermediates"]["ToBeSign_hex"].lower()


@pytest.mark.parametrize("name", MAC0)
def test_mac0(name: str) -> None:
    vector = example(f"mac0-tests/{name}")
    if name in MAC_VERIFIES:
        verify_maced(vector, message(vector))
        for at in (5, -1):
            with pytest.raises(Refusal):
                verify_maced(vector, flipped(message(vector), at))
        return
    with pytest.raises(Refusal):
        verify_maced(vector, message(vector))


@pytest.mark.parametrize("name", ["HMac-01", "mac-pass-02", "mac-pass-03"])
def test_what_is_authenticated(name: str) -> None:
    vector = example(f"mac0-tests/{name}")
    value = parse_cbor(message(vector))
    protected, _, payload, _ = value.value if isinstance(value, Tagged) else value
    assert to_mac(protected, payload, external(vector, "mac0")).hex() == vector["intermediates"]["ToMac_hex"].lower()


@pytest.mark.parametrize(("name", "accepted"), ECDSA.items())
def test_ecdsa_with_the_one_algorithm_we_speak(name: str, accepted: bool) -> None:
    vector = example(f"ecdsa-examples/{name}")
    if accepted:
        verify_signed(vector, message(vector))
        return
    with pytest.raises(Refusal):
        verify_signed(vector, message(vector))


@pytest.mark.parametrize("name", [f"ecdsa-examples/ecdsa-0{n}" for n in (1, 2, 3, 4)])
def test_many_signers_are_not_spoken(name: str) -> None:
    with pytest.raises(Malformed):
        parse_sign1(parse_cbor(message(example(name))), tagged=True)


@pytest.mark.parametrize(("name", "certificates"), [("signed-03", 1), ("signed-04", 2)])
def test_x5chain_leaf_first(name: str, certificates: int) -> None:
    vector = example(f"x509-examples/{name}")
    (signer,) = parse_cbor(message(vector)).value[3]
    chain = parse_sign1([signer[0], signer[1], b"", signer[2]]).chain
    assert len(chain) == certificates
    assert chain[0] == (VECTORS / "cose/x509-examples/alice.der").read_bytes()
    ca = (VECTORS / "cose/x509-examples/ca.der").read_bytes()
    verified = verify_chain(chain[:1], frozenset({ca}), 1_700_000_000)
    verified.key.verify(signer[2], bytes.fromhex(vector["intermediates"]["signers"][0]["ToBeSign_hex"]))


@pytest.mark.parametrize("at", range(94))
def test_malformed_cbor(at: int) -> None:
    with pytest.raises(Malformed):
        parse_cbor(bytes.fromhex(load("cbor/rfc8949-appendix-f-malformed.json")["vectors"][at]["hex"]))


@pytest.mark.parametrize("at", range(8))
def test_cbor_that_is_not_strict(at: int) -> None:
    """The order of maps is free, for real mdocs need it; everything else is refused."""
    vector = load("cbor/rfc8949-appendix-f-malformed.json")["not_strict"][at]
    if vector["name"] == "map keys not in deterministic order":
        parse_cbor(bytes.fromhex(vector["hex"]))
        return
    with pytest.raises(Malformed):
        parse_cbor(bytes.fromhex(vector["hex"]))


EXPRESSED = {
    '0("2013-03-21T20:04:00Z")': DateTime("2013-03-21T20:04:00Z"),
    "1(1363896240)": Tagged(1, 1363896240),
    "1(1363896240.5)": Tagged(1, 1363896240.5),
    "23(h'01020304')": Tagged(23, b"\x01\x02\x03\x04"),
    "24(h'6449455446')": Encoded(b"dIETF"),
    '32("http://www.example.com")': Tagged(32, "http://www.example.com"),
    "h''": b"",
    "h'01020304'": b"\x01\x02\x03\x04",
    "{1: 2, 3: 4}": {1: 2, 3: 4},
    "Infinity": math.inf,
    "-Infinity": -math.inf,
}


def test_examples_of_rfc_7049() -> None:
    """Definite lengths decode to their value and, floats apart, are written to the same bytes; indefinite ones are refused."""
    examples = outside("cbor-cose/appendix_a.json")
    assert len(examples) == 82
    for one in examples:
        data, diagnostic = bytes.fromhex(one["hex"]), one.get("diagnostic")
        if data[0] & 0x1F == 0x1F or b"\x9f" in data or b"\xbf" in data or diagnostic == "simple(24)":
            with pytest.raises(Malformed):
                parse_cbor(data)
            continue
        value = parse_cbor(data)
        if diagnostic is None:
            assert value == one["decoded"]
        elif diagnostic in EXPRESSED:
            assert value == EXPRESSED[diagnostic]
        if one["roundtrip"] and not 0xF9 <= data[0] <= 0xFB:
            assert dump_cbor(value) == data


def flipped(data: bytes, at: int) -> bytes:
    changed = bytearray(data)
    changed[at] ^= 1
    return bytes(changed)
