"""Keys and certificates of strangers."""

from sinwon.core.strict_json import parse_json, parse_object
from sinwon.formats.sdjwt.issuer_metadata import JwkSet, choose_key, parse_issuer_metadata
from sinwon.keys.jwk import parse_public_jwk
from sinwon.keys.trust import Purpose
from sinwon.keys.x509 import parse_certificate, parse_x5c, verify_chain
from tests.world import ISSUER, NOW, trust_anchors

ROOTS = trust_anchors().certificates(Purpose.ISSUANCE)


def x5c(data: bytes) -> object:
    return verify_chain(parse_x5c(parse_json(data, limit=1 << 20)), ROOTS, NOW)


def certificate(data: bytes) -> object:
    parse_certificate(data)
    return verify_chain((data,), ROOTS, NOW)


def jwk(data: bytes) -> object:
    return parse_public_jwk(parse_object(data))


def issuer_keys(data: bytes) -> object:
    metadata = parse_issuer_metadata(data, issuer=ISSUER)
    return choose_key(metadata.jwks or JwkSet(()), "1")


TARGETS = {"x5c": x5c, "certificate": certificate, "jwk": jwk, "issuer_keys": issuer_keys}
