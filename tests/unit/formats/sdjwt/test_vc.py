"""Issuer trust is a set of (issuer, type) pairs; holder key and status are required."""

from dataclasses import replace
from typing import Any

import pytest

from sinwon.core.refusal import Malformed, Refusal, Unmet, Untrusted
from sinwon.formats.jose.jws import sign_jws
from sinwon.formats.sdjwt.parse import parse_sd_jwt
from sinwon.formats.sdjwt.vc import VerifiedSdJwtVc, verify_sd_jwt_vc
from sinwon.keys.jwk import certificate_text, parse_public_jwk
from sinwon.keys.signer import CertifiedSigner
from sinwon.keys.trust import Anchor, Purpose, TrustAnchors
from sinwon.protocols.credential_types import IDENTITY, LINKAGE
from tests.unit.formats.sdjwt.forge import HOLDER, STATUS, forged, issued, visible
from tests.world import ISSUER, NOW, authority, certified, issuer_signer, key, status_signer, trust_anchors

OTHER = "https://other.example"


def verify(credential: str, anchors: TrustAnchors | None = None, now: int = NOW) -> VerifiedSdJwtVc:
    return verify_sd_jwt_vc(parse_sd_jwt(credential), anchors=anchors or trust_anchors(), now=now)


def only(anchor: Anchor) -> TrustAnchors:
    return TrustAnchors((anchor,))


def issuing(**changed: Any) -> Anchor:
    return replace(trust_anchors().anchors[0], **changed)


def test_a_good_credential() -> None:
    verified = verify(issued())
    assert (verified.vct, verified.issuer, verified.expires_at) == (IDENTITY, ISSUER, NOW + 86_400)
    assert verified.holder_key == parse_public_jwk(HOLDER.public_jwk)
    assert verified.status == STATUS


def test_typ_with_its_media_type_prefix() -> None:
    verify(forged(visible(), typ="application/dc+sd-jwt"))


@pytest.mark.parametrize("typ", ["vc+sd-jwt", "JWT", "kb+jwt", "DC+SD-JWT", "example+sd-jwt", ""])
def test_another_typ(typ: str) -> None:
    with pytest.raises(Untrusted):
        verify(forged(visible(), typ=typ))


@pytest.mark.parametrize("vct", [None, "", 5, ["urn:x"], {"a": 1}])
def test_without_a_usable_type(vct: object) -> None:
    with pytest.raises(Malformed):
        verify(forged(visible(vct=vct)))


@pytest.mark.parametrize(
    "credential",
    [
        pytest.param(lambda: issued(vct="urn:sinwon:diploma:1"), id="a_type_the_issuer_is_not_listed_for"),
        pytest.param(lambda: issued(vct="urn:x", aka_vcts=[IDENTITY]), id="a_type_only_claimed_by_aka_vcts"),
        pytest.param(lambda: issued(iss=OTHER), id="iss_of_another"),
        pytest.param(lambda: issued(iss=ISSUER + "/"), id="iss_with_a_slash"),
        pytest.param(lambda: forged(visible(iss=5)), id="iss_is_a_number"),
        pytest.param(
            lambda: forged(visible(iss=OTHER), by=certified("issuing authority", "other", OTHER)), id="leaf_of_another_entity"
        ),
        pytest.param(lambda: forged(visible(), by=certified("issuing authority", "other", OTHER)), id="leaf_uri_is_not_iss"),
        pytest.param(lambda: forged(visible(), by=certified("stranger", "issuer", ISSUER)), id="unknown_root"),
        pytest.param(lambda: forged(visible(), by=status_signer()), id="root_trusted_for_status_only"),
    ],
)
def test_an_issuer_not_trusted_for_this(credential: Any) -> None:
    with pytest.raises(Untrusted) as refusal:
        verify(credential())
    assert refusal.value.code == "untrusted_issuer"


def test_iss_may_be_absent_and_is_then_read_from_the_certificate() -> None:
    assert verify(forged(visible(iss=None))).issuer == ISSUER


def test_two_entities_under_one_root_do_not_lend_each_other_types() -> None:
    anchors = TrustAnchors((issuing(types=frozenset({LINKAGE})), issuing(uri=OTHER, types=frozenset({IDENTITY}))))
    with pytest.raises(Untrusted):
        verify(issued(), anchors)
    assert verify(issued(vct=LINKAGE), anchors).issuer == ISSUER


@pytest.mark.parametrize("header", [{}, {"x5c": []}, {"x5c": "text"}, {"x5c": [5]}, {"kid": "../../etc/passwd"}])
def test_no_chain(header: dict[str, object]) -> None:
    signed = sign_jws({"typ": "dc+sd-jwt", **header}, visible(), issuer_signer().signer)
    with pytest.raises(Untrusted):
        verify(signed + "~")


@pytest.mark.parametrize("name", ["jwk", "jku", "x5u"])
def test_keys_offered_in_the_header_are_not_used(name: str) -> None:
    attacker = key("attacker")
    value = dict(attacker.public_jwk) if name == "jwk" else "https://attacker.example/keys"
    chain = [certificate_text(der) for der in issuer_signer().chain]
    signed = sign_jws({"typ": "dc+sd-jwt", "x5c": chain, name: value}, visible(), attacker)
    with pytest.raises(Untrusted):
        verify(signed + "~")


def test_the_anchor_sent_along_is_refused() -> None:
    whole = CertifiedSigner(issuer_signer().signer, (*issuer_signer().chain, authority("issuing authority").certificate))
    with pytest.raises(Untrusted):
        verify(forged(visible(), by=whole))


def test_an_expired_certificate() -> None:
    later = NOW + 500 * 86_400
    with pytest.raises(Untrusted):
        verify(issued(exp=later + 10), now=later)


@pytest.mark.parametrize(
    "confirmation",
    [
        None,
        {},
        {"kid": "key-1"},
        {"jwk": "text"},
        {"jku": "https://holder.example/keys"},
        {"jwk": {**HOLDER.public_jwk, "x5u": "https://holder.example"}},
        {"jwk": {**HOLDER.public_jwk, "jku": "https://holder.example"}},
        {"jwk": {**HOLDER.public_jwk, "d": "AAAA"}},
        {"jwk": {**HOLDER.public_jwk, "crv": "secp256k1"}},
        {"jwk": {**HOLDER.public_jwk, "kty": "OKP"}},
        {"jwk": {**HOLDER.public_jwk, "y": HOLDER.public_jwk["x"]}},
        {"jwk": {"kty": "oct", "k": "AAAA"}},
    ],
)
def test_not_bound_to_a_usable_key(confirmation: object) -> None:
    with pytest.raises((Unmet, Malformed)):
        verify(forged(visible(cnf=confirmation)))


@pytest.mark.parametrize(
    "status",
    [
        None,
        {},
        5,
        {"status_list": {}},
        {"status_list": {"idx": 5}},
        {"status_list": {"uri": "https://s.example"}},
        {"status_list": {"idx": -1, "uri": "https://s.example"}},
        {"status_list": {"idx": True, "uri": "https://s.example"}},
        {"status_list": {"idx": "5", "uri": "https://s.example"}},
        {"status_list": {"idx": 5.0, "uri": "https://s.example"}},
        {"status_list": {"idx": 2**63, "uri": "https://s.example"}},
        {"status_list": {"idx": 5, "uri": "file:///etc/passwd"}},
        {"status_list": {"idx": 5, "uri": ""}},
        {"status_list": {"idx": 5, "uri": "https://s.example/" + "x" * 2048}},
    ],
)
def test_without_a_usable_status(status: object) -> None:
    with pytest.raises(Refusal):
        verify(forged(visible(status=status)))


def test_no_anchor_at_all() -> None:
    with pytest.raises(Untrusted):
        verify(issued(), TrustAnchors(()))
    with pytest.raises(Untrusted):
        verify(issued(), only(issuing(purpose=Purpose.ACCESS)))
