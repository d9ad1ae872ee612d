"""The stateless nonce."""

import pytest

from sinwon.core.refusal import Unmet
from sinwon.protocols.vci.nonce import LIFETIME, check_nonce, make_nonce
from tests.world import ISSUER, NOW, SeededRandomness

KEY = b"\x05" * 32


def nonce(seed: int = 1, now: int = NOW) -> str:
    return make_nonce(KEY, issuer=ISSUER, now=now, random=SeededRandomness(seed))


@pytest.mark.parametrize("later", [-60, 0, LIFETIME - 1])
def test_a_living_nonce_of_ours_says_when_it_ends(later: int) -> None:
    assert check_nonce(nonce(), KEY, issuer=ISSUER, now=NOW + later) == NOW + LIFETIME


@pytest.mark.parametrize("later", [-61, LIFETIME])
def test_a_nonce_outside_its_time_is_refused(later: int) -> None:
    with pytest.raises(Unmet, match="invalid_nonce"):
        check_nonce(nonce(), KEY, issuer=ISSUER, now=NOW + later)


@pytest.mark.parametrize(("key", "issuer"), [(b"\x06" * 32, ISSUER), (KEY, "https://other.example")])
def test_a_nonce_of_another_key_or_issuer_is_refused(key: bytes, issuer: str) -> None:
    with pytest.raises(Unmet, match="invalid_nonce"):
        check_nonce(nonce(), key, issuer=issuer, now=NOW)


def test_nonces_differ() -> None:
    assert nonce(1) != nonce(2)
