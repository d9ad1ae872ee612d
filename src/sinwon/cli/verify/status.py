"""Status lists: one by itself, and the entry of a credential in one that was given along. Nothing is fetched."""

from collections.abc import Mapping
from functools import partial
from typing import Final

from sinwon.cli.verify.asked import Asked
from sinwon.cli.verify.report import Opening, Report
from sinwon.core.cbor import parse_cbor
from sinwon.core.fetch import Answer
from sinwon.core.refusal import Fault, Refusal, Unmet, Untrusted
from sinwon.formats.cose.headers import Message
from sinwon.formats.cose.sign1 import parse_sign1
from sinwon.formats.jose.jws import parse_jws
from sinwon.formats.status import identifiers, token_cwt, token_jwt
from sinwon.formats.status.cwt import SUB, TYP
from sinwon.formats.status.reference import CODE as INVALID
from sinwon.formats.status.reference import StatusReference
from sinwon.formats.status.token import MAX_TOKEN, VALID, Kind, VerifiedStatusList
from sinwon.keys.trust import TrustAnchors
from sinwon.protocols.trust.status_lists import StatusLists

JWT: Final = Opening("a signed token in its parts, within bounds", "TSL 5.1")
CWT: Final = Opening("a tagged COSE_Sign1 in its parts, within bounds", "TSL 5.2")
STATED: Final = Opening("the list that the credential names, in the form that it asks for", "TSL 8.3")


def check_jwt(report: Report, text: str, asked: Asked) -> None:
    verify = partial(token_jwt.verify_status_list, text.encode(), uri=_uri(report, _jwt_subject(text), asked))
    found = report.take(
        "list", partial(verify, anchors=_anchors(asked), now=asked.now), token_jwt.verify_status_list, opening=JWT
    )
    _tell(report, found)


def check_cwt(report: Report, data: bytes, asked: Asked) -> None:
    header, subject = _cwt_header(data)
    uri = _uri(report, subject, asked)
    if header.get(TYP) == identifiers.MEDIA_TYPE:
        verify = partial(identifiers.verify_identifier_list, data, uri=uri, anchors=_anchors(asked), now=asked.now)
        revoked = report.take("list", verify, identifiers.verify_identifier_list, opening=CWT)
        if revoked is not None:
            report.facts |= {"list": revoked.uri, "revoked": str(len(revoked.revoked))}
        return
    check = partial(token_cwt.verify_status_list, data, uri=uri, anchors=_anchors(asked), now=asked.now)
    _tell(report, report.take("list", check, token_cwt.verify_status_list, opening=CWT))


def check_status(
    report: Report, reference: StatusReference | None, issuer: str, kind: Kind, anchors: TrustAnchors, asked: Asked
) -> None:
    """The entry of a credential of `issuer`, where a list was given along. Without one that is noted, and nobody is asked."""
    if asked.status_list is None:
        report.notes.append("status-not-given" if reference else "status-unknown")
        return
    verify = token_jwt.verify_status_list if kind is Kind.JWT else token_cwt.verify_status_list
    named = partial(_verify_named, reference, asked.status_list, kind, anchors=anchors, now=asked.now)
    report.take("list", named, verify, opening=STATED)
    given = _Given(asked.status_list, kind)
    entry = partial(check_entry, reference, issuer=issuer, fetch=given, anchors=anchors, now=asked.now, kind=kind)
    report.take("status", entry, StatusLists.value, check_entry)


def check_entry(
    reference: StatusReference | None, *, issuer: str, fetch: "_Given", anchors: TrustAnchors, now: int, kind: Kind
) -> None:
    """Raises Refusal unless the entry says that the credential is valid."""
    statuses = StatusLists()
    value = statuses.value(_named(reference), issuer=issuer, fetch=fetch, anchors=anchors, now=now, kind=kind)
    # 1 of a list that is not older than a day [TSL 8.3]
    if value is None:
        raise Untrusted(INVALID, "the status list is older than a day")
    # 2 neither revoked, nor suspended, nor anything else but valid [TSL 7.1]
    if value != VALID:
        raise Untrusted(INVALID, f"status {value}")


def _verify_named(
    reference: StatusReference | None, token: bytes, kind: Kind, *, anchors: TrustAnchors, now: int
) -> VerifiedStatusList:
    verify = token_jwt.verify_status_list if kind is Kind.JWT else token_cwt.verify_status_list
    return verify(token, uri=_named(reference).uri, anchors=anchors, now=now)


def _named(reference: StatusReference | None) -> StatusReference:
    if reference is None:
        raise Unmet(INVALID, "the credential names no status list")
    return reference


class _Given:
    """The network of a check: one list, whatever the address."""

    def __init__(self, token: bytes, kind: Kind) -> None:
        self._answer = Answer(200, {"content-type": kind.media_type}, token)

    def get(self, url: str, *, accept: str, limit: int = 0, headers: Mapping[str, str] | None = None) -> Answer:  # noqa: ARG002 (the port's signature)
        return self._answer

    def post(self, *_: object, **__: object) -> Answer:
        raise Fault("a check posts nothing")


def _tell(report: Report, found: VerifiedStatusList | None) -> None:
    if found is not None:
        report.facts |= {"list": found.uri, "bits": str(found.bits), "entries": str(found.size)}


def _uri(report: Report, subject: object, asked: Asked) -> str:
    """The address it is checked for: the one given, else the one it says itself, which is noted."""
    if asked.uri is None:
        report.notes.append("uri-not-given")
    return asked.uri or (subject if isinstance(subject, str) else "")


def _jwt_subject(text: str) -> object:
    try:
        return parse_jws(text, limit=MAX_TOKEN).claims(limit=MAX_TOKEN).get("sub")
    except Refusal:
        return None


def _cwt_header(data: bytes) -> tuple[Mapping[object, object], object]:
    try:
        message: Message = parse_sign1(parse_cbor(data, limit=MAX_TOKEN), tagged=True)
        claims = parse_cbor(message.payload or b"", limit=MAX_TOKEN)
    except Refusal:
        return {}, None
    return message.header, claims.get(SUB) if isinstance(claims, dict) else None


def _anchors(asked: Asked) -> TrustAnchors:
    return asked.trust.of(None, "")
