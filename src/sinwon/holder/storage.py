"""What a wallet keeps over a restart, and the port that keeps it. It holds private keys: an implementation keeps it secret."""

from typing import Protocol

import msgspec

from sinwon.core.refusal import Fault
from sinwon.holder.copies import Copy
from sinwon.holder.history import Event
from sinwon.holder.renewal import Renewal
from sinwon.holder.waiting import Receipt, Waiting


class Kept(msgspec.Struct, frozen=True):
    copies: tuple[Copy, ...] = ()
    history: tuple[Event, ...] = ()
    answered: tuple[str, ...] = ()
    """Nonces of requests that were answered, newest last."""
    renewals: tuple[Renewal, ...] = ()
    waiting: tuple[Waiting, ...] = ()
    receipts: tuple[Receipt, ...] = ()


class Storage(Protocol):
    def load(self) -> bytes | None: ...

    def save(self, data: bytes) -> None: ...


def read_kept(storage: Storage | None) -> Kept:
    """Raises Fault when what was kept is spoiled: a wallet that forgets silently would show a copy twice."""
    data = storage.load() if storage is not None else None
    if data is None:
        return Kept()
    try:
        return msgspec.json.decode(data, type=Kept)
    except (msgspec.MsgspecError, UnicodeDecodeError) as error:
        raise Fault(f"the wallet's file is spoiled ({type(error).__name__})") from None
