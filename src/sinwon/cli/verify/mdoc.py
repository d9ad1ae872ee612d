"""Documents of ISO/IEC 18013-5, as an issuer hands them out and as a device answers with them: the checks in order."""

from functools import partial
from typing import Final

from sinwon.cli.verify.asked import Asked
from sinwon.cli.verify.report import Opening, Report
from sinwon.cli.verify.status import check_status
from sinwon.core.clock import utc
from sinwon.core.refusal import Refusal, Unmet
from sinwon.formats.cose.mac0 import Mac0, verify_mac0
from sinwon.formats.cose.sign1 import verify_sign1
from sinwon.formats.mdoc.device_response import DeviceResponse, Document, parse_device_response
from sinwon.formats.mdoc.issuer_signed import IssuerSigned, parse_issuer_signed
from sinwon.formats.mdoc.names import INVALID
from sinwon.formats.mdoc.verify import VerifiedMdoc, verify_device_signed, verify_issuer_signed
from sinwon.formats.status.token import Kind
from sinwon.keys.trust import TrustAnchors

ISSUER_SIGNED: Final = Opening("elements and a signed object over them, within bounds", "ISO 18013-5 8.3.2.1.2.2")
RESPONSE: Final = Opening("a response of version 1.0 without errors, within bounds", "ISO 18013-5 8.3.2.1.2.2")


def check_issuer_signed(report: Report, data: bytes, asked: Asked) -> None:
    issuer_signed = report.take("shape", partial(parse_issuer_signed, data), opening=ISSUER_SIGNED)
    _check_issuer(report, issuer_signed, "", asked)
    report.notes.append("not-presented")


def check_device_response(report: Report, data: bytes, asked: Asked) -> None:
    response = report.take("shape", partial(parse_documents, data), parse_documents, opening=RESPONSE)
    for document in response.documents if response else (None,):
        _check_document(report, document, asked)


def parse_documents(data: bytes) -> DeviceResponse:
    """Raises Malformed, Unmet."""
    response = parse_device_response(data)
    # 1 with a document in it [ISO 18013-5 8.3.2.1.2.2]
    if not response.documents:
        raise Unmet(INVALID, "no document in the response")
    return response


def _check_document(report: Report, document: Document | None, asked: Asked) -> None:
    doctype = document.doctype if document else ""
    found = _check_issuer(report, document.issuer_signed if document else None, doctype, asked)
    other = verify_sign1 if document and isinstance(document.device_auth, Mac0) else verify_mac0
    transcript = asked.transcript
    prove = None
    if document and found and transcript is not None:
        prove = partial(verify_device_signed, document, found, transcript=transcript, reader=asked.reader)
    needs = "needs-transcript" if transcript is None else ""
    report.take("holder", prove, verify_device_signed, about=doctype, needs=needs, without=(other,))


def _check_issuer(report: Report, signed: IssuerSigned | None, doctype: str, asked: Asked) -> VerifiedMdoc | None:
    kind = doctype or (signed.mso.doctype if signed and isinstance(signed.mso.doctype, str) else "")
    anchors = _anchors(signed, kind, asked)
    verify = partial(verify_issuer_signed, signed, anchors=anchors, doctype=kind, now=asked.now) if signed else None
    found: VerifiedMdoc | None = report.take("issuer", verify, verify_issuer_signed, about=doctype)
    check_status(report, found.status if found else None, found.issuer if found else "", Kind.CWT, anchors, asked)
    if found is not None:
        until = f"{utc(found.expires_at):%Y-%m-%d %H:%M:%S} UTC"
        report.facts |= {"issuer": found.issuer, "type": found.doctype, "until": until}
    return found


def _anchors(signed: IssuerSigned | None, doctype: str, asked: Asked) -> TrustAnchors:
    try:
        leaf = signed.auth.chain[0] if signed else None
    except Refusal:
        leaf = None
    return asked.trust.of(leaf, doctype, one=True)
