"""JOSE against Wycheproof and the cookbook of RFC 7520. What is not on our allow-lists is refused, valid or not; what is
accepted is named."""

import json
from collections.abc import Iterator
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from sinwon.core import base64url
from sinwon.core.refusal import Malformed, Refusal
from sinwon.formats.jose import jwe as jwe_module
from sinwon.formats.jose.jwe import IV_BYTES, TAG_BYTES, Jwe, decrypt, parse_jwe
from sinwon.formats.jose.jws import parse_jws
from sinwon.formats.sdjwt.issuer_metadata import JwkSet, choose_key
from sinwon.keys.jwk import P256, parse_public_jwk
from sinwon.keys.software import SoftwareKey
from tests.unit.formats.vectors import load
from tests.world import key

COOKBOOK = {vector["name"]: vector["example"] for vector in load("jose/rfc7520-cookbook.json")["vectors"]}


def cases(name: str, count: int) -> Iterator[tuple[dict[str, Any], dict[str, Any]]]:
    """Groups and tests of a Wycheproof file, whose number is as stated."""
    data = load(f"jose/{name}.json")
    found = [(group, test) for group in data["testGroups"] for test in group["tests"]]
    assert len(found) == data["numberOfTests"] == count
    return iter(found)


def verified(group: dict[str, Any], token: object) -> bytes:
    """Through our doors: the token parsed, the key chosen from the set and read, the signature checked."""
    jws = parse_jws(token if isinstance(token, str) else json.dumps(token))
    offered = group.get("public") or group["private"]
    keys = offered.get("keys", [offered])
    choose_key(JwkSet(tuple(keys)), jws.header.get("kid")).verify(jws.signature, jws.signed)
    return jws.payload


def accepted_jws(name: str, count: int) -> dict[int, str]:
    """Which tests pass, with what the file says of them."""
    accepted = {}
    for group, test in cases(name, count):
        try:
            verified(group, test["jws"])
        except Refusal:
            continue
        accepted[test["tcId"]] = test["result"]
    return accepted


def test_wycheproof_signatures() -> None:
    assert accepted_jws("json_web_signature_test", 401) == {18: "valid", 378: "valid"}


def test_wycheproof_keys() -> None:
    assert accepted_jws("json_web_key_test", 26) == {}


@pytest.mark.parametrize("number", [18, 378])
def test_wycheproof_signatures_with_one_bit_changed(number: int) -> None:
    group, test = next(case for case in cases("json_web_signature_test", 401) if case[1]["tcId"] == number)
    parts = test["jws"].split(".")
    for at, part in enumerate(parts):
        for bit in range(8):
            data = base64url.decode(part)
            changed = base64url.encode(bytes([data[0] ^ 1 << bit]) + data[1:])
            with pytest.raises(Refusal):
                verified(group, ".".join([*parts[:at], changed, *parts[at + 1 :]]))


def private_key(jwk: dict[str, Any]) -> SoftwareKey:
    """The receiver's key, or another where the test's is of a kind we do not have."""
    if jwk.get("crv") != "P-256":
        return key("receiver")
    return SoftwareKey(ec.derive_private_key(int.from_bytes(base64url.decode(jwk["d"])), P256))


def test_wycheproof_encryption() -> None:
    accepted = {}
    for group, test in cases("json_web_encryption_test", 139):
        token = test["jwe"] if isinstance(test["jwe"], str) else json.dumps(test["jwe"])
        try:
            plain = decrypt(parse_jwe(token), private_key(group["private"]))
        except Refusal:
            continue
        accepted[test["tcId"]] = test["result"]
        assert plain == bytes.fromhex(test["pt"])
    assert accepted == {76: "valid", 78: "valid"}


@pytest.mark.parametrize("number", [76, 78])
def test_wycheproof_encryption_with_one_bit_changed(number: int) -> None:
    group, test = next(case for case in cases("json_web_encryption_test", 139) if case[1]["tcId"] == number)
    parts = test["jwe"].split(".")
    for at in (0, 2, 3, 4):
        data = base64url.decode(parts[at])
        changed = base64url.encode(data[:-1] + bytes([data[-1] ^ 1]))
        with pytest.raises(Malformed):
            decrypt(parse_jwe(".".join([*parts[:at], changed, *parts[at + 1 :]])), private_key(group["private"]))


class Aad(str):
    """A protected header that is any bytes: the vectors' associated data are no base64url."""

    def __new__(cls, data: bytes) -> "Aad":
        made = super().__new__(cls)
        made.data = data
        return made

    data: bytes

    def encode(self, encoding: str = "utf-8", errors: str = "strict") -> bytes:  # noqa: ARG002 (as str has it)
        return self.data


def test_wycheproof_aes_gcm(monkeypatch: pytest.MonkeyPatch) -> None:
    """Through decrypt, with the content key in the place of the agreed one."""
    ephemeral = parse_public_jwk(key("ephemeral").public_jwk)
    seen = {"valid": 0, "invalid": 0, "nonce of another length": 0}
    for group, test in cases("aes_gcm_test", 316):
        secret, iv, aad, ciphertext, tag, plain = (
            bytes.fromhex(test[name]) for name in ("key", "iv", "aad", "ct", "tag", "msg")
        )
        monkeypatch.setattr(jwe_module, "agreed_key", lambda _secret, _header, secret=secret: secret)
        message = Jwe(Aad(aad), {}, ephemeral, iv, ciphertext, tag)
        ours = group["ivSize"] == IV_BYTES * 8 and group["tagSize"] == TAG_BYTES * 8
        if ours and test["result"] == "valid":
            assert decrypt(message, key("receiver")) == plain
            assert AESGCM(secret).encrypt(iv, plain, aad) == ciphertext + tag
            message = Jwe(Aad(aad), {}, ephemeral, iv, ciphertext, bytes([tag[0] ^ 1]) + tag[1:])
        seen[test["result"] if ours else "nonce of another length"] += 1
        with pytest.raises(Malformed):
            decrypt(message, key("receiver"))
    assert seen == {"valid": 116, "invalid": 81, "nonce of another length": 119}


def outputs(example: dict[str, Any]) -> list[str]:
    """Every serialisation an example has."""
    steps = [example[name] for name in ("sign", "encrypt") if name in example] or [example]
    return [text if isinstance(text, str) else json.dumps(text) for step in steps for text in step["output"].values()]


def test_cookbook_count() -> None:
    assert len(COOKBOOK) == 30


@pytest.mark.parametrize("name", [name for name in COOKBOOK if not name.startswith("jwk/")])
def test_cookbook_tokens_are_not_on_our_lists(name: str) -> None:
    assert outputs(COOKBOOK[name])
    for text in outputs(COOKBOOK[name]):
        with pytest.raises(Malformed):
            parse_jws(text)
        with pytest.raises(Malformed):
            parse_jwe(text)


@pytest.mark.parametrize("name", [name for name in COOKBOOK if name.startswith("jwk/")])
def test_cookbook_keys_are_not_on_our_lists(name: str) -> None:
    with pytest.raises(Malformed):
        parse_public_jwk(COOKBOOK[name])
