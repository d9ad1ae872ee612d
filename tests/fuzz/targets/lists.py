"""Status lists, identifier lists, the trust list and the catalogue: their claims, signed as they are, and entries."""

from sinwon.core.cbor import Tagged, dump_cbor
from sinwon.formats.cose.sign1 import sign1
from sinwon.formats.jose.jws import sign_with_chain
from sinwon.formats.status import identifiers, token_cwt, token_jwt
from sinwon.formats.status.cwt import TYP
from sinwon.formats.status.encode import inflate
from sinwon.formats.status.token import Kind, read_entries
from sinwon.keys.jwk import parse_public_jwk
from sinwon.protocols.trust import catalogue_document, trust_list
from sinwon.protocols.trust.signed import check_current, sign_document
from tests.fuzz.targets.basics import text_of
from tests.world import NOW, key, status_signer, trust_anchors

ANCHORS = trust_anchors()
URI = "https://issuer.example/status/1"
OPERATOR = key("operator")
OPERATOR_KEY = parse_public_jwk(OPERATOR.public_jwk)


def status_jwt(data: bytes) -> object:
    token = sign_with_chain("statuslist+jwt", data, status_signer()).encode()
    return token_jwt.verify_status_list(token, uri=URI, anchors=ANCHORS, now=NOW).at(5)


def status_jwt_token(data: bytes) -> object:
    return token_jwt.verify_status_list(data, uri=URI, anchors=ANCHORS, now=NOW)


def status_cwt(data: bytes) -> object:
    return token_cwt.verify_status_list(_cwt(data, Kind.CWT.media_type), uri=URI, anchors=ANCHORS, now=NOW).at(5)


def status_cwt_token(data: bytes) -> object:
    return token_cwt.verify_status_list(data, uri=URI, anchors=ANCHORS, now=NOW)


def identifier_list(data: bytes) -> object:
    return identifiers.verify_identifier_list(_cwt(data, identifiers.MEDIA_TYPE), uri=URI, anchors=ANCHORS, now=NOW)


def deflated(data: bytes) -> object:
    return read_entries(1 << data[0] % 4 if data else 3, data[1:]), inflate(data[1:])


def trust(data: bytes) -> object:
    token = sign_document(trust_list.TYP, data, operator=OPERATOR, now=NOW)
    found = trust_list.verify_trust_list(token, operator=OPERATOR_KEY)
    check_current(found, NOW)
    return found


def catalogue(data: bytes) -> object:
    token = sign_document(catalogue_document.TYP, data, operator=OPERATOR, now=NOW)
    found = catalogue_document.verify_catalogue(token, operator=OPERATOR_KEY)
    check_current(found, NOW)
    return found


def published(data: bytes) -> object:
    """A whole document as it is fetched."""
    return trust_list.verify_trust_list(text_of(data), operator=OPERATOR_KEY)


def _cwt(claims: bytes, media_type: str) -> bytes:
    signer = status_signer()
    return dump_cbor(Tagged(18, sign1(claims, by=signer.signer, protected={TYP: media_type, 33: signer.chain[0]})))


TARGETS = {
    "status_jwt": status_jwt,
    "status_jwt_token": status_jwt_token,
    "status_cwt": status_cwt,
    "status_cwt_token": status_cwt_token,
    "identifier_list": identifier_list,
    "deflated": deflated,
    "trust_list": trust,
    "catalogue": catalogue,
    "published": published,
}
