"""Encrypted and deferred issuance, and what an issuer signs of itself."""

from sinwon.formats.jose.jws import sign_with_chain
from sinwon.keys.jwk import parse_public_jwk
from sinwon.keys.trust import Purpose
from sinwon.protocols.vci.credential_request import MAX_REQUEST, parse_credential_request
from sinwon.protocols.vci.deferred import parse_deferred_request
from sinwon.protocols.vci.encryption import open_request, seal_answer
from sinwon.protocols.vci.metadata import parse_issuer_metadata
from sinwon.protocols.vci.signed_metadata import TYP, verify_metadata
from tests.encrypting import seal
from tests.world import ISSUER, NOW, issuer_signer, key, trust_anchors

KEY = key("requests")
KID = "requests"
ANCHORS = trust_anchors().certificates(Purpose.ISSUANCE)


def sealed_request(data: bytes) -> object:
    """What stands in an encrypted request; an answer goes where it says."""
    request = parse_credential_request(data, known=frozenset({"identity"}), batch_size=3, sealed=True)
    if request.encryption is not None:
        seal_answer(b"{}", request.encryption)
    return request


def request_envelope(data: bytes) -> object:
    return open_request(data, KEY, KID, limit=MAX_REQUEST)


def zipped_request(data: bytes) -> object:
    """Compressed by whoever sends it, as it is."""
    jwk = {**parse_public_jwk(KEY.public_jwk).jwk, "kid": KID}
    plain = open_request(seal(data, jwk, zip="DEF").encode(), KEY, KID, limit=MAX_REQUEST)
    assert len(plain) <= MAX_REQUEST
    return plain


def deferred_request(data: bytes) -> object:
    return parse_deferred_request(data, sealed=True)


def signed_metadata(data: bytes) -> object:
    """The claims, signed as they are by the issuer."""
    token = sign_with_chain(TYP, data, issuer_signer())
    document, _chain = verify_metadata(token, issuer=ISSUER, anchors=ANCHORS, now=NOW)
    return parse_issuer_metadata(document, issuer=ISSUER)


TARGETS = {
    "sealed_request": sealed_request,
    "request_envelope": request_envelope,
    "zipped_request": zipped_request,
    "deferred_request": deferred_request,
    "signed_metadata": signed_metadata,
}
