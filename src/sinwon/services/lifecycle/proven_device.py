"""The device that a certificate is on, proven: its refresh token, and a DPoP proof by the key that token is bound to.

For what a holder does about their own certificate. An access token would not do: a certificate that is stopped gives none, and
is released from here. The refresh token is looked at and not renewed, so nothing is lost when an answer is.
"""

from dataclasses import dataclass

from sqlalchemy import Connection

from sinwon.core.refusal import Unmet
from sinwon.protocols.oauth.dpop import VerifiedDpop
from sinwon.protocols.oauth.errors import INVALID_DPOP_PROOF, INVALID_GRANT
from sinwon.protocols.oauth.grants.refresh_token import RefreshToken, verify_refresh_token
from sinwon.protocols.own_certificate import DEVICE_REPLACED
from sinwon.services.issuance.bound_tokens import consume_proof
from sinwon.services.issuance.issuer import Issuer
from sinwon.store.issuer import devices, lives, refreshes
from sinwon.store.issuer.refreshes import Family, FamilyState


@dataclass(frozen=True, slots=True)
class Claimant:
    """What came with a request, nothing looked up yet."""

    refresh_token: str
    dpop: VerifiedDpop | None


def prove_device(issuer: Issuer, connection: Connection, claimant: Claimant) -> str:
    """The id of its certificate. Raises Refusal("invalid_grant" | "invalid_dpop_proof" | "device_replaced")."""
    # 1 with a proof of its key [RFC 9449 5]
    if claimant.dpop is None:
        raise Unmet(INVALID_DPOP_PROOF, "a refresh token comes with a proof of its key")
    # 2 a token of ours [RFC 6749 6]
    token = verify_refresh_token(claimant.refresh_token, issuer.nonce_key, issuer=issuer.origin)
    family = refreshes.find(connection, token.family)
    if family is None:
        raise Unmet(INVALID_GRANT, "family is unknown")
    check_family(token, family, key=claimant.dpop.thumbprint)
    # 6 of the device that the certificate is on, and stays on until this is done [P]
    lives.lock(connection, family.certificate)
    if devices.current_device(connection, family.certificate) != family.key:
        raise Unmet(INVALID_GRANT, "the device has no copies yet")
    consume_proof(connection, claimant.dpop)
    return family.certificate


def check_family(token: RefreshToken, family: Family, *, key: str) -> None:
    """Raises Unmet."""
    # 3 of the device that asks [RFC 9449 5]
    if family.key != key:
        raise Unmet(INVALID_GRANT, "family is bound to another key")
    # 4 which no other has replaced: whoever has the key is told so
    if family.state is FamilyState.REPLACED:
        raise Unmet(DEVICE_REPLACED, "the certificate is on another device")
    # 5 the present token, or the one before, whose successor may have been lost on the way [RFC 9700 4.14.2]
    if family.state is not FamilyState.LIVING or token.generation < family.generation - 1:
        raise Unmet(INVALID_GRANT, "family is over, or the token is an old one")
