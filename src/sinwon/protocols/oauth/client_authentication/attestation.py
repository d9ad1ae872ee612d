"""`attest_jwt_client_auth`: a wallet provider says that this is an instance of its wallet, and the instance that it is the one
(OAuth 2.0 Attestation-Based Client Authentication draft 07, newer shapes read too; HAIP 1.0 §4.4.1, OpenID4VCI 1.0 Appendix E).

Owns shape, rules, signatures and signer of both JWTs, the challenges, and making both (the wallet provider's and the wallet's
side). Does not look clients up, does not judge the
attestation's own status, and does not consume `jti`: the caller does, once, until `expires_at`, in the transaction that acts.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

from sinwon.core import base64url
from sinwon.core.ids import Randomness, new_id
from sinwon.core.limits import CLOCK_SKEW
from sinwon.core.refusal import Malformed, Refusal, Unmet, Untrusted
from sinwon.formats.jose.jws import Jws, parse_jws, sign_jws, sign_with_chain, verify_jws
from sinwon.formats.status.reference import StatusReference, parse_status
from sinwon.keys.jwk import PublicKey, parse_public_jwk
from sinwon.keys.signer import CertifiedSigner, Signer
from sinwon.keys.trust import Purpose, TrustAnchors
from sinwon.keys.x509 import VerifiedChain, parse_x5c, verify_chain
from sinwon.protocols.oauth.errors import (
    INVALID_CLIENT,
    INVALID_CLIENT_ATTESTATION,
    USE_ATTESTATION_CHALLENGE,
    USE_FRESH_ATTESTATION,
)
from sinwon.protocols.oauth.server_nonce import given_at, make_server_nonce

METHOD: Final = "attest_jwt_client_auth"
ALGORITHMS: Final = ("ES256",)
TYP: Final = "oauth-client-attestation+jwt"
POP_TYP: Final = "oauth-client-attestation-pop+jwt"
MAX_ATTESTATION: Final = 24 * 1024  # characters: one key and a chain of two certificates have about 3000
MAX_POP: Final = 8 * 1024  # characters; ours have about 500
MAX_JTI: Final = 256  # characters; a UUID has 36
WINDOW: Final = 60  # seconds a proof may be old or ahead: it is made for the request at hand
CHALLENGE_LIFETIME: Final = 300  # seconds; a client hears a fresh one where it is refused
PURPOSE: Final = b"client_attestation"


@dataclass(frozen=True, slots=True)
class ClientAttestation:
    """Both JWTs as they came: shape only."""

    jws: Jws
    client_id: str
    key: PublicKey
    """Of the instance."""
    issuer: object
    expires_at: int
    not_before: tuple[int, ...]
    """`iat` and `nbf`, where they are."""
    status: StatusReference | None
    pop: Jws
    pop_claims: dict[str, Any]
    jti: str
    made_at: int


@dataclass(frozen=True, slots=True)
class VerifiedAttestation:
    """This instance of that client, says a wallet provider on the trust list."""

    client_id: str
    instance: str
    """The thumbprint of its key."""
    provider: str
    status: StatusReference | None
    jti: str
    expires_at: int
    """The last second in which the proof of possession would pass."""


@dataclass(frozen=True, slots=True)
class Challenges:
    """What a proof of possession is to be made for. Nothing of them is stored."""

    key: bytes
    issuer: str
    required: bool

    def make(self, *, now: int, random: Randomness) -> str:
        return make_server_nonce(self.key, purpose=PURPOSE, issuer=self.issuer, now=now, random=random)

    def check(self, challenge: object, *, now: int) -> None:
        """Raises Unmet("use_attestation_challenge") for one that is foreign or too old, or missing where one is required."""
        if challenge is None and not self.required:
            return
        given = given_at(challenge, self.key, purpose=PURPOSE, issuer=self.issuer) if isinstance(challenge, str) else None
        if given is None or not given - CLOCK_SKEW <= now < given + CHALLENGE_LIFETIME:
            raise Unmet(USE_ATTESTATION_CHALLENGE, "challenge is missing, foreign or too old")


def parse_client_attestation(attestations: Sequence[str], pops: Sequence[str], *, client_id: str | None) -> ClientAttestation:
    """One header each; `client_id` is the parameter, where there is one. Raises Malformed."""
    # 1 exactly one of each [ABCA 6.1]
    if len(attestations) != 1 or len(pops) != 1:
        raise Malformed(INVALID_CLIENT, "not exactly one attestation and one proof of possession")
    try:
        jws, pop = parse_jws(attestations[0], limit=MAX_ATTESTATION), parse_jws(pops[0], limit=MAX_POP)
        return _parsed(jws, jws.claims(), pop, pop.claims(), client_id)
    except Malformed as refusal:
        raise Malformed(INVALID_CLIENT_ATTESTATION, refusal.why) from None


def check_client_attestation(found: ClientAttestation, *, issuer: str, challenges: Challenges, now: int) -> None:
    """The rules except signatures and signer, which verify_client_attestation checks. Raises Unmet."""
    # 2 each explicitly typed [ABCA 5.1, 5.2]
    if found.jws.typ != TYP or found.pop.typ != POP_TYP:
        raise Unmet(INVALID_CLIENT_ATTESTATION, "typ is not that of an attestation, or of its proof")
    # 3 the attestation is good now [ABCA 5.1]
    if now >= found.expires_at:
        raise Unmet(USE_FRESH_ATTESTATION, "attestation is over")
    if any(time > now + CLOCK_SKEW for time in found.not_before):
        raise Unmet(INVALID_CLIENT_ATTESTATION, "attestation is from the future")
    # 4 the proof is for this server, by its issuer identifier [ABCA 5.2]
    if found.pop_claims.get("aud") != issuer:
        raise Unmet(INVALID_CLIENT_ATTESTATION, "aud is not the issuer identifier")
    if found.pop_claims.get("iss", found.client_id) != found.client_id:
        raise Unmet(INVALID_CLIENT_ATTESTATION, "iss of the proof is not the client")
    # 5 fresh [ABCA 5.2]
    if abs(now - found.made_at) > WINDOW:
        raise Unmet(INVALID_CLIENT_ATTESTATION, "proof of possession is too old or from the future")
    # 6 for our challenge, where there is one [ABCA 8]
    challenges.check(found.pop_claims.get("challenge"), now=now)


def verify_client_attestation(found: ClientAttestation, *, anchors: TrustAnchors, now: int) -> VerifiedAttestation:
    """Who says so, and that it is this instance. Raises Untrusted."""
    # 7 by a wallet provider on the trust list, path and all [HAIP 4.4.1]
    try:
        chain = verify_chain(parse_x5c(found.jws.header.get("x5c")), anchors.certificates(Purpose.WALLET), now)
    except Refusal as refusal:
        raise Untrusted(INVALID_CLIENT, refusal.why) from None
    provider = _provider(found, chain, anchors)
    try:
        # 8 signed by it [ABCA 7.2]
        verify_jws(found.jws, chain.key, typ=TYP)
        # 9 the proof signed by the key in it [ABCA 7.2]
        verify_jws(found.pop, found.key, typ=POP_TYP)
    except Refusal as refusal:
        raise Untrusted(INVALID_CLIENT_ATTESTATION, refusal.why) from None
    instance = base64url.encode(found.key.thumbprint)
    return VerifiedAttestation(found.client_id, instance, provider, found.status, found.jti, found.made_at + WINDOW)


def sign_client_attestation(
    instance: PublicKey,
    *,
    client_id: str,
    issuer: str,
    now: int,
    lifetime: int,
    by: CertifiedSigner,
    status: StatusReference | None = None,
) -> str:
    """For the wallet provider with the identifier `issuer`, which knows `instance` to be the key of one of its wallets."""
    claims: dict[str, object] = {
        "iss": issuer,
        "sub": client_id,
        "iat": now,
        "exp": now + lifetime,
        "cnf": {"jwk": instance.jwk},
    }
    return sign_with_chain(TYP, {**claims, "status": status.claim} if status else claims, by)


def sign_attestation_pop(
    signer: Signer, *, client_id: str, audience: str, challenge: str | None, now: int, random: Randomness
) -> str:
    """For one request to the authorization server `audience`, by the instance key."""
    claims: dict[str, object] = {"aud": audience, "jti": new_id(random), "iat": now}
    # Of older drafts, which those who follow the newer one ignore.
    claims |= {"iss": client_id, "exp": now + WINDOW}
    if challenge is not None:
        claims["challenge"] = challenge
    return sign_jws({"typ": POP_TYP}, claims, signer)


def _parsed(jws: Jws, claims: dict[str, Any], pop: Jws, pop_claims: dict[str, Any], client_id: str | None) -> ClientAttestation:
    subject, confirmation = claims.get("sub"), claims.get("cnf")
    if not isinstance(subject, str) or not subject or client_id not in {None, subject}:
        raise Malformed(INVALID_CLIENT_ATTESTATION, "sub is missing or not client_id")
    jwk = confirmation.get("jwk") if isinstance(confirmation, dict) else None
    if not isinstance(jwk, dict):
        raise Malformed(INVALID_CLIENT_ATTESTATION, "no cnf.jwk")
    begins = tuple(_number(claims[name]) for name in ("iat", "nbf") if name in claims)
    jti = pop_claims.get("jti")
    if not isinstance(jti, str) or not 0 < len(jti) <= MAX_JTI:
        raise Malformed(INVALID_CLIENT_ATTESTATION, "jti is missing or too long")
    status = parse_status(claims["status"]) if "status" in claims else None
    ends, made_at = _number(claims.get("exp")), _number(pop_claims.get("iat"))
    key = parse_public_jwk(jwk)
    return ClientAttestation(jws, subject, key, claims.get("iss"), ends, begins, status, pop, pop_claims, jti, made_at)


def _number(value: object) -> int:
    if type(value) is not int:
        raise Malformed(INVALID_CLIENT_ATTESTATION, "a time is missing or not an integer")
    return value


def _provider(found: ClientAttestation, chain: VerifiedChain, anchors: TrustAnchors) -> str:
    """The one entity listed with this root that the leaf speaks for, or where it names nobody, that the attestation names."""
    named: set[object] = set(chain.uris) or {found.issuer}
    listed = named.intersection(anchors.names_of(Purpose.WALLET, chain.anchor))
    if len(listed) != 1:
        raise Untrusted(INVALID_CLIENT, "certificate and trust list do not name one wallet provider")
    return str(listed.pop())
