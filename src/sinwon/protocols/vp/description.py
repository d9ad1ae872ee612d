"""A request as a caller describes it: who asks, how it travels, how it is answered, and what for (OpenID4VP 1.0 §5, §6).

Owns which of these go together (§5.9.3, HAIP 1.0 §5.1) and, for the world's best known identity documents, the queries. A
sign-in is not described: it asks for a preset of the catalogue (query), signed, by reference and encrypted, always.
"""

from collections.abc import Mapping
from enum import StrEnum
from typing import Any, Final

import msgspec

from sinwon.core.refusal import Unmet
from sinwon.core.strict_json import convert
from sinwon.formats.dcql.query import CredentialQuery, Query, parse_query
from sinwon.formats.mdoc.names import MDOC
from sinwon.formats.sdjwt.names import SD_JWT_VC
from sinwon.protocols.credential_types import TYPES
from sinwon.protocols.vp.client_identifier import REDIRECT_URI, X509_HASH, X509_SAN_DNS

INVALID: Final = "invalid_request"
PID_VCT: Final = "urn:eudi:pid:1"
PID_DOCTYPE: Final = "eu.europa.ec.eudi.pid.1"
MDL_DOCTYPE: Final = "org.iso.18013.5.1.mDL"
MDL_NAMESPACE: Final = "org.iso.18013.5.1"


class Prefix(StrEnum):
    """Of our client identifier. Two are proven by an access certificate, the third by nothing but where the answer goes."""

    X509_HASH = X509_HASH.rstrip(":")
    X509_SAN_DNS = X509_SAN_DNS.rstrip(":")
    REDIRECT_URI = REDIRECT_URI.rstrip(":")


class RequestMethod(StrEnum):
    REQUEST_URI = "request_uri"
    """Signed, fetched by the wallet."""
    URL_QUERY = "url_query"
    """Unsigned, in the link itself."""


class ResponseMode(StrEnum):
    DIRECT_POST_JWT = "direct_post.jwt"
    DIRECT_POST = "direct_post"


class Description(msgspec.Struct, frozen=True):
    """One request. By default as HAIP wants it."""

    query: dict[str, Any]
    """DCQL, as it goes on the wire."""
    prefix: Prefix = Prefix.X509_HASH
    method: RequestMethod = RequestMethod.REQUEST_URI
    by_post: bool = False
    """The wallet is told to fetch the request by POST, with a nonce of its own. It may do so in any case."""
    response_mode: ResponseMode = ResponseMode.DIRECT_POST_JWT
    return_to: str | None = None
    """Where the wallet sends the browser afterwards, with a response code; None where it is sent nowhere."""


def check_description(description: Description) -> Query:
    """The compiled query of a request that may be made. Raises Malformed, Unmet."""
    # 1 a request is signed exactly where a certificate says who asks, and then it is fetched [OID4VP 5.9.3]
    signed = description.prefix is not Prefix.REDIRECT_URI
    if signed is not (description.method is RequestMethod.REQUEST_URI):
        raise Unmet(INVALID, "this prefix and this request method do not go together")
    # 2 a way of fetching only for what is fetched [OID4VP 5.1]
    if description.by_post and not signed:
        raise Unmet(INVALID, "nothing to fetch by POST")
    query = parse_query(description.query)
    for credential in query.credentials:
        # 3 one presentation each, by its holder [P]
        if not _is_verifiable(credential):
            raise Unmet(INVALID, "a credential query beyond what is verified here")
        # 4 the certificate itself only for what the catalogue permits [P]
        if credential.types & frozenset(TYPES):
            raise Unmet(INVALID, "the certificate is asked for by presets alone")
    return query


def _is_verifiable(query: CredentialQuery) -> bool:
    """Whether answers are checked against all of it. Of trusted authorities, what counts is our own anchors."""
    plain = not query.multiple and not query.trusted_authorities
    return query.format in {SD_JWT_VC, MDOC} and plain and query.require_holder_binding


def read_description(text: bytes) -> Description:
    """As a presentation keeps it: ours, and checked before. Raises Malformed."""
    return convert(msgspec.json.decode(text), Description)


def _sd_jwt(vct: str, *names: str) -> dict[str, Any]:
    claims = [{"path": [name]} for name in names]
    return {"credentials": [{"id": "credential", "format": SD_JWT_VC, "meta": {"vct_values": [vct]}, "claims": claims}]}


def _mdoc(doctype: str, namespace: str, *names: str) -> dict[str, Any]:
    claims = [{"path": [namespace, name], "intent_to_retain": False} for name in names]
    return {"credentials": [{"id": "credential", "format": MDOC, "meta": {"doctype_value": doctype}, "claims": claims}]}


FOREIGN: Final[Mapping[str, dict[str, Any]]] = {
    "pid-sd-jwt": _sd_jwt(PID_VCT, "given_name", "family_name", "birthdate", "nationalities", "place_of_birth"),
    "pid-mdoc": _mdoc(PID_DOCTYPE, PID_DOCTYPE, "given_name", "family_name", "birth_date"),
    "mdl-mdoc": _mdoc(MDL_DOCTYPE, MDL_NAMESPACE, "given_name", "family_name", "birth_date"),
}
"""Queries for one credential each: the identity document of the European Union in both formats, a mobile driving licence."""
