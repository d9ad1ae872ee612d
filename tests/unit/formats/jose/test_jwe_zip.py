"""Compressed JWE: what comes out, and how much of it may."""

import pytest
from joserfc import jwe as theirs
from joserfc.jwe import JWERegistry
from joserfc.jwk import ECKey

from sinwon.core.refusal import Malformed
from sinwon.formats.jose.jwe import ENC_VALUES, decrypt, encrypt, parse_jwe
from tests.encrypting import deflated, seal
from tests.world import key

RECEIVER = key("receiver")
JWK = {**RECEIVER.public_jwk, "kid": "key-1"}
PLAIN = b'{"credentials":[]}' * 50
LIMIT = 4096
WHOLE = deflated(PLAIN)


def read(token: str) -> bytes:
    return decrypt(parse_jwe(token, zipped=True), RECEIVER, limit=LIMIT)


@pytest.mark.parametrize("enc", ENC_VALUES)
def test_round_trip(enc: str) -> None:
    token = encrypt(PLAIN, JWK, enc=enc, zipped=True, cty="json")
    assert len(token) < len(PLAIN)
    assert (parse_jwe(token, zipped=True).header["zip"], parse_jwe(token, zipped=True).header["cty"]) == ("DEF", "json")
    assert read(token) == PLAIN


def test_another_library_reads_ours_and_we_read_theirs() -> None:
    registry = JWERegistry(algorithms=["ECDH-ES", "A128GCM", "DEF"])
    private = ECKey.import_key(RECEIVER.to_der())
    ours = encrypt(PLAIN, JWK, enc="A128GCM", zipped=True)
    assert theirs.decrypt_compact(ours, private, registry=registry).plaintext == PLAIN
    public = ECKey.import_key(dict(RECEIVER.public_jwk))
    assert read(theirs.encrypt_compact({"alg": "ECDH-ES", "enc": "A128GCM", "zip": "DEF"}, PLAIN, public)) == PLAIN


def test_what_is_not_compressed_is_read_where_it_may_be() -> None:
    assert read(encrypt(PLAIN, JWK, enc="A128GCM")) == PLAIN


def test_compressed_only_where_that_is_offered() -> None:
    with pytest.raises(Malformed):
        parse_jwe(encrypt(PLAIN, JWK, enc="A128GCM", zipped=True))


@pytest.mark.parametrize("name", ["GZIP", "def", "", 1, ["DEF"]])
def test_another_compression(name: object) -> None:
    with pytest.raises(Malformed):
        parse_jwe(seal(WHOLE, JWK, zip=name), zipped=True)


def test_as_much_as_the_limit() -> None:
    assert read(seal(deflated(b"0" * LIMIT), JWK, zip="DEF")) == b"0" * LIMIT


@pytest.mark.parametrize(
    "content",
    [
        deflated(b"0" * (LIMIT + 1)),
        deflated(b"0" * 50_000_000),
        WHOLE[:-1],
        WHOLE + b"\x00",
        b"",
        b"\x07",
        PLAIN,
    ],
    ids=["one_past_the_limit", "fifty_megabytes", "cut_off", "followed_by_more", "nothing", "bad_block", "not_compressed"],
)
def test_what_does_not_inflate_looks_like_what_does_not_decrypt(content: bytes) -> None:
    with pytest.raises(Malformed) as refusal:
        read(seal(content, JWK, zip="DEF"))
    assert str(refusal.value) == "invalid_request: the message does not decrypt"
