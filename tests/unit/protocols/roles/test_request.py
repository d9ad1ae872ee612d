"""Signed requests between roles: only our roles, for this receiver, this action, now."""

from collections.abc import Callable
from typing import Any

import pytest

from sinwon.core.refusal import Refusal
from sinwon.formats.jose.jws import sign_jws
from sinwon.keys.jwk import parse_public_jwk
from sinwon.protocols.roles.messages import ASK_ACTIVE, REVOKE, AskActive
from sinwon.protocols.roles.request import LIFETIME, TYP, VerifiedRoleRequest, sign_role_request, verify_role_request
from tests.world import CONSULATE, ISSUER, NOW, SeededRandomness, key

KEYS = {"consulate": parse_public_jwk(key("consulate").public_jwk)}
CLAIMS: dict[str, Any] = {
    "iss": "consulate",
    "sub": "consulate",
    "aud": ISSUER,
    "iat": NOW,
    "exp": NOW + LIFETIME,
    "jti": "j" * 22,
    "action": ASK_ACTIVE,
    "body": {"rrn": "9710139019902"},
}


def verify(token: str, now: int = NOW) -> VerifiedRoleRequest:
    return verify_role_request(token, action=ASK_ACTIVE, audience=ISSUER, keys=KEYS, now=now)


def spoiled(**changes: Any) -> str:
    return sign_jws({"typ": TYP, "kid": "consulate"}, {**CLAIMS, **changes}, key("consulate"))


def test_a_request_arrives_with_sender_and_message() -> None:
    signer = key("consulate")
    token = sign_role_request(
        ASK_ACTIVE,
        AskActive("9710139019902"),
        sender="consulate",
        audience=ISSUER,
        signer=signer,
        now=NOW,
        random=SeededRandomness(),
    )
    request = verify(token)
    assert request.sender == "consulate"
    assert request.message(AskActive) == AskActive("9710139019902")
    assert verify(token, NOW + LIFETIME).jti == request.jti


SPOILS: dict[str, Callable[[], str]] = {
    "unknown_sender": lambda: spoiled(iss="issuer", sub="issuer"),
    "speaks_for_another": lambda: spoiled(sub="operations"),
    "for_another_role": lambda: spoiled(aud=CONSULATE),
    "another_action": lambda: spoiled(action=REVOKE),
    "of_yesterday": lambda: spoiled(iat=NOW - 86_400, exp=NOW - 86_400 + LIFETIME),
    "of_tomorrow": lambda: spoiled(iat=NOW + 86_400, exp=NOW + 86_400 + LIFETIME),
    "lives_for_a_year": lambda: spoiled(exp=NOW + 31_536_000),
    "audience_is_a_list": lambda: spoiled(aud=[ISSUER]),
    "no_body": lambda: spoiled(body=None),
    "signed_by_a_stranger": lambda: sign_jws({"typ": TYP}, CLAIMS, key("stranger")),
    "another_kind_of_token": lambda: sign_jws({"typ": "JWT"}, CLAIMS, key("consulate")),
    "not_a_token": lambda: "a.b",
    "empty": lambda: "",
}


@pytest.mark.parametrize("fault", SPOILS)
def test_a_spoiled_request_is_unauthorized(fault: str) -> None:
    with pytest.raises(Refusal) as refused:
        verify(SPOILS[fault]())
    assert refused.value.code == "unauthorized"


def test_the_unspoiled_control_passes() -> None:
    assert verify(spoiled()).body == CLAIMS["body"]
