"""A certificate moves to another phone: the old one makes an offer for it, the new one redeems it with a PIN chosen on the old.

One transfer at a time: a new one calls off the one before, and so does a stop. The old phone keeps the certificate until the
new one has its first copies (services.lifecycle.fetch). Wrong PINs are counted where every offer's are (issuance.redeem_code).
"""

from typing import Final

import msgspec
from sqlalchemy import Connection

from sinwon.core import base64url
from sinwon.core.clock import DAY
from sinwon.core.ids import digest, new_id, new_secret
from sinwon.core.refusal import Unmet
from sinwon.protocols.own_certificate import TransferOffer
from sinwon.protocols.roles.pin import check_pin
from sinwon.protocols.vci.offer import link_by_reference
from sinwon.services.issuance.check_person import parse_day
from sinwon.services.issuance.chip_proof import CHIP_PROOF_UNAVAILABLE
from sinwon.services.issuance.issuer import Issuer
from sinwon.services.lifecycle.machine import Actor
from sinwon.services.lifecycle.own_stop import locked
from sinwon.services.lifecycle.proven_device import Claimant, prove_device
from sinwon.store.audit import Entry
from sinwon.store.engine import writing
from sinwon.store.issuer import ceilings, devices, offers
from sinwon.store.issuer.ceilings import Ceiling
from sinwon.store.issuer.certificates import LIVING, seal_context
from sinwon.store.issuer.lives import LifeRow
from sinwon.store.issuer.offers import TRANSFER, NewOffer
from sinwon.store.issuer.tables import AUDIT

CHIP: Final = "chip"


class _Born(msgspec.Struct, frozen=True):
    """All that is read of the person here."""

    birthdate: str


def start_transfer(issuer: Issuer, claimant: Claimant, tx_code: str) -> TransferOffer:
    """Raises Refusal as prove_device does, "invalid_request", "pin_too_simple", "certificate_suspended", "certificate_ended",
    "too_many_requests"."""
    with writing(issuer.engine) as connection:
        row = locked(connection, prove_device(issuer, connection, claimant))
        return _offer(issuer, connection, row, tx_code, by=Actor.HOLDER.value)


def start_transfer_by_chip(issuer: Issuer, evidence: str, tx_code: str) -> TransferOffer:
    """Without the old phone: whoever holds the passport whose chip was read. Raises Refusal("chip_proof_unavailable") where
    nobody can judge that, else as the port does and start_transfer."""
    if issuer.chip is None:
        raise Unmet(CHIP_PROOF_UNAVAILABLE, "no native reader is connected")
    certificate = issuer.chip.certificate_of(base64url.decode(evidence), now=issuer.clock())
    with writing(issuer.engine) as connection:
        return _offer(issuer, connection, locked(connection, certificate), tx_code, by=CHIP)


def _offer(issuer: Issuer, connection: Connection, row: LifeRow, tx_code: str, *, by: str) -> TransferOffer:
    now, settings = issuer.clock(), issuer.settings
    _check_may_move(row)
    check_pin(tx_code, parse_day(_born(issuer, row)))
    if not ceilings.count(connection, Ceiling(f"transfer:{row.id}", settings.transfers, DAY), now=now):
        raise Unmet("too_many_requests", "enough transfers were begun today")
    offers.close_transfers(connection, row.id)
    devices.call_off(connection, row.id)
    offer, secret, ends = new_id(issuer.random), new_secret(issuer.random), now + settings.transfer_window
    kept = issuer.tx_code_index(tx_code, offer)
    new = NewOffer(offer, row.id, digest(secret), kept, settings.configurations, ends, TRANSFER)
    offers.add(connection, new)
    AUDIT.write(connection, Entry(now, by, "transfer.offered", row.id, {"offer": offer, "by": by}))
    return TransferOffer(link_by_reference(issuer.offer_url(secret)), ends)


def _check_may_move(row: LifeRow) -> None:
    if row.person is None:
        raise Unmet("certificate_ended", "the certificate is over")
    if row.state not in LIVING:
        raise Unmet("certificate_suspended", "the certificate is stopped")


def _born(issuer: Issuer, row: LifeRow) -> str:
    return msgspec.json.decode(issuer.seal.open(row.person or b"", seal_context(row.id)), type=_Born).birthdate
