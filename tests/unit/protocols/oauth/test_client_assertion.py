"""`private_key_jwt`: shape, rules and signature, each at its limits."""

from typing import Any

import pytest

from sinwon.core.refusal import Refusal
from sinwon.formats.jose.jws import sign_jws
from sinwon.keys.jwk import parse_public_jwk
from sinwon.protocols.oauth.client_authentication.assertion import (
    ASSERTION_TYPE,
    MAX_ASSERTION,
    MAX_JTI,
    MAX_LIFE,
    parse_client_assertion,
    verify_client_assertion,
)
from tests import world

NOW = world.NOW
KEYS = tuple(parse_public_jwk(world.key(name).public_jwk) for name in ("old", "wallet"))


def form(header: dict[str, Any] | None = None, **changes: Any) -> dict[str, str]:
    claims = {"iss": "wallet", "sub": "wallet", "aud": world.ISSUER, "jti": "1", "exp": NOW + 60, **changes}
    token = sign_jws(header or {}, {name: value for name, value in claims.items() if value is not None}, world.key("wallet"))
    return {"client_assertion_type": ASSERTION_TYPE, "client_assertion": token}


def verify(given: dict[str, str]) -> str:
    found = parse_client_assertion(given)
    verify_client_assertion(found, KEYS, issuer=world.ISSUER, now=NOW)
    return found.client_id


@pytest.mark.parametrize(
    "changes",
    [
        {},
        {"iat": NOW + 60, "nbf": NOW + 60},
        {"exp": NOW - 59},
        {"exp": NOW + MAX_LIFE + 60},
        {"jti": "j" * MAX_JTI},
        {"header": {"typ": "JWT", "kid": "1"}},
        {"unknown": {"a": [1]}},
    ],
)
def test_what_counts(changes: dict[str, Any]) -> None:
    assert verify(form(**changes)) == "wallet"


@pytest.mark.parametrize(
    "changes",
    [
        {"iat": NOW + 61},
        {"nbf": NOW + 61},
        {"exp": NOW - 60},
        {"exp": NOW + MAX_LIFE + 61},
        {"exp": True},
        {"iat": "1"},
        {"jti": "j" * (MAX_JTI + 1)},
        {"jti": ""},
        {"jti": 1},
        {"aud": [world.ISSUER]},
        {"aud": world.ISSUER + "/"},
        {"sub": "other"},
        {"iss": None, "sub": None},
        {"header": {"typ": "oauth-client-attestation-pop+jwt"}},
        {"pad": "x" * MAX_ASSERTION},
    ],
)
def test_what_does_not(changes: dict[str, Any]) -> None:
    with pytest.raises(Refusal) as refusal:
        verify(form(**changes))
    assert refusal.value.code == "invalid_client"


@pytest.mark.parametrize(
    "changes",
    [
        {"client_assertion_type": "urn:ietf:params:oauth:client-assertion-type:saml2-bearer"},
        {"client_assertion": "a.b"},
        {"client_assertion": ""},
        {"client_id": "other"},
    ],
)
def test_forms_that_do_not(changes: dict[str, str]) -> None:
    with pytest.raises(Refusal) as refusal:
        verify({**form(), **changes})
    assert refusal.value.code == "invalid_client"


def test_one_bit_of_the_signature() -> None:
    given = form()
    head, body, signature = given["client_assertion"].split(".")
    turned = ("B" if signature[0] != "B" else "C") + signature[1:]
    with pytest.raises(Refusal):
        verify({**given, "client_assertion": f"{head}.{body}.{turned}"})
