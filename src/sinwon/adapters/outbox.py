"""Folders that stand where a message route or a mail server will be: each message is one file that only its owner can read.

For the demonstration and for tests: codes and links lie here in the clear. Bounded: only the newest messages stay.
"""

import os
from dataclasses import dataclass, field
from itertools import count
from pathlib import Path
from threading import Lock
from typing import Final

import msgspec

from sinwon.core.clock import Clock
from sinwon.core.strict_json import dump, parse_as
from sinwon.services.notify.message import LONGEST_MAIL, LONGEST_TEXT, Mail, Message, MessageNotSent

KEPT: Final = 2_000  # files; a demonstration with hundreds of people sends fewer


class Kept(msgspec.Struct, frozen=True):
    """One message in the folder."""

    to: str
    text: str
    sent_at: int
    expires_at: int


class KeptMail(msgspec.Struct, frozen=True):
    """One mail in the folder."""

    to: str
    subject: str
    text: str
    language: str
    sent_at: int


@dataclass(frozen=True, slots=True)
class _Folder:
    """File names are numbers that grow, then the message's id: no address."""

    path: Path
    clock: Clock
    _numbers: "count[int]" = field(default_factory=count)
    _lock: Lock = field(default_factory=Lock)

    def put(self, message: str, kept: Kept | KeptMail) -> None:
        with self._lock:
            name = f"{self.clock():012d}-{next(self._numbers):06d}-{message}.json"
            try:
                _write(self.path / name, dump(kept))
            except OSError:
                raise MessageNotSent("the outbox cannot be written") from None
            for old in self.files()[:-KEPT]:
                old.unlink(missing_ok=True)

    def files(self) -> list[Path]:
        return sorted(self.path.glob("*.json"))


class Outbox:
    """A MessagePort."""

    def __init__(self, folder: Path, clock: Clock) -> None:
        self._folder = _Folder(folder, clock)

    def send(self, message: Message) -> None:
        if len(message.text) > LONGEST_TEXT:
            raise MessageNotSent("text longer than the route takes")
        kept = Kept(message.to, message.text, self._folder.clock(), message.expires_at)
        self._folder.put(message.id, kept)

    def latest(self, number: str) -> str | None:
        """The text of the newest message to `number` (E.164)."""
        for path in reversed(self._folder.files()):
            kept = parse_as(path.read_bytes(), Kept)
            if kept.to == number:
                return kept.text
        return None


class MailOutbox:
    """A MailPort."""

    def __init__(self, folder: Path, clock: Clock) -> None:
        self._folder = _Folder(folder, clock)

    def send(self, mail: Mail) -> None:
        if len(mail.text) > LONGEST_MAIL:
            raise MessageNotSent("text longer than the route takes")
        kept = KeptMail(mail.to, mail.subject, mail.text, mail.language, self._folder.clock())
        self._folder.put(mail.id, kept)

    def of(self, address: str) -> tuple[KeptMail, ...]:
        """The mails to `address`, oldest first."""
        kept = (parse_as(path.read_bytes(), KeptMail) for path in self._folder.files())
        return tuple(mail for mail in kept if mail.to == address)


def _write(path: Path, data: bytes) -> None:
    """Never readable by others, not even for a moment; complete or absent."""
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    part = path.with_suffix(".part")
    with os.fdopen(os.open(part, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
        file.write(data)
    part.rename(path)
