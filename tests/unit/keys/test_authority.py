"""The small authority: what its certificates say."""

from typing import TypeVar

from cryptography import x509

from sinwon.keys.authority import LEAF_DAYS, ROOT_DAYS, create_authority
from sinwon.keys.x509 import parse_certificate, verify_chain
from tests.world import NOW, SeededRandomness, key

DAY = 86_400
AUTHORITY = create_authority(key("an authority"), "An authority", now=NOW, random=SeededRandomness(1))
LEAF = AUTHORITY.certify(key("a signer"), "A signer", "https://signer.example", now=NOW, random=SeededRandomness(2))


T = TypeVar("T", bound=x509.ExtensionType)


def extension(der: bytes, kind: type[T]) -> x509.Extension[T]:
    return parse_certificate(der).extensions.get_extension_for_class(kind)


def test_the_root() -> None:
    root = parse_certificate(AUTHORITY.certificate)
    root.verify_directly_issued_by(root)
    constraints = extension(AUTHORITY.certificate, x509.BasicConstraints)
    assert (constraints.critical, constraints.value.ca, constraints.value.path_length) == (True, True, 0)
    usage = extension(AUTHORITY.certificate, x509.KeyUsage)
    assert usage.critical
    assert usage.value.key_cert_sign
    assert not usage.value.digital_signature
    assert (root.not_valid_after_utc - root.not_valid_before_utc).days == ROOT_DAYS


def test_the_leaf() -> None:
    leaf = parse_certificate(LEAF)
    leaf.verify_directly_issued_by(parse_certificate(AUTHORITY.certificate))
    assert not extension(LEAF, x509.BasicConstraints).value.ca
    assert extension(LEAF, x509.KeyUsage).value.digital_signature
    assert not extension(LEAF, x509.KeyUsage).value.key_cert_sign
    names = extension(LEAF, x509.SubjectAlternativeName).value
    assert names.get_values_for_type(x509.UniformResourceIdentifier) == ["https://signer.example"]
    authority = extension(LEAF, x509.AuthorityKeyIdentifier).value.key_identifier
    assert authority == extension(AUTHORITY.certificate, x509.SubjectKeyIdentifier).value.digest
    assert (leaf.not_valid_after_utc - leaf.not_valid_before_utc).days == LEAF_DAYS


def test_serial_numbers_are_random_positive_and_at_most_20_bytes() -> None:
    random = SeededRandomness(3)
    serials = {
        parse_certificate(AUTHORITY.certify(key("a signer"), "n", "https://n.example", now=NOW, random=random)).serial_number
        for _ in range(20)
    }
    assert len(serials) == 20
    assert all(0 < serial < 1 << 159 for serial in serials)


def test_a_leaf_verifies_from_a_day_before_it_was_made() -> None:
    anchors = frozenset({AUTHORITY.certificate})
    for now in (NOW - DAY, NOW, NOW + (LEAF_DAYS - 1) * DAY):
        assert verify_chain((LEAF,), anchors, now).uris == ("https://signer.example",)
