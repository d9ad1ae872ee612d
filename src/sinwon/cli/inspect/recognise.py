"""What a file is, judged by its outer shape alone. Recognising something says nothing about whether it holds."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, Final
from urllib.parse import urlsplit

from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding

from sinwon.cli.inspect.reading import MAX_INPUT, UNREADABLE, bytes_of, text_of
from sinwon.core.cbor import Encoded, Tagged, parse_cbor
from sinwon.core.refusal import Malformed
from sinwon.core.strict_json import parse_json
from sinwon.formats.cose.names import TAG_MAC0, TAG_SIGN1
from sinwon.keys.x509 import UNREADABLE as UNREADABLE_CERTIFICATE
from sinwon.protocols.trust.signed import MAX_NAMES

COMPACT_JWS: Final = 2  # dots
COMPACT_JWE: Final = 4
MAX_CHAIN: Final = 64  # certificates in one file: a bundle of anchors, not a store of everything
PEM: Final = "-----BEGIN CERTIFICATE-----"
DER: Final = b"\x30\x82"


class Kind(StrEnum):
    SD_JWT = "sd-jwt"
    SD_JWT_JSON = "sd-jwt-json"
    JWS = "jws"
    JWE = "jwe"
    ISSUER_SIGNED = "issuer-signed"
    DEVICE_RESPONSE = "device-response"
    MSO = "mso"
    SIGN1 = "cose-sign1"
    MAC0 = "cose-mac0"
    TRANSCRIPT = "session-transcript"
    CBOR = "cbor"
    OFFER = "credential-offer"
    OFFER_LINK = "credential-offer-link"
    REQUEST_LINK = "request-link"
    QUERY = "dcql-query"
    TYPE_METADATA = "type-metadata"
    ISSUER_METADATA = "issuer-metadata"
    JWK = "jwk"
    JWKS = "jwks"
    JSON = "json"
    CERTIFICATES = "certificates"


@dataclass(frozen=True, slots=True)
class Found:
    """`value` is text for JOSE and links, bytes for CBOR, plain values for JSON, DER for certificates."""

    kind: Kind
    value: Any


def recognise(data: bytes) -> Found:
    """What `data` is. Raises Malformed where it is nothing we speak."""
    text = text_of(data)
    if text is None:
        return _binary(data)
    if PEM in text:
        return Found(Kind.CERTIFICATES, _certificates(x509.load_pem_x509_certificates, text.encode()))
    for looks, read in TEXTS:
        if looks(text):
            return read(text)
    raw = bytes_of(text)
    if raw is None:
        raise Malformed(UNREADABLE, "nothing that we speak")
    return _binary(raw)


def _binary(data: bytes) -> Found:
    if data[:2] == DER:
        return Found(Kind.CERTIFICATES, _certificates(_one_certificate, data))
    return Found(_cbor_kind(parse_cbor(data, limit=MAX_INPUT, code=UNREADABLE)), data)


def _cbor_kind(value: Any) -> Kind:
    if isinstance(value, Tagged):
        return {TAG_SIGN1: Kind.SIGN1, TAG_MAC0: Kind.MAC0}.get(value.number, Kind.CBOR)
    if isinstance(value, dict):
        return Kind.ISSUER_SIGNED if "issuerAuth" in value else Kind.DEVICE_RESPONSE if _answers(value) else Kind.CBOR
    if isinstance(value, Encoded):
        return Kind.MSO if isinstance(value.value, dict) and "valueDigests" in value.value else Kind.CBOR
    if isinstance(value, list) and len(value) == 3 and isinstance(value[2], list):
        return Kind.TRANSCRIPT
    return Kind.SIGN1 if _is_message(value) else Kind.CBOR


def _answers(value: Mapping[Any, Any]) -> bool:
    return "version" in value and ("documents" in value or "status" in value)


def _is_message(value: Any) -> bool:
    return isinstance(value, list) and len(value) == 4 and isinstance(value[0], bytes) and isinstance(value[1], dict)


def _json(text: str) -> Found:
    try:
        value = parse_json(text, limit=MAX_INPUT, names=MAX_NAMES)
    except Malformed as refusal:
        raise refusal.coded(UNREADABLE) from None
    if isinstance(value, dict):
        for names, kind in MEMBERS:
            if names <= value.keys():
                return Found(kind, text if kind is Kind.SD_JWT_JSON else value)
    return Found(Kind.JSON, value)


def _compact(text: str) -> Found:
    dots = text.count(".")
    if "~" in text:
        return Found(Kind.SD_JWT, text)
    if dots not in {COMPACT_JWS, COMPACT_JWE}:
        raise Malformed(UNREADABLE, "nothing that we speak")
    return Found(Kind.JWS if dots == COMPACT_JWS else Kind.JWE, text)


def _link(text: str) -> Found:
    try:
        parts = urlsplit(text)
    except ValueError:
        raise Malformed(UNREADABLE, "not a link") from None
    if not parts.scheme:
        raise Malformed(UNREADABLE, "not a link")
    return Found(Kind.OFFER_LINK if "credential_offer" in parts.query else Kind.REQUEST_LINK, text)


def _one_certificate(der: bytes) -> list[x509.Certificate]:
    return [x509.load_der_x509_certificate(der)]


def _certificates(load: Callable[[bytes], list[x509.Certificate]], data: bytes) -> tuple[bytes, ...]:
    try:
        found = load(data)
    except UNREADABLE_CERTIFICATE:
        raise Malformed(UNREADABLE, "not a certificate") from None
    if len(found) > MAX_CHAIN:
        raise Malformed(UNREADABLE, f"more than {MAX_CHAIN} certificates")
    return tuple(one.public_bytes(Encoding.DER) for one in found)


TEXTS: Final[tuple[tuple[Callable[[str], bool], Callable[[str], Found]], ...]] = (
    (lambda text: text.startswith(("{", "[")), _json),
    (lambda text: "://" in text[:40], _link),
    (lambda text: "." in text, _compact),
)
MEMBERS: Final = (
    (frozenset({"payload", "signature"}), Kind.SD_JWT_JSON),
    (frozenset({"payload", "signatures"}), Kind.SD_JWT_JSON),
    (frozenset({"credential_issuer", "credential_configuration_ids"}), Kind.OFFER),
    (frozenset({"credential_issuer", "credential_configurations_supported"}), Kind.ISSUER_METADATA),
    (frozenset({"credentials"}), Kind.QUERY),
    (frozenset({"kty"}), Kind.JWK),
    (frozenset({"keys"}), Kind.JWKS),
    (frozenset({"vct", "claims"}), Kind.TYPE_METADATA),
    (frozenset({"vct", "display"}), Kind.TYPE_METADATA),
)
"""Kinds of JSON by the members they have; the first that fits."""
