"""pymdoccbor, which the European reference issuer is built on: it reads our issuer's part, we read its.

It looks at the machine's clock, so here we do as well. It knows neither the device's proof nor validity, and digests only with
SHA-256.
"""

from collections.abc import Mapping
from functools import cache
from os import urandom
from time import time
from typing import Any

import pytest

from sinwon.core import base64url
from sinwon.core.cbor import FullDate, dump_cbor, parse_cbor
from sinwon.core.clock import DAY, HOUR, utc, whole_hour
from sinwon.core.refusal import Refusal
from sinwon.formats.mdoc.issue import Validity, issue_mdoc, prepare_mdoc
from sinwon.formats.mdoc.issuer_signed import parse_issuer_signed
from sinwon.formats.mdoc.names import DOCUMENT_SIGNER
from sinwon.formats.mdoc.verify import VerifiedMdoc, verify_issuer_signed
from sinwon.keys.authority import Authority, create_authority
from sinwon.keys.jwk import parse_public_jwk
from sinwon.keys.signer import CertifiedSigner
from sinwon.keys.trust import Anchor, Purpose, TrustAnchors
from sinwon.protocols.attestation.key_assurance import KEY_INFO, TWO_FACTORS
from tests.interop.oracle import Oracle, OracleRefusal
from tests.interop.shapes import flipped, private_jwk
from tests.unit.formats.mdoc.forge import STATUS
from tests.world import ISSUER, SeededRandomness, key

DOCTYPE = "org.iso.18013.5.1.mDL"
NAMESPACE = "org.iso.18013.5.1"
NOW = int(time())
HOLDER = key("holder")
CLAIMS: dict[str, Any] = {
    "family_name": "HONG",
    "given_name": "길동",
    "birth_date": "1990-03-01",
    "issuing_country": "KR",
    "portrait": bytes(300),
    "age_over_19": True,
    "sex": 1,
}
"""`birth_date` is a full-date in either document: they tag it by its name."""


@cache
def root() -> Authority:
    return create_authority(key("root of now"), "Sinwon test of now", now=NOW, random=SeededRandomness(2))


@cache
def signer() -> CertifiedSigner:
    own = key("signer of now")
    leaf = root().certify(own, "signer", ISSUER, now=NOW, random=SeededRandomness(3), uses=tuple(sorted(DOCUMENT_SIGNER)))
    return CertifiedSigner(own, (leaf,))


def whole(issuer_signed: bytes) -> bytes:
    """As they take it: a response without a device's part."""
    document = {"docType": DOCTYPE, "issuerSigned": parse_cbor(issuer_signed)}
    return dump_cbor({"version": "1.0", "documents": [document], "status": 0})


def we_issue(key_info: Mapping[int, object] | None = None) -> bytes:
    hour, claims = whole_hour(NOW), {NAMESPACE: {**CLAIMS, "birth_date": FullDate(CLAIMS["birth_date"])}}
    copy = issue_mdoc(
        prepare_mdoc(DOCTYPE, claims, key_info=key_info),
        holder=parse_public_jwk(HOLDER.public_jwk),
        validity=Validity(hour - HOUR, hour - HOUR, hour + 30 * DAY),
        status=STATUS,
        by=signer(),
        random=urandom,
    )
    return whole(copy)


def they_verify(oracle: Oracle, response: bytes, authority: Authority) -> Any:
    return oracle.ask("mdoc.verify", response=base64url.encode(response), roots=[base64url.encode(authority.certificate)])


def they_issue(oracle: Oracle) -> bytes:
    text = oracle.ask(
        "mdoc.issue",
        doctype=DOCTYPE,
        claims={NAMESPACE: {**CLAIMS, "portrait": {"bytes": base64url.encode(CLAIMS["portrait"])}}},
        key=private_jwk(key("signer of now")),
        certificate=base64url.encode(signer().chain[0]),
        device=dict(HOLDER.public_jwk),
        validity={"issuance_date": utc(NOW - DAY).date().isoformat(), "expiry_date": utc(NOW + 30 * DAY).date().isoformat()},
    )
    return base64url.decode(text)


def we_verify(response: bytes) -> VerifiedMdoc:
    issuer_signed = parse_issuer_signed(dump_cbor(parse_cbor(response)["documents"][0]["issuerSigned"]))
    anchors = TrustAnchors((Anchor(root().certificate, Purpose.ISSUANCE, "Sinwon test", ISSUER, frozenset({DOCTYPE})),))
    return verify_issuer_signed(issuer_signed, anchors=anchors, doctype=DOCTYPE, now=int(time()))


@pytest.mark.parametrize("key_info", [None, {KEY_INFO: TWO_FACTORS.claim}], ids=["plain", "strong"])
def test_they_read_what_we_issue(pymdoccbor: Oracle, key_info: Mapping[int, object] | None) -> None:
    said = they_verify(pymdoccbor, we_issue(key_info), root())[NAMESPACE]
    assert said == {**CLAIMS, "portrait": {"bytes": base64url.encode(CLAIMS["portrait"])}}
    other = create_authority(key("other root"), "Another", now=NOW, random=SeededRandomness(4))
    with pytest.raises(OracleRefusal):
        they_verify(pymdoccbor, we_issue(), other)


def test_we_read_what_they_issue(pymdoccbor: Oracle) -> None:
    verified = we_verify(they_issue(pymdoccbor))
    assert verified.claims == {NAMESPACE: CLAIMS}
    assert verified.holder_key == parse_public_jwk(HOLDER.public_jwk)
    assert verified.status is None


@pytest.mark.parametrize("known", [b"HONG", bytes(300)])
def test_one_byte_of_an_element_and_either_refuses(pymdoccbor: Oracle, known: bytes) -> None:
    ours, theirs = we_issue(), they_issue(pymdoccbor)
    with pytest.raises(OracleRefusal):
        they_verify(pymdoccbor, flipped(ours, ours.index(known) + 2), root())
    with pytest.raises(Refusal):
        we_verify(flipped(theirs, theirs.index(known) + 2))


def test_one_byte_of_what_was_signed_and_either_refuses(pymdoccbor: Oracle) -> None:
    point = parse_public_jwk(HOLDER.public_jwk).point[:32]
    ours, theirs = we_issue(), they_issue(pymdoccbor)
    with pytest.raises(OracleRefusal):
        they_verify(pymdoccbor, flipped(ours, ours.index(point)), root())
    for place in (theirs.index(point), theirs.index(b"validUntil") + 15):
        with pytest.raises(Refusal):
            we_verify(flipped(theirs, place))
