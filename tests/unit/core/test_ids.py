"""Secrets, names and comparing them."""

from hashlib import sha256

from sinwon.core import base64url
from sinwon.core.ids import digest, new_id, new_secret, same
from tests.world import SeededRandomness


def test_a_secret_has_256_bits_and_an_id_128() -> None:
    random = SeededRandomness()
    assert len(base64url.decode(new_secret(random))) == 32
    assert len(new_secret(random)) == 43
    assert len(base64url.decode(new_id(random))) == 16


def test_no_two_are_alike() -> None:
    random = SeededRandomness()
    assert len({new_secret(random) for _ in range(100)}) == 100


def test_digest_is_sha256() -> None:
    assert base64url.decode(digest("secret")) == sha256(b"secret").digest()


def test_same() -> None:
    assert same("a", "a")
    assert same("가", "가".encode())
    assert not same("a", "b")
    assert not same("a", "aa")
    assert not same("", "a")
