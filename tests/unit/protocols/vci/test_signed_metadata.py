"""Signed issuer metadata: what a wallet refuses."""

from typing import Any

import pytest

from sinwon.core.refusal import Refusal
from sinwon.core.strict_json import dump, parse_object
from sinwon.formats.jose.jws import sign_with_chain
from sinwon.keys.signer import CertifiedSigner
from sinwon.protocols.vci.metadata import INVALID_METADATA
from sinwon.protocols.vci.signed_metadata import LIFETIME, TYP, sign_metadata, verify_metadata
from tests import world

METADATA = {"credential_issuer": world.ISSUER, "credential_endpoint": f"{world.ISSUER}/credential"}
ANCHORS = frozenset({world.authority("issuing authority").certificate})


def signed(typ: str = TYP, by: CertifiedSigner | None = None, **changes: Any) -> str:
    claims = {**METADATA, "sub": world.ISSUER, "iat": world.NOW, "exp": world.NOW + 60, **changes}
    kept = {name: value for name, value in claims.items() if value is not None}
    return sign_with_chain(typ, kept, by or world.issuer_signer())


def read(token: str, now: int = world.NOW) -> dict[str, Any]:
    document, chain = verify_metadata(token, issuer=world.ISSUER, anchors=ANCHORS, now=now)
    assert world.ISSUER in chain.uris
    return parse_object(document)


def test_what_we_sign_is_read() -> None:
    token = sign_metadata(dump(METADATA), issuer=world.ISSUER, by=world.issuer_signer(), now=world.NOW)
    assert read(token) == {**METADATA, "sub": world.ISSUER, "iat": world.NOW, "exp": world.NOW + LIFETIME}


@pytest.mark.parametrize("changes", [{"exp": None}, {"iat": world.NOW + 60}, {"exp": world.NOW - 59}])
def test_times_at_their_limits(changes: dict[str, Any]) -> None:
    assert read(signed(**changes))["credential_issuer"] == world.ISSUER


FAULTS: dict[str, dict[str, Any]] = {
    "another_type": {"typ": "jwt"},
    "by_another_authority": {"by": world.status_signer()},
    "about_another_issuer": {"sub": "https://other.example"},
    "about_nobody": {"sub": None},
    "without_iat": {"iat": None},
    "iat_in_the_future": {"iat": world.NOW + 61},
    "iat_is_text": {"iat": "1790000000"},
    "iat_is_true": {"iat": True},
    "over": {"exp": world.NOW - 60},
    "exp_is_text": {"exp": "never"},
}


@pytest.mark.parametrize("fault", FAULTS.values(), ids=FAULTS)
def test_one_fault(fault: dict[str, Any]) -> None:
    with pytest.raises(Refusal, match=INVALID_METADATA):
        read(signed(**fault))


@pytest.mark.parametrize("token", ["", "a.b.c", "{}", signed()[:-4], signed().replace(".", ".A", 1)])
def test_no_signed_document(token: str) -> None:
    with pytest.raises(Refusal, match=INVALID_METADATA):
        read(token)
