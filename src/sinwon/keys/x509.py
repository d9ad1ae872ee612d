"""Certificate chains of issuers, status signers and verifiers (RFC 5280, HAIP 1.0 §6.1.1 and §5.2).

Owns: bounded parsing of `x5c`, path validation to explicit anchors, the profile of a leaf (end entity, digitalSignature,
P-256, not self-signed, anchor not sent along). Does not judge *which* anchor may vouch for what (keys.trust), nor CRLs.
"""

from base64 import b64decode
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from hashlib import sha256
from typing import Final

from cryptography import x509
from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509.oid import NameOID
from cryptography.x509.verification import (
    Criticality,
    ExtensionPolicy,
    Policy,
    PolicyBuilder,
    Store,
    VerificationError,
)

from sinwon.core.clock import utc
from sinwon.core.refusal import Malformed, Untrusted
from sinwon.keys.jwk import PublicKey, public_key_of

MAX_CERTIFICATES: Final = 5  # leaf, two intermediates and room; longer chains are nobody's
MAX_CERTIFICATE_BYTES: Final = 8 * 1024
MAX_DEPTH: Final = 3
CACHE_CHAINS: Final = 1024
UNREADABLE: Final = (
    ValueError,
    TypeError,  # a name whose text is a bit string
    UnsupportedAlgorithm,
    x509.InvalidVersion,
    x509.DuplicateExtension,
    x509.UnsupportedGeneralNameType,
    UserWarning,  # oddities like a serial number below one or a country of one letter, where warnings are errors
)
"""What the library raises for a certificate that is none. Fields are parsed when first read, so it may come late."""


@dataclass(frozen=True, slots=True)
class VerifiedChain:
    """A leaf that chains to `anchor`, valid at the time it was asked for."""

    leaf: x509.Certificate
    key: PublicKey
    anchor: bytes
    """DER of the trust anchor at the end of the path."""
    not_before: int
    """The latest start and the earliest end of validity over the whole path, seconds."""
    not_after: int
    uris: tuple[str, ...]
    """The URI names of the leaf: who it speaks for."""
    uses: frozenset[str]
    """The extended key usages of the leaf, dotted."""
    countries: tuple[str | None, str | None]
    """Of the leaf and of the anchor."""

    leaf_is_anchor: bool = False
    """Trusted by itself, by verify_exact."""

    @property
    def leaf_der(self) -> bytes:
        return self.leaf.public_bytes(Encoding.DER)


def parse_x5c(header: object) -> tuple[bytes, ...]:
    """The DER certificates of a JOSE `x5c` header (RFC 7515 §4.1.6: padded standard base64). Raises Malformed."""
    if not isinstance(header, list) or not 0 < len(header) <= MAX_CERTIFICATES:
        raise Malformed("invalid_chain", "x5c is not a list of 1 to 5 certificates")
    if not all(isinstance(text, str) and len(text) <= MAX_CERTIFICATE_BYTES * 4 // 3 for text in header):
        raise Malformed("invalid_chain", "x5c element is not a certificate")
    return _decoded(tuple(header))


def verify_chain(chain: Sequence[bytes], anchors: frozenset[bytes], now: int) -> VerifiedChain:
    """Path validation of `chain` (DER, leaf first) to one of `anchors` (DER) at `now`. Raises Malformed, Untrusted."""
    verified = _validate(tuple(chain), anchors, now // 86_400)
    if not verified.not_before <= now <= verified.not_after:
        raise Untrusted("invalid_chain", "certificate not valid at this time")
    return verified


def verify_exact(der: bytes, now: int) -> VerifiedChain:
    """The signer behind a certificate that is itself trusted, as nothing but a key on P-256 with a time. Raises Untrusted."""
    try:
        verified = _alone(der)
    except UNREADABLE:
        raise Untrusted("invalid_chain", "a certificate does not parse") from None
    if not verified.not_before <= now <= verified.not_after:
        raise Untrusted("invalid_chain", "certificate not valid at this time")
    return verified


def _alone(der: bytes) -> VerifiedChain:
    one = parse_certificate(der)
    begin, end = int(one.not_valid_before_utc.timestamp()), int(one.not_valid_after_utc.timestamp())
    country = (_country(one), _country(one))
    return VerifiedChain(one, _p256(one), der, begin, end, _uris(one), _uses(one), country, leaf_is_anchor=True)


def _p256(leaf: x509.Certificate) -> PublicKey:
    key = leaf.public_key()
    if not isinstance(key, ec.EllipticCurvePublicKey) or not isinstance(key.curve, ec.SECP256R1):
        raise Untrusted("invalid_chain", "the leaf key is not on P-256")
    return public_key_of(key)


def dns_names(der: bytes) -> tuple[str, ...]:
    """The host names of a certificate: what an `x509_san_dns` client identifier may say. Raises Malformed."""
    try:
        names = parse_certificate(der).extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    except x509.ExtensionNotFound:
        return ()
    except UNREADABLE:
        raise Malformed("invalid_chain", "a certificate does not parse") from None
    return tuple(names.get_values_for_type(x509.DNSName))


@lru_cache(CACHE_CHAINS)
def _validate(chain: tuple[bytes, ...], anchors: frozenset[bytes], day: int) -> VerifiedChain:
    """As verify_chain, at some time of the day that suits the leaf; kept, for a chain is met thousands of times."""
    try:
        return _judge(chain, anchors, day)
    except UNREADABLE:
        raise Untrusted("invalid_chain", "a certificate does not parse") from None


def _judge(chain: tuple[bytes, ...], anchors: frozenset[bytes], day: int) -> VerifiedChain:
    certificates = [parse_certificate(der) for der in chain]
    leaf = certificates[0]
    # 1 the anchor is ours, not the sender's [HAIP 6.1.1]
    if anchors & set(chain):
        raise Untrusted("invalid_chain", "the chain carries its own anchor")
    if leaf.issuer == leaf.subject:
        raise Untrusted("invalid_chain", "the leaf is self-signed")
    # 2 path [RFC 5280 6.1]
    path = _path(leaf, certificates[1:], anchors, _time_within(leaf, day))
    # 3 what the leaf may do [RFC 5280 4.2.1.3]
    if not _is_signer(leaf):
        raise Untrusted("invalid_chain", "the leaf is not a signing end entity")
    key = _p256(leaf)
    begin = max(int(c.not_valid_before_utc.timestamp()) for c in path)
    end = min(int(c.not_valid_after_utc.timestamp()) for c in path)
    countries = (_country(leaf), _country(path[-1]))
    der = path[-1].public_bytes(Encoding.DER)
    return VerifiedChain(leaf, key, der, begin, end, _uris(leaf), _uses(leaf), countries)


def _time_within(leaf: x509.Certificate, day: int) -> int:
    """A moment of this day inside the leaf's validity if there is one: the cached path must not depend on the second."""
    begin, end = int(leaf.not_valid_before_utc.timestamp()), int(leaf.not_valid_after_utc.timestamp())
    return min(max(day * 86_400, begin), end)


def _path(
    leaf: x509.Certificate, between: list[x509.Certificate], anchors: frozenset[bytes], now: int
) -> list[x509.Certificate]:
    if not anchors:
        raise Untrusted("invalid_chain", "no anchor is trusted for this")
    builder = PolicyBuilder().store(Store([parse_certificate(anchor) for anchor in sorted(anchors)]))
    builder = builder.time(utc(now).replace(tzinfo=None)).max_chain_depth(MAX_DEPTH)
    verifier = builder.extension_policies(ca_policy=CA_POLICY, ee_policy=LEAF_POLICY).build_client_verifier()
    try:
        return list(verifier.verify(leaf, between).chain)
    except (VerificationError, ValueError, UnsupportedAlgorithm) as error:
        raise Untrusted("invalid_chain", f"no valid path to an anchor ({type(error).__name__})") from None


def _is_signer(leaf: x509.Certificate) -> bool:
    try:
        usage = leaf.extensions.get_extension_for_class(x509.KeyUsage).value
    except (x509.ExtensionNotFound, x509.DuplicateExtension, ValueError):
        return False
    return usage.digital_signature and not usage.key_cert_sign


def _uris(leaf: x509.Certificate) -> tuple[str, ...]:
    try:
        names = leaf.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    except x509.ExtensionNotFound:
        return ()
    return tuple(names.get_values_for_type(x509.UniformResourceIdentifier))


def _uses(leaf: x509.Certificate) -> frozenset[str]:
    try:
        usages = leaf.extensions.get_extension_for_class(x509.ExtendedKeyUsage).value
    except x509.ExtensionNotFound:
        return frozenset()
    return frozenset(usage.dotted_string for usage in usages)


def _country(certificate: x509.Certificate) -> str | None:
    names = certificate.subject.get_attributes_for_oid(NameOID.COUNTRY_NAME)
    return str(names[0].value) if len(names) == 1 else None


def _no_ca(_policy: Policy, _certificate: x509.Certificate, basic: x509.BasicConstraints | None) -> None:
    if basic is not None and basic.ca:
        raise ValueError("the leaf is a CA")


def _certifies(_policy: Policy, _certificate: x509.Certificate, usage: x509.KeyUsage) -> None:
    if not usage.key_cert_sign:
        raise ValueError("a certificate above the leaf may not certify")


CA_POLICY: Final = (
    ExtensionPolicy.permit_all()
    .require_present(x509.BasicConstraints, Criticality.AGNOSTIC, None)
    .require_present(x509.KeyUsage, Criticality.AGNOSTIC, _certifies)
)
LEAF_POLICY: Final = (
    ExtensionPolicy.permit_all()
    .may_be_present(x509.BasicConstraints, Criticality.AGNOSTIC, _no_ca)
    .require_present(x509.KeyUsage, Criticality.AGNOSTIC, None)
)


@lru_cache(CACHE_CHAINS)
def parse_certificate(der: bytes) -> x509.Certificate:
    """One DER certificate. Raises Malformed."""
    try:
        certificate = x509.load_der_x509_certificate(der)
        signature = certificate.signature
    except UNREADABLE:
        raise Malformed("invalid_chain", "not a certificate") from None
    # Outside of what is signed, and left unread by the library: how many bits of the last byte are not used.
    if der[-len(signature) - 1] != 0:
        raise Malformed("invalid_chain", "a signature that is not whole bytes")
    return certificate


def fingerprint(der: bytes) -> bytes:
    """SHA-256 of the certificate: the `x509_hash` client identifier and the key of caches."""
    return sha256(der).digest()


def authority_key_id(der: bytes) -> bytes | None:
    """The key identifier of whoever signed the certificate, as it says itself (RFC 5280 §4.2.1.1). Raises Malformed."""
    try:
        return parse_certificate(der).extensions.get_extension_for_class(x509.AuthorityKeyIdentifier).value.key_identifier
    except x509.ExtensionNotFound:
        return None
    except UNREADABLE:
        raise Malformed("invalid_chain", "a certificate does not parse") from None


@lru_cache(CACHE_CHAINS)
def _decoded(texts: tuple[str, ...]) -> tuple[bytes, ...]:
    try:
        return tuple(b64decode(text, validate=True) for text in texts)
    except ValueError:
        raise Malformed("invalid_chain", "x5c element is not base64") from None
