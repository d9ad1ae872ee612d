"""The device a certificate is on, known by the thumbprint of its DPoP key: one at a time, the others were replaced.

Another may be coming: it has redeemed the offer of a transfer, and takes over with its first copies, not before.
"""

from enum import StrEnum

from sqlalchemy import Connection, bindparam, delete, insert, select, update

from sinwon.store.issuer import refreshes
from sinwon.store.issuer.tables import DEVICES
from sinwon.store.kept import Conflict, Kept


class DeviceState(StrEnum):
    CURRENT = "current"
    COMING = "coming"
    REPLACED = "replaced"


_CURRENT = Kept(
    select(DEVICES.c.key).where(DEVICES.c.certificate == bindparam("of"), DEVICES.c.state == DeviceState.CURRENT.value)
)
_INSERT = Kept(insert(DEVICES))
_REPLACE = Kept(
    update(DEVICES)
    .where(DEVICES.c.certificate == bindparam("of"), DEVICES.c.state == DeviceState.CURRENT.value)
    .values(state=DeviceState.REPLACED.value)
)
_TAKE_BACK = Kept(
    update(DEVICES)
    .where(DEVICES.c.certificate == bindparam("of"), DEVICES.c.key == bindparam("with_key"))
    .values(state=DeviceState.CURRENT.value, added_at=bindparam("now"))
)
_ARRIVE = Kept(
    update(DEVICES)
    .where(
        DEVICES.c.certificate == bindparam("of"),
        DEVICES.c.key == bindparam("with_key"),
        DEVICES.c.state == DeviceState.COMING.value,
        DEVICES.c.added_at >= bindparam("since"),
    )
    .values(state=DeviceState.CURRENT.value, added_at=bindparam("now"))
)
_COMING = Kept(
    select(DEVICES.c.key).where(DEVICES.c.certificate == bindparam("of"), DEVICES.c.state == DeviceState.COMING.value)
)
_LATE = select(DEVICES.c.certificate).where(
    DEVICES.c.state == DeviceState.COMING.value, DEVICES.c.added_at < bindparam("before")
)
_CALL_OFF = Kept(delete(DEVICES).where(DEVICES.c.certificate == bindparam("of"), DEVICES.c.state == DeviceState.COMING.value))
_FORGET = Kept(delete(DEVICES).where(DEVICES.c.certificate == bindparam("of")))


def current_device(connection: Connection, certificate: str) -> str | None:
    """The thumbprint of its key; None before a wallet with such a key has come."""
    row = _CURRENT.run(connection, {"of": certificate}).fetchone()
    return str(row[0]) if row else None


def replace_device(connection: Connection, certificate: str, jkt: str, now: int) -> bool:
    """From now on the certificate is on the device with this key and on no other: their refresh tokens end with it. Whether it
    is so; after False (another device came at the same moment) the transaction must be rolled back."""
    before = current_device(connection, certificate)
    if before == jkt:
        return True
    if before is not None:
        _REPLACE.run(connection, {"of": certificate})
        refreshes.end_of_other_keys(connection, certificate, jkt)
    try:
        if before is None or _TAKE_BACK.run(connection, {"of": certificate, "with_key": jkt, "now": now}).rowcount == 0:
            row = {"certificate": certificate, "key": jkt, "state": DeviceState.CURRENT.value, "added_at": now}
            _INSERT.run(connection, row)
    except Conflict:
        return False
    return True


def expect_device(connection: Connection, certificate: str, jkt: str, now: int) -> bool:
    """The device with this key is to take the certificate over. Whether it never had it before; after False the transaction
    must be rolled back."""
    try:
        row = {"certificate": certificate, "key": jkt, "state": DeviceState.COMING.value, "added_at": now}
        _INSERT.run(connection, row)
    except Conflict:
        return False
    return True


def let_arrive(connection: Connection, certificate: str, jkt: str, *, since: int, now: int) -> bool:
    """The device that was expected, at `since` or later, has the certificate from now on, alone: tokens of others end. Whether
    it was; after False the transaction must be rolled back. Lock the life first."""
    _REPLACE.run(connection, {"of": certificate})
    row = {"of": certificate, "with_key": jkt, "since": since, "now": now}
    if _ARRIVE.run(connection, row).rowcount != 1:
        return False
    refreshes.end_of_other_keys(connection, certificate, jkt)
    return True


def call_off(connection: Connection, certificate: str) -> None:
    """Whoever is coming does not: its tokens end. Lock the life first."""
    for (key,) in _COMING.run(connection, {"of": certificate}).fetchall():
        refreshes.end_of_key(connection, certificate, key)
    _CALL_OFF.run(connection, {"of": certificate})


def late(connection: Connection, *, before: int) -> tuple[str, ...]:
    """Certificates with a device that was expected before `before` and has not come."""
    return tuple(connection.execute(_LATE, {"before": before}).scalars())


def forget(connection: Connection, certificate: str) -> None:
    """The certificate is over."""
    _FORGET.run(connection, {"of": certificate})
