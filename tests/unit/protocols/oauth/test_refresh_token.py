"""Refresh tokens: one text for each generation of a family, and none that was not given."""

import pytest

from sinwon.core import base64url
from sinwon.core.refusal import Malformed, Untrusted
from sinwon.protocols.oauth.grants.refresh_token import (
    LENGTH,
    MAX_TEXT,
    RefreshToken,
    parse_refresh_request,
    verify_refresh_token,
    write_refresh_token,
)
from tests.world import ISSUER

KEY = b"\x05" * 32
FIRST = RefreshToken(base64url.encode(bytes(range(16))), 0)


def text(token: RefreshToken = FIRST, key: bytes = KEY, issuer: str = ISSUER) -> str:
    return write_refresh_token(token, key, issuer=issuer)


def test_what_is_written_is_read() -> None:
    for token in (FIRST, FIRST.successor, RefreshToken(FIRST.family, 2**32 - 1)):
        assert verify_refresh_token(text(token), KEY, issuer=ISSUER) == token
    assert text() == text()
    assert text() != text(FIRST.successor)
    assert len(text()) == 70


@pytest.mark.parametrize("byte", range(LENGTH))
def test_any_changed_bit_is_refused(byte: int) -> None:
    raw = bytearray(base64url.decode(text()))
    raw[byte] ^= 1
    with pytest.raises(Untrusted, match="invalid_grant"):
        verify_refresh_token(base64url.encode(bytes(raw)), KEY, issuer=ISSUER)


@pytest.mark.parametrize(
    "other",
    [
        "",
        "x",
        "é",
        text()[:-2],
        text() + "A",
        text() + "==",
        "A" * MAX_TEXT,
        "A" * (MAX_TEXT + 1),
        text(key=b"\x06" * 32),
        text(issuer="https://other.example"),
    ],
)
def test_what_this_issuer_did_not_give_is_refused(other: str) -> None:
    with pytest.raises(Untrusted, match="invalid_grant"):
        verify_refresh_token(other, KEY, issuer=ISSUER)


def test_the_request_holds_the_token_and_may_hold_more() -> None:
    assert parse_refresh_request({"refresh_token": "r", "scope": "x"}) == "r"
    for form in ({}, {"refresh_token": ""}):
        with pytest.raises(Malformed, match="invalid_request"):
            parse_refresh_request(form)
