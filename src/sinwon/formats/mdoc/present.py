"""What a holder does with an mdoc: choose elements, and bind them to the one who asked (ISO/IEC 18013-5 §8.3.2.1.2.2, §9.1.3).

Owns the choice of elements and the DeviceResponse. Asks nobody's consent: the caller has. A device key signs or makes MACs,
never both in its life: which of the two is the caller's to keep.
"""

from collections.abc import Iterable
from typing import Final

from sinwon.core.cbor import Encoded, dump_cbor
from sinwon.core.refusal import Unmet
from sinwon.formats.mdoc.device_auth import device_authentication, mac_device, sign_device
from sinwon.formats.mdoc.issuer_signed import IssuerSigned
from sinwon.formats.mdoc.names import INVALID, VERSION
from sinwon.keys.jwk import PublicKey
from sinwon.keys.signer import Agreement, Signer

Elements = Iterable[tuple[str, str]]
"""(namespace, element) pairs."""
NOTHING: Final = Encoded(dump_cbor({}))
"""The device adds no elements of its own."""


def present(issuer_signed: IssuerSigned, elements: Elements, *, transcript: bytes, signer: Signer) -> bytes:
    """A DeviceResponse that shows `elements`, signed by the holder's key. Raises Unmet for one the document does not have."""
    shown, doctype = _select(issuer_signed, elements), _doctype(issuer_signed)
    return _response(doctype, shown, sign_device(device_authentication(transcript, doctype, NOTHING), signer))


def present_with_mac(
    issuer_signed: IssuerSigned, elements: Elements, *, transcript: bytes, own: Agreement, reader: PublicKey
) -> bytes:
    """As present, with a MAC that only the owner of `reader` can check. Raises Unmet."""
    shown, doctype = _select(issuer_signed, elements), _doctype(issuer_signed)
    authentication = device_authentication(transcript, doctype, NOTHING)
    return _response(doctype, shown, mac_device(authentication, own, reader, transcript))


def _select(issuer_signed: IssuerSigned, elements: Elements) -> dict[str, object]:
    """IssuerSigned with only the elements wanted, each as its issuer wrote it."""
    wanted = set(elements)
    shown: dict[str, list[Encoded]] = {}
    for namespace, items in issuer_signed.namespaces.items():
        for item in items:
            if (namespace, item.identifier) in wanted:
                shown.setdefault(namespace, []).append(item.encoded)
    if sum(map(len, shown.values())) != len(wanted):
        raise Unmet(INVALID, "the document lacks an element to be shown")
    return {**({"nameSpaces": shown} if shown else {}), "issuerAuth": issuer_signed.auth.members}


def _doctype(issuer_signed: IssuerSigned) -> str:
    if not isinstance(issuer_signed.mso.doctype, str):
        raise Unmet(INVALID, "a document without docType")
    return issuer_signed.mso.doctype


def _response(doctype: str, issuer_signed: dict[str, object], device_auth: dict[str, object]) -> bytes:
    device_signed = {"nameSpaces": NOTHING, "deviceAuth": device_auth}
    document = {"docType": doctype, "issuerSigned": issuer_signed, "deviceSigned": device_signed}
    return dump_cbor({"version": VERSION, "documents": [document], "status": 0})
