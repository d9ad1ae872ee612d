"""A stranger's wallet with a stranger's identity documents, as a test harness plays them: it speaks only the wire."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from functools import cache
from typing import Any
from urllib.parse import urlencode, urlsplit

from cryptography import x509
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509.oid import NameOID
from starlette.testclient import TestClient

from sinwon.core import base64url
from sinwon.core.cbor import FullDate
from sinwon.core.clock import DAY, HOUR, utc, whole_hour
from sinwon.core.strict_json import dump, parse_json
from sinwon.formats.jose.jwe import encrypt
from sinwon.formats.jose.jws import parse_jws
from sinwon.formats.mdoc.issue import Validity, issue_mdoc, prepare_mdoc
from sinwon.formats.mdoc.issuer_signed import parse_issuer_signed
from sinwon.formats.mdoc.present import present
from sinwon.formats.mdoc.session_transcript import redirect_transcript
from sinwon.formats.sdjwt.issue import issue_sd_jwt
from sinwon.formats.sdjwt.parse import parse_sd_jwt
from sinwon.formats.sdjwt.present import bind_key, select
from sinwon.keys.authority import Authority, create_authority
from sinwon.keys.jwk import parse_public_jwk
from sinwon.keys.signer import CertifiedSigner
from sinwon.keys.software import SoftwareKey
from sinwon.keys.trust import Anchor, Policy, Purpose
from sinwon.protocols.vp.description import MDL_DOCTYPE, PID_DOCTYPE, PID_VCT
from tests import world
from tests.gateway_world import parameters_of

HARNESS = "https://harness.example/test/a/sinwon"
PERSON: dict[str, Any] = {
    "given_name": "Erika",
    "family_name": "Mustermann",
    "birthdate": "1963-08-12",
    "nationalities": ["DE", "FR"],
    "place_of_birth": {"country": "DE", "locality": "Berlin"},
    "address": {"locality": "Köln"},
}
ELEMENTS: dict[str, object] = {
    "given_name": "Erika",
    "family_name": "Mustermann",
    "birth_date": FullDate("1963-08-12"),
    "issuing_country": "UT",
}


@cache
def authority() -> Authority:
    return create_authority(world.key("harness CA"), "Harness CA", now=world.NOW - DAY, random=world.SeededRandomness(31))


def pid_signer(name: str = "harness PID") -> CertifiedSigner:
    key = world.key(name)
    leaf = authority().certify(key, "Harness", HARNESS, now=world.NOW - DAY, random=world.SeededRandomness(32))
    return CertifiedSigner(key, (leaf,))


@cache
def document_signer(name: str = "harness documents") -> CertifiedSigner:
    """Self-signed, a CA of path length 0, no key usage for documents: nothing of what a document signer should be."""
    key = world.key(name)
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "certification.openid.net")])
    builder = x509.CertificateBuilder(subject, subject, key.private.public_key(), 4711)
    builder = builder.not_valid_before(utc(world.NOW - DAY)).not_valid_after(utc(world.NOW) + timedelta(days=300))
    builder = builder.add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
    return CertifiedSigner(key, (builder.sign(key.private, SHA256()).public_bytes(Encoding.DER),))


def anchors(*, status: bool = False) -> tuple[Anchor, ...]:
    """What the conformance profile trusts beside our own."""
    documents = frozenset({PID_DOCTYPE, MDL_DOCTYPE})
    lax = Policy(status=status)
    return (
        Anchor(authority().certificate, Purpose.ISSUANCE, "harness", HARNESS, frozenset({PID_VCT}), lax),
        Anchor(document_signer().chain[0], Purpose.ISSUANCE, "harness", HARNESS, documents, Policy(False, False, True)),
    )


def read_link(link: str) -> dict[str, Any]:
    """The parameters of a request that stands in its link."""
    outer = parameters_of(link)
    return {name: parse_json(text) if text.startswith("{") else text for name, text in outer.items()}


def fetch(http: TestClient, link: str, form: Mapping[str, str] | None = None) -> dict[str, Any]:
    """The claims of the request object behind a link."""
    uri = urlsplit(parameters_of(link)["request_uri"]).path
    answer = http.get(uri) if form is None else http.post(uri, data=dict(form))
    assert answer.status_code == 200, answer.text
    return parse_jws(answer.text).claims()


@dataclass
class ForeignWallet:
    """Holds one PID as SD-JWT VC and one mdoc."""

    clock: world.StandingClock
    holder: SoftwareKey = field(default_factory=lambda: world.key("stranger's holder"))
    by: CertifiedSigner = field(default_factory=pid_signer)
    documents: CertifiedSigner = field(default_factory=document_signer)
    visible: dict[str, Any] = field(default_factory=dict)
    claims: dict[str, Any] = field(default_factory=lambda: dict(PERSON))
    doctype: str = PID_DOCTYPE
    namespace: str = PID_DOCTYPE

    def credential(self) -> str:
        now = self.clock()
        visible: dict[str, Any] = {
            "iss": HARNESS,
            "vct": PID_VCT,
            "iat": now,
            "exp": now + 14 * DAY,
            "cnf": {"jwk": dict(self.holder.public_jwk)},
            **self.visible,
        }
        kept = {name: value for name, value in visible.items() if value is not None}
        return issue_sd_jwt(kept, self.claims, typ="dc+sd-jwt", by=self.by, random=world.SeededRandomness(33))

    def shown(self, request: Mapping[str, Any]) -> str:
        (query,) = request["dcql_query"]["credentials"]
        return select(parse_sd_jwt(self.credential()), [tuple(claim["path"]) for claim in query["claims"]])

    def sd_jwt(self, request: Mapping[str, Any], **changes: Any) -> str:
        values = {"audience": request["client_id"], "nonce": request["nonce"], "now": self.clock(), "signer": self.holder}
        return bind_key(self.shown(request), **{**values, **changes})

    def mdoc(self, request: Mapping[str, Any], **changes: Any) -> str:
        begins = whole_hour(self.clock()) - HOUR
        signed = issue_mdoc(
            prepare_mdoc(self.doctype, {self.namespace: ELEMENTS}),
            holder=parse_public_jwk(self.holder.public_jwk),
            validity=Validity(begins, begins, begins + 14 * DAY),
            status=None,
            by=self.documents,
            random=world.SeededRandomness(34),
        )
        keys = request["client_metadata"].get("jwks", {"keys": []})["keys"]
        thumbprint = parse_public_jwk(keys[0]).thumbprint if keys else None
        told = {name: request[name] for name in ("client_id", "nonce", "response_uri")}
        session = redirect_transcript(**{**told, "thumbprint": thumbprint, **changes})
        (query,) = request["dcql_query"]["credentials"]
        paths = [tuple(claim["path"]) for claim in query["claims"]]
        return base64url.encode(present(parse_issuer_signed(signed), paths, transcript=session, signer=self.holder))

    def presentation(self, request: Mapping[str, Any]) -> str:
        (query,) = request["dcql_query"]["credentials"]
        return self.sd_jwt(request) if query["format"] == "dc+sd-jwt" else self.mdoc(request)

    def body(self, request: Mapping[str, Any], presentation: str, enc: str = "A128GCM") -> str:
        """The form, in the response mode of the request."""
        members = {"vp_token": {request["dcql_query"]["credentials"][0]["id"]: [presentation]}, "state": request["state"]}
        if request["response_mode"] == "direct_post":
            return urlencode({"vp_token": dump(members["vp_token"]), "state": request["state"]})
        jwk = request["client_metadata"]["jwks"]["keys"][0]
        sealed = encrypt(dump(members), jwk, enc=enc, apu="YXB1", apv="YXB2", cty="json")
        return urlencode({"response": sealed})

    def post(self, http: TestClient, request: Mapping[str, Any], presentation: str | None = None) -> Any:
        """The HTTP answer."""
        body = self.body(request, presentation or self.presentation(request))
        return send(http, request, body)


def send(http: TestClient, request: Mapping[str, Any], body: str) -> Any:
    kind = {"content-type": "application/x-www-form-urlencoded"}
    return http.post(urlsplit(request["response_uri"]).path, content=body, headers=kind)
