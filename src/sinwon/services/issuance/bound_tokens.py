"""Tokens bound to a key of the wallet (RFC 9449): who sends one proves with each request that it has the key.

A proof counts once: it is consumed in the transaction that acts. A refused request changes nothing and consumes nothing.
"""

from collections.abc import Sequence

from sqlalchemy import Connection

from sinwon.core.refusal import Malformed, Unmet
from sinwon.protocols.oauth.dpop import WINDOW, VerifiedDpop, verify_dpop_proof
from sinwon.protocols.oauth.errors import INVALID_DPOP_PROOF, INVALID_TOKEN
from sinwon.services.issuance.issuer import Issuer
from sinwon.store.issuer import once


def verify_sender(issuer: Issuer, proofs: Sequence[str], *, path: str, access_token: str | None = None) -> VerifiedDpop:
    """The one proof of a POST to `path`. Raises Refusal("invalid_dpop_proof" | "use_dpop_nonce")."""
    # 1 exactly one header [RFC 9449 4.3]
    if len(proofs) != 1:
        raise Malformed(INVALID_DPOP_PROOF, "not exactly one DPoP header")
    uri, now = issuer.origin + path, issuer.clock()
    dpop = verify_dpop_proof(proofs[0], method="POST", uri=uri, now=now, access_token=access_token, nonces=issuer.dpop_nonces)
    if dpop.issued_at <= issuer.restored_at + WINDOW:
        raise Unmet(INVALID_DPOP_PROOF, "made before the database was restored, perhaps used then")
    return dpop


def check_bound(key: str | None, dpop: VerifiedDpop | None) -> None:
    """A token bound to `key` comes with a proof by it, and one that is not comes as a bearer token. Raises Unmet."""
    # 2 the scheme is that of the token [RFC 9449 7.1, 7.2]
    if (key is None) != (dpop is None):
        raise Unmet(INVALID_TOKEN, "a bound token without its proof, or a bearer token with one")
    # 3 the key is that of the token [RFC 9449 4.3]
    if dpop is not None and dpop.thumbprint != key:
        raise Unmet(INVALID_DPOP_PROOF, "token is bound to another key")


def consume_proof(connection: Connection, dpop: VerifiedDpop | None) -> None:
    """Raises Unmet when the proof was used before; the transaction must then be rolled back."""
    # 4 once [RFC 9449 11.1]
    if dpop is not None and not once.consume(connection, "dpop", dpop.key_and_jti, expires_at=dpop.expires_at):
        raise Unmet(INVALID_DPOP_PROOF, "proof used before")
