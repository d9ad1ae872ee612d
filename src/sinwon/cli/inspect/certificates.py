"""X.509 certificates as trees: names, times, key, what they may be used for. Whether they lead anywhere is not looked at."""

from collections.abc import Iterable, Iterator
from hashlib import sha256

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec

from sinwon.cli.inspect.tree import Node
from sinwon.core.refusal import Refusal
from sinwon.keys.x509 import UNREADABLE, parse_certificate


def chain_tree(name: str, chain: Iterable[bytes]) -> Node:
    return Node(name, "", tuple(map(certificate_tree, chain)))


def certificate_tree(der: bytes) -> Node:
    """One that does not parse says so."""
    try:
        certificate = parse_certificate(der)
        return Node("certificate", certificate.subject.rfc4514_string(), tuple(_rows(certificate, der)))
    except Refusal as refusal:
        return Node("certificate", f"{len(der)} bytes: {refusal.why}")
    except UNREADABLE:
        return Node("certificate", f"{len(der)} bytes that do not parse")


def _rows(certificate: x509.Certificate, der: bytes) -> Iterator[Node]:
    yield Node("issuer", certificate.issuer.rfc4514_string())
    yield Node("serial", f"{certificate.serial_number:x}")
    yield Node("valid", f"{certificate.not_valid_before_utc} – {certificate.not_valid_after_utc}")
    key = certificate.public_key()
    yield Node("key", key.curve.name if isinstance(key, ec.EllipticCurvePublicKey) else type(key).__name__)
    yield Node("signature algorithm", certificate.signature_algorithm_oid.dotted_string)
    for extension in certificate.extensions:
        yield _extension(extension)
    yield Node("sha-256", sha256(der).hexdigest())


def _extension(extension: x509.Extension[x509.ExtensionType]) -> Node:
    name = extension.oid.dotted_string + (" (critical)" if extension.critical else "")
    value = extension.value
    if isinstance(value, x509.SubjectAlternativeName):
        return Node("subject alternative names", "", tuple(Node(type(one).__name__, str(one.value)) for one in value))
    if isinstance(value, x509.ExtendedKeyUsage):
        return Node("extended key usage", ", ".join(usage.dotted_string for usage in value))
    if isinstance(value, x509.BasicConstraints):
        return Node("basic constraints", f"ca {value.ca}, path length {value.path_length}")
    if isinstance(value, x509.KeyUsage):
        allowed = [use for use in ("digital_signature", "key_cert_sign", "crl_sign", "key_agreement") if getattr(value, use)]
        return Node("key usage", ", ".join(allowed))
    return Node(f"extension {name}", f"{len(value.public_bytes())} bytes")
