"""Presentations that somebody described: who we are to the wallet, what it is sent, and the answer at rest until it is read.

Receiving an answer is receive, whether it is worth anything verify_query; sign-ins have none of this.
"""

from collections.abc import Mapping

import msgspec

from sinwon.core.refusal import Fault
from sinwon.keys.seal import Seal
from sinwon.keys.x509 import dns_names
from sinwon.protocols.vp.client_identifier import REDIRECT_URI, X509_SAN_DNS, x509_hash
from sinwon.protocols.vp.description import Description, Prefix, ResponseMode
from sinwon.protocols.vp.request_object import RequestObject, response_jwk
from sinwon.services.presentation.asked import Asked
from sinwon.services.presentation.gateway import Gateway
from sinwon.services.presentation.response_key import response_key, response_key_id
from sinwon.services.presentation.verify_query import Shown
from sinwon.store.gateway.presentations import Presentation

ENCODER = msgspec.json.Encoder()
DECODER = msgspec.json.Decoder(dict[str, Shown])


def client_id_of(gateway: Gateway, presentation: Presentation, description: Description) -> str:
    """Who we are in this request, prefix included. Raises Fault where our certificate does not name our host."""
    if description.prefix is Prefix.REDIRECT_URI:
        return REDIRECT_URI + gateway.response_uri(presentation.id)
    leaf = gateway.access(presentation.service).chain[0]
    if description.prefix is Prefix.X509_HASH:
        return x509_hash(leaf)
    if gateway.host not in dns_names(leaf):
        raise Fault(f"the access certificate of {presentation.service} does not name {gateway.host}")
    return X509_SAN_DNS + gateway.host


def request_of(
    gateway: Gateway, presentation: Presentation, description: Description, wallet_nonce: str | None = None
) -> RequestObject:
    """The same each time it is made: everything in it is derived from the presentation."""
    encrypted = description.response_mode is ResponseMode.DIRECT_POST_JWT
    key = response_key(gateway.response_secret, presentation.id).public_jwk if encrypted else None
    return RequestObject(
        state=presentation.id,
        nonce=presentation.nonce,
        response_uri=gateway.response_uri(presentation.id),
        query=description.query,
        response_key=None if key is None else response_jwk(key, response_key_id(presentation.id)),
        expires_at=presentation.expires_at,
        wallet_nonce=wallet_nonce,
        client_id=client_id_of(gateway, presentation, description),
    )


def asked_of(gateway: Gateway, presentation: Presentation, description: Description) -> Asked:
    encrypted = description.response_mode is ResponseMode.DIRECT_POST_JWT
    jwk = response_key(gateway.response_secret, presentation.id).public_jwk if encrypted else None
    audience = client_id_of(gateway, presentation, description)
    return Asked(audience, presentation.nonce, gateway.response_uri(presentation.id), jwk)


def seal_credentials(seal: Seal, presentation: Presentation, shown: Mapping[str, Shown]) -> bytes:
    return seal.seal(ENCODER.encode(shown), _context(presentation))


def open_credentials(seal: Seal, presentation: Presentation) -> dict[str, Shown]:
    """Raises Fault: the caller asks only for what was answered and is not erased."""
    if presentation.result is None:
        raise Fault("no result in this presentation")
    return DECODER.decode(seal.open(presentation.result, _context(presentation)))


def _context(presentation: Presentation) -> str:
    return f"presentations.credentials:{presentation.reference}"
