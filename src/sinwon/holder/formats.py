"""What a wallet does differently for each format: look at what it received, read what it holds, show some of it.

Owns no rule of its own: those of receiving are in receive, those of answering in present; the formats are in sinwon.formats.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from sinwon.core import base64url
from sinwon.core.refusal import Malformed, Unmet
from sinwon.formats.dcql.path import ClaimPath
from sinwon.formats.mdoc import present as mdoc
from sinwon.formats.mdoc.issuer_signed import parse_issuer_signed
from sinwon.formats.mdoc.names import MDOC
from sinwon.formats.mdoc.session_transcript import dc_api_transcript, redirect_transcript
from sinwon.formats.mdoc.verify import check_elements, verify_issuer_signed
from sinwon.formats.sdjwt.disclosures import process
from sinwon.formats.sdjwt.names import INVALID, KEY_ASSURANCE, SD_JWT_VC
from sinwon.formats.sdjwt.parse import parse_sd_jwt
from sinwon.formats.sdjwt.present import bind_key, select
from sinwon.formats.sdjwt.vc import verify_sd_jwt_vc
from sinwon.keys.jwk import PublicKey
from sinwon.keys.signer import Signer
from sinwon.keys.trust import TrustAnchors
from sinwon.keys.x509 import parse_x5c
from sinwon.protocols.attestation.key_assurance import KEY_INFO, KeyAssurance, read_assurance


@dataclass(frozen=True, slots=True)
class Received:
    """What a credential is, its issuer being trusted for it."""

    type: str
    issuer: str
    holder_key: PublicKey
    expires_at: int
    assurance: KeyAssurance
    """What it says of that key."""


@dataclass(frozen=True, slots=True)
class Session:
    """Whom an answer is for, and nobody else."""

    audience: str
    nonce: str
    response_uri: str
    thumbprint: bytes | None
    """Of the key that the answer is encrypted to, if it is."""
    now: int
    origin: str | None = None
    """Of the page that asks through a browser."""


@dataclass(frozen=True, slots=True)
class Format:
    verify: Callable[[str, str, TrustAnchors, int], Received]
    """Text, name of the type asked for, anchors, now. Raises Refusal."""
    claims: Callable[[str], Mapping[str, Any]]
    """What a query is matched against. Raises Refusal."""
    show: Callable[[str, Iterable[ClaimPath], Session, Signer], str]
    """One presentation of these claims."""
    chain: Callable[[str], Sequence[bytes]]
    """The certificates it came with, DER, leaf first. Raises Refusal."""


def verify_sd_jwt(text: str, _vct: str, anchors: TrustAnchors, now: int) -> Received:
    sd_jwt = parse_sd_jwt(text)
    # A credential, not a presentation of one [RFC 9901 7.2].
    if sd_jwt.key_binding is not None:
        raise Malformed(INVALID, "the issuer sent a presentation")
    found = verify_sd_jwt_vc(sd_jwt, anchors=anchors, now=now)
    assurance = read_assurance(found.claims.get(KEY_ASSURANCE))
    return Received(found.vct, found.issuer, found.holder_key, found.expires_at, assurance)


def sd_jwt_claims(text: str) -> Mapping[str, Any]:
    return process(parse_sd_jwt(text))


def show_sd_jwt(text: str, paths: Iterable[ClaimPath], session: Session, signer: Signer) -> str:
    presentation = select(parse_sd_jwt(text), paths)
    return bind_key(presentation, audience=session.audience, nonce=session.nonce, now=session.now, signer=signer)


def verify_mdoc(text: str, doctype: str, anchors: TrustAnchors, now: int) -> Received:
    issuer_signed = parse_issuer_signed(base64url.decode(text))
    found = verify_issuer_signed(issuer_signed, anchors=anchors, doctype=doctype, now=now)
    # What cannot be stopped is refused by every verifier that takes care.
    if found.status is None:
        raise Unmet(INVALID, "a document without status")
    assurance = read_assurance(found.key_info.get(KEY_INFO))
    return Received(found.doctype, found.issuer, found.holder_key, found.expires_at, assurance)


def mdoc_claims(text: str) -> Mapping[str, Any]:
    return check_elements(parse_issuer_signed(base64url.decode(text)))


def show_mdoc(text: str, paths: Iterable[ClaimPath], session: Session, signer: Signer) -> str:
    """Its key signs, and never makes a MAC [ISO 18013-5 9.1.3]."""
    transcript = _transcript(session)
    elements = [(str(path[0]), str(path[1])) for path in paths]
    issuer_signed = parse_issuer_signed(base64url.decode(text))
    return base64url.encode(mdoc.present(issuer_signed, elements, transcript=transcript, signer=signer))


def _transcript(session: Session) -> bytes:
    if session.origin is not None:
        return dc_api_transcript(origin=session.origin, nonce=session.nonce, thumbprint=session.thumbprint)
    return redirect_transcript(
        client_id=session.audience, nonce=session.nonce, thumbprint=session.thumbprint, response_uri=session.response_uri
    )


def sd_jwt_chain(text: str) -> Sequence[bytes]:
    return parse_x5c(parse_sd_jwt(text).issuer_signed.header.get("x5c"))


def mdoc_chain(text: str) -> Sequence[bytes]:
    return parse_issuer_signed(base64url.decode(text)).auth.chain


FORMATS: Final[Mapping[str, Format]] = {
    SD_JWT_VC: Format(verify_sd_jwt, sd_jwt_claims, show_sd_jwt, sd_jwt_chain),
    MDOC: Format(verify_mdoc, mdoc_claims, show_mdoc, mdoc_chain),
}
