"""`private_key_jwt`: a client signs who it is, for this server alone (RFC 7523 §2.2 and §3, RFC 7521 §4.2, FAPI 2.0 §5.3.2.1).

Owns shape, rules and signature of the assertion. Does not look clients up, and does not consume `jti`: the caller does, once,
until `expires_at`, in the transaction that acts.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from sinwon.core.limits import CLOCK_SKEW
from sinwon.core.refusal import Malformed, Refusal, Unmet, Untrusted
from sinwon.formats.jose.jws import Jws, parse_jws
from sinwon.keys.jwk import PublicKey
from sinwon.protocols.oauth.errors import INVALID_CLIENT

METHOD: Final = "private_key_jwt"
ASSERTION_TYPE: Final = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"
MAX_ASSERTION: Final = 8 * 1024  # characters; ours have about 500
MAX_JTI: Final = 256  # characters; a UUID has 36
MAX_LIFE: Final = 600  # seconds until its end: it is made for the request at hand, and remembered until then
TYPES: Final = frozenset({None, "JWT", "client-authentication+jwt"})
"""Any other type is a token that was made for something else [RFC 8725 3.11]."""


@dataclass(frozen=True, slots=True)
class ClientAssertion:
    """An assertion as it came: shape only."""

    jws: Jws
    client_id: str
    audience: object
    jti: str
    expires_at: int
    issued_at: int | None
    not_before: int | None


def parse_client_assertion(form: Mapping[str, str]) -> ClientAssertion:
    """Raises Malformed("invalid_client")."""
    if form.get("client_assertion_type") != ASSERTION_TYPE:
        raise Malformed(INVALID_CLIENT, "client_assertion_type is not jwt-bearer")
    try:
        jws = parse_jws(form.get("client_assertion", ""), limit=MAX_ASSERTION)
        claims = jws.claims()
    except Malformed as refusal:
        raise Malformed(INVALID_CLIENT, refusal.why) from None
    issuer, subject, jti = claims.get("iss"), claims.get("sub"), claims.get("jti")
    if not isinstance(issuer, str) or issuer != subject or form.get("client_id", issuer) != issuer:
        raise Malformed(INVALID_CLIENT, "iss, sub and client_id are not one client")
    if not isinstance(jti, str) or not 0 < len(jti) <= MAX_JTI:
        raise Malformed(INVALID_CLIENT, "jti is missing or too long")
    times = {name: claims.get(name) for name in ("exp", "iat", "nbf")}
    if any(value is not None and type(value) is not int for value in times.values()) or times["exp"] is None:
        raise Malformed(INVALID_CLIENT, "exp is missing, or a time is no number")
    return ClientAssertion(jws, issuer, claims.get("aud"), jti, times["exp"], times["iat"], times["nbf"])


def check_client_assertion(assertion: ClientAssertion, *, issuer: str, now: int) -> None:
    """The rules except the signature, which verify_client_assertion checks. Raises Unmet("invalid_client")."""
    # 1 a client assertion [RFC 8725 3.11]
    if assertion.jws.typ not in TYPES:
        raise Unmet(INVALID_CLIENT, "typ of another token")
    # 2 for this server, by its issuer identifier as a string [FAPI 2.0 5.3.2.1]
    if assertion.audience != issuer:
        raise Unmet(INVALID_CLIENT, "aud is not the issuer identifier")
    # 3 in time [RFC 7523 3]
    if not now < assertion.expires_at + CLOCK_SKEW or assertion.expires_at > now + MAX_LIFE + CLOCK_SKEW:
        raise Unmet(INVALID_CLIENT, "expired, or good for too long")
    if any(time is not None and time > now + CLOCK_SKEW for time in (assertion.issued_at, assertion.not_before)):
        raise Unmet(INVALID_CLIENT, "from the future")


def verify_client_assertion(assertion: ClientAssertion, keys: Sequence[PublicKey], *, issuer: str, now: int) -> None:
    """Rules and signature by one of the client's keys. Raises Refusal("invalid_client")."""
    check_client_assertion(assertion, issuer=issuer, now=now)
    # 4 signed by the client [RFC 7523 3]
    if not any(_is_by(assertion.jws, key) for key in keys):
        raise Untrusted(INVALID_CLIENT, "not signed by a key of this client")


def _is_by(jws: Jws, key: PublicKey) -> bool:
    try:
        key.verify(jws.signature, jws.signed)
    except Refusal:
        return False
    return True
