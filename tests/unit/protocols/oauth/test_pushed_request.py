"""Pushed requests: what may be in one, which key binds its code, and how it is named."""

from typing import Any

import pytest

from sinwon.core.refusal import Refusal
from sinwon.protocols.oauth.pkce import challenge_of
from sinwon.protocols.oauth.pushed_request import (
    MAX_DETAILS,
    PREFIX,
    PushedRequest,
    check_pushed_request,
    parse_pushed_request,
    parse_request_uri,
)

FORM = {
    "response_type": "code",
    "redirect_uri": "https://wallet.example/cb",
    "scope": "a b",
    "state": "s",
    "code_challenge": challenge_of("v" * 43),
    "code_challenge_method": "S256",
    "issuer_state": "i",
    "client_assertion": "x" * 5000,
}
KEY, OTHER = "K" * 43, "O" * 43


def pushed(**changes: Any) -> PushedRequest:
    return parse_pushed_request({**FORM, **changes}, client_id="wallet")


def code_of(refusal: pytest.ExceptionInfo[Refusal]) -> str:
    return refusal.value.code


def test_what_is_read() -> None:
    found = pushed(dpop_jkt=KEY, authorization_details="[]", x_unknown="y" * 9000)
    assert (found.request.client_id, found.request.scope, found.request.state) == ("wallet", ("a", "b"), "s")
    assert (found.key, found.authorization_details, found.issuer_state) == (KEY, "[]", "i")


@pytest.mark.parametrize("client_id", ["wallet", None])
def test_the_client_may_name_itself(client_id: str | None) -> None:
    form = dict(FORM) if client_id is None else {**FORM, "client_id": client_id}
    assert parse_pushed_request(form, client_id="wallet").request.client_id == "wallet"


@pytest.mark.parametrize(
    "changes",
    [
        {"request_uri": "urn:x"},
        {"request": "a.b.c"},
        {"client_id": "other"},
        {"redirect_uri": ""},
        {"state": "s" * 2049},
        {"state": "a\nb"},
        {"authorization_details": "[" + "x" * MAX_DETAILS},
    ],
)
def test_what_may_not_be_in_one(changes: dict[str, str]) -> None:
    with pytest.raises(Refusal) as refusal:
        pushed(**changes)
    assert code_of(refusal) == "invalid_request"


@pytest.mark.parametrize(
    ("named", "proven", "bound"), [(None, None, None), (KEY, None, KEY), (None, KEY, KEY), (KEY, KEY, KEY)]
)
def test_which_key_binds_the_code(named: str | None, proven: str | None, bound: str | None) -> None:
    request = pushed() if named is None else pushed(dpop_jkt=named)
    assert check_pushed_request(request, proven=proven) == (FORM["code_challenge"], bound)


@pytest.mark.parametrize(("named", "code"), [(OTHER, "invalid_dpop_proof"), ("short", "invalid_request")])
def test_a_key_that_cannot_bind_it(named: str, code: str) -> None:
    with pytest.raises(Refusal) as refusal:
        check_pushed_request(pushed(dpop_jkt=named), proven=KEY)
    assert code_of(refusal) == code


def test_a_request_by_name() -> None:
    given = {"client_id": "wallet", "request_uri": PREFIX + KEY, "state": "ignored"}
    assert parse_request_uri(given) == ("wallet", KEY)


@pytest.mark.parametrize(
    ("given", "code"),
    [
        ({}, "invalid_request"),
        ({"client_id": "wallet"}, "invalid_request"),
        ({"request_uri": PREFIX + KEY}, "invalid_request"),
        ({"client_id": "wallet", "request_uri": KEY}, "invalid_request_uri"),
        ({"client_id": "wallet", "request_uri": PREFIX + KEY + "A"}, "invalid_request_uri"),
        ({"client_id": "wallet", "request_uri": PREFIX + KEY + "\n"}, "invalid_request_uri"),
    ],
)
def test_no_request_by_name(given: dict[str, str], code: str) -> None:
    with pytest.raises(Refusal) as refusal:
        parse_request_uri(given)
    assert code_of(refusal) == code
