"""A wallet of a few lines that answers with an mdoc; whatever it sends can be spoiled, and is signed again after that."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlencode

from sinwon.core import base64url
from sinwon.core.cbor import dump_cbor, encode, parse_cbor
from sinwon.core.clock import DAY, HOUR, whole_hour
from sinwon.formats.cose.sign1 import sign1
from sinwon.formats.mdoc.device_auth import device_authentication, sign_device
from sinwon.formats.mdoc.issue import Validity, issue_mdoc, prepare_mdoc
from sinwon.formats.mdoc.issuer_signed import parse_issuer_signed
from sinwon.formats.mdoc.present import present
from sinwon.formats.mdoc.session_transcript import redirect_transcript
from sinwon.formats.status.reference import StatusReference
from sinwon.keys.jwk import parse_public_jwk
from sinwon.keys.signer import CertifiedSigner
from sinwon.protocols.credential_types import IDENTITY_TYPE, CredentialType
from sinwon.protocols.elements import to_elements
from tests import world
from tests.gateway_world import STATUS_URI, Wallet

Change = Callable[[dict[str, Any]], object]
LIMIT = 1 << 20


def unchanged(_: dict[str, Any]) -> None:
    """No fault."""


@dataclass
class MdocWallet(Wallet):
    """Holds one document of `kind`."""

    kind: CredentialType = IDENTITY_TYPE
    query: str = "identity-mdoc"
    index: int = 11
    by: CertifiedSigner = field(default_factory=world.document_signer)
    key_info: Mapping[int, object] | None = None

    def document(self) -> bytes:
        """As the issuer sent it."""
        begins = whole_hour(self.clock()) - HOUR
        return issue_mdoc(
            prepare_mdoc(self.kind.doctype, {self.kind.doctype: to_elements(self.kind, self.claims)}, key_info=self.key_info),
            holder=parse_public_jwk(self.holder.public_jwk),
            validity=Validity(begins, begins, begins + DAY),
            status=StatusReference(STATUS_URI, self.index),
            by=self.by,
            random=world.SeededRandomness(12),
        )

    def transcript(self, request: Mapping[str, Any], **changes: Any) -> bytes:
        key = parse_public_jwk(request["client_metadata"]["jwks"]["keys"][0])
        told = {name: request[name] for name in ("client_id", "nonce", "response_uri")}
        return redirect_transcript(**{**told, "thumbprint": key.thumbprint, **changes})

    def elements(self, request: Mapping[str, Any]) -> list[tuple[str, str]]:
        """One claim set of the request."""
        query = next(one for one in request["dcql_query"]["credentials"] if one["id"] == self.query)
        wanted = query["claim_sets"][self.choice] if "claim_sets" in query else [claim["id"] for claim in query["claims"]]
        return [tuple(claim["path"]) for claim in query["claims"] if claim["id"] in wanted]

    def response(
        self, request: Mapping[str, Any], shown: Sequence[tuple[str, str]] | None = None, transcript: bytes | None = None
    ) -> bytes:
        """An honest DeviceResponse, for this session unless another is given."""
        session = self.transcript(request) if transcript is None else transcript
        elements = self.elements(request) if shown is None else shown
        return present(parse_issuer_signed(self.document()), elements, transcript=session, signer=self.holder)

    def spoiled(
        self,
        request: Mapping[str, Any],
        *,
        shown: Sequence[tuple[str, str]] | None = None,
        mso: Change = unchanged,
        items: Change = unchanged,
        document: Change = unchanged,
        response: Change = unchanged,
        own: Mapping[str, Any] | None = None,
    ) -> bytes:
        """A DeviceResponse with one thing changed and everything after it signed again: the signed object, the elements shown,
        the document and the response around it, the device's own elements."""
        whole = parse_cbor(self.response(request, shown), limit=LIMIT)
        (one,) = whole["documents"]
        issuer_signed = one["issuerSigned"]
        said = parse_cbor(issuer_signed["issuerAuth"][2], limit=LIMIT).value
        mso(said)
        issuer_signed["issuerAuth"] = sign1(dump_cbor(encode(said)), by=self.by.signer, unprotected={33: self.by.chain[0]})
        items(issuer_signed["nameSpaces"])
        namespaces = encode(own or {})
        authentication = device_authentication(self.transcript(request), one["docType"], namespaces)
        one["deviceSigned"] = {"nameSpaces": namespaces, "deviceAuth": sign_device(authentication, self.holder)}
        document(one)
        response(whole)
        return dump_cbor(whole)

    def body(self, request: Mapping[str, Any], response: bytes, query: str | None = None) -> str:
        """The form of an answer."""
        token = {query or self.query: [base64url.encode(response)]}
        return urlencode({"response": self.sealed(request, {"vp_token": token, "state": request["state"]})})

    def answer(self, request: Mapping[str, Any], presentation: str | None = None) -> str:
        return self.body(request, base64url.decode(presentation) if presentation else self.response(request))
