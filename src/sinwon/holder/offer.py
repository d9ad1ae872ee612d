"""Reading an offer (OpenID4VCI 1.0 §4): from a link or QR text to an offer of an issuer that is on the trust list.

An offer is a stranger's text. Nothing is fetched from anyone who is not a listed issuer, so a drive-by link makes the wallet
speak to nobody. Does not ask the person: the caller shows `OfferView`, its issuer in full, before it goes on (receive).
"""

from dataclasses import dataclass
from typing import Final
from urllib.parse import urlsplit

from sinwon.core.fetch import Unreachable
from sinwon.core.refusal import Malformed, Untrusted
from sinwon.holder.powers import Powers, check_address
from sinwon.keys.trust import Purpose
from sinwon.protocols.vci.offer import (
    INVALID_OFFER,
    MAX_OFFER,
    CodeGrant,
    CredentialOffer,
    PreAuthorizedGrant,
    TxCode,
    parse_link,
    parse_offer,
)

SCHEMES: Final = frozenset({"openid-credential-offer", "haip-vci", "https", "http"})
UNTRUSTED_ISSUER: Final = "untrusted_issuer"


@dataclass(frozen=True, slots=True)
class OfferView:
    """An offer we may act on. The person sees `issuer` exactly as it is."""

    issuer: str
    configuration_ids: tuple[str, ...]
    grant: PreAuthorizedGrant | CodeGrant

    @property
    def tx_code(self) -> TxCode | None:
        """Present when a code (the issuance PIN) must be entered."""
        return self.grant.tx_code if isinstance(self.grant, PreAuthorizedGrant) else None

    @property
    def code(self) -> str | None:
        """None: the person proves at the issuer, in a browser, who they are."""
        return self.grant.code if isinstance(self.grant, PreAuthorizedGrant) else None

    @property
    def issuer_state(self) -> str | None:
        """What the issuer, or whoever made this offer, wants to see again [OID4VCI 5.1.3]."""
        return self.grant.issuer_state if isinstance(self.grant, CodeGrant) else None


def read_offer(powers: Powers, text: str) -> OfferView:
    """Raises Malformed, Untrusted; Unreachable is turned into Malformed: there is no offer."""
    # 1 a link that holds or names one offer [OID4VCI 4.1]
    link = text.strip()
    if len(link) > MAX_OFFER or _scheme(link) not in SCHEMES:
        raise Malformed(INVALID_OFFER, "not an offer link")
    found = parse_link(link)
    offer = _fetch_offer(powers, found) if isinstance(found, str) else found
    # 2 of an issuer on the trust list, byte for byte [OID4VCI 12.2.1]
    _check_issuer(powers, offer.credential_issuer)
    # 3 with a grant we speak [OID4VCI 4.1.1]
    return OfferView(offer.credential_issuer, offer.credential_configuration_ids, _grant(powers, offer))


def ask_for(powers: Powers, issuer: str, configuration_ids: tuple[str, ...]) -> OfferView:
    """What the wallet asks an issuer for of its own accord: held to the same rules as an offer. Raises Malformed, Untrusted."""
    _check_issuer(powers, issuer)
    if not configuration_ids or len(set(configuration_ids)) != len(configuration_ids):
        raise Malformed(INVALID_OFFER, "nothing is asked for, or something twice")
    return OfferView(issuer, configuration_ids, CodeGrant())


def listed_issuers(powers: Powers) -> frozenset[str]:
    return frozenset(anchor.uri for anchor in powers.anchors().anchors if anchor.purpose is Purpose.ISSUANCE)


def _scheme(link: str) -> str:
    try:
        return urlsplit(link).scheme
    except ValueError:
        raise Malformed(INVALID_OFFER, "not a link") from None


def _fetch_offer(powers: Powers, url: str) -> CredentialOffer:
    origin = check_address(url, INVALID_OFFER, demo=powers.demo)
    if origin not in {check_address(issuer, INVALID_OFFER, demo=powers.demo) for issuer in listed_issuers(powers)}:
        raise Untrusted(UNTRUSTED_ISSUER, "the offer is kept by nobody on the trust list")
    try:
        answer = powers.fetch.get(url, accept="application/json", limit=MAX_OFFER)
    except Unreachable:
        raise Malformed(INVALID_OFFER, "the offer cannot be had") from None
    if answer.status != 200 or answer.media_type != "application/json":
        raise Malformed(INVALID_OFFER, f"no offer there: status {answer.status}")
    return parse_offer(answer.body)


def _check_issuer(powers: Powers, issuer: str) -> None:
    check_address(issuer, INVALID_OFFER, demo=powers.demo)
    if "?" in issuer or issuer not in listed_issuers(powers):
        raise Untrusted(UNTRUSTED_ISSUER, "the issuer is not on the trust list")


def _grant(powers: Powers, offer: CredentialOffer) -> PreAuthorizedGrant | CodeGrant:
    """A code that is there already is worth no second journey; an offer without grants leaves the way to issuer and wallet."""
    ready, journey = offer.grants.pre_authorized, offer.grants.authorization_code
    if ready is not None and ready.code:
        return ready
    if ready is not None or powers.client is None:
        raise Malformed(INVALID_OFFER, "no grant we know")
    return journey or CodeGrant()
