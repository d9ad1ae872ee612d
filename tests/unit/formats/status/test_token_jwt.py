"""The status list token: who signed it, what it is about, whether it is current, what it says."""

from typing import Any

import pytest

from sinwon.core import base64url
from sinwon.core.refusal import Refusal, Unmet
from sinwon.formats.jose.jws import parse_jws, sign_jws, sign_with_chain, verify_jws
from sinwon.formats.status import token
from sinwon.formats.status.encode import deflate, pack
from sinwon.formats.status.token import MAX_TTL, MIN_TTL, VerifiedStatusList
from sinwon.formats.status.token_jwt import sign_status_list, verify_status_list
from sinwon.keys.jwk import parse_public_jwk
from sinwon.keys.signer import CertifiedSigner
from tests.unit.formats.vectors import named
from tests.world import ISSUER, NOW, certified, issuer_signer, key, status_signer, trust_anchors

URI = "https://issuer.example/status/1"
VALUES = {3: token.INVALID, 4: token.SUSPENDED, 5: token.NEEDS_RENEWAL}
LST = deflate(pack(VALUES, size=1000, bits=2))


def signed() -> bytes:
    return sign_status_list(LST, bits=2, uri=URI, now=NOW, lifetime=86_400, ttl=300, by=status_signer())


def forged(*, typ: str = "statuslist+jwt", by: CertifiedSigner | None = None, **changed: object) -> bytes:
    claims: dict[str, object] = {
        "sub": URI,
        "iat": NOW,
        "exp": NOW + 86_400,
        "ttl": 300,
        "status_list": {"bits": 2, "lst": base64url.encode(LST)},
    }
    members = {name: claim for name, claim in {**claims, **changed}.items() if claim is not None}
    return sign_with_chain(typ, members, by or status_signer()).encode()


def verify(text: bytes, *, uri: str = URI, now: int = NOW) -> VerifiedStatusList:
    return verify_status_list(text, uri=uri, anchors=trust_anchors(), now=now)


def test_the_words_of_the_specification() -> None:
    assert (token.VALID, token.INVALID, token.SUSPENDED, token.NEEDS_RENEWAL) == (0, 1, 2, 3)


def test_what_we_sign_we_read() -> None:
    verified = verify(signed())
    assert (verified.issued_at, verified.expires_at, verified.ttl) == (NOW, NOW + 86_400, 300)
    assert [verified.at(index) for index in range(6)] == [0, 0, 0, 1, 2, 3]
    assert verified.at(999) == token.VALID
    assert verified.entities == {ISSUER}


@pytest.mark.parametrize("index", [1000, 2**31, 2**63, -1, True, False, 3.0, "3", None])
def test_an_index_that_is_none(index: Any) -> None:
    with pytest.raises(Unmet):
        verify(signed()).at(index)


@pytest.mark.parametrize(
    ("ttl", "expected"),
    [(1, MIN_TTL), (MIN_TTL, MIN_TTL), (MAX_TTL, MAX_TTL), (315_360_000, MAX_TTL), (None, MAX_TTL)],
)
def test_ttl_is_clamped(ttl: int | None, expected: int) -> None:
    assert verify(forged(ttl=ttl)).ttl == expected


@pytest.mark.parametrize(
    "changed",
    [
        {"sub": URI + "/"},
        {"sub": None},
        {"sub": [URI]},
        {"exp": NOW},
        {"exp": None},
        {"exp": "later"},
        {"exp": float(NOW + 10)},
        {"iat": NOW + 61},
        {"iat": None},
        {"iat": True},
        {"ttl": 0},
        {"ttl": -1},
        {"ttl": "300"},
        {"ttl": 1.5},
        {"ttl": True},
        {"status_list": None},
        {"status_list": []},
        {"status_list": {"bits": 2}},
        {"status_list": {"lst": base64url.encode(LST)}},
        {"status_list": {"bits": 3, "lst": base64url.encode(LST)}},
        {"status_list": {"bits": True, "lst": base64url.encode(LST)}},
        {"status_list": {"bits": "2", "lst": base64url.encode(LST)}},
        {"status_list": {"bits": 16, "lst": base64url.encode(LST)}},
        {"status_list": {"bits": 2, "lst": base64url.encode(LST) + "="}},
        {"status_list": {"bits": 2, "lst": base64url.encode(LST + b"more")}},
        {"status_list": {"bits": 2, "lst": base64url.encode(b"plain")}},
        {"status_list": {"bits": 2, "lst": 5}},
        {"typ": "JWT"},
        {"typ": "statuslist+cwt"},
        {"typ": "dc+sd-jwt"},
        {"by": issuer_signer()},
        {"by": certified("stranger", "status", ISSUER)},
        {"by": CertifiedSigner(key("stranger"), status_signer().chain)},
        {"by": CertifiedSigner(status_signer().signer, ())},
    ],
)
def test_a_token_with_one_fault(changed: dict[str, Any]) -> None:
    with pytest.raises(Refusal) as refusal:
        verify(forged(**changed))
    assert refusal.value.code == "invalid_status"


@pytest.mark.parametrize("text", [b"", b"a.b.c", b"not a token", b"\xff", signed() + b"=", signed()[:-1]])
def test_what_is_no_token(text: bytes) -> None:
    with pytest.raises(Refusal):
        verify(text)


def test_without_a_chain() -> None:
    claims = parse_jws(signed().decode()).claims()
    with pytest.raises(Refusal):
        verify(sign_jws({"typ": "statuslist+jwt", "kid": "1"}, claims, status_signer().signer).encode())


def test_the_last_second() -> None:
    verify(signed(), now=NOW + 86_399)
    with pytest.raises(Unmet):
        verify(signed(), now=NOW + 86_400)


def test_asked_for_another_list() -> None:
    with pytest.raises(Unmet):
        verify(signed(), uri="https://issuer.example/status/2")


def test_token_of_the_draft_is_signed_as_it_says() -> None:
    vector = named("status-list/tokens.json")["status list token, JWT"]
    jws = parse_jws(vector["token"])
    public = {name: vector["key"][name] for name in ("kty", "crv", "x", "y")}
    verify_jws(jws, parse_public_jwk(public), typ="statuslist+jwt")
    assert jws.claims() == vector["payload"]
    with pytest.raises(Refusal):
        verify_jws(jws, parse_public_jwk(key("other").public_jwk), typ="statuslist+jwt")


def test_claims_of_the_draft_under_a_chain_of_ours() -> None:
    vector = named("status-list/tokens.json")["status list token, JWT"]
    again = sign_with_chain("statuslist+jwt", vector["payload"], status_signer()).encode()
    verified = verify(again, uri=vector["payload"]["sub"])
    assert verified.at(0) == vector["expect"]["index_0"] == token.INVALID
    assert verified.ttl == 43_200
