"""Compact JWE with ECDH-ES: both content algorithms, and hostile messages that all look the same from outside."""

import json
from typing import Any

import pytest
from joserfc import jwe as theirs
from joserfc.jwk import ECKey, OctKey, RSAKey

from sinwon.core import base64url
from sinwon.core.limits import MAX_FORM
from sinwon.core.refusal import Malformed
from sinwon.formats.jose.jwe import ENC_VALUES, decrypt, encrypt, parse_jwe
from tests.world import key

RECEIVER = key("receiver")
PLAIN = b'{"vp_token":{"q":["a~b~c"]},"state":"x"}'
JWK = {**RECEIVER.public_jwk, "kid": "key-1", "alg": "ECDH-ES", "use": "enc"}


def message(enc: str = "A128GCM", plain: bytes = PLAIN) -> str:
    return encrypt(plain, JWK, enc=enc)


def read(token: str) -> bytes:
    return decrypt(parse_jwe(token), RECEIVER)


def reheaded(token: str, **changed: object) -> str:
    """The same message under another protected header."""
    head, *rest = token.split(".")
    header = {**json.loads(base64url.decode(head)), **changed}
    members = {name: value for name, value in header.items() if value is not None}
    return ".".join([base64url.encode(json.dumps(members).encode()), *rest])


def flipped(token: str, part: int) -> str:
    parts = token.split(".")
    parts[part] = ("B" if parts[part][:1] == "A" else "A") + parts[part][1:]
    return ".".join(parts)


@pytest.mark.parametrize("enc", ENC_VALUES)
def test_round_trip(enc: str) -> None:
    parsed = parse_jwe(message(enc))
    assert decrypt(parsed, RECEIVER) == PLAIN
    assert (parsed.header["alg"], parsed.header["enc"], parsed.header["kid"]) == ("ECDH-ES", enc, "key-1")


@pytest.mark.parametrize("enc", ENC_VALUES)
def test_with_party_information(enc: str) -> None:
    token = encrypt(PLAIN, JWK, enc=enc, apu="bWRvYw", apv="bm9uY2U")
    assert read(token) == PLAIN
    assert parse_jwe(token).header["apu"] == "bWRvYw"
    with pytest.raises(Malformed):
        read(reheaded(token, apv="b3RoZXI"))


def test_two_messages_have_different_ephemeral_keys() -> None:
    assert parse_jwe(message()).header["epk"] != parse_jwe(message()).header["epk"]


def test_a_portrait_fits() -> None:
    plain = b"x" * 300_000
    assert read(message(plain=plain)) == plain


def test_longest() -> None:
    with pytest.raises(Malformed, match="large"):
        parse_jwe("x" * (MAX_FORM + 1))


@pytest.mark.parametrize("enc", ["A192GCM", "A128CBC-HS256", "none", ""])
def test_we_do_not_encrypt_with_what_is_not_ours(enc: str) -> None:
    with pytest.raises(Malformed):
        encrypt(PLAIN, JWK, enc=enc)


def test_we_do_not_encrypt_to_a_key_off_the_curve() -> None:
    with pytest.raises(Malformed):
        encrypt(PLAIN, {**JWK, "y": JWK["x"]}, enc="A128GCM")


@pytest.mark.parametrize(
    "changed",
    [
        {"alg": "RSA1_5"},
        {"alg": "RSA-OAEP-256"},
        {"alg": "PBES2-HS256+A128KW", "p2c": 2_000_000_000, "p2s": "AAAA"},
        {"alg": "ECDH-ES+A128KW"},
        {"alg": "dir"},
        {"alg": "none"},
        {"alg": None},
        {"enc": "A192GCM"},
        {"enc": "A128CBC-HS256"},
        {"enc": None},
        {"enc": ["A128GCM"]},
        {"zip": "DEF"},
        {"crit": ["exp"]},
        {"jku": "https://attacker.example"},
        {"jwk": {}},
        {"x5u": "https://attacker.example"},
        {"p2c": 1},
        {"epk": None},
        {"epk": "text"},
        {"epk": {}},
        {"epk": {**RECEIVER.public_jwk, "y": RECEIVER.public_jwk["x"]}},
        {"epk": {**RECEIVER.public_jwk, "x": base64url.encode(bytes(32)), "y": base64url.encode(bytes(32))}},
        {"epk": {**RECEIVER.public_jwk, "crv": "P-384"}},
        {"epk": {**RECEIVER.public_jwk, "d": "AAAA"}},
        {"epk": {"kty": "OKP", "crv": "X25519", "x": "AAAA"}},
    ],
)
def test_a_header_beyond_the_profile_is_refused_before_anything_is_decrypted(changed: dict[str, object]) -> None:
    with pytest.raises(Malformed):
        parse_jwe(reheaded(message(), **changed))


@pytest.mark.parametrize(
    "header",
    [b'{"alg":"ECDH-ES","alg":"dir","enc":"A128GCM"}', b"[]", b"", b"\xef\xbb\xbf{}", b'{"a":' * 3000 + b"1" + b"}" * 3000],
)
def test_a_header_that_is_no_strict_json(header: bytes) -> None:
    with pytest.raises(Malformed):
        parse_jwe(".".join([base64url.encode(header), *message().split(".")[1:]]))


@pytest.mark.parametrize(
    "token",
    ["", "....", "a.b.c", message() + "=", message() + ".x", message().replace("..", ".AAAA.", 1), "{}", json.dumps({"a": 1})],
)
def test_not_a_compact_jwe(token: str) -> None:
    with pytest.raises(Malformed):
        read(token)


def refusals() -> dict[str, str]:
    """Messages that parse and do not decrypt."""
    whole = message()
    short_tag = whole[: whole.rindex(".") + 1] + "AAAA"
    return {
        "wrong_key": encrypt(PLAIN, {**key("other").public_jwk}, enc="A128GCM"),
        "changed_iv": flipped(whole, 2),
        "changed_ciphertext": flipped(whole, 3),
        "changed_tag": flipped(whole, 4),
        "changed_header": reheaded(whole, kid="key-2"),
        "another_enc": reheaded(whole, enc="A256GCM"),
        "another_epk": reheaded(whole, epk=dict(key("other").public_jwk)),
        "apu_is_a_number": reheaded(whole, apu=5),
        "apu_is_not_base64": reheaded(whole, apu="!!!"),
        "short_tag": short_tag,
        "no_iv": ".".join([whole.split(".")[0], "", "", *whole.split(".")[3:]]),
    }


@pytest.mark.parametrize("fault", refusals())
def test_every_failure_to_decrypt_looks_the_same(fault: str) -> None:
    with pytest.raises(Malformed) as refusal:
        read(refusals()[fault])
    assert str(refusal.value) == "invalid_request: the message does not decrypt"


@pytest.mark.parametrize("enc", ENC_VALUES)
def test_what_another_library_encrypts_we_read(enc: str) -> None:
    public: Any = dict(RECEIVER.public_jwk)
    token = theirs.encrypt_compact({"alg": "ECDH-ES", "enc": enc}, PLAIN, ECKey.import_key(public))
    assert read(token) == PLAIN


def test_other_kinds_of_jwe_made_by_another_library() -> None:
    with_password = theirs.encrypt_compact({"alg": "dir", "enc": "A128GCM"}, PLAIN, OctKey.generate_key(128))
    with_rsa = theirs.encrypt_compact({"alg": "RSA-OAEP", "enc": "A128GCM"}, PLAIN, RSAKey.generate_key(2048))
    public: Any = dict(RECEIVER.public_jwk)
    zipped = theirs.encrypt_compact({"alg": "ECDH-ES", "enc": "A128GCM", "zip": "DEF"}, b"0" * 60_000, ECKey.import_key(public))
    for token in (with_password, with_rsa, zipped):
        with pytest.raises(Malformed):
            parse_jwe(token)
