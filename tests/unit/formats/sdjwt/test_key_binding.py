"""The KB-JWT: one spoilt claim each, at the limit and one past it."""

from typing import Any

import pytest

from sinwon.core.refusal import Refusal, Unmet, Untrusted
from sinwon.formats.sdjwt.key_binding import MAX_AGE, check_key_binding
from sinwon.formats.sdjwt.parse import parse_sd_jwt
from sinwon.keys.jwk import parse_public_jwk
from tests.unit.formats.sdjwt.forge import AUDIENCE, HOLDER, NONCE, bound, issued
from tests.world import NOW, key


def check(*, holder: Any = HOLDER, now: int = NOW, **changed: Any) -> None:
    sd_jwt = parse_sd_jwt(bound(issued(), **changed))
    check_key_binding(sd_jwt, parse_public_jwk(holder.public_jwk), audience=AUDIENCE, nonce=NONCE, now=now)


@pytest.mark.parametrize(
    "changed",
    [
        {},
        {"typ": "application/kb+jwt"},
        {"iat": NOW - MAX_AGE},
        {"iat": NOW + MAX_AGE},
        {"exp": NOW + 1},
        {"nbf": NOW + 60},
        {"extra": "ignored"},
    ],
)
def test_good(changed: dict[str, Any]) -> None:
    check(**changed)


@pytest.mark.parametrize(
    "changed",
    [
        {"aud": "gateway.example"},
        {"aud": AUDIENCE.removeprefix("x509_hash:")},
        {"aud": AUDIENCE.upper()},
        {"aud": [AUDIENCE]},
        {"aud": None},
        {"aud": 5},
        {"nonce": NONCE + "x"},
        {"nonce": NONCE.lower()},
        {"nonce": ""},
        {"nonce": None},
        {"nonce": [NONCE]},
        {"iat": NOW - MAX_AGE - 1},
        {"iat": NOW + MAX_AGE + 1},
        {"iat": NOW - 31_536_000},
        {"iat": NOW + 31_536_000},
        {"iat": str(NOW)},
        {"iat": True},
        {"iat": float(NOW)},
        {"iat": None},
        {"exp": NOW},
        {"exp": "tomorrow"},
        {"exp": True},
        {"nbf": NOW + 61},
        {"sd_hash": None},
    ],
)
def test_a_claim_is_wrong(changed: dict[str, Any]) -> None:
    with pytest.raises(Unmet):
        check(**changed)


@pytest.mark.parametrize("typ", ["JWT", "KB+JWT", "kb+jwt ", "", None, 5, "dc+sd-jwt", "application/application/kb+jwt"])
def test_another_typ(typ: object) -> None:
    with pytest.raises(Untrusted):
        check(typ=typ)


def test_signed_by_another_key() -> None:
    with pytest.raises(Untrusted):
        check(signer=key("attacker"))
    with pytest.raises(Untrusted):
        check(holder=key("attacker"))


def test_without() -> None:
    with pytest.raises(Unmet, match="no key binding"):
        check_key_binding(parse_sd_jwt(issued()), parse_public_jwk(HOLDER.public_jwk), audience=AUDIENCE, nonce=NONCE, now=NOW)


def test_every_refusal_has_one_code() -> None:
    for changed in ({"aud": "x"}, {"typ": "JWT"}, {"iat": 0}, {"signer": key("attacker")}):
        with pytest.raises(Refusal) as refusal:
            check(**changed)
        assert refusal.value.code == "invalid_key_binding"
