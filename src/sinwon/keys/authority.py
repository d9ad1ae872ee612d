"""A small certificate authority: makes the anchors and the certificates of a deployment that has none yet.

The demo and the tests use it for everything; a real deployment may bring certificates of its own instead.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from ipaddress import ip_address
from typing import Final

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509.oid import NameOID

from sinwon.core.clock import DAY, utc
from sinwon.core.ids import Randomness
from sinwon.keys.jwk import parse_public_jwk
from sinwon.keys.signer import Signer
from sinwon.keys.software import SoftwareKey

ROOT_DAYS: Final = 15 * 365  # ISO/IEC 18013-5 Annex B allows an IACA 20 years
LEAF_DAYS: Final = 457  # and a document signer 457 days
SERVER_DAYS: Final = 90
SERVER_AUTH: Final = "1.3.6.1.5.5.7.3.1"


@dataclass(frozen=True, slots=True)
class Authority:
    """A self-signed root on P-256 and its key."""

    key: SoftwareKey
    certificate: bytes

    def certify(
        self,
        signer: Signer,
        name: str,
        uri: str,
        *,
        now: int,
        random: Randomness,
        days: int = LEAF_DAYS,
        uses: tuple[str, ...] = (),
        hosts: Sequence[str] = (),
    ) -> bytes:
        """A DER end-entity certificate for `signer`, saying in its URI name whom it speaks for, in its host names where it
        answers and, if only for some `uses` (extended key usages, dotted), for which."""
        names = [x509.UniformResourceIdentifier(uri), *map(_host, hosts)]
        return self._certify(signer, name, names, now, random, days, uses)

    def certify_server(self, signer: Signer, hosts: Sequence[str], *, now: int, random: Randomness) -> bytes:
        """A DER certificate for TLS on `hosts`: names, or addresses."""
        return self._certify(signer, hosts[0], [_host(host) for host in hosts], now, random, SERVER_DAYS, (SERVER_AUTH,))

    def _certify(
        self,
        signer: Signer,
        name: str,
        names: list[x509.GeneralName],
        now: int,
        random: Randomness,
        days: int,
        uses: tuple[str, ...],
    ) -> bytes:
        root = x509.load_der_x509_certificate(self.certificate)
        public = parse_public_jwk(signer.public_jwk).ec_key
        builder = _builder(_name(name), root.subject, public, now, days, random)
        builder = builder.add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
        builder = builder.add_extension(_usage(signing=True), critical=True)
        builder = builder.add_extension(x509.SubjectAlternativeName(names), critical=False)
        if uses:
            purposes = x509.ExtendedKeyUsage([x509.ObjectIdentifier(use) for use in uses])
            builder = builder.add_extension(purposes, critical=True)
        authority = x509.AuthorityKeyIdentifier.from_issuer_public_key(self.key.private.public_key())
        builder = builder.add_extension(authority, critical=False)
        return builder.sign(self.key.private, SHA256()).public_bytes(Encoding.DER)


def _host(host: str) -> x509.GeneralName:
    try:
        return x509.IPAddress(ip_address(host))
    except ValueError:
        return x509.DNSName(host)


def create_authority(key: SoftwareKey, name: str, *, now: int, random: Randomness) -> Authority:
    public = key.private.public_key()
    builder = _builder(_name(name), _name(name), public, now, ROOT_DAYS, random)
    builder = builder.add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
    builder = builder.add_extension(_usage(signing=False), critical=True)
    return Authority(key, builder.sign(key.private, SHA256()).public_bytes(Encoding.DER))


def _builder(
    subject: x509.Name, issuer: x509.Name, public: ec.EllipticCurvePublicKey, now: int, days: int, random: Randomness
) -> x509.CertificateBuilder:
    begin = utc(now - DAY)
    serial = int.from_bytes(random(19)) | 1 << 151
    builder = x509.CertificateBuilder(subject_name=subject, issuer_name=issuer, public_key=public, serial_number=serial)
    builder = builder.not_valid_before(begin).not_valid_after(begin + timedelta(days=days))
    return builder.add_extension(x509.SubjectKeyIdentifier.from_public_key(public), critical=False)


def _name(common: str) -> x509.Name:
    return x509.Name([x509.NameAttribute(NameOID.COUNTRY_NAME, "KR"), x509.NameAttribute(NameOID.COMMON_NAME, common)])


def _usage(*, signing: bool) -> x509.KeyUsage:
    return x509.KeyUsage(
        digital_signature=signing,
        key_cert_sign=not signing,
        crl_sign=not signing,
        content_commitment=False,
        key_encipherment=False,
        data_encipherment=False,
        key_agreement=False,
        encipher_only=False,
        decipher_only=False,
    )
