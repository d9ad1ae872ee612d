"""DeviceResponse (ISO/IEC 18013-5 §8.3.2.1.2.2): what a device answers, document by document.

Owns its shape, and that it does not contradict itself. Documents nobody asked for are left to the caller, who takes the one it
did ask for; `documentErrors` and what later editions add is otherwise ignored.
"""

from typing import Any

from msgspec import Struct

from sinwon.core.cbor import Encoded, opened, parse_frame
from sinwon.core.refusal import Malformed, Refusal, Unmet
from sinwon.formats.cose.mac0 import Mac0, parse_mac0
from sinwon.formats.cose.sign1 import Sign1, parse_sign1
from sinwon.formats.mdoc.issuer_signed import IssuerSigned, issuer_signed_of
from sinwon.formats.mdoc.names import INVALID, INVALID_DEVICE_AUTH, MAX_DOCUMENTS, MAX_MDOC, VERSION


class Document(Struct, frozen=True):
    """One document as received; nothing in it has been verified."""

    doctype: str
    issuer_signed: IssuerSigned
    device_namespaces: Encoded
    """DeviceNameSpacesBytes, which the device's proof covers."""
    device_auth: Sign1 | Mac0


class DeviceResponse(Struct, frozen=True):
    documents: tuple[Document, ...]

    def document(self, doctype: str) -> Document:
        """The one document of this type. Raises Unmet if there is none, or more than one."""
        found = [one for one in self.documents if one.doctype == doctype]
        if len(found) != 1:
            raise Unmet(INVALID, "not exactly one document of the type asked for")
        return found[0]


def parse_device_response(data: bytes) -> DeviceResponse:
    """At most MAX_MDOC bytes of a response without errors. Raises Malformed, Unmet."""
    response = parse_frame(data, limit=MAX_MDOC, code=INVALID)
    if not isinstance(response, dict) or response.get("version") != VERSION:
        raise Malformed(INVALID, "not a DeviceResponse of version 1.0")
    if type(response.get("status")) is not int or response["status"] != 0:
        raise Unmet(INVALID, "the device reports an error")
    documents = response.get("documents", [])
    if not isinstance(documents, list) or len(documents) > MAX_DOCUMENTS:
        raise Malformed(INVALID, f"documents are not a list of at most {MAX_DOCUMENTS}")
    parsed = tuple([_document(document, data) for document in documents])
    if "documentErrors" in response:
        _check_document_errors(response["documentErrors"], parsed)
    return DeviceResponse(parsed)


def _document(value: object, frame: bytes) -> Document:
    if not isinstance(value, dict) or type(value.get("docType")) is not str:
        raise Malformed(INVALID, "a document without docType")
    issuer_signed = issuer_signed_of(value.get("issuerSigned"), frame)
    if "errors" in value:
        _check_errors(value["errors"], issuer_signed)
    return Document(value["docType"], issuer_signed, *_device_signed(value.get("deviceSigned"), frame))


def _device_signed(value: object, frame: bytes) -> tuple[Encoded, Sign1 | Mac0]:
    if not isinstance(value, dict) or "nameSpaces" not in value:
        raise Malformed(INVALID_DEVICE_AUTH, "deviceSigned missing, or without nameSpaces")
    namespaces = opened((value["nameSpaces"],), frame, code=INVALID_DEVICE_AUTH)[0]
    auth = value.get("deviceAuth")
    if not isinstance(auth, dict) or len(auth) != 1:
        raise Malformed(INVALID_DEVICE_AUTH, "deviceAuth is not one proof")
    try:
        return namespaces, parse_mac0(auth["deviceMac"]) if "deviceMac" in auth else parse_sign1(auth.get("deviceSignature"))
    except Refusal as refusal:
        raise refusal.coded(INVALID_DEVICE_AUTH) from None


def _check_errors(errors: object, issuer_signed: IssuerSigned) -> None:
    """An element is returned or reported, not both."""
    if not isinstance(errors, dict) or not all(isinstance(codes, dict) for codes in errors.values()):
        raise Malformed(INVALID, "errors is not a map of maps")
    for namespace, codes in errors.items():
        if any(item.identifier in codes for item in issuer_signed.namespaces.get(namespace, ())):
            raise Unmet(INVALID, "an element both returned and reported as an error")


def _check_document_errors(errors: object, documents: tuple[Document, ...]) -> None:
    if not isinstance(errors, list) or not all(isinstance(one, dict) for one in errors):
        raise Malformed(INVALID, "documentErrors is not a list of maps")
    reported: set[Any] = {doctype for one in errors for doctype in one}
    if any(document.doctype in reported for document in documents):
        raise Unmet(INVALID, "a document both returned and reported as an error")
