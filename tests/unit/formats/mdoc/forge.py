"""Documents of an invented person, well made, and ways to spoil one thing and sign again."""

from collections.abc import Callable, Mapping
from functools import cache
from typing import Any

from sinwon.core.cbor import DateTime, Encoded, FullDate, date_time, dump_cbor, encode, parse_cbor
from sinwon.core.clock import DAY, HOUR, whole_hour
from sinwon.formats.cose.sign1 import sign1
from sinwon.formats.mdoc.device_auth import device_authentication, sign_device
from sinwon.formats.mdoc.device_response import parse_device_response
from sinwon.formats.mdoc.issue import Validity, issue_mdoc, prepare_mdoc
from sinwon.formats.mdoc.issuer_signed import parse_issuer_signed
from sinwon.formats.mdoc.names import DOCUMENT_SIGNER
from sinwon.formats.mdoc.present import present
from sinwon.formats.mdoc.session_transcript import redirect_transcript
from sinwon.formats.mdoc.verify import VerifiedMdoc, verify_mdoc
from sinwon.formats.status.reference import StatusReference
from sinwon.keys.jwk import parse_public_jwk
from sinwon.keys.signer import CertifiedSigner
from sinwon.keys.trust import Anchor, Purpose, TrustAnchors
from tests.world import ISSUER, NOW, SeededRandomness, authority, key

DOCTYPE = "org.sinwon.overseas_national.1"
CLAIMS: Mapping[str, Mapping[str, object]] = {
    DOCTYPE: {
        "name_ko": "홍길동",
        "family_name": "HONG",
        "given_name": "GILDONG",
        "birth_date": FullDate("1990-03-01"),
        "sex": 1,
        "nationality": "KR",
        "passport_number": "M12345567",
        "portrait": bytes(2000),
        "age_over_19": True,
        "evidence": {"kind": "visit", "chip_checks": ["passive"], "date": FullDate("2026-09-01")},
    },
    "org.iso.23220.1": {"issuing_country": "KR", "issue_date": DateTime("2026-09-21T14:00:00Z")},
}
SHOWN = ((DOCTYPE, "name_ko"), (DOCTYPE, "birth_date"), ("org.iso.23220.1", "issuing_country"))
VALIDITY = Validity(whole_hour(NOW) - HOUR, whole_hour(NOW) - HOUR, whole_hour(NOW) + 30 * DAY)
STATUS = StatusReference("https://status.example/1", 4711)
HOLDER = key("holder")
READER = key("reader")
TRANSCRIPT = redirect_transcript(
    client_id="x509_hash:abc", nonce="nonce", thumbprint=bytes(range(32)), response_uri="https://gateway.example/r"
)


@cache
def signer(name: str = "document signer", uses: tuple[str, ...] = tuple(sorted(DOCUMENT_SIGNER))) -> CertifiedSigner:
    own = key(name)
    leaf = authority("issuing authority").certify(own, name, ISSUER, now=NOW - DAY, random=SeededRandomness(5), uses=uses)
    return CertifiedSigner(own, (leaf,))


def anchors(*types: str) -> TrustAnchors:
    root = authority("issuing authority").certificate
    return TrustAnchors((Anchor(root, Purpose.ISSUANCE, "Sinwon test issuer", ISSUER, frozenset(types or (DOCTYPE,))),))


def issued(by: CertifiedSigner | None = None, validity: Validity = VALIDITY, seed: int = 1) -> bytes:
    return issue_mdoc(
        prepare_mdoc(DOCTYPE, CLAIMS),
        holder=parse_public_jwk(HOLDER.public_jwk),
        validity=validity,
        status=STATUS,
        by=by or signer(),
        random=SeededRandomness(seed),
    )


def presented() -> bytes:
    return present(parse_issuer_signed(issued()), SHOWN, transcript=TRANSCRIPT, signer=HOLDER)


def verify(response: bytes, **changed: Any) -> VerifiedMdoc:
    document = parse_device_response(response).document(DOCTYPE)
    known = {"anchors": anchors(), "doctype": DOCTYPE, "transcript": TRANSCRIPT, "now": NOW, **changed}
    return verify_mdoc(document, **known)


def spoiled(
    *,
    mso: Callable[[dict[str, Any]], object] = lambda _: None,
    items: Callable[[dict[str, list[Any]]], object] = lambda _: None,
    document: Callable[[dict[str, Any]], object] = lambda _: None,
    response: Callable[[dict[str, Any]], object] = lambda _: None,
    own: Mapping[str, object] | None = None,
    by: CertifiedSigner | None = None,
    resign: bool = True,
) -> bytes:
    """A presentation with one thing changed and everything after it signed again: the signed object (`mso`), the elements
    shown, the document and the response around it, the device's own elements."""
    whole = parse_cbor(presented(), limit=10**6)
    shown = whole["documents"][0]
    issuer_signed = shown["issuerSigned"]
    said = parse_cbor(issuer_signed["issuerAuth"][2]).value
    mso(said)
    if resign:
        by = by or signer()
        issuer_signed["issuerAuth"] = sign1(dump_cbor(encode(said)), by=by.signer, unprotected={33: by.chain[0]})
    items(issuer_signed["nameSpaces"])
    namespaces = encode(own or {})
    shown["deviceSigned"] = {
        "nameSpaces": namespaces,
        "deviceAuth": sign_device(device_authentication(TRANSCRIPT, shown["docType"], namespaces), HOLDER),
    }
    document(shown)
    response(whole)
    return dump_cbor(whole)


def in_item(item: Encoded, **changed: object) -> Encoded:
    return encode({**item.value, **changed})


def moment(seconds: int) -> DateTime:
    return date_time(seconds)
