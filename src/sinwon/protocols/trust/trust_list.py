"""The trust list: a list of trusted entities in the JSON shape of ETSI TS 119 602 (LoTE), signed by the operator.

Owns the mapping between anchors and the list, both ways. An entity is an issuer, a provider of access certificates or a wallet
provider; each of its services has one type, and that type says what the service's certificates may be used for. Which
credential types an issuance service covers stands in an extension of ours. Services of unknown type are passed over: they
give no trust. Does not check age or order (signed, follow), nor whether a chain leads to an anchor (keys.x509).
"""

from base64 import b64decode
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Final, Literal

import msgspec

from sinwon.core.clock import utc
from sinwon.core.refusal import Malformed, Refusal
from sinwon.core.strict_json import dump
from sinwon.keys.jwk import PublicKey, certificate_text
from sinwon.keys.signer import Signer
from sinwon.keys.trust import STRICT, Anchor, Policy, Purpose, TrustAnchors
from sinwon.keys.x509 import MAX_CERTIFICATE_BYTES, parse_certificate
from sinwon.protocols.trust.signed import INVALID, open_document, sign_document

TYP: Final = "trust-list+jwt"
PATH: Final = "/trust-list.jwt"
VERSION: Final = 1
LIST_TYPE: Final = "http://uri.etsi.org/19602/LoTEType/local"
"""A list under rules of its own, not one of the lists of the European Union."""
SERVICE_TYPES: Final = {
    Purpose.ISSUANCE: "http://uri.etsi.org/19602/SvcType/PubEAA/Issuance",
    Purpose.STATUS: "http://uri.etsi.org/19602/SvcType/PubEAA/Revocation",
    Purpose.ACCESS: "http://uri.etsi.org/19602/SvcType/WRPAC/Issuance",
    Purpose.WALLET: "http://uri.etsi.org/19602/SvcType/WalletSolution/Issuance",
}
PURPOSES: Final = {identifier: purpose for purpose, identifier in SERVICE_TYPES.items()}


@dataclass(frozen=True, slots=True)
class VerifiedTrustList:
    """A list signed by the operator; whether it is current and newer is still to be checked."""

    sequence: int
    issued_at: int
    next_update: int
    anchors: TrustAnchors


class _Struct(msgspec.Struct, frozen=True, rename="pascal", omit_defaults=True):
    """Names as in TS 119 602, which writes them in Pascal case."""


class _Text(msgspec.Struct, frozen=True):
    lang: str
    value: str


class _Link(msgspec.Struct, frozen=True, rename={"uri_value": "uriValue"}):
    lang: str
    uri_value: str


class _Certificate(msgspec.Struct, frozen=True):
    val: str


class _Identity(_Struct, frozen=True, rename={"certificates": "X509Certificates"}):
    certificates: tuple[_Certificate, ...] = ()


class _Extension(
    msgspec.Struct,
    frozen=True,
    rename={"credential_types": "sinwonCredentialTypes", "status": "sinwonCredentialStatus"},
    omit_defaults=True,
):
    credential_types: tuple[str, ...] = ()
    status: Literal["required", "optional"] = "required"


class _ServiceInformation(_Struct, frozen=True):
    service_type_identifier: str
    service_name: tuple[_Text, ...]
    service_digital_identity: _Identity
    service_information_extensions: tuple[_Extension, ...] = ()


class _Service(_Struct, frozen=True):
    service_information: _ServiceInformation


class _EntityInformation(msgspec.Struct, frozen=True, rename={"name": "TEName", "link": "TEInformationURI"}):
    name: tuple[_Text, ...]
    link: tuple[_Link, ...]


class _Entity(_Struct, frozen=True):
    trusted_entity_information: _EntityInformation
    trusted_entity_services: tuple[_Service, ...]


class _Scheme(
    msgspec.Struct,
    frozen=True,
    rename={
        "version": "LoTEVersionIdentifier",
        "sequence": "LoTESequenceNumber",
        "type": "LoTEType",
        "operator": "SchemeOperatorName",
        "issued": "ListIssueDateTime",
        "next_update": "NextUpdate",
    },
):
    version: int
    sequence: int
    type: str
    operator: tuple[_Text, ...]
    issued: datetime
    next_update: datetime


class _List(_Struct, frozen=True):
    list_and_scheme_information: _Scheme
    trusted_entities_list: tuple[_Entity, ...] = ()


class _Document(msgspec.Struct, frozen=True, rename={"list": "LoTE"}):
    list: _List


def sign_trust_list(
    anchors: TrustAnchors, *, sequence: int, operator_name: str, operator: Signer, now: int, next_update: int
) -> str:
    """The anchors as a signed list. One entity per name and URI, one service per purpose and set of types."""
    scheme = _Scheme(VERSION, sequence, LIST_TYPE, (_Text("en", operator_name),), utc(now), utc(next_update))
    holders = dict.fromkeys((anchor.name, anchor.uri) for anchor in anchors.anchors)
    entities = tuple(_entity(name, uri, anchors.anchors) for name, uri in holders)
    return sign_document(TYP, dump(_Document(_List(scheme, entities))), operator=operator, now=now)


def verify_trust_list(token: str, *, operator: PublicKey) -> VerifiedTrustList:
    """The list, signed by the operator. Age and order are still to be checked. Raises Malformed, Untrusted."""
    # 1 signed by the pinned key, explicitly typed [TS 119 602 6.8]
    document = open_document(token, _Document, typ=TYP, operator=operator).list
    scheme = document.list_and_scheme_information
    # 2 a list of the kind we follow [TS 119 602 6.3]
    if scheme.version != VERSION or scheme.type != LIST_TYPE:
        raise Malformed(INVALID, "a trust list of another version or type")
    if scheme.issued.tzinfo is None or scheme.next_update.tzinfo is None:
        raise Malformed(INVALID, "a time without time zone")
    # 3 entities and what each of their services may do [TS 119 602 6.6]
    anchors = tuple(anchor for entity in document.trusted_entities_list for anchor in _anchors(entity))
    if any(count > 1 for count in Counter((a.purpose, a.uri, a.certificate) for a in anchors).values()):
        raise Malformed(INVALID, "a certificate stands twice for one purpose")
    issued, until = int(scheme.issued.timestamp()), int(scheme.next_update.timestamp())
    return VerifiedTrustList(scheme.sequence, issued, until, TrustAnchors(anchors))


def _entity(name: str, uri: str, anchors: Iterable[Anchor]) -> _Entity:
    services: dict[tuple[Purpose, frozenset[str], bool], list[bytes]] = {}
    for anchor in anchors:
        if (anchor.name, anchor.uri) == (name, uri):
            services.setdefault((anchor.purpose, anchor.types, anchor.policy.status), []).append(anchor.certificate)
    information = _EntityInformation((_Text("en", name),), (_Link("en", uri),))
    return _Entity(information, tuple(_service(name, *what, certificates) for what, certificates in services.items()))


def _service(name: str, purpose: Purpose, types: frozenset[str], status: bool, certificates: list[bytes]) -> _Service:
    identity = _Identity(tuple(_Certificate(certificate_text(der)) for der in certificates))
    extensions = (_Extension(tuple(sorted(types)), "required" if status else "optional"),) if types else ()
    return _Service(_ServiceInformation(SERVICE_TYPES[purpose], (_Text("en", name),), identity, extensions))


def _anchors(entity: _Entity) -> Iterator[Anchor]:
    information = entity.trusted_entity_information
    if not information.name or not information.link:
        raise Malformed(INVALID, "an entity without name or URI")
    name, uri = information.name[0].value, information.link[0].uri_value
    for service in (each.service_information for each in entity.trusted_entity_services):
        purpose = PURPOSES.get(service.service_type_identifier)
        if purpose is None:
            continue
        extensions = service.service_information_extensions
        types = frozenset(text for extension in extensions for text in extension.credential_types)
        policy = Policy(status=False) if any(extension.status == "optional" for extension in extensions) else STRICT
        for certificate in service.service_digital_identity.certificates:
            yield Anchor(_certificate(certificate.val), purpose, name, uri, types, policy)


def _certificate(text: str) -> bytes:
    try:
        if len(text) > MAX_CERTIFICATE_BYTES * 4 // 3:
            raise Malformed(INVALID, "a certificate is too large")
        der = b64decode(text, validate=True)
        parse_certificate(der)
    except (ValueError, Refusal):
        raise Malformed(INVALID, "a certificate is junk") from None
    return der
