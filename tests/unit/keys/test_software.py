"""Keys in this process and keys in files."""

import stat
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

from sinwon.core.refusal import Fault, Malformed
from sinwon.keys.jwk import parse_public_jwk
from sinwon.keys.software import derive_key, generate_key, load_key
from sinwon.keys.uri import open_master, open_signer, write_key


def test_a_derived_key_is_the_same_each_time() -> None:
    secret = b"\x05" * 32
    assert derive_key(secret, b"a").public_jwk == derive_key(secret, b"a").public_jwk
    assert derive_key(secret, b"a").public_jwk != derive_key(secret, b"b").public_jwk
    assert derive_key(b"\x06" * 32, b"a").public_jwk != derive_key(secret, b"a").public_jwk


def test_generated_keys_differ() -> None:
    assert generate_key().public_jwk != generate_key().public_jwk


def test_signs_what_its_public_key_verifies() -> None:
    key = generate_key()
    parse_public_jwk(key.public_jwk).verify(key.sign(b"message"), b"message")
    assert key.public_jwk.keys() == {"kty", "crv", "x", "y"}


def test_both_sides_agree() -> None:
    one, other = generate_key(), generate_key()
    ours, theirs = parse_public_jwk(one.public_jwk), parse_public_jwk(other.public_jwk)
    assert one.agree(theirs) == other.agree(ours)
    assert len(one.agree(theirs)) == 32
    with pytest.raises(Malformed):
        parse_public_jwk({**other.public_jwk, "y": other.public_jwk["x"]})


def test_through_a_file(tmp_path: Path) -> None:
    key, uri = generate_key(), f"file:{tmp_path}/keys/issuer.key"
    write_key(uri, key.to_der())
    assert open_signer(uri).public_jwk == key.public_jwk
    assert stat.S_IMODE((tmp_path / "keys/issuer.key").stat().st_mode) == 0o600
    with pytest.raises(FileExistsError):
        write_key(uri, key.to_der())


def test_a_master_key_in_a_file(tmp_path: Path) -> None:
    uri = f"file:{tmp_path}/master.key"
    write_key(uri, b"\x01" * 32)
    assert open_master(uri).derive("seal")
    write_key(f"file:{tmp_path}/short.key", b"\x01" * 16)
    with pytest.raises(Fault):
        open_master(f"file:{tmp_path}/short.key")


@pytest.mark.parametrize("mode", [0o640, 0o604, 0o666, 0o601])
def test_a_file_others_can_touch_is_not_used(tmp_path: Path, mode: int) -> None:
    uri = f"file:{tmp_path}/open.key"
    write_key(uri, generate_key().to_der())
    (tmp_path / "open.key").chmod(mode)
    with pytest.raises(Fault):
        open_signer(uri)


@pytest.mark.parametrize("uri", ["", "issuer.key", "file:issuer.key", "https://keys.example/issuer", "/etc/issuer.key"])
def test_not_a_key_uri(uri: str) -> None:
    with pytest.raises(Fault):
        open_signer(uri)


def test_other_kinds_of_key_are_not_loaded() -> None:
    other = rsa.generate_private_key(65537, 2048).private_bytes(Encoding.DER, PrivateFormat.PKCS8, NoEncryption())
    with pytest.raises(Fault):
        load_key(other)
    assert isinstance(load_key(generate_key().to_der()).private.curve, ec.SECP256R1)
