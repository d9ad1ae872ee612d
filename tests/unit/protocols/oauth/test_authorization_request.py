"""Parameters of the front door: bounded before anything is made of them."""

import pytest

from sinwon.core.refusal import Malformed
from sinwon.protocols.oauth.authorization_request import MAX_VALUE, parse_authorization_request

REQUEST = {"client_id": "client", "redirect_uri": "https://service.example/back"}


def test_the_longest_parameter_and_one_sign_more() -> None:
    assert parse_authorization_request({**REQUEST, "state": "x" * MAX_VALUE}).state == "x" * MAX_VALUE
    with pytest.raises(Malformed):
        parse_authorization_request({**REQUEST, "state": "x" * (MAX_VALUE + 1)})


def test_unknown_parameters_are_bounded_too() -> None:
    with pytest.raises(Malformed):
        parse_authorization_request({**REQUEST, "unknown": "x" * (MAX_VALUE + 1)})


@pytest.mark.parametrize("sign", ["\x00", "\n", "\r", "\x7f"])
def test_no_control_characters(sign: str) -> None:
    with pytest.raises(Malformed):
        parse_authorization_request({**REQUEST, "state": f"a{sign}b"})
