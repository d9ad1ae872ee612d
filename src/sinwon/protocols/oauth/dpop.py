"""DPoP proofs (RFC 9449): whoever sends a token shows, for this one request, that it has the key the token is bound to.

Owns their shape, rules and signature, the server's nonces (§8), and making a proof (the client's side). Does not know which key
a token is bound to (the caller compares `thumbprint`) and does not consume `jti`: the caller does, once, with `key_and_jti`
until `expires_at`, in the transaction that acts.
"""

from dataclasses import dataclass
from functools import lru_cache
from hashlib import sha256
from re import ASCII, IGNORECASE
from re import compile as pattern
from typing import Any, Final

from sinwon.core import base64url
from sinwon.core.ids import Randomness, new_id, same
from sinwon.core.limits import CLOCK_SKEW
from sinwon.core.refusal import Fault, Malformed, Refusal, Unmet, Untrusted
from sinwon.formats.jose.jws import Jws, parse_jws, sign_jws, verify_jws
from sinwon.keys.jwk import PublicKey, parse_public_jwk
from sinwon.keys.signer import Signer
from sinwon.protocols.oauth.errors import INVALID_DPOP_PROOF, USE_DPOP_NONCE
from sinwon.protocols.oauth.server_nonce import given_at, make_server_nonce

TYP: Final = "dpop+jwt"
TOKEN_TYPE: Final = "DPoP"  # noqa: S105 (how such a token is called, and the name of its scheme)
ALGORITHMS: Final = ("ES256",)
MAX_PROOF: Final = 8 * 1024  # characters; ours have about 500
MAX_JTI: Final = 256  # characters; a UUID has 36
WINDOW: Final = 60  # seconds a proof may be old or ahead: it is made for the request at hand
NONCE_LIFETIME: Final = 300  # seconds; a client hears a fresh one with each answer
PURPOSE: Final = b"dpop_nonce"
KNOWN_URIS: Final = 64  # endpoints whose normal form is remembered; a role has a handful
URI: Final = pattern(
    r"(https?)://([a-z0-9.\-]+|\[[0-9a-f:.]+\])(?::([0-9]*))?(/[!-\"$->@-~]*)?(?:[?#][!-~]*)?\Z", IGNORECASE | ASCII
)
"""An http address in printable ASCII: scheme, host, port, path without query and fragment. No user information."""
DEFAULT_PORTS: Final = {"http": "80", "https": "443"}


@dataclass(frozen=True, slots=True)
class DpopProof:
    """A proof as it came: shape only."""

    jws: Jws
    key: PublicKey
    jti: str
    method: object
    uri: str
    issued_at: int
    token_hash: object
    nonce: object


@dataclass(frozen=True, slots=True)
class VerifiedDpop:
    """The sender has `key`, for this request, now. `jti` is not consumed yet."""

    key: PublicKey
    thumbprint: str
    """`jkt`: base64url of the key's SHA-256 thumbprint."""
    jti: str
    issued_at: int

    @property
    def expires_at(self) -> int:
        """The last second in which this proof would pass."""
        return self.issued_at + WINDOW

    @property
    def key_and_jti(self) -> str:
        """What must count once: a `jti` is unique for its key only."""
        return f"{self.thumbprint}\x00{self.jti}"


@dataclass(frozen=True, slots=True)
class DpopNonces:
    """The nonces of a server that requires them (§8)."""

    key: bytes
    issuer: str

    def make(self, *, now: int, random: Randomness) -> str:
        return make_server_nonce(self.key, purpose=PURPOSE, issuer=self.issuer, now=now, random=random)

    def check(self, nonce: object, *, now: int) -> None:
        """Raises Unmet("use_dpop_nonce") for one that is missing, foreign or too old; the answer to all is a fresh one."""
        given = given_at(nonce, self.key, purpose=PURPOSE, issuer=self.issuer) if isinstance(nonce, str) else None
        if given is None or not given - CLOCK_SKEW <= now < given + NONCE_LIFETIME:
            raise Unmet(USE_DPOP_NONCE, "nonce is missing, foreign or too old")


def parse_dpop_proof(text: str) -> DpopProof:
    """Raises Malformed("invalid_dpop_proof")."""
    try:
        jws = parse_jws(text, limit=MAX_PROOF, own_header=True)
        claims = jws.claims()
        key = _key(jws)
    except Malformed as refusal:
        raise Malformed(INVALID_DPOP_PROOF, refusal.why) from None
    jti, uri, issued_at = claims.get("jti"), claims.get("htu"), claims.get("iat")
    if not isinstance(jti, str) or not 0 < len(jti) <= MAX_JTI:
        raise Malformed(INVALID_DPOP_PROOF, "jti is missing or too long")
    if not isinstance(uri, str) or type(issued_at) is not int:
        raise Malformed(INVALID_DPOP_PROOF, "htu or iat is missing")
    return DpopProof(jws, key, jti, claims.get("htm"), uri, issued_at, claims.get("ath"), claims.get("nonce"))


def check_dpop_proof(
    proof: DpopProof, *, method: str, uri: str, now: int, access_token: str | None, nonces: DpopNonces | None = None
) -> None:
    """The rules of a proof except its signature, which verify_dpop_proof checks. `uri` is the endpoint's own address, never
    one put together from the request; `access_token` is the one sent along, None where none is. Raises Unmet."""
    # 1 explicitly typed [RFC 9449 4.3]
    if proof.jws.typ != TYP:
        raise Unmet(INVALID_DPOP_PROOF, "typ is not that of a DPoP proof")
    # 2 for this request [RFC 9449 4.3]
    if proof.method != method:
        raise Unmet(INVALID_DPOP_PROOF, "made for another method")
    if proof.uri != uri and _normal(proof.uri) != _normal_endpoint(uri):
        raise Unmet(INVALID_DPOP_PROOF, "made for another address")
    # 3 fresh [RFC 9449 4.3, 11.1]
    if abs(now - proof.issued_at) > WINDOW:
        raise Unmet(INVALID_DPOP_PROOF, "too old or from the future")
    # 4 for this access token [RFC 9449 4.3, 7]
    if access_token is not None and not (
        isinstance(proof.token_hash, str) and same(proof.token_hash, token_hash(access_token))
    ):
        raise Unmet(INVALID_DPOP_PROOF, "ath is missing or of another token")
    # 5 with a nonce of ours, where we require one [RFC 9449 8, 9]
    if nonces is not None:
        nonces.check(proof.nonce, now=now)


def verify_dpop_proof(
    text: str, *, method: str, uri: str, now: int, access_token: str | None, nonces: DpopNonces | None = None
) -> VerifiedDpop:
    """A proof whose rules and signature hold. Raises Refusal("invalid_dpop_proof" | "use_dpop_nonce")."""
    proof = parse_dpop_proof(text)
    check_dpop_proof(proof, method=method, uri=uri, now=now, access_token=access_token, nonces=nonces)
    # 6 signed by the key in it [RFC 9449 4.3]
    try:
        verify_jws(proof.jws, proof.key, typ=TYP)
    except Refusal as refusal:
        raise Untrusted(INVALID_DPOP_PROOF, refusal.why) from None
    return VerifiedDpop(proof.key, thumbprint_of(proof.key), proof.jti, proof.issued_at)


def sign_dpop_proof(
    signer: Signer,
    *,
    method: str,
    uri: str,
    now: int,
    random: Randomness,
    access_token: str | None = None,
    nonce: str | None = None,
) -> str:
    """The client's proof for one request. `uri` goes in without query and fragment [RFC 9449 §4.2]."""
    claims: dict[str, object] = {"jti": new_id(random), "htm": method, "htu": _bare(uri), "iat": now}
    if access_token is not None:
        claims["ath"] = token_hash(access_token)
    if nonce is not None:
        claims["nonce"] = nonce
    return sign_jws({"typ": TYP, "jwk": dict(signer.public_jwk)}, claims, signer)


def token_hash(access_token: str) -> str:
    """`ath`: base64url of the token's SHA-256 [RFC 9449 §4.2]."""
    return base64url.encode(sha256(access_token.encode()).digest())


def thumbprint_of(key: PublicKey) -> str:
    """`jkt` [RFC 9449 §6.1]."""
    return base64url.encode(key.thumbprint)


def _key(jws: Jws) -> PublicKey:
    """The key that signs, in the header and nowhere else [RFC 9449 §4.2]."""
    jwk: Any = jws.header.get("jwk")
    if not isinstance(jwk, dict):
        raise Malformed(INVALID_DPOP_PROOF, "the header holds no jwk")
    return parse_public_jwk(jwk)


def _bare(uri: str) -> str:
    return uri.partition("#")[0].partition("?")[0]


def _normal(uri: str) -> tuple[str, str, str, str] | None:
    """Scheme, host, port and path in normal form, query and fragment left out (RFC 3986 §6.2.2, §6.2.3); None for anything
    that is no plain http address, which equals nothing."""
    found = URI.match(uri) if len(uri) <= MAX_PROOF else None
    if found is None:
        return None
    scheme, host, port, path = found.groups()
    scheme = scheme.lower()
    return scheme, host.lower(), port or DEFAULT_PORTS[scheme], path or "/"


@lru_cache(KNOWN_URIS)
def _normal_endpoint(uri: str) -> tuple[str, str, str, str]:
    normal = _normal(uri)
    if normal is None:
        raise Fault("an endpoint of ours is no plain http address")
    return normal
