"""Reading a verifier's request (OpenID4VP 1.0 §5; HAIP 1.0 §5.1): from a link to a request whose sender is known.

Owns the link, the fetch, and every check up to "authentic": signed by the key of an access certificate that we trust and that
is the client named in the link, made for a wallet, now, to be answered on the address it came from. Until then nothing is
sent anywhere but the fetch itself. What is asked, and whether this service may ask it, is judged afterwards (ask).
"""

from collections.abc import Mapping
from dataclasses import dataclass
from re import compile as pattern
from typing import Any, Final
from urllib.parse import parse_qsl, urlencode, urlsplit

import msgspec
from cryptography import x509
from cryptography.x509.oid import ExtendedKeyUsageOID, ObjectIdentifier

from sinwon.core.fetch import Answer, Unreachable
from sinwon.core.ids import new_secret, same
from sinwon.core.limits import CLOCK_SKEW, MAX_JWT
from sinwon.core.refusal import Malformed, Refusal, Unmet, Untrusted
from sinwon.core.strict_json import convert
from sinwon.formats.jose.jws import Jws, parse_jws, verify_jws
from sinwon.holder.powers import Powers, check_address
from sinwon.keys.trust import Purpose
from sinwon.keys.x509 import VerifiedChain, parse_x5c, verify_chain
from sinwon.protocols.vp.client_identifier import X509_HASH, x509_hash
from sinwon.protocols.vp.request_object import (
    AUDIENCE,
    MEDIA_TYPE,
    REQUEST_SECONDS,
    RESPONSE_MODE,
    RESPONSE_TYPE,
    TYP,
)

INVALID: Final = "invalid_request"
INVALID_METHOD: Final = "invalid_request_uri_method"
SCHEMES: Final = frozenset({"openid4vp", "haip-vp", "https", "http"})
MAX_LINK: Final = 4 * 1024
MAX_PARAMETERS: Final = 20
NONCE: Final = pattern(r"[A-Za-z0-9._~-]{22,512}\Z")  # at least 128 bits of base64url [OID4VP 5.2]
ACCESS_USES: Final = frozenset(
    {
        ExtendedKeyUsageOID.CLIENT_AUTH,
        ExtendedKeyUsageOID.ANY_EXTENDED_KEY_USAGE,
        ObjectIdentifier("1.0.18013.5.1.6"),  # reader authentication [ISO/IEC 18013-5 B.1.7]
    }
)
STATE: Final = pattern(r"[A-Za-z0-9._~-]{1,512}\Z")


@dataclass(frozen=True, slots=True)
class Link:
    """What a QR code or a page hands to the wallet."""

    client_id: str
    request_uri: str
    post: bool
    """The verifier would like the request object fetched by POST, with a nonce of ours."""


class Claims(msgspec.Struct, frozen=True):
    """The parameters of a request object that we read; unknown ones are ignored, `transaction_data` excepted."""

    client_id: str
    response_type: str
    response_mode: str
    response_uri: str
    nonce: str
    aud: str
    iat: int
    exp: int | None = None
    state: str | None = None
    dcql_query: Any = None
    scope: str | None = None
    client_metadata: dict[str, Any] = msgspec.field(default_factory=dict)
    transaction_data: Any = None
    redirect_uri: Any = None
    wallet_nonce: str | None = None


@dataclass(frozen=True, slots=True)
class AuthenticRequest:
    """A request by the holder of an access certificate, for us, now. What it asks is not judged yet."""

    claims: Claims
    chain: VerifiedChain

    @property
    def client_id(self) -> str:
        return self.claims.client_id


def parse_request_link(text: str) -> Link:
    """`openid4vp://?client_id=…&request_uri=…`, or the same below a claimed https address. Raises Malformed."""
    if len(text) > MAX_LINK:
        raise Malformed(INVALID, "longer than any request link")
    parameters = _parameters(text.strip())
    # 1 by reference, and nothing that says the same otherwise [OID4VP 5.1; HAIP 5.1]
    if "request" in parameters or not parameters.get("request_uri") or not parameters.get("client_id"):
        raise Malformed(INVALID, "not a request by reference")
    # 2 fetched in one of the two ways [OID4VP 5.1]
    method = parameters.get("request_uri_method", "get")
    if method not in {"get", "post"}:
        raise Malformed(INVALID_METHOD, "request_uri_method is neither get nor post")
    # 3 the one kind of client we know, prefix and all [OID4VP 5.9.3; HAIP 5.2]
    if not parameters["client_id"].startswith(X509_HASH):
        raise Malformed(INVALID, "not a client identified by its certificate")
    return Link(parameters["client_id"], parameters["request_uri"], method == "post")


def fetch_request(powers: Powers, link: Link) -> AuthenticRequest:
    """The authentic request behind `link`. Raises Malformed, Unmet, Untrusted; then nobody is told."""
    origin = check_address(link.request_uri, INVALID, demo=powers.demo)
    wallet_nonce = new_secret(powers.random) if link.post else None
    token = _body(_fetch(powers, link, wallet_nonce))
    request = verify_request(powers, token, client_id=link.client_id)
    check_request(request.claims, origin=origin, now=powers.clock(), demo=powers.demo)
    # 7 the nonce we sent came back [OID4VP 5.10]
    if wallet_nonce is not None and not same(request.claims.wallet_nonce or "", wallet_nonce):
        raise Unmet(INVALID, "our nonce did not come back")
    return request


def verify_request(powers: Powers, token: str, *, client_id: str) -> AuthenticRequest:
    """Who sent it. Raises Malformed, Untrusted."""
    try:
        jws = parse_jws(token)
        # 1 certificate chain to a listed access authority [HAIP 5.2; RFC 5280 6.1]
        anchors = powers.anchors().certificates(Purpose.ACCESS)
        chain = verify_chain(parse_x5c(jws.header.get("x5c")), anchors, powers.clock())
        _check_uses(chain.leaf)
        # 2 explicitly typed, signed by the leaf [OID4VP 5; RFC 9101 10.8]
        verify_jws(jws, chain.key, typ=TYP)
        claims = _claims(jws)
    except Refusal as refusal:
        raise Untrusted(INVALID, refusal.why) from None
    # 3 the leaf is the client that the link and the object name [OID4VP 5.9.3, 5.1]
    if client_id != x509_hash(chain.leaf_der) or claims.client_id != client_id:
        raise Untrusted(INVALID, "link, request object and certificate do not name one client")
    return AuthenticRequest(claims, chain)


def check_request(claims: Claims, *, origin: str, now: int, demo: bool) -> None:
    """That it is for us, now, and to be answered where it came from. Raises Unmet, Malformed."""
    # 4 made for a wallet; an encrypted answer, posted [OID4VP 5.8; HAIP 5.1]
    if claims.aud != AUDIENCE or claims.response_type != RESPONSE_TYPE or claims.response_mode != RESPONSE_MODE:
        raise Unmet(INVALID, "another audience, response type or response mode")
    # 5 to the address it came from, with no second address [OID4VP 8.2]
    if claims.redirect_uri is not None:
        raise Unmet(INVALID, "redirect_uri beside response_uri")
    if check_address(claims.response_uri, INVALID, demo=demo) != origin:
        raise Unmet(INVALID, "the answer would go elsewhere than the request came from")
    # 6 fresh, with a nonce that cannot be guessed [OID4VP 5.2; RFC 9101 10]
    _check_times(claims, now)
    if not NONCE.match(claims.nonce) or (claims.state is not None and not STATE.match(claims.state)):
        raise Unmet(INVALID, "nonce or state too short, too long or of other characters")


def _check_uses(leaf: x509.Certificate) -> None:
    """A certificate made for something else, a web server's say, is no access certificate [RFC 5280 4.2.1.12]."""
    try:
        uses = leaf.extensions.get_extension_for_class(x509.ExtendedKeyUsage).value
    except x509.ExtensionNotFound:
        return
    if not ACCESS_USES & set(uses):
        raise Untrusted(INVALID, "a certificate for another use")


def _check_times(claims: Claims, now: int) -> None:
    if not now - REQUEST_SECONDS - CLOCK_SKEW <= claims.iat <= now + CLOCK_SKEW:
        raise Unmet(INVALID, "issued too long ago or in the future")
    if claims.exp is not None and claims.exp <= now:
        raise Unmet(INVALID, "expired")


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


def _fetch(powers: Powers, link: Link, wallet_nonce: str | None) -> Answer:
    try:
        if wallet_nonce is None:
            return powers.fetch.get(link.request_uri, accept=MEDIA_TYPE, limit=MAX_JWT)
        form = urlencode({"wallet_nonce": wallet_nonce}).encode()
        content_type = "application/x-www-form-urlencoded"
        return powers.fetch.post(link.request_uri, form, content_type=content_type, accept=MEDIA_TYPE, limit=MAX_JWT)
    except Unreachable:
        raise Malformed(INVALID, "the request cannot be had") from None


def _body(answer: Answer) -> str:
    if answer.status != 200 or answer.media_type != MEDIA_TYPE:
        raise Malformed(INVALID, f"no request there: status {answer.status}")
    try:
        return answer.body.decode("ascii")
    except UnicodeDecodeError:
        raise Malformed(INVALID, "the request is not a JWS") from None


def _claims(jws: Jws) -> Claims:
    members: Mapping[str, Any] = jws.claims()
    return convert(members, Claims)
