"""A wallet takes new copies: what that does to the certificate's life, in the transaction that adds them.

The usual case is one statement. A certificate that needs renewal is looked at: copies of newer data make an end of those that
showed older ones, and copies of a certificate whose data are doubted say so from the start. With its first copies a device that
was expected takes the certificate over: whatever was given before was the old device's, and is over.
"""

from typing import Final

from sqlalchemy import Connection

from sinwon.core.refusal import Unmet
from sinwon.formats.status.token import VALID, Kind
from sinwon.protocols.oauth.errors import INVALID_TOKEN
from sinwon.protocols.vci.errors import CREDENTIAL_REQUEST_DENIED
from sinwon.services.issuance.issuer import Issuer
from sinwon.services.lifecycle.change import change, take
from sinwon.services.lifecycle.machine import Actor, Fetch, Raise, Reason, status_of
from sinwon.store.issuer import certificates, devices, lives
from sinwon.store.issuer.certificates import CertificateState, Granted
from sinwon.store.issuer.devices import DeviceState

PRESENT: Final = frozenset({DeviceState.CURRENT, DeviceState.COMING})
"""Devices that may fetch."""


def begin_fetch(issuer: Issuer, connection: Connection, granted: Granted, *, now: int) -> int | None:
    """The status that all copies are to have once the new ones are added; None when the certificate is no longer what
    `granted` says: look again. Whatever else would change it waits for this transaction. Raises Unmet."""
    # A bound token is deleted with its device, but for one that was being given at that moment and was written after.
    if granted.key is not None and granted.device not in PRESENT:
        raise Unmet(INVALID_TOKEN, "the certificate is on another device")
    if granted.device == DeviceState.COMING:
        return _arrive(issuer, connection, granted, now)
    if certificates.activate(connection, granted.certificate, granted.changes, now=now):
        return VALID
    if granted.state is not CertificateState.NEEDS_RENEWAL:
        return None
    row = lives.lock(connection, granted.certificate)
    if row is None or row.changes != granted.changes:
        return None
    life = change(issuer, connection, granted.certificate, Fetch(), by=Actor.HOLDER, actor=Actor.HOLDER.value, now=now)
    return status_of(life, Kind.JWT)


def _arrive(issuer: Issuer, connection: Connection, granted: Granted, now: int) -> int | None:
    """The certificate moves to the device that asks. Raises Unmet when it comes too late."""
    row = lives.lock(connection, granted.certificate)
    if row is None or row.changes != granted.changes:
        return None
    since = now - issuer.settings.transfer_arrival
    if not devices.let_arrive(connection, row.id, granted.key or "", since=since, now=now):
        raise Unmet(CREDENTIAL_REQUEST_DENIED, "the transfer to this device is over")
    take(connection, [row.id])
    change(issuer, connection, row.id, Raise(Reason.PHONE_CHANGED), by=Actor.HOLDER, actor=Actor.HOLDER.value, now=now)
    life = change(issuer, connection, row.id, Fetch(), by=Actor.HOLDER, actor=Actor.HOLDER.value, now=now)
    return status_of(life, Kind.JWT)
