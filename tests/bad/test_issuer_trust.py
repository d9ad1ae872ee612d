"""Credentials whose issuer is not the one we trust for that type: V12, V13, V14. Each is signed properly by somebody."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding

from sinwon.core.clock import utc
from sinwon.core.refusal import Malformed, Refusal, Untrusted
from sinwon.formats.jose.jws import sign_jws
from sinwon.formats.sdjwt.parse import parse_sd_jwt
from sinwon.formats.sdjwt.type_metadata import resolve_type
from sinwon.formats.sdjwt.vc import VerifiedSdJwtVc, verify_sd_jwt_vc
from sinwon.keys.jwk import certificate_text
from sinwon.keys.signer import CertifiedSigner
from sinwon.keys.trust import Anchor, Purpose, TrustAnchors
from sinwon.protocols.credential_types import IDENTITY, LINKAGE
from tests.unit.formats.sdjwt.forge import forged, issued, visible
from tests.unit.formats.sdjwt.test_type_metadata import Site
from tests.unit.keys.test_x509 import BETWEEN_KEY, CERTIFYING, LEAF_KEY, ROOT_KEY, SIGNING, between, leaf, make, root, usage
from tests.world import ISSUER, NOW, authority, certified, issuer_signer, key, trust_anchors

OTHER = "https://other.example"
DAY = 86_400


def verify(credential: str, anchors: TrustAnchors | None = None) -> VerifiedSdJwtVc:
    return verify_sd_jwt_vc(parse_sd_jwt(credential), anchors=anchors or trust_anchors(), now=NOW)


# V12 ------------------------------------------------------------------------------------------------------------------


def other_issuer() -> Anchor:
    """An issuer we trust, for diplomas only."""

    return Anchor(
        authority("diploma authority").certificate, Purpose.ISSUANCE, "Diplomas", OTHER, frozenset({"urn:example:diploma:1"})
    )


BOTH = TrustAnchors((*trust_anchors().anchors, other_issuer()))
DIPLOMAS = certified("diploma authority", "diplomas", OTHER)


@pytest.mark.parametrize(
    "credential",
    [
        pytest.param(lambda: forged(visible(iss=OTHER), by=certified("stranger", "x", OTHER)), id="right_type_unknown_issuer"),
        pytest.param(lambda: forged(visible(iss=OTHER), by=DIPLOMAS), id="right_type_trusted_for_another"),
        pytest.param(lambda: forged(visible(iss=ISSUER), by=DIPLOMAS), id="right_type_naming_its_issuer"),
        pytest.param(lambda: issued(vct="urn:example:diploma:1"), id="our_issuer_of_a_type_that_is_not_its"),
        pytest.param(
            lambda: forged(visible(iss=OTHER, vct="urn:example:x", aka_vcts=[IDENTITY]), by=DIPLOMAS), id="type_by_aka_vcts"
        ),
        pytest.param(lambda: issued(vct="https://types.example/child"), id="type_by_extends"),
        pytest.param(lambda: issued(vct=IDENTITY + " "), id="type_with_a_blank"),
        pytest.param(lambda: issued(vct=IDENTITY.upper()), id="type_in_capitals"),
    ],
)
def test_V12_an_issuer_not_trusted_for_the_type(credential: Callable[[], str]) -> None:
    with pytest.raises(Untrusted) as refusal:
        verify(credential(), BOTH)
    assert refusal.value.code == "untrusted_issuer"


def test_V12_aka_vcts_lend_no_type() -> None:
    """A diploma that also calls itself ours is a diploma, and only that."""
    verified = verify(forged(visible(iss=OTHER, vct="urn:example:diploma:1", aka_vcts=[IDENTITY]), by=DIPLOMAS), BOTH)
    assert (verified.vct, verified.issuer) == ("urn:example:diploma:1", OTHER)


def test_V12_extends_lends_no_trust() -> None:
    """The child's metadata is in order and says it is one of ours; its issuer is still nobody."""
    site = Site()
    site.put("https://types.example/base")
    site.put("https://types.example/child", extends="https://types.example/base")
    described = resolve_type("https://types.example/child", fetch=site.network)
    assert described.extended == ("https://types.example/base",)
    base_trusted = TrustAnchors((replace(trust_anchors().anchors[0], types=frozenset({"https://types.example/base"})),))
    with pytest.raises(Untrusted):
        verify(issued(vct="https://types.example/child"), base_trusted)
    assert verify(issued(vct="https://types.example/base"), base_trusted).vct == "https://types.example/base"


@pytest.mark.parametrize("others", [[], "urn:x", [5], [None], [IDENTITY], ["urn:x", IDENTITY], {}, None])
def test_V12_aka_vcts_of_another_shape(others: object) -> None:
    with pytest.raises(Malformed):
        verify(forged({**visible(), "aka_vcts": others}))


def test_V12_control_each_issuer_with_its_own_types() -> None:
    assert verify(forged(visible(iss=OTHER, vct="urn:example:diploma:1"), by=DIPLOMAS), BOTH).issuer == OTHER
    assert verify(issued(), BOTH).issuer == ISSUER
    assert verify(issued(vct=LINKAGE, aka_vcts=["urn:other:type"]), BOTH).vct == LINKAGE


# V13 ------------------------------------------------------------------------------------------------------------------

ROOT = root()
TEST_ROOT = TrustAnchors((Anchor(ROOT, Purpose.ISSUANCE, "Test", ISSUER, frozenset({IDENTITY})),))
LEAF = key("test leaf")


def by(*chain: bytes) -> str:
    """A credential signed by the leaf's key, with this chain."""
    return forged(visible(), by=CertifiedSigner(LEAF, chain))


def common(name: str) -> x509.Name:
    return x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, name)])


def constrained(*names: x509.GeneralName) -> bytes:
    """An intermediate that may certify only under `names`."""
    builder = x509.CertificateBuilder(
        common("root"), common("between"), BETWEEN_KEY.public_key(), 77, utc(NOW - DAY), utc(NOW + DAY)
    )
    builder = builder.add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
    builder = builder.add_extension(usage(**CERTIFYING), critical=True)
    builder = builder.add_extension(x509.NameConstraints(list(names), None), critical=True)
    return builder.sign(ROOT_KEY, SHA256()).public_bytes(Encoding.DER)


def named(*names: x509.GeneralName) -> bytes:
    """A leaf under the intermediate with other names beside the issuer's."""
    builder = x509.CertificateBuilder(
        common("between"), common("leaf"), LEAF_KEY.public_key(), 78, utc(NOW - DAY), utc(NOW + DAY)
    )
    builder = builder.add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
    builder = builder.add_extension(usage(**SIGNING), critical=True)
    every = [x509.UniformResourceIdentifier(ISSUER), *names]
    builder = builder.add_extension(x509.SubjectAlternativeName(every), critical=False)
    return builder.sign(BETWEEN_KEY, SHA256()).public_bytes(Encoding.DER)


def der(tag: int, *parts: bytes) -> bytes:
    content = b"".join(parts)
    size = len(content)
    length = (
        bytes([size])
        if size < 128
        else bytes([0x80 | (size.bit_length() + 7) // 8]) + size.to_bytes((size.bit_length() + 7) // 8)
    )
    return bytes([tag]) + length + content


def integer(value: int) -> bytes:
    return der(2, value.to_bytes(value.bit_length() // 8 + 1))


def with_explicit_parameters(generator: bytes) -> bytes:
    """The leaf again, its curve written out with a generator of the writer's choice, signed by the root."""
    prime = 2**256 - 2**224 + 2**192 + 2**96 - 1
    order = 0xFFFFFFFF00000000FFFFFFFFFFFFFFFFBCE6FAADA7179E84F3B9CAC2FC632551
    b = 0x5AC635D8AA3A93E7B3EBBD55769886BC651D06B0CC53B0F63BCE3C3E27D2604B
    prime_field, ec_public = bytes.fromhex("06072a8648ce3d0101"), bytes.fromhex("06072a8648ce3d0201")
    field = der(0x30, prime_field, integer(prime))
    curve = der(0x30, der(4, (prime - 3).to_bytes(32)), der(4, b.to_bytes(32)))
    parameters = der(0x30, integer(1), field, curve, der(4, generator), integer(order), integer(1))
    point = LEAF_KEY.public_key().public_numbers()
    raw = b"\x00\x04" + point.x.to_bytes(32) + point.y.to_bytes(32)
    plain = x509.load_der_x509_certificate(leaf())
    old = bytes.fromhex("301306072a8648ce3d020106082a8648ce3d030107")
    spki = der(0x30, old, der(3, raw))
    tbs = plain.tbs_certificate_bytes
    assert spki in tbs
    header = 4 if tbs[1] == 0x82 else 3
    tbs = der(0x30, tbs[header:].replace(spki, der(0x30, der(0x30, ec_public, parameters), der(3, raw))))
    algorithm = bytes.fromhex("300a06082a8648ce3d040302")
    return der(0x30, tbs, algorithm, der(3, b"\x00", ROOT_KEY.sign(tbs, ec.ECDSA(SHA256()))))


LEAF_POINT = (
    b"\x04" + LEAF_KEY.public_key().public_numbers().x.to_bytes(32) + LEAF_KEY.public_key().public_numbers().y.to_bytes(32)
)
STANDARD = bytes.fromhex(
    "046b17d1f2e12c4247f8bce6e563a440f277037d812deb33a0f4a13945d898c296"
    "4fe342e2fe1a7f9b8ee7eb4a7c0f9e162bce33576b315ececbb6406837bf51f5"
)
UNRELATED = certified("issuing authority", "issuer", ISSUER).chain[0]
PEM = x509.load_der_x509_certificate(leaf()).public_bytes(Encoding.PEM)
CHAINS: dict[str, Callable[[], tuple[bytes, ...]]] = {
    "san_is_another_issuer": lambda: (leaf(uri=OTHER),),
    "san_with_a_slash": lambda: (leaf(uri=ISSUER + "/"),),
    "no_san": lambda: (leaf(uri=None),),
    "ca_as_leaf": lambda: (leaf(ca=True, uses=CERTIFYING),),
    "expired": lambda: (leaf(begin=NOW - 9 * DAY, end=NOW - 1),),
    "not_valid_yet": lambda: (leaf(begin=NOW + 1, end=NOW + DAY),),
    "cross_signed_loop": lambda: (
        leaf(issuer="a", by=BETWEEN_KEY),
        make("a", "b", BETWEEN_KEY.public_key(), ROOT_KEY, ca=True, uses=CERTIFYING),
        make("b", "a", ROOT_KEY.public_key(), BETWEEN_KEY, ca=True, uses=CERTIFYING),
    ),
    "wildcard_outside_the_name_constraint": lambda: (
        named(x509.DNSName("*.attacker.example")),
        constrained(x509.DNSName("issuer.example")),
    ),
    "name_outside_the_name_constraint": lambda: (
        named(x509.DNSName("attacker.example")),
        constrained(x509.DNSName("issuer.example")),
    ),
    "unrelated_first_certificate": lambda: (UNRELATED, leaf()),
    "leaf_second": lambda: (between(), leaf(issuer="between", by=BETWEEN_KEY)),
    "pem_instead_of_der": lambda: (PEM,),
    "explicit_parameters_with_custom_generator": lambda: (with_explicit_parameters(LEAF_POINT),),
    "empty_certificate": lambda: (b"",),
    "root_sent_along": lambda: (leaf(), ROOT),
}


@pytest.mark.parametrize("fault", CHAINS)
def test_V13_a_chain_that_vouches_for_nobody(fault: str) -> None:
    with pytest.raises(Untrusted) as refusal:
        verify(by(*CHAINS[fault]()), TEST_ROOT)
    assert refusal.value.code == "untrusted_issuer"


def test_V13_an_issuer_taken_off_the_list() -> None:
    """A root is revoked by the trust list: it leaves, and what it signed ends."""
    with pytest.raises(Untrusted):
        verify(by(leaf()), TrustAnchors(()))
    with pytest.raises(Untrusted):
        verify(by(leaf()), trust_anchors())


def test_V13_x5c_that_is_no_list_of_certificates() -> None:
    text = certificate_text(leaf())
    for x5c in (text, {"0": text}, [[text]], [text + "\n"], [text.replace("/", "_")], [PEM.decode()], [None], [text] * 6):
        signed = sign_jws({"typ": "dc+sd-jwt", "x5c": x5c}, visible(), LEAF)
        with pytest.raises(Refusal):
            verify(signed + "~", TEST_ROOT)


def test_V13_control_chains_that_hold() -> None:
    for chain in (
        (leaf(),),
        (with_explicit_parameters(STANDARD),),
        (leaf(issuer="between", by=BETWEEN_KEY), between()),
        (named(x509.DNSName("issuer.example")), constrained(x509.DNSName("issuer.example"))),
    ):
        assert verify(by(*chain), TEST_ROOT).issuer == ISSUER


# V14 ------------------------------------------------------------------------------------------------------------------

ATTACKER = key("attacker")
OFFERED: dict[str, Any] = {
    "jwk": dict(ATTACKER.public_jwk),
    "jku": "https://attacker.example/keys",
    "x5u": "https://attacker.example/chain.pem",
    "kid of a path": "../../../../etc/passwd",
    "kid of a device": "/dev/zero",
    "kid of a query": "x' UNION SELECT 'key' --",
    "kid of an address": "https://attacker.example/key",
    "kid that is no text": {"$ne": None},
}


@pytest.mark.parametrize("offered", OFFERED)
@pytest.mark.parametrize("beside_a_chain", [False, True])
def test_V14_a_key_offered_by_the_token_itself(offered: str, beside_a_chain: bool) -> None:
    """Signed by the attacker, who says where to find the key. Nothing here can fetch: there is no port to do it with."""
    header = {"typ": "dc+sd-jwt", offered.partition(" ")[0]: OFFERED[offered]}
    if beside_a_chain:
        header["x5c"] = [certificate_text(certificate) for certificate in issuer_signer().chain]
    with pytest.raises(Untrusted):
        verify(sign_jws(header, visible(), ATTACKER) + "~")


@pytest.mark.parametrize("offered", OFFERED)
def test_V14_control_such_members_do_no_harm_beside_a_good_chain(offered: str) -> None:
    chain = [certificate_text(certificate) for certificate in issuer_signer().chain]
    header = {"typ": "dc+sd-jwt", "x5c": chain, offered.partition(" ")[0]: OFFERED[offered]}
    assert verify(sign_jws(header, visible(), issuer_signer().signer) + "~").issuer == ISSUER
