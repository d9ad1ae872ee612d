"""From a stranger's document to claims we may believe (ISO/IEC 18013-5 §9.1.2, §9.1.3, §9.3.1, in the order of a reader).

Owns chain, signature, digests, docType, validity and the device's proof. What the caller still owes: status (formats.status),
the query, that policy allows the type here, and that nobody presents twice for one transcript.
"""

from collections.abc import Mapping
from types import NoneType
from typing import Any, Final

from msgspec import Struct

from sinwon.core.cbor import DateTime, Encoded, FullDate, Tagged
from sinwon.core.limits import CLOCK_SKEW
from sinwon.core.refusal import Malformed, Refusal, Unmet, Untrusted
from sinwon.formats.cose.sign1 import verify_sign1
from sinwon.formats.mdoc.device_auth import device_authentication, verify_device_auth
from sinwon.formats.mdoc.device_response import Document
from sinwon.formats.mdoc.issuer_signed import IssuerSigned
from sinwon.formats.mdoc.mso import Mso
from sinwon.formats.mdoc.names import DOCUMENT_SIGNER, HASHES, INVALID, NOT_VALID_NOW, UNTRUSTED_ISSUER, VERSION
from sinwon.formats.status.reference import StatusReference
from sinwon.keys.jwk import PublicKey
from sinwon.keys.signer import Agreement
from sinwon.keys.trust import Purpose, TrustAnchors
from sinwon.keys.x509 import VerifiedChain, verify_chain, verify_exact

COUNTRY: Final = "issuing_country"
PLAIN: Final = frozenset({str, bytes, int, bool, NoneType})
EMPTY_MAP: Final = b"\xa0"


class VerifiedMdoc(Struct, frozen=True):
    """A document whose issuer is trusted for its type, whose elements are the issuer's and whose time is now."""

    claims: Mapping[str, Mapping[str, Any]]
    """What the issuer signed, by namespace and element, in plain values: dates and times as text."""
    doctype: str
    issuer: str
    holder_key: PublicKey
    status: StatusReference | None
    expires_at: int
    device_claims: Mapping[str, Mapping[str, Any]]
    """What the device itself said and was authorised to say; never part of `claims`."""
    key_info: Mapping[Any, Any]
    """What the issuer said of the device's key, by label."""
    anchor: bytes
    """The root it is trusted by."""


def verify_mdoc(
    document: Document, *, anchors: TrustAnchors, doctype: str, transcript: bytes, now: int, reader: Agreement | None = None
) -> VerifiedMdoc:
    """What `document` proves in the session of `transcript` (CBOR), or a Refusal. A MAC needs the reader's own key `reader`.
    Status is still to be checked."""
    # 1 a document of the type asked for [ISO 18013-5 9.3.1]
    if document.doctype != doctype:
        raise Unmet(INVALID, "not the type of document asked for")
    # 2 the issuer's part [ISO 18013-5 9.1.2]
    verified = verify_issuer_signed(document.issuer_signed, anchors=anchors, doctype=doctype, now=now)
    return verify_device_signed(document, verified, transcript=transcript, reader=reader)


def verify_device_signed(
    document: Document, verified: VerifiedMdoc, *, transcript: bytes, reader: Agreement | None = None
) -> VerifiedMdoc:
    """The device's part of `document`, whose issuer's part is `verified` already; with what the device said, or a Refusal."""
    # 3 nothing from the device but what it may say [ISO 18013-5 9.1.2.4]
    own = _device_claims(document.device_namespaces, document.issuer_signed.mso, verified.claims)
    # 4 from the device the issuer meant, in this session [ISO 18013-5 9.1.3]
    authentication = device_authentication(transcript, verified.doctype, document.device_namespaces)
    verify_device_auth(document.device_auth, authentication, verified.holder_key, transcript=transcript, reader=reader)
    return verified if not own else _with_device_claims(verified, own)


def verify_issuer_signed(issuer_signed: IssuerSigned, *, anchors: TrustAnchors, doctype: str, now: int) -> VerifiedMdoc:
    """What the issuer said, or a Refusal: for a wallet that looks at what it received. Nobody has proven to hold it yet."""
    mso = issuer_signed.mso
    # 1 issuer key by chain, trusted for this type [ISO 18013-5 9.3.3]
    chain = _trusted_chain(issuer_signed, anchors, doctype, now)
    issuer = _issuer(chain, anchors, doctype)
    # 2 signed by it [ISO 18013-5 9.1.2.4]
    try:
        verify_sign1(issuer_signed.auth, chain.key)
    except Refusal as refusal:
        raise refusal.coded(INVALID) from None
    # 3 every element is the one signed, by its bytes [ISO 18013-5 9.1.2.5]
    if mso.version != VERSION:
        raise Unmet(INVALID, "mobile security object of another version")
    claims = check_elements(issuer_signed)
    # 4 the type signed is the type asked for [ISO 18013-5 9.3.1]
    if mso.doctype != doctype:
        raise Unmet(INVALID, "docType of the signed object differs")
    # 5 valid now, and no longer than its signer [ISO 18013-5 9.1.2.4]
    _check_validity(mso, now)
    exact = chain.leaf_is_anchor
    if not exact:
        _check_signers_time(mso, chain)
    # 6 issued by the country it names [ISO 18013-5 9.3.1]
    if not exact:
        _check_country(claims, chain)
    return VerifiedMdoc(claims, doctype, issuer, mso.device_key, mso.status, mso.valid_until, {}, mso.key_info, chain.anchor)


def _trusted_chain(issuer_signed: IssuerSigned, anchors: TrustAnchors, doctype: str, now: int) -> VerifiedChain:
    sent = issuer_signed.auth.chain
    try:
        if _is_exact(sent, anchors, doctype):
            return verify_exact(sent[0], now)
        chain = verify_chain(sent, anchors.certificates(Purpose.ISSUANCE, doctype), now)
    except Refusal as refusal:
        raise Untrusted(UNTRUSTED_ISSUER, refusal.why) from None
    if DOCUMENT_SIGNER.isdisjoint(chain.uses):
        raise Untrusted(UNTRUSTED_ISSUER, "the certificate is not for signing documents")
    if chain.countries[0] != chain.countries[1]:
        raise Untrusted(UNTRUSTED_ISSUER, "signer and anchor are of different countries")
    return chain


def _is_exact(sent: tuple[bytes, ...], anchors: TrustAnchors, doctype: str) -> bool:
    """Whether the one certificate sent is itself what is trusted."""
    return len(sent) == 1 and sent[0] in anchors.certificates(Purpose.ISSUANCE, doctype, exact=True)


def _issuer(chain: VerifiedChain, anchors: TrustAnchors, doctype: str) -> str:
    """The entity listed with this root and type: the one the leaf names, or the only one, for leaves abroad name none."""
    listed = anchors.issuers(chain.anchor, doctype)
    possible = listed.intersection(chain.uris) if chain.uris and not chain.leaf_is_anchor else listed
    if len(possible) != 1:
        raise Untrusted(UNTRUSTED_ISSUER, "certificate and trust list do not name one issuer")
    return next(iter(possible))


def check_elements(issuer_signed: IssuerSigned) -> dict[str, dict[str, Any]]:
    """The elements, each of which must be the one whose digest was signed. Raises Malformed, Unmet."""
    mso = issuer_signed.mso
    hashing = HASHES.get(mso.digest_algorithm) if isinstance(mso.digest_algorithm, str) else None
    if hashing is None:
        raise Unmet(INVALID, "digests of another algorithm")
    claims: dict[str, dict[str, Any]] = {}
    for namespace, items in issuer_signed.namespaces.items():
        digests = mso.digests.get(namespace, {})
        for item in items:
            if digests.get(item.digest_id) != hashing(item.encoded.tagged).digest():
                raise Unmet(INVALID, "an element that the issuer did not sign")
        claims[namespace] = {item.identifier: item.value if type(item.value) in PLAIN else plain(item.value) for item in items}
        if len(claims[namespace]) != len(items):
            raise Unmet(INVALID, "the same element twice")
    return claims


def _check_signers_time(mso: Mso, chain: VerifiedChain) -> None:
    if not chain.not_before <= mso.signed or not mso.valid_until <= chain.not_after:
        raise Unmet(INVALID, "times of the document beyond its signer's certificate")


def _check_validity(mso: Mso, now: int) -> None:
    if not mso.signed <= mso.valid_from < mso.valid_until:
        raise Unmet(INVALID, "times of the document out of order")
    if mso.valid_until < now:
        raise Unmet(NOT_VALID_NOW, "expired")
    if mso.valid_from > now + CLOCK_SKEW:
        raise Unmet(NOT_VALID_NOW, "not valid yet")


def _check_country(claims: Mapping[str, Mapping[str, Any]], chain: VerifiedChain) -> None:
    for elements in claims.values():
        if COUNTRY in elements and elements[COUNTRY] != chain.countries[0]:
            raise Unmet(INVALID, "issued by another country than the signer's")


def _device_claims(namespaces: Encoded, mso: Mso, claims: Mapping[str, Mapping[str, Any]]) -> dict[str, dict[str, Any]]:
    """Elements that the device added and the issuer authorised; all others are ignored. Raises Unmet for one that would stand
    in for an element of the issuer's."""
    if namespaces.raw == EMPTY_MAP:
        return {}
    said = namespaces.value
    if not isinstance(said, dict) or not all(type(name) is str and isinstance(own, dict) for name, own in said.items()):
        raise Malformed(INVALID, "deviceSigned elements are not a map of maps")
    allowed = {
        namespace: {name: plain(value) for name, value in elements.items() if _authorized(mso, namespace, name)}
        for namespace, elements in said.items()
    }
    if any(not elements.keys().isdisjoint(claims.get(namespace, {})) for namespace, elements in allowed.items()):
        raise Unmet(INVALID, "the device speaks where the issuer did")
    return {namespace: elements for namespace, elements in allowed.items() if elements}


def _authorized(mso: Mso, namespace: str, element: object) -> bool:
    whole, single = mso.authorizations.get("nameSpaces"), mso.authorizations.get("dataElements")
    if isinstance(whole, list) and namespace in whole:
        return True
    elements = single.get(namespace) if isinstance(single, dict) else None
    return isinstance(elements, list) and element in elements


def _with_device_claims(verified: VerifiedMdoc, own: Mapping[str, Mapping[str, Any]]) -> VerifiedMdoc:
    return VerifiedMdoc(
        verified.claims,
        verified.doctype,
        verified.issuer,
        verified.holder_key,
        verified.status,
        verified.expires_at,
        own,
        verified.key_info,
        verified.anchor,
    )


def plain(value: Any) -> Any:
    """An element's value without CBOR's own types: dates and times as text, embedded CBOR as bytes."""
    if type(value) in PLAIN:
        return value
    if isinstance(value, FullDate | DateTime):
        return _date_text(value)
    if isinstance(value, Encoded):
        return value.raw
    if isinstance(value, list):
        return [plain(member) for member in value]
    if isinstance(value, dict):
        return {key: plain(member) for key, member in value.items()}
    return plain(value.value) if isinstance(value, Tagged) else value


def _date_text(value: FullDate | DateTime) -> str:
    try:
        _ = value.date if isinstance(value, FullDate) else value.seconds
    except Malformed as refusal:
        raise refusal.coded(INVALID) from None
    return value.text
