"""The credential offer (OpenID4VCI 1.0 §4.1): the message, and the link a QR code holds.

Owns both sides' shape. Does not decide whether an issuer may be trusted: a wallet asks its user before it fetches anything.
"""

from typing import Final
from urllib.parse import parse_qsl, quote, urlsplit

import msgspec

from sinwon.core.refusal import Malformed, Refusal
from sinwon.core.strict_json import convert, dump, parse_object
from sinwon.protocols.oauth.grants.pre_authorized import GRANT_TYPE

SCHEME: Final = "openid-credential-offer"
MAX_OFFER: Final = 64 * 1024
INVALID_OFFER: Final = "invalid_offer"


class TxCode(msgspec.Struct, frozen=True, omit_defaults=True):
    """Its presence alone says that a transaction code is required."""

    input_mode: str | None = None
    """`numeric`, which is also meant when absent, or `text`."""
    length: int | None = None
    description: str | None = None


class PreAuthorizedGrant(msgspec.Struct, frozen=True, omit_defaults=True):
    code: str = msgspec.field(name="pre-authorized_code")
    tx_code: TxCode | None = None
    authorization_server: str | None = None


class CodeGrant(msgspec.Struct, frozen=True, omit_defaults=True):
    """The authorization code flow [OID4VCI 4.1.1]."""

    issuer_state: str | None = None
    """Comes back in the authorization request, and may have been put there by anybody."""
    authorization_server: str | None = None


class Grants(msgspec.Struct, frozen=True, omit_defaults=True):
    pre_authorized: PreAuthorizedGrant | None = msgspec.field(name=GRANT_TYPE, default=None)
    authorization_code: CodeGrant | None = None


class CredentialOffer(msgspec.Struct, frozen=True):
    credential_issuer: str
    credential_configuration_ids: tuple[str, ...]
    grants: Grants = Grants()


def link_by_reference(uri: str) -> str:
    """The link that names where the offer is [OID4VCI 4.1.3]."""
    return f"{SCHEME}://?credential_offer_uri={quote(uri, safe='')}"


def link_by_value(offer: CredentialOffer) -> str:
    """The link that holds the offer [OID4VCI 4.1.2]."""
    return f"{SCHEME}://?credential_offer={quote(dump(offer), safe='')}"


def parse_link(link: str) -> CredentialOffer | str:
    """The offer a link holds, or the address it names; exactly one of the two [OID4VCI 4.1]. Raises Malformed."""
    if len(link) > MAX_OFFER:
        raise Malformed(INVALID_OFFER, "longer than any offer")
    pairs = [(name, value) for name, value in _query(link) if name in {"credential_offer", "credential_offer_uri"}]
    if len(pairs) != 1:
        raise Malformed(INVALID_OFFER, "not exactly one of credential_offer and credential_offer_uri")
    name, value = pairs[0]
    return value if name == "credential_offer_uri" else parse_offer(value)


def parse_offer(data: bytes | str) -> CredentialOffer:
    """An offer as JSON; unknown members are ignored, but not that there are only grants nobody knows. Raises Malformed."""
    try:
        members = parse_object(data, limit=MAX_OFFER)
        offer = convert(members, CredentialOffer)
    except Refusal as refusal:
        raise Malformed(INVALID_OFFER, refusal.why) from None
    if members.get("grants") and offer.grants == Grants():
        raise Malformed(INVALID_OFFER, "no grant we know")
    ids = offer.credential_configuration_ids
    if not ids or len(set(ids)) != len(ids):
        raise Malformed(INVALID_OFFER, "credential_configuration_ids empty or not unique")
    return offer


def _query(link: str) -> list[tuple[str, str]]:
    try:
        return parse_qsl(urlsplit(link).query, strict_parsing=True, errors="strict", max_num_fields=20)
    except (ValueError, UnicodeError):
        raise Malformed(INVALID_OFFER, "not a link with a query") from None
