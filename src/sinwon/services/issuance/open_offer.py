"""A wallet opens the offer link: each opening mints a fresh pre-authorized code (OpenID4VCI 1.0 §4.1.3).

Earlier codes stay alive, so that nobody who merely sees the link can spoil the holder's attempt; all die with the first
redemption. Openings are counted and bounded.
"""

from typing import Final

from sinwon.core.ids import digest, new_secret
from sinwon.core.refusal import Unmet
from sinwon.protocols.vci.offer import CodeGrant, CredentialOffer, Grants, PreAuthorizedGrant, TxCode
from sinwon.services.authorization.issuer_state import issuer_state
from sinwon.services.issuance.issuer import Issuer
from sinwon.store.audit import Entry
from sinwon.store.engine import writing
from sinwon.store.issuer import offers
from sinwon.store.issuer.offers import FIRST, TRANSFER
from sinwon.store.issuer.tables import AUDIT

FIRST_PIN: Final = (
    "신청하실 때 직접 정하신 발급 비밀번호를 입력해 주십시오. / Enter the issuance PIN that you chose when you applied."
)
TRANSFER_PIN: Final = (
    "이전 휴대전화에서 방금 정하신 숫자 6자리를 입력해 주십시오. / Enter the six digits that you just chose on the old phone."
)
DESCRIPTIONS: Final = {FIRST: FIRST_PIN, TRANSFER: TRANSFER_PIN}


def open_offer(issuer: Issuer, secret: str) -> CredentialOffer:
    """Raises Unmet("not_found") whatever the reason: unknown, over, redeemed, opened too often."""
    now, settings = issuer.clock(), issuer.settings
    code = new_secret(issuer.random)
    with writing(issuer.engine) as connection:
        minted = offers.count_minting(connection, digest(secret), now=now, limit=settings.mintings)
        if minted is None:
            raise Unmet("not_found", "the offer is unknown, over, redeemed or was opened too often")
        offers.add_code(connection, digest(code), minted.id, expires_at=now + settings.code_lifetime)
        AUDIT.write(connection, Entry(now, "applicant", "offer.opened", minted.id))
    asks = DESCRIPTIONS[minted.kind] if minted.has_tx_code else None
    # Only the first offer: whoever moves to another phone has no PIN of an application.
    named = minted.id if minted.kind == FIRST else None
    return offer_message(issuer, code, minted.configurations, asks=asks, offer=named)


def offer_message(
    issuer: Issuer, code: str, configurations: tuple[str, ...], *, asks: str | None, offer: str | None = None
) -> CredentialOffer:
    """`asks` is how the person is asked for the transaction code, None where there is none [OID4VCI 4.1.1]; `offer` is the id
    of one that may also be taken by the authorization code flow."""
    tx_code = None if asks is None else TxCode("numeric", issuer.settings.pin_length, asks)
    flow = CodeGrant(issuer_state(issuer, offer)) if offer is not None and issuer.settings.code_offers else None
    return CredentialOffer(issuer.origin, configurations, Grants(PreAuthorizedGrant(code, tx_code), flow))
