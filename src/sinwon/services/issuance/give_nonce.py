"""The nonce endpoint (OpenID4VCI 1.0 §7): nothing is stored; only a successful credential request consumes a nonce."""

from sinwon.protocols.vci.nonce import NonceResponse, make_nonce
from sinwon.services.issuance.issuer import Issuer


def give_nonce(issuer: Issuer) -> NonceResponse:
    return NonceResponse(make_nonce(issuer.epoch_key, issuer=issuer.origin, now=issuer.clock(), random=issuer.random))
