"""P-256 and HKDF against Wycheproof."""

from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from sinwon.core import base64url
from sinwon.core.refusal import Malformed, Untrusted
from sinwon.keys.jwk import P256, PublicKey, key_at, parse_public_jwk
from sinwon.keys.software import SoftwareKey
from tests.unit.formats.vectors import load


def cases(name: str, count: int) -> list[tuple[dict[str, Any], dict[str, Any]]]:
    data = load(f"jose/{name}.json")
    found = [(group, test) for group in data["testGroups"] for test in group["tests"]]
    assert len(found) == data["numberOfTests"] == count
    return found


def verifies(key: PublicKey, signature: bytes, message: bytes) -> bool:
    try:
        key.verify(signature, message)
    except Untrusted:
        return False
    return True


def key_of(group: dict[str, Any]) -> PublicKey:
    """The group's key as a JWK says it, where it has one."""
    numbers = group["publicKey"]
    x, y = (int(numbers[name], 16).to_bytes(32) for name in ("wx", "wy"))
    made = parse_public_jwk({"kty": "EC", "crv": "P-256", "x": base64url.encode(x), "y": base64url.encode(y)})
    if "publicKeyJwk" in group:
        assert parse_public_jwk(group["publicKeyJwk"]) == made
    return made


def test_wycheproof_ecdsa() -> None:
    for group, test in cases("ecdsa_secp256r1_sha256_p1363_test", 262):
        key, signature, message = key_of(group), bytes.fromhex(test["sig"]), bytes.fromhex(test["msg"])
        assert verifies(key, signature, message) == (test["result"] == "valid"), test["tcId"]
        if test["result"] == "valid":
            assert not verifies(key, signature[:31] + bytes([signature[31] ^ 1]) + signature[32:], message), test["tcId"]
            assert not verifies(key, signature, message + b"\x00"), test["tcId"]


def agreed(test: dict[str, Any]) -> bytes:
    """The shared secret with a point as a JWK can carry it: uncompressed, both coordinates."""
    point = bytes.fromhex(test["public"])
    if point[:1] != b"\x04":
        raise Malformed("invalid_key", "not an uncompressed point")
    private = SoftwareKey(ec.derive_private_key(int(test["private"], 16), P256))
    return private.agree(key_at(point[1:]))


def test_wycheproof_ecdh() -> None:
    seen = {"valid": 0, "invalid": 0, "acceptable": 0}
    for _, test in cases("ecdh_secp256r1_ecpoint_test", 355):
        seen[test["result"]] += 1
        if test["result"] == "valid":
            assert agreed(test) == bytes.fromhex(test["shared"]), test["tcId"]
            point = test["public"][:-1] + f"{int(test['public'][-1], 16) ^ 1:x}"
            with pytest.raises(Malformed):
                agreed({**test, "public": point})
            continue
        with pytest.raises(Malformed):
            agreed(test)
    assert seen == {"valid": 330, "invalid": 24, "acceptable": 1}


def derived(test: dict[str, Any], info: bytes) -> bytes:
    salt = bytes.fromhex(test["salt"])
    return HKDF(algorithm=SHA256(), length=test["size"], salt=salt, info=info).derive(bytes.fromhex(test["ikm"]))


def test_wycheproof_hkdf() -> None:
    for _, test in cases("hkdf_sha256_test", 86):
        info = bytes.fromhex(test["info"])
        if test["result"] == "valid":
            assert derived(test, info) == bytes.fromhex(test["okm"]), test["tcId"]
            assert derived(test, info + b"\x00") != bytes.fromhex(test["okm"]), test["tcId"]
            continue
        with pytest.raises(ValueError, match="Cannot derive keys"):
            derived(test, info)
