"""COSE and mdoc: as bytes, and as what is signed in them."""

from sinwon.core.cbor import Encoded, dump_cbor, parse_cbor
from sinwon.formats.cose.key import parse_cose_key
from sinwon.formats.cose.mac0 import agree_mac_key, parse_mac0, verify_mac0
from sinwon.formats.cose.sign1 import parse_sign1, sign1, verify_sign1
from sinwon.formats.mdoc.device_auth import device_authentication, sign_device
from sinwon.formats.mdoc.device_response import parse_device_response
from sinwon.formats.mdoc.issuer_signed import parse_issuer_signed
from sinwon.formats.mdoc.verify import verify_issuer_signed, verify_mdoc
from sinwon.keys.jwk import parse_public_jwk
from tests.unit.formats.mdoc import forge
from tests.world import NOW

LIMIT = 1 << 20
ANCHORS = forge.anchors()
KEY = parse_public_jwk(forge.HOLDER.public_jwk)


def cose_key(data: bytes) -> object:
    return parse_cose_key(parse_cbor(data, limit=LIMIT))


def cose_sign1(data: bytes) -> object:
    message = parse_sign1(parse_cbor(data, limit=LIMIT))
    assert dump_cbor(message.members)
    verify_sign1(message, KEY, payload=b"payload" if message.payload is None else None)
    return message.chain


def cose_mac0(data: bytes) -> object:
    message = parse_mac0(parse_cbor(data, limit=LIMIT))
    shared = agree_mac_key(forge.READER, KEY, forge.TRANSCRIPT)
    verify_mac0(message, shared, payload=b"payload" if message.payload is None else None)
    return message


def issuer_signed(data: bytes) -> object:
    return verify_issuer_signed(parse_issuer_signed(data), anchors=ANCHORS, doctype=forge.DOCTYPE, now=NOW)


def device_response(data: bytes) -> object:
    response = parse_device_response(data)
    return [
        verify_mdoc(
            document,
            anchors=ANCHORS,
            doctype=forge.DOCTYPE,
            transcript=forge.TRANSCRIPT,
            now=NOW,
            reader=forge.READER,
        )
        for document in response.documents
    ]


def mso(data: bytes) -> object:
    """The signed object itself, signed as it is, without elements."""
    signer = forge.signer()
    auth = sign1(Encoded(data).tagged, by=signer.signer, unprotected={33: signer.chain[0]})
    parsed = parse_issuer_signed(dump_cbor({"nameSpaces": {}, "issuerAuth": auth}))
    return verify_issuer_signed(parsed, anchors=ANCHORS, doctype=forge.DOCTYPE, now=NOW)


def device_namespaces(data: bytes) -> object:
    """What a device says itself, signed by it as it is."""
    whole = parse_cbor(forge.presented(), limit=LIMIT)
    namespaces = Encoded(data)
    proof = sign_device(device_authentication(forge.TRANSCRIPT, forge.DOCTYPE, namespaces), forge.HOLDER)
    whole["documents"][0]["deviceSigned"] = {"nameSpaces": namespaces, "deviceAuth": proof}
    return device_response(dump_cbor(whole))


TARGETS = {
    "cose_key": cose_key,
    "cose_sign1": cose_sign1,
    "cose_mac0": cose_mac0,
    "issuer_signed": issuer_signed,
    "device_response": device_response,
    "mso": mso,
    "device_namespaces": device_namespaces,
}
