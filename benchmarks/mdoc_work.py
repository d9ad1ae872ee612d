"""mdoc for the measurements: 20 elements of which 5 are shown, the signatures of issuer and device; by us, and as others are
told to do it."""

import os
import time
from collections.abc import Mapping
from typing import Any

from tests.interop.shapes import private_jwk

from sinwon.core import base64url
from sinwon.core.clock import DAY, HOUR, utc, whole_hour
from sinwon.formats.mdoc.device_response import parse_device_response
from sinwon.formats.mdoc.issue import Validity, issue_mdoc, prepare_mdoc
from sinwon.formats.mdoc.issuer_signed import parse_issuer_signed
from sinwon.formats.mdoc.names import DOCUMENT_SIGNER
from sinwon.formats.mdoc.present import present
from sinwon.formats.mdoc.session_transcript import redirect_transcript
from sinwon.formats.mdoc.verify import verify_mdoc
from sinwon.formats.status.reference import StatusReference
from sinwon.keys.authority import create_authority
from sinwon.keys.jwk import parse_public_jwk
from sinwon.keys.signer import CertifiedSigner
from sinwon.keys.software import generate_key
from sinwon.keys.trust import Anchor, Purpose, TrustAnchors

ISSUER = "https://issuer.example"
DOCTYPE = "org.sinwon.overseas_national.1"
SHOWN = 5
ELEMENTS: dict[str, object] = {f"claim_{number}": f"value of claim {number}" for number in range(20)}
NOW = int(time.time())
VALIDITY = Validity(whole_hour(NOW) - HOUR, whole_hour(NOW) - HOUR, whole_hour(NOW) + 30 * DAY)
SESSION = {
    "clientId": "x509_hash:bench",
    "nonce": "n" * 43,
    "responseUri": "https://gateway.example/response",
    "thumbprint": base64url.encode(bytes(32)),
}
TRANSCRIPT = redirect_transcript(
    client_id=SESSION["clientId"], nonce=SESSION["nonce"], thumbprint=bytes(32), response_uri=SESSION["responseUri"]
)


class MdocWork:
    """One issuer, one device, one response that everybody verifies."""

    def __init__(self) -> None:
        authority = create_authority(generate_key(), "Bench root", now=NOW, random=os.urandom)
        self.root, self.key, self.holder = authority.certificate, generate_key(), generate_key()
        uses = tuple(sorted(DOCUMENT_SIGNER))
        leaf = authority.certify(self.key, "Bench", ISSUER, now=NOW, random=os.urandom, uses=uses)
        self.signer = CertifiedSigner(self.key, (leaf,))
        self.device = parse_public_jwk(self.holder.public_jwk)
        self.anchors = TrustAnchors((Anchor(self.root, Purpose.ISSUANCE, "Bench", ISSUER, frozenset({DOCTYPE})),))
        issuer_signed = parse_issuer_signed(self.issue())
        shown = [(DOCTYPE, name) for name in list(ELEMENTS)[:SHOWN]]
        self.presented = present(issuer_signed, shown, transcript=TRANSCRIPT, signer=self.holder)

    def issue(self) -> bytes:
        return issue_mdoc(
            prepare_mdoc(DOCTYPE, {DOCTYPE: ELEMENTS}),
            holder=self.device,
            validity=VALIDITY,
            status=StatusReference(f"{ISSUER}/status-lists/1", 7),
            by=self.signer,
            random=os.urandom,
        )

    def verify(self) -> None:
        document = parse_device_response(self.presented).document(DOCTYPE)
        verify_mdoc(document, anchors=self.anchors, doctype=DOCTYPE, transcript=TRANSCRIPT, now=NOW)

    def by_others(self) -> Mapping[str, dict[str, Any]]:
        """What a library in another process is told, by the name of its work."""
        validity = [VALIDITY.signed, VALIDITY.valid_from, VALIDITY.valid_until]
        response = base64url.encode(self.presented)
        roots = [base64url.encode(self.root)]
        return {
            "mdoc-issue": {**self._issuing(), "validity": validity},
            "mdoc-verify": {"response": response, "session": SESSION, "roots": roots, "now": NOW},
        }

    def by_pymdoccbor(self) -> Mapping[str, dict[str, Any]]:
        """It issues from days to days, and verifies the issuer's part only."""
        first, last = (utc(moment).date().isoformat() for moment in (NOW - DAY, NOW + 30 * DAY))
        issuing = {**self._issuing(), "validity": {"issuance_date": first, "expiry_date": last}}
        return {"issue": issuing, "verify": {"response": base64url.encode(self.presented)}}

    def _issuing(self) -> dict[str, Any]:
        return {
            "doctype": DOCTYPE,
            "claims": {DOCTYPE: ELEMENTS},
            "key": private_jwk(self.key),
            "certificate": base64url.encode(self.signer.chain[0]),
            "device": dict(self.holder.public_jwk),
        }
