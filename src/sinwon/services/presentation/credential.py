"""A presentation of either format, with the issuer's part verified: the same questions can be asked of both from here on.

Owns which verification belongs to which format. Does not judge status, query and policy (verify does), and an mdoc's device may
prove itself by a signature only: a MAC is not among what our requests offer.
"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Final

from sinwon.core import base64url
from sinwon.core.refusal import Malformed
from sinwon.formats.dcql.answer import Presented
from sinwon.formats.mdoc.device_response import Document, parse_device_response
from sinwon.formats.mdoc.names import MDOC
from sinwon.formats.mdoc.verify import VerifiedMdoc, verify_device_signed, verify_issuer_signed
from sinwon.formats.sdjwt.key_binding import check_key_binding
from sinwon.formats.sdjwt.names import KEY_ASSURANCE, SD_JWT_VC
from sinwon.formats.sdjwt.parse import parse_sd_jwt
from sinwon.formats.sdjwt.vc import VerifiedSdJwtVc, verify_sd_jwt_vc
from sinwon.formats.status.reference import StatusReference
from sinwon.formats.status.token import Kind
from sinwon.keys.jwk import PublicKey
from sinwon.keys.trust import TrustAnchors
from sinwon.protocols.attestation.key_assurance import KEY_INFO, KeyAssurance, read_assurance
from sinwon.protocols.credential_types import PERSON_ID, CredentialType
from sinwon.protocols.elements import from_elements
from sinwon.protocols.oidc.claims import keep_claims
from sinwon.services.presentation.asked import Asked, Step, at

Path = tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Credential:
    """One whose issuer is trusted for its type. That its holder shows it to us is still to be proven, by `prove`."""

    issuer: str
    status: StatusReference | None
    lists: Kind
    """In which lists its status stands."""
    presented: Presented
    """As the query is about it."""
    prove: Callable[[Asked, int], None]
    """Raises Refusal unless its holder shows it to the one who asked, for this."""
    keep: Callable[[Iterable[Path]], Mapping[str, Any]]
    """By dotted path what stands in it of these claims: the same out of either format."""
    person_id: object
    """None where it was not disclosed."""
    assurance: KeyAssurance
    """What the issuer says of the holder's key."""
    key: PublicKey
    """The holder's."""
    anchor: bytes
    """The root its issuer is trusted by."""


Read = Callable[[str, CredentialType | None, TrustAnchors, int], Credential]
"""The type is None where it is none of ours: then only `presented` says what is in it."""


def read_sd_jwt(text: str, _kind: CredentialType | None, anchors: TrustAnchors, now: int) -> Credential:
    """Raises Refusal."""
    with at(Step.SHAPE):
        sd_jwt = parse_sd_jwt(text)
    # 5 issuer trusted for this type, signature, disclosures, validity [OpenID4VP 8.6; RFC 9901 7.1]
    with at(Step.ISSUER):
        found: VerifiedSdJwtVc = verify_sd_jwt_vc(sd_jwt, anchors=anchors, now=now)
        assurance = read_assurance(found.claims.get(KEY_ASSURANCE))

    # 7 shown by its holder, to us, for this transaction [OpenID4VP 14.1.2; RFC 9901 7.3]
    def prove(asked: Asked, now: int) -> None:
        check_key_binding(
            sd_jwt,
            found.holder_key,
            audience=asked.audience,
            nonce=asked.nonce,
            now=now,
            algorithm=found.algorithm,
        )

    def keep(paths: Iterable[Path]) -> Mapping[str, Any]:
        return keep_claims(found.claims, paths)

    presented = Presented(found.claims, found.vct)
    person_id = found.claims.get(PERSON_ID)
    issuer, key, anchor = found.issuer, found.holder_key, found.anchor
    return Credential(issuer, found.status, Kind.JWT, presented, prove, keep, person_id, assurance, key, anchor)


def read_mdoc(text: str, kind: CredentialType | None, anchors: TrustAnchors, now: int) -> Credential:
    """Raises Refusal."""
    with at(Step.SHAPE):
        document = _only_document(text)
    # 5 issuer trusted for this type, signature, digests, validity [OpenID4VP 8.6; ISO 18013-5 9.3.1]
    with at(Step.ISSUER):
        found: VerifiedMdoc = verify_issuer_signed(document.issuer_signed, anchors=anchors, doctype=document.doctype, now=now)
        assurance = read_assurance(found.key_info.get(KEY_INFO))

    # 7 shown by its holder, to us, for this transaction [OpenID4VP B.2.6; ISO 18013-5 9.1.3]
    def prove(asked: Asked, _now: int) -> None:
        verify_device_signed(document, found, transcript=asked.transcript)

    said = {} if kind is None else from_elements(kind, found.claims.get(kind.doctype, {}))

    def keep(paths: Iterable[Path]) -> Mapping[str, Any]:
        return {name: said[name] for name in map(".".join, paths) if name in said}

    presented = Presented(found.claims, found.doctype, MDOC)
    person_id = said.get(PERSON_ID)
    issuer, key, anchor = found.issuer, found.holder_key, found.anchor
    return Credential(issuer, found.status, Kind.CWT, presented, prove, keep, person_id, assurance, key, anchor)


READERS: Final[Mapping[str, Read]] = {SD_JWT_VC: read_sd_jwt, MDOC: read_mdoc}


def _only_document(text: str) -> Document:
    """One was asked for, so one is answered [HAIP 5.3.1]."""
    documents = parse_device_response(base64url.decode(text)).documents
    if len(documents) != 1:
        raise Malformed(Step.SHAPE, "not exactly one document")
    return documents[0]
