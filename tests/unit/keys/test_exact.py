"""A certificate that is trusted by itself: its key and its time count, and nothing else about it."""

import pytest
from cryptography.hazmat.primitives.serialization import Encoding

from sinwon.core.refusal import Untrusted
from sinwon.keys.x509 import dns_names, verify_exact
from tests import world
from tests.foreign_wallet import authority, document_signer

CERTIFICATE = document_signer().chain[0]
BEGIN, END = world.NOW - 86_400, world.NOW + 300 * 86_400


@pytest.mark.parametrize("now", [BEGIN, world.NOW, END])
def test_its_key_counts_while_it_is_valid(now: int) -> None:
    verified = verify_exact(CERTIFICATE, now)
    assert verified.key.jwk == world.key("harness documents").public_jwk
    assert (verified.anchor, verified.leaf_is_anchor) == (CERTIFICATE, True)
    assert verified.leaf.public_bytes(Encoding.DER) == CERTIFICATE


@pytest.mark.parametrize("now", [BEGIN - 1, END + 1])
def test_before_and_after_it_does_not(now: int) -> None:
    with pytest.raises(Untrusted, match="not valid at this time"):
        verify_exact(CERTIFICATE, now)


def test_host_names_stand_beside_the_uri() -> None:
    leaf = authority().certify(
        world.key("a"), "a", "urn:a", now=world.NOW, random=world.SeededRandomness(1), hosts=("a.example", "127.0.0.1")
    )
    assert dns_names(leaf) == ("a.example",)
    assert dns_names(CERTIFICATE) == ()
