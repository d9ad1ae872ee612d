"""Certificate chains: each spoilt in one way, beside the chain that holds."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509.oid import NameOID
from hypothesis import given, settings
from hypothesis import strategies as st

from sinwon.core.clock import utc
from sinwon.core.refusal import Malformed, Refusal, Untrusted
from sinwon.keys.jwk import certificate_text, parse_public_jwk
from sinwon.keys.x509 import (
    MAX_CERTIFICATE_BYTES,
    MAX_CERTIFICATES,
    fingerprint,
    parse_certificate,
    parse_x5c,
    verify_chain,
)
from tests.world import ISSUER, NOW, authority, certified, issuer_signer, key

DAY = 86_400
ROOT_KEY, BETWEEN_KEY, LEAF_KEY = key("test root").private, key("test between").private, key("test leaf").private
SIGNING = {"digital_signature": True}
CERTIFYING = {"key_cert_sign": True, "crl_sign": True}


def usage(**true: bool) -> x509.KeyUsage:
    names = ("digital_signature", "content_commitment", "key_encipherment", "data_encipherment", "key_agreement")
    more = ("key_cert_sign", "crl_sign", "encipher_only", "decipher_only")
    return x509.KeyUsage(**{name: true.get(name, False) for name in names + more})


def make(
    subject: str,
    issuer: str,
    public: Any,
    signer: ec.EllipticCurvePrivateKey,
    *,
    ca: bool | None,
    uses: dict[str, bool] | None,
    uri: str | None = None,
    begin: int = NOW - DAY,
    end: int = NOW + DAY,
    path: int | None = None,
) -> bytes:
    def name(common: str) -> x509.Name:
        return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, common)])

    builder = x509.CertificateBuilder(name(issuer), name(subject), public, 1000 + len(subject), utc(begin), utc(end))
    if ca is not None:
        builder = builder.add_extension(x509.BasicConstraints(ca=ca, path_length=path if ca else None), critical=True)
    if uses is not None:
        builder = builder.add_extension(usage(**uses), critical=True)
    if uri is not None:
        builder = builder.add_extension(x509.SubjectAlternativeName([x509.UniformResourceIdentifier(uri)]), critical=False)
    return builder.sign(signer, SHA256()).public_bytes(Encoding.DER)


def root(**changed: Any) -> bytes:
    chosen: dict[str, Any] = {"ca": True, "uses": CERTIFYING, "end": NOW + 100 * DAY, **changed}
    return make("root", "root", ROOT_KEY.public_key(), ROOT_KEY, **chosen)


def between(**changed: Any) -> bytes:
    chosen: dict[str, Any] = {"ca": True, "uses": CERTIFYING, "path": 0, **changed}
    return make("between", "root", BETWEEN_KEY.public_key(), ROOT_KEY, **chosen)


def leaf(*, issuer: str = "root", by: ec.EllipticCurvePrivateKey = ROOT_KEY, public: Any = None, **changed: Any) -> bytes:
    chosen: dict[str, Any] = {"ca": False, "uses": SIGNING, "uri": ISSUER, **changed}
    return make("leaf", issuer, public or LEAF_KEY.public_key(), by, **chosen)


ROOT = root()


def verify(*chain: bytes, anchors: frozenset[bytes] | None = None, now: int = NOW) -> Any:
    return verify_chain(chain, frozenset({ROOT}) if anchors is None else anchors, now)


def test_a_leaf_under_its_anchor() -> None:
    chain = verify(leaf())
    assert chain.key == parse_public_jwk(key("test leaf").public_jwk)
    assert (chain.anchor, chain.uris, chain.leaf_der) == (ROOT, (ISSUER,), chain.leaf.public_bytes(Encoding.DER))
    assert (chain.not_before, chain.not_after) == (NOW - DAY, NOW + DAY)


def test_a_leaf_without_basic_constraints_or_names() -> None:
    assert verify(leaf(ca=None, uri=None)).uris == ()


def test_an_intermediate() -> None:
    chain = (leaf(issuer="between", by=BETWEEN_KEY), between())
    assert verify(*chain).anchor == ROOT
    with pytest.raises(Untrusted):
        verify(chain[0])
    with pytest.raises(Untrusted):
        verify(*chain[::-1])


def test_an_anchor_that_allows_no_intermediate() -> None:
    strict = frozenset({root(path=0)})
    verify(leaf(), anchors=strict)
    with pytest.raises(Untrusted):
        verify(leaf(issuer="between", by=BETWEEN_KEY), between(), anchors=strict)


def test_the_world_of_the_tests_holds() -> None:
    chain = verify_chain(issuer_signer().chain, frozenset({authority("issuing authority").certificate}), NOW)
    assert chain.uris == (ISSUER,)


@pytest.mark.parametrize(
    "chain",
    [
        pytest.param(lambda: [leaf(), ROOT], id="carries_its_anchor"),
        pytest.param(lambda: [ROOT], id="the_anchor_itself"),
        pytest.param(lambda: [leaf(by=BETWEEN_KEY)], id="signed_by_another_key_under_the_name"),
        pytest.param(lambda: [leaf(issuer="stranger")], id="issuer_named_otherwise"),
        pytest.param(lambda: [leaf(ca=True, uses=CERTIFYING)], id="leaf_is_a_ca"),
        pytest.param(lambda: [leaf(ca=True, uses=SIGNING)], id="leaf_is_a_ca_that_signs"),
        pytest.param(lambda: [leaf(uses=None)], id="no_key_usage"),
        pytest.param(lambda: [leaf(uses={"key_agreement": True})], id="for_key_agreement_only"),
        pytest.param(lambda: [leaf(uses={"digital_signature": True, "key_cert_sign": True})], id="may_sign_certificates"),
        pytest.param(lambda: [leaf(begin=NOW + 60)], id="not_valid_yet"),
        pytest.param(lambda: [leaf(begin=NOW - 2 * DAY, end=NOW - 60)], id="expired_a_minute_ago"),
        pytest.param(lambda: [leaf(begin=NOW - 9 * DAY, end=NOW - 5 * DAY)], id="expired_days_ago"),
        pytest.param(lambda: [leaf(public=ec.generate_private_key(ec.SECP384R1()).public_key())], id="leaf_on_p384"),
        pytest.param(lambda: [leaf(public=ed25519.Ed25519PrivateKey.generate().public_key())], id="leaf_on_ed25519"),
        pytest.param(lambda: [leaf(public=rsa.generate_private_key(65537, 2048).public_key())], id="leaf_is_rsa"),
        pytest.param(
            lambda: [make("leaf", "leaf", LEAF_KEY.public_key(), LEAF_KEY, ca=False, uses=SIGNING)], id="self_signed_leaf"
        ),
        pytest.param(
            lambda: [leaf(issuer="between", by=BETWEEN_KEY), between(ca=False, uses=SIGNING)], id="intermediate_is_no_ca"
        ),
        pytest.param(
            lambda: [leaf(issuer="between", by=BETWEEN_KEY), between(uses=SIGNING)], id="intermediate_may_not_certify"
        ),
        pytest.param(lambda: [leaf(issuer="between", by=BETWEEN_KEY), between(end=NOW - 60)], id="intermediate_expired"),
        pytest.param(lambda: [leaf(issuer="between", by=BETWEEN_KEY), leaf(), between()][:2], id="unrelated_second"),
        pytest.param(lambda: [leaf()[:-1]], id="cut_off"),
        pytest.param(lambda: [leaf() + b"\x00"], id="trailing_byte"),
        pytest.param(lambda: [b"-----BEGIN CERTIFICATE-----"], id="pem"),
        pytest.param(lambda: [b""], id="empty"),
    ],
)
def test_a_chain_that_does_not_hold(chain: Callable[[], list[bytes]]) -> None:
    with pytest.raises((Untrusted, Malformed)) as refusal:
        verify(*chain())
    assert refusal.value.code == "invalid_chain"


def test_anchors_are_explicit() -> None:
    with pytest.raises(Untrusted):
        verify(leaf(), anchors=frozenset())
    with pytest.raises(Untrusted):
        verify(leaf(), anchors=frozenset({authority("issuing authority").certificate}))
    assert verify(leaf(), anchors=frozenset({authority("issuing authority").certificate, ROOT})).anchor == ROOT


def test_the_anchor_is_judged_by_the_clock_too() -> None:
    old = root(end=NOW - 60)
    with pytest.raises(Untrusted):
        verify(leaf(), anchors=frozenset({old}))


@pytest.mark.parametrize(("now", "holds"), [(-1, False), (0, True), (2 * DAY, True), (2 * DAY + 1, False)])
def test_the_edges_of_validity_are_inclusive(now: int, holds: bool) -> None:
    """Asked twice, because a chain that was judged once is remembered for the day."""
    chain = leaf()
    for _ in range(2):
        verify(chain)
        if holds:
            verify(chain, now=NOW - DAY + now)
            continue
        with pytest.raises(Untrusted):
            verify(chain, now=NOW - DAY + now)


def test_a_remembered_chain_is_not_trusted_for_other_anchors() -> None:
    chain = leaf()
    verify(chain)
    with pytest.raises(Untrusted):
        verify(chain, anchors=frozenset({authority("status authority").certificate}))


@pytest.mark.parametrize(
    "header",
    [
        None,
        "text",
        [],
        {},
        [5],
        [None],
        ["not base64!"],
        ["AAAA\n"],
        ["-_-_"],
        ["AAA"],
        ["A" * (MAX_CERTIFICATE_BYTES * 4 // 3 + 4)],
        [certificate_text(b"x")] * (MAX_CERTIFICATES + 1),
    ],
)
def test_not_an_x5c(header: object) -> None:
    with pytest.raises(Malformed):
        parse_x5c(header)


def test_an_x5c() -> None:
    assert parse_x5c([certificate_text(ROOT)] * MAX_CERTIFICATES) == (ROOT,) * MAX_CERTIFICATES


def test_certificates_that_are_none() -> None:
    assert parse_certificate(ROOT).subject == parse_certificate(ROOT).issuer
    with pytest.raises(Malformed):
        parse_certificate(b"0\x03\x02\x01\x01")


def test_a_signature_of_whole_bytes() -> None:
    der = leaf()
    at = len(der) - len(parse_certificate(der).signature) - 1
    with pytest.raises(Malformed):
        parse_certificate(der[:at] + b"\x01" + der[at + 1 :])


def test_fingerprint_is_over_the_certificate() -> None:
    assert len(fingerprint(ROOT)) == 32
    assert fingerprint(ROOT) != fingerprint(leaf())


@settings(max_examples=300, deadline=timedelta(seconds=1))
@given(data=st.data())
def test_any_changed_byte_is_refused(data: st.DataObject) -> None:
    whole = certified("issuing authority", "issuer", ISSUER).chain[0]
    at = data.draw(st.integers(0, len(whole) - 1))
    to = data.draw(st.integers(0, 255).filter(lambda value: value != whole[at]))
    anchors = frozenset({authority("issuing authority").certificate})
    with pytest.raises(Refusal):
        verify(whole[:at] + bytes([to]) + whole[at + 1 :], anchors=anchors)
