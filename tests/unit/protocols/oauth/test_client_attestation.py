"""`attest_jwt_client_auth`: what provider and wallet make is what a server verifies; each time at its limit and past it."""

from dataclasses import dataclass, replace
from typing import Any

import pytest

from sinwon.core import base64url
from sinwon.core.limits import CLOCK_SKEW
from sinwon.core.refusal import Malformed, Refusal, Untrusted
from sinwon.formats.jose.jws import parse_jws
from sinwon.formats.status.reference import StatusReference
from sinwon.keys.jwk import parse_public_jwk
from sinwon.keys.trust import TrustAnchors
from sinwon.protocols.oauth.client_authentication.attestation import (
    CHALLENGE_LIFETIME,
    MAX_ATTESTATION,
    MAX_POP,
    WINDOW,
    Challenges,
    VerifiedAttestation,
    check_client_attestation,
    parse_client_attestation,
    sign_attestation_pop,
    sign_client_attestation,
    verify_client_attestation,
)
from sinwon.protocols.oauth.server_nonce import make_server_nonce
from tests import world

KEY = b"\x07" * 32
CLIENT = "https://wallets.example/wallet"
LIFETIME = 3600
STATUS = StatusReference("https://wallets.example/status/1", 7)
INSTANCE = parse_public_jwk(world.key("instance").public_jwk)


@dataclass(frozen=True)
class Presented:
    """Both JWTs as the two makers make them, and what the server knows when they arrive."""

    attested_at: int = world.NOW
    proven_at: int = world.NOW
    client_id: str = CLIENT
    audience: str = world.ISSUER
    challenge: str | None = None
    signer: str = "instance"
    provider: str = world.WALLET_PROVIDER
    status: StatusReference | None = None
    required: bool = False

    @property
    def attestation(self) -> str:
        signed: dict[str, Any] = {"now": self.attested_at, "lifetime": LIFETIME, "by": world.wallet_provider()}
        return sign_client_attestation(INSTANCE, client_id=self.client_id, issuer=self.provider, status=self.status, **signed)

    @property
    def pop(self) -> str:
        given: dict[str, Any] = {"audience": self.audience, "challenge": self.challenge, "now": self.proven_at}
        random = world.SeededRandomness(5)
        return sign_attestation_pop(world.key(self.signer), client_id=CLIENT, random=random, **given)

    def verified(self, now: int = world.NOW, anchors: TrustAnchors | None = None) -> VerifiedAttestation:
        found = parse_client_attestation([self.attestation], [self.pop], client_id=CLIENT)
        check_client_attestation(found, issuer=world.ISSUER, challenges=challenges(required=self.required), now=now)
        return verify_client_attestation(found, anchors=anchors or world.trust_anchors(), now=now)


def challenges(*, required: bool = False) -> Challenges:
    return Challenges(KEY, world.ISSUER, required)


def challenge(now: int = world.NOW) -> str:
    return challenges().make(now=now, random=world.SeededRandomness(6))


def refused(code: str, presented: Presented, now: int = world.NOW) -> None:
    with pytest.raises(Refusal) as caught:
        presented.verified(now)
    assert caught.value.code == code


@pytest.mark.parametrize("status", [None, STATUS])
def test_what_they_make_is_verified(status: StatusReference | None) -> None:
    verified = Presented(status=status).verified()
    instance = base64url.encode(INSTANCE.thumbprint)
    assert (verified.client_id, verified.instance, verified.provider) == (CLIENT, instance, world.WALLET_PROVIDER)
    assert verified.status == status
    assert verified.expires_at == world.NOW + WINDOW
    assert len(verified.jti) > 0


def test_what_stands_in_them() -> None:
    attested, proven = parse_jws(Presented().attestation), parse_jws(Presented(challenge="c" * 16).pop)
    assert attested.claims() == {
        "iss": world.WALLET_PROVIDER,
        "sub": CLIENT,
        "iat": world.NOW,
        "exp": world.NOW + LIFETIME,
        "cnf": {"jwk": INSTANCE.jwk},
    }
    assert attested.header.keys() == {"alg", "typ", "x5c"}
    assert proven.header.keys() == {"alg", "typ"}
    claims = proven.claims()
    assert claims.pop("jti")
    assert claims == {
        "aud": world.ISSUER,
        "iss": CLIENT,
        "iat": world.NOW,
        "exp": world.NOW + WINDOW,
        "challenge": "c" * 16,
    }


# --- times, at the limit and one second past it ---


@pytest.mark.parametrize("off", [-WINDOW, WINDOW])
def test_a_proof_is_made_for_the_request_at_hand(off: int) -> None:
    assert Presented(proven_at=world.NOW + off).verified()
    past = off + (1 if off > 0 else -1)
    refused("invalid_client_attestation", Presented(proven_at=world.NOW + past))


def test_an_attestation_has_an_end() -> None:
    ends = world.NOW + LIFETIME
    assert Presented(proven_at=ends - 1).verified(ends - 1)
    refused("use_fresh_attestation", Presented(proven_at=ends), ends)


def test_an_attestation_is_not_of_tomorrow() -> None:
    assert Presented(attested_at=world.NOW + CLOCK_SKEW).verified()
    refused("invalid_client_attestation", Presented(attested_at=world.NOW + CLOCK_SKEW + 1))


# --- for whom ---


@pytest.mark.parametrize(
    "audience", [f"{world.ISSUER}/", f"{world.ISSUER}/token", world.ISSUER.upper(), "https://other.example", ""]
)
def test_a_proof_is_for_one_server(audience: str) -> None:
    refused("invalid_client_attestation", Presented(audience=audience))


def test_a_proof_is_by_the_instance() -> None:
    refused("invalid_client_attestation", Presented(signer="stranger"))


def test_the_client_is_the_one_named_in_the_request() -> None:
    refused("invalid_client_attestation", Presented(client_id="another"))


@pytest.mark.parametrize("count", [(0, 1), (1, 0), (2, 1), (1, 2)], ids=str)
def test_one_of_each(count: tuple[int, int]) -> None:
    given = Presented()
    with pytest.raises(Malformed) as caught:
        parse_client_attestation([given.attestation] * count[0], [given.pop] * count[1], client_id=None)
    assert caught.value.code == "invalid_client"


@pytest.mark.parametrize(("part", "limit"), [(0, MAX_ATTESTATION), (1, MAX_POP)])
def test_neither_is_longer_than_any_of_its_kind(part: int, limit: int) -> None:
    texts = [Presented().attestation, Presented().pop]
    texts[part] = "A" * (limit + 1)
    with pytest.raises(Malformed) as caught:
        parse_client_attestation(texts[:1], texts[1:], client_id=None)
    assert caught.value.code == "invalid_client_attestation"


# --- by whom ---


def test_the_provider_is_on_the_list() -> None:
    nobody = replace(world.trust_anchors(), anchors=())
    with pytest.raises(Untrusted) as caught:
        Presented().verified(anchors=nobody)
    assert caught.value.code == "invalid_client"


def test_the_certificate_decides_who_the_provider_is() -> None:
    """What the attestation says of its issuer is not asked where the certificate names one."""
    assert Presented(provider="https://other.example").verified().provider == world.WALLET_PROVIDER


# --- challenges ---


def test_for_a_challenge_of_ours() -> None:
    for required in (False, True):
        assert Presented(challenge=challenge(), required=required).verified()


def test_a_challenge_ends() -> None:
    made = challenge(world.NOW - CHALLENGE_LIFETIME + 1)
    assert Presented(challenge=made).verified()
    refused("use_attestation_challenge", Presented(challenge=challenge(world.NOW - CHALLENGE_LIFETIME)))


def test_no_challenge_where_one_is_required() -> None:
    assert Presented(required=False).verified()
    refused("use_attestation_challenge", Presented(required=True))


@pytest.mark.parametrize("required", [False, True])
def test_a_challenge_of_somebody_else(required: bool) -> None:
    random = world.SeededRandomness(8)
    others = [
        make_server_nonce(KEY, purpose=b"dpop_nonce", issuer=world.ISSUER, now=world.NOW, random=random),
        Challenges(KEY, "https://other.example", required=True).make(now=world.NOW, random=random),
        Challenges(b"\x08" * 32, world.ISSUER, required=True).make(now=world.NOW, random=random),
        "A" * 54,
        "",
    ]
    for other in others:
        refused("use_attestation_challenge", Presented(challenge=other, required=required))
