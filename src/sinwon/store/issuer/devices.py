"""The device a certificate is on, known by the thumbprint of its DPoP key: one at a time, the others were replaced."""

from enum import StrEnum

from sqlalchemy import Connection, bindparam, delete, insert, select, update

from sinwon.store.issuer import refreshes
from sinwon.store.issuer.tables import DEVICES
from sinwon.store.kept import Conflict, Kept


class DeviceState(StrEnum):
    CURRENT = "current"
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


def forget(connection: Connection, certificate: str) -> None:
    """The certificate is over."""
    _FORGET.run(connection, {"of": certificate})
