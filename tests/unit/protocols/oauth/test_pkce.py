"""PKCE with the example of RFC 7636 Appendix B."""

import pytest

from sinwon.core.refusal import Malformed, Unmet
from sinwon.protocols.oauth.pkce import challenge_of, check_verifier, parse_challenge

VERIFIER = "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk"
CHALLENGE = "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM"


def test_the_example_of_the_text() -> None:
    assert challenge_of(VERIFIER) == CHALLENGE
    assert parse_challenge(CHALLENGE, "S256") == CHALLENGE
    check_verifier(VERIFIER, CHALLENGE)


@pytest.mark.parametrize(
    ("challenge", "method"),
    [(VERIFIER, "plain"), (CHALLENGE, None), (None, "S256"), (CHALLENGE + "=", "S256"), ("short", "S256")],
)
def test_only_s256_is_taken(challenge: str | None, method: str | None) -> None:
    with pytest.raises(Malformed, match="invalid_request"):
        parse_challenge(challenge, method)


@pytest.mark.parametrize("verifier", [None, "", CHALLENGE, VERIFIER + "é", "a" * 42, "a" * 129])
def test_another_verifier_is_refused(verifier: str | None) -> None:
    with pytest.raises(Unmet, match="invalid_grant"):
        check_verifier(verifier, CHALLENGE)
