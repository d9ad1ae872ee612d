"""The link that brings a verifier's request (OpenID4VP 1.0 §5, §5.7): by reference, by value, or in its own parameters.

Owns the shape. Whoever wrote the link is nobody yet: beside a signed request its parameters do not count (request).
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final
from urllib.parse import parse_qsl, urlsplit

from sinwon.core.limits import MAX_JWT
from sinwon.core.refusal import Malformed
from sinwon.protocols.vp.client_identifier import REDIRECT_URI, split_client_id

INVALID: Final = "invalid_request"
INVALID_METHOD: Final = "invalid_request_uri_method"
SCHEMES: Final = frozenset({"openid4vp", "haip-vp", "https", "http"})
MAX_LINK: Final = MAX_JWT + 4 * 1024  # a request by value, and what stands around it
MAX_PARAMETERS: Final = 20


@dataclass(frozen=True, slots=True)
class Link:
    """What a QR code or a page hands to the wallet."""

    client_id: str
    request_uri: str | None
    post: bool
    """The verifier would like the request object fetched by POST, with a nonce of ours."""
    request: str | None
    """The signed request itself."""
    parameters: Mapping[str, str]
    """All of the link: the request, if it is neither of these."""

    @property
    def signed(self) -> bool:
        return self.request_uri is not None or self.request is not None


def parse_request_link(text: str) -> Link:
    """`openid4vp://?client_id=…&request_uri=…`, or the same below a claimed https address. Raises Malformed, Untrusted."""
    if len(text) > MAX_LINK:
        raise Malformed(INVALID, "longer than any request link")
    parameters = _parameters(text.strip())
    # 1 said in one way only [OID4VP 5.1; RFC 9101 5]
    if {"request", "request_uri"} <= parameters.keys():
        raise Malformed(INVALID, "a request by value and by reference")
    # 2 fetched in one of the two ways [OID4VP 5.1]
    method = parameters.get("request_uri_method", "get")
    if method not in {"get", "post"}:
        raise Malformed(INVALID_METHOD, "request_uri_method is neither get nor post")
    if "request_uri_method" in parameters and "request_uri" not in parameters:
        raise Malformed(INVALID, "a method to fetch nothing")
    # 3 a kind of client that we know, prefix and all [OID4VP 5.9]
    prefix, _name = split_client_id(parameters.get("client_id", ""))
    link = Link(parameters["client_id"], parameters.get("request_uri"), method == "post", parameters.get("request"), parameters)
    # 4 signed, but where there is no key that could [OID4VP 5.9.3]
    if link.signed is (prefix == REDIRECT_URI):
        raise Malformed(INVALID, "signed by a client without a key, or unsigned by one with")
    return link


def _parameters(link: str) -> dict[str, str]:
    try:
        parts = urlsplit(link)
        pairs = parse_qsl(parts.query, keep_blank_values=True, errors="strict", max_num_fields=MAX_PARAMETERS)
    except (ValueError, UnicodeError):
        raise Malformed(INVALID, "not a link") from None
    if parts.scheme not in SCHEMES:
        raise Malformed(INVALID, "not a link to a wallet")
    found = dict(pairs)
    if len(found) != len(pairs):
        raise Malformed(INVALID, "a parameter twice")
    return found
