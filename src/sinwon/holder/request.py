"""Reading a verifier's request (OpenID4VP 1.0 §5; HAIP 1.0 §5.1): from a link to a request whose sender is known.

Owns the fetch, and every check up to "authentic": from the client named in the link (verifiers), made for a wallet, now, to
be answered where that client is at home. Until then nothing is sent anywhere but the fetch itself. What is asked, and whether
this verifier may ask it, is judged afterwards (ask).
"""

from collections.abc import Mapping
from dataclasses import dataclass
from re import compile as pattern
from typing import Any, Final
from urllib.parse import urlencode

import msgspec

from sinwon.core.fetch import Answer, Unreachable
from sinwon.core.ids import new_secret, same
from sinwon.core.limits import CLOCK_SKEW, MAX_JWT
from sinwon.core.refusal import Malformed, Refusal, Unmet, Untrusted
from sinwon.core.strict_json import convert, dump, parse_json
from sinwon.formats.jose.jwe import ALG, ENC_VALUES
from sinwon.formats.jose.jws import parse_jws
from sinwon.holder.powers import Powers, check_address
from sinwon.holder.request_link import INVALID, Link
from sinwon.holder.verifiers import INVALID_CLIENT, Client, Verifiers, check_response_uri, unsigned_client, verify_client
from sinwon.keys.trust import Purpose
from sinwon.protocols.vp.client_identifier import PREFIXES
from sinwon.protocols.vp.request_object import (
    AUDIENCE,
    DIRECT_POST,
    FORMATS,
    MEDIA_TYPE,
    REQUEST_SECONDS,
    RESPONSE_MODE,
    RESPONSE_TYPE,
)

BROWSER_MODE: Final = "dc_api.jwt"
PLAIN_BROWSER_MODE: Final = "dc_api"
NONCE: Final = pattern(r"[A-Za-z0-9._~-]{22,512}\Z")  # at least 128 bits of base64url [OID4VP 5.2]
STATE: Final = pattern(r"[A-Za-z0-9._~-]{1,512}\Z")
OBJECTS: Final = ("dcql_query", "client_metadata", "transaction_data")
"""Parameters that are JSON in a link [OID4VP 5.1]."""
TIMES: Final = frozenset({"iat", "exp", "nbf"})
MAX_OBJECT: Final = 32 * 1024


class Claims(msgspec.Struct, frozen=True):
    """The parameters of a request that we read; unknown ones are ignored, `transaction_data` excepted. So is `verifier_info`:
    it grants nothing, and nothing of it is shown."""

    response_type: str
    response_mode: str
    nonce: str
    client_id: str = ""
    response_uri: str = ""
    expected_origins: tuple[str, ...] = ()
    aud: str | None = None
    iat: int | None = None
    exp: int | None = None
    nbf: int | None = None
    state: str | None = None
    dcql_query: Any = None
    scope: str | None = None
    client_metadata: dict[str, Any] = msgspec.field(default_factory=dict)
    transaction_data: Any = None
    redirect_uri: Any = None
    wallet_nonce: str | None = None


@dataclass(frozen=True, slots=True)
class AuthenticRequest:
    """A request of a client that is who it says, for us, now. What it asks is not judged yet."""

    claims: Claims
    client: Client
    origin: str | None = None
    """Of the page that asks, if it came through a browser: the answer is for it and goes back the same way."""

    @property
    def audience(self) -> str:
        """Whom a key binding is for (OpenID4VP 1.0 §14.1.2, A.4)."""
        return self.claims.client_id if self.origin is None else f"origin:{self.origin}"

    @property
    def encrypted(self) -> bool:
        """Whether the answer is to be."""
        return self.claims.response_mode in {RESPONSE_MODE, BROWSER_MODE}


def fetch_request(powers: Powers, link: Link) -> AuthenticRequest:
    """The authentic request behind `link`. Raises Malformed, Unmet, Untrusted; then nobody is told."""
    if not link.signed:
        return _unsigned(powers, link)
    origin, wallet_nonce = None, None
    token = link.request or ""
    if link.request_uri is not None:
        origin = check_address(link.request_uri, INVALID, demo=powers.demo)
        wallet_nonce = new_secret(powers.random) if link.post else None
        token = _body(_fetch(powers, link.request_uri, wallet_nonce))
    request = verify_request(powers, token, client_id=link.client_id)
    check_times(request.claims, powers.clock())
    check_request(powers, request, fetched_from=origin)
    # 7 the nonce we sent came back [OID4VP 5.10]
    if wallet_nonce is not None and not same(request.claims.wallet_nonce or "", wallet_nonce):
        raise Unmet(INVALID, "our nonce did not come back")
    return request


def verify_request(powers: Powers, token: str, *, client_id: str) -> AuthenticRequest:
    """Who sent it. Raises Untrusted."""
    claims, client = verify_signed(powers, token, client_id=client_id)
    # 3 whoever is named outside is named inside, prefix and all [OID4VP 5.1]
    if claims.client_id != client_id:
        raise Untrusted(INVALID, "link and request object do not name one client")
    return AuthenticRequest(claims, client)


def verify_signed(powers: Powers, token: str, *, client_id: str | None = None) -> tuple[Claims, Client]:
    """What is signed, and that by `client_id`, or by whom it names itself. Raises Untrusted."""
    anchors = powers.anchors().certificates(Purpose.ACCESS)
    try:
        jws = parse_jws(token)
        claims = convert(jws.claims(), Claims)
        named = claims.client_id if client_id is None else client_id
        client = verify_client(jws, named, anchors=anchors, verifiers=powers.verifiers, now=powers.clock())
    except Refusal as refusal:
        raise Untrusted(INVALID_CLIENT if refusal.code == INVALID_CLIENT else INVALID, refusal.why) from None
    return claims, client


def check_times(claims: Claims, now: int) -> None:
    """That a signed request is for a wallet, and of now. Raises Unmet."""
    # 4 made for a wallet [OID4VP 5.8]
    if claims.aud != AUDIENCE:
        raise Unmet(INVALID, "another audience")
    # 5 fresh [RFC 9101 10]
    if claims.iat is None or not now - REQUEST_SECONDS - CLOCK_SKEW <= claims.iat <= now + CLOCK_SKEW:
        raise Unmet(INVALID, "issued too long ago or in the future")
    if (claims.exp is not None and claims.exp <= now) or (claims.nbf or 0) > now + CLOCK_SKEW:
        raise Unmet(INVALID, "expired, or not yet valid")


def check_request(powers: Powers, request: AuthenticRequest, *, fetched_from: str | None) -> None:
    """That an answer can go to the client, in a way we speak, once. Raises Malformed, Unmet, Untrusted."""
    claims = request.claims
    # 6 posted, and encrypted unless this wallet may do without [OID4VP 8.2, 8.3; HAIP 5.1]
    if claims.response_type != RESPONSE_TYPE or claims.response_mode not in _modes(powers.verifiers):
        raise Unmet(INVALID, "another response type or response mode")
    # 7 to the client's address, with no second address [OID4VP 8.2]
    if claims.redirect_uri is not None:
        raise Unmet(INVALID, "redirect_uri beside response_uri")
    origin = check_address(claims.response_uri, INVALID, demo=powers.demo)
    check_response_uri(request.client, claims.response_uri, origin=origin, fetched_from=fetched_from)
    check_nonce(claims)


def check_nonce(claims: Claims) -> None:
    # 8 with a nonce that cannot be guessed [OID4VP 5.2]
    if not NONCE.match(claims.nonce) or (claims.state is not None and not STATE.match(claims.state)):
        raise Unmet(INVALID, "nonce or state too short, too long or of other characters")


def _unsigned(powers: Powers, link: Link) -> AuthenticRequest:
    """A request in the parameters of the link: nobody vouches for it but the address it is to be answered at."""
    client = unsigned_client(link.client_id, powers.verifiers)
    # A time that nobody signed says nothing.
    members = {name: text for name, text in link.parameters.items() if name not in TIMES}
    try:
        read = {name: parse_json(text, limit=MAX_OBJECT) if name in OBJECTS else text for name, text in members.items()}
        request = AuthenticRequest(convert(read, Claims), client)
    except Malformed as refusal:
        raise Malformed(INVALID, refusal.why) from None
    check_request(powers, request, fetched_from=None)
    return request


def _modes(verifiers: Verifiers) -> tuple[str, ...]:
    return (RESPONSE_MODE, DIRECT_POST) if verifiers.plain else (RESPONSE_MODE,)


def wallet_metadata(verifiers: Verifiers) -> Mapping[str, Any]:
    """What this wallet can do, for a verifier that would like to know before it asks (OpenID4VP 1.0 §5.10, §10)."""
    return {
        "vp_formats_supported": FORMATS,
        "client_id_prefixes_supported": [prefix.removesuffix(":") for prefix in PREFIXES],
        "request_object_signing_alg_values_supported": ["ES256"],
        "response_types_supported": [RESPONSE_TYPE],
        "response_modes_supported": _modes(verifiers),
        "authorization_encryption_alg_values_supported": [ALG],
        "authorization_encryption_enc_values_supported": ENC_VALUES,
    }


def _fetch(powers: Powers, request_uri: str, wallet_nonce: str | None) -> Answer:
    try:
        if wallet_nonce is None:
            return powers.fetch.get(request_uri, accept=MEDIA_TYPE, limit=MAX_JWT)
        metadata = dump(wallet_metadata(powers.verifiers)).decode()
        form = urlencode({"wallet_nonce": wallet_nonce, "wallet_metadata": metadata}).encode()
        content_type = "application/x-www-form-urlencoded"
        return powers.fetch.post(request_uri, form, content_type=content_type, accept=MEDIA_TYPE, limit=MAX_JWT)
    except Unreachable:
        raise Malformed(INVALID, "the request cannot be had") from None


def _body(answer: Answer) -> str:
    if answer.status != 200 or answer.media_type != MEDIA_TYPE:
        raise Malformed(INVALID, f"no request there: status {answer.status}")
    try:
        return answer.body.decode("ascii")
    except UnicodeDecodeError:
        raise Malformed(INVALID, "the request is not a JWS") from None
