"""Client secrets by Basic and by form: one way at a time, decoded as the text says."""

from base64 import b64encode

import pytest

from sinwon.core.refusal import Refusal
from sinwon.protocols.oauth.client_authentication.secret import BASIC, MAX_HEADER, POST, ClientSecret, parse_client_secret


def basic(text: str) -> str:
    return "Basic " + b64encode(text.encode()).decode()


def test_both_halves_of_basic_are_form_encoded() -> None:
    assert parse_client_secret(basic("a%3Ab+c:p%25q"), {}) == ClientSecret("a:b c", "p%q", BASIC)


def test_a_secret_in_the_form() -> None:
    assert parse_client_secret(None, {"client_id": "a", "client_secret": "b"}) == ClientSecret("a", "b", POST)


@pytest.mark.parametrize(
    ("header", "form"),
    [
        (None, {}),
        (None, {"client_id": "a"}),
        (basic("a:b"), {"client_secret": "b"}),
        (basic("a:b"), {"client_id": "other"}),
        (basic("no colon"), {}),
        (basic(":b"), {}),
        ("Basic !!!", {}),
        ("Basic " + "A" * 5000, {}),
        ("Bearer abc", {}),
        ("Basic", {}),
        ("Basic " + b64encode(b"\xff:\xff").decode(), {}),
    ],
)
def test_anything_else_is_refused(header: str | None, form: dict[str, str]) -> None:
    with pytest.raises(Refusal):
        parse_client_secret(header, form)


def test_the_longest_header_and_one_sign_more() -> None:
    longest = basic("a:" + "b" * (MAX_HEADER * 3 // 4 - 2))
    assert len(longest) == len("Basic ") + MAX_HEADER
    assert parse_client_secret(longest, {}).client_id == "a"
    with pytest.raises(Refusal):
        parse_client_secret(longest + " ", {})
