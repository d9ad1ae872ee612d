"""Access certificates that do not count: P05, P06."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from functools import cache
from typing import Any

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from sinwon.core import base64url
from sinwon.core.clock import utc
from sinwon.holder.copies import Copies
from sinwon.holder.wallet import Holder
from sinwon.keys.jwk import certificate_text
from sinwon.keys.software import SoftwareKey, generate_key
from sinwon.keys.trust import Anchor, Purpose, TrustAnchors
from tests import world
from tests.forged_request import ACCESS, Change, Forged, Scene, Scenes, control, forged, scenes


@pytest.fixture(scope="module")
def scenery(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Scenes]:
    with scenes(tmp_path_factory.mktemp("roles")) as made:
        yield made


@pytest.fixture
def scene(scenery: Scenes) -> Scene:
    """A wallet that also trusts a root below which there may be intermediates."""
    made = scenery.fresh()
    anchors = TrustAnchors((*world.trust_anchors().anchors, Anchor(deep_root(), Purpose.ACCESS, "Deep", world.GATEWAY)))
    made.here.holder = Holder(replace(made.holder.powers, anchors=lambda: anchors))
    made.holder.copies = Copies(scenery.copies)
    return made


def certificate(
    key: SoftwareKey,
    *,
    issuer_key: Any = None,
    issuer: str = "Sinwon test access authority",
    subject: str = "leaf",
    ca: bool = False,
    public: Any = None,
    starts: int = world.NOW - 86_400,
    days: int = 30,
    uses: list[x509.ObjectIdentifier] | None = None,
    permitted: str | None = None,
) -> bytes:
    """A certificate under the access authority unless said otherwise."""
    builder = x509.CertificateBuilder(
        issuer_name=_name(issuer),
        subject_name=_name(subject),
        public_key=public or key.private.public_key(),
        serial_number=x509.random_serial_number(),
        not_valid_before=utc(starts),
        not_valid_after=utc(starts) + timedelta(days=days),
    )
    builder = builder.add_extension(x509.BasicConstraints(ca=ca, path_length=None), critical=True)
    builder = builder.add_extension(_usage(ca=ca), critical=True)
    uri, host = x509.UniformResourceIdentifier("urn:sinwon:service:gov24"), x509.DNSName("gateway.example")
    names = x509.SubjectAlternativeName([uri, host])
    builder = builder.add_extension(names, critical=False)
    if uses is not None:
        builder = builder.add_extension(x509.ExtendedKeyUsage(uses), critical=False)
    if permitted is not None:
        tree = x509.NameConstraints(permitted_subtrees=[x509.DNSName(permitted)], excluded_subtrees=None)
        builder = builder.add_extension(tree, critical=True)
    return builder.sign(issuer_key or ACCESS.key.private, SHA256()).public_bytes(Encoding.DER)


def _name(common: str) -> x509.Name:
    return x509.Name([x509.NameAttribute(NameOID.COUNTRY_NAME, "KR"), x509.NameAttribute(NameOID.COMMON_NAME, common)])


def _usage(*, ca: bool) -> x509.KeyUsage:
    return x509.KeyUsage(
        digital_signature=not ca,
        key_cert_sign=ca,
        crl_sign=ca,
        content_commitment=False,
        key_encipherment=False,
        data_encipherment=False,
        key_agreement=False,
        encipher_only=False,
        decipher_only=False,
    )


DEEP = world.key("deep root")


@cache
def deep_root() -> bytes:
    return certificate(DEEP, issuer="deep", subject="deep", issuer_key=DEEP.private, ca=True)


def below_an_intermediate(request: Forged, *, permitted: str | None = None) -> bytes:
    """Certifies the request below an intermediate; gives that one."""
    between, key = generate_key(), generate_key()
    middle = certificate(between, subject="middle", issuer="deep", issuer_key=DEEP.private, ca=True, permitted=permitted)
    request.certify(certificate(key, issuer="middle", issuer_key=between.private), middle, key=key)
    return middle


def good_leaf(request: Forged) -> None:
    key = generate_key()
    request.certify(certificate(key), key=key)


def hash_of_the_intermediate(request: Forged) -> None:
    request.name(below_an_intermediate(request))


def with_an_intermediate(request: Forged) -> None:
    below_an_intermediate(request, permitted="gateway.example")


def hash_in_hex(request: Forged) -> None:
    request.call("x509_hash:" + base64url.decode(request.client_id.partition(":")[2]).hex())


def hash_padded(request: Forged) -> None:
    request.call(request.client_id + "=")


def self_signed(request: Forged) -> None:
    key = generate_key()
    request.certify(certificate(key, issuer="leaf", issuer_key=key.private), key=key)


def self_signed_under_the_anchor_s_name(request: Forged) -> None:
    key = generate_key()
    request.certify(certificate(key, issuer_key=key.private), key=key)


def anchor_sent_along(request: Forged) -> None:
    request.certify(world.access_signer("gov24").chain[0], ACCESS.certificate)


def web_server_certificate(request: Forged) -> None:
    key = generate_key()
    request.certify(certificate(key, uses=[ExtendedKeyUsageOID.SERVER_AUTH]), key=key)


def leaf_is_a_ca(request: Forged) -> None:
    key = generate_key()
    request.certify(certificate(key, ca=True), key=key)


def leaf_expired(request: Forged) -> None:
    key = generate_key()
    request.certify(certificate(key, starts=world.NOW - 86_400 * 40), key=key)


def leaf_not_valid_yet(request: Forged) -> None:
    key = generate_key()
    request.certify(certificate(key, starts=world.NOW + 86_400 * 2), key=key)


def name_constraint_broken(request: Forged) -> None:
    below_an_intermediate(request, permitted="elsewhere.example")


def below_a_root_that_allows_no_intermediate(request: Forged) -> None:
    between, key = generate_key(), generate_key()
    middle = certificate(between, subject="middle", ca=True)
    request.certify(certificate(key, issuer="middle", issuer_key=between.private), middle, key=key)


def rsa_leaf(request: Forged) -> None:
    public = rsa.generate_private_key(public_exponent=65537, key_size=2048).public_key()
    request.certify(certificate(generate_key(), public=public))


def leaf_on_another_curve(request: Forged) -> None:
    public = ec.generate_private_key(ec.SECP384R1()).public_key()
    request.certify(certificate(generate_key(), public=public))


def hundred_certificates(request: Forged) -> None:
    request.header["x5c"] = request.header["x5c"] * 100


def chain_loop(request: Forged) -> None:
    one, other, key = generate_key(), generate_key(), generate_key()
    first = certificate(one, subject="one", issuer="other", issuer_key=other.private, ca=True)
    second = certificate(other, subject="other", issuer="one", issuer_key=one.private, ca=True)
    request.certify(certificate(key, issuer="one", issuer_key=one.private), first, second, key=key)


def of_an_issuing_authority(request: Forged) -> None:
    """A root that is trusted, but for something else."""
    key = generate_key()
    root = world.authority("issuing authority")
    leaf = root.certify(key, "issuer", "urn:sinwon:service:gov24", now=world.NOW - 86_400, random=world.SeededRandomness(77))
    request.certify(leaf, key=key)


def no_chain(request: Forged) -> None:
    del request.header["x5c"]


def junk_in_the_chain(request: Forged) -> None:
    request.header["x5c"] = ["AAAA"]


P05: dict[str, Change] = {
    "hash_of_the_intermediate": hash_of_the_intermediate,
    "hash_in_hex": hash_in_hex,
    "hash_padded": hash_padded,
    "self_signed": self_signed,
    "self_signed_under_the_anchor_s_name": self_signed_under_the_anchor_s_name,
    "anchor_sent_along": anchor_sent_along,
    "web_server_certificate": web_server_certificate,
    "leaf_is_a_ca": leaf_is_a_ca,
    "leaf_expired": leaf_expired,
    "leaf_not_valid_yet": leaf_not_valid_yet,
    "name_constraint_broken": name_constraint_broken,
    "below_a_root_that_allows_no_intermediate": below_a_root_that_allows_no_intermediate,
    "rsa_leaf": rsa_leaf,
    "leaf_on_another_curve": leaf_on_another_curve,
    "hundred_certificates": hundred_certificates,
    "chain_loop": chain_loop,
    "of_an_issuing_authority": of_an_issuing_authority,
    "no_chain": no_chain,
    "junk_in_the_chain": junk_in_the_chain,
}


@pytest.mark.parametrize("fault", P05)
def test_P05_certificates_that_do_not_count(scene: Scene, fault: str) -> None:
    request = forged()
    P05[fault](request)
    scene.stops(scene.serve(request))


@pytest.mark.parametrize("change", [good_leaf, with_an_intermediate])
def test_P05_control_certificates_that_count(scene: Scene, change: Change) -> None:
    request = forged()
    change(request)
    control(scene, request)


def test_P06_signed_by_a_key_that_is_not_the_leaf_s(scene: Scene) -> None:
    request = forged()
    request.key = world.key("access oka365")
    scene.stops(scene.serve(request))


def test_P06_certificate_of_another_service(scene: Scene) -> None:
    request = forged()
    request.header["x5c"] = [certificate_text(world.access_signer("oka365").chain[0])]
    scene.stops(scene.serve(request))


def test_P06_control(scene: Scene) -> None:
    control(scene, forged("oka365"))
