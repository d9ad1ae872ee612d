"""The ports for messages to telephones and for mail. Nothing waits for a report that a message arrived."""

from dataclasses import dataclass
from typing import Final, Protocol

from sinwon.core.refusal import Fault

LONGEST_TEXT: Final = 1_000  # characters of a message to a telephone; our texts are a fifth of it
LONGEST_MAIL: Final = 20_000  # characters; our texts are a tenth of it


class MessageNotSent(Fault):
    """The route took no message for this address now; another way is open to the person, or it is tried again."""


@dataclass(frozen=True, slots=True)
class Message:
    id: str
    """Idempotency key."""
    to: str
    """E.164."""
    text: str
    expires_at: int


class MessagePort(Protocol):
    def send(self, message: Message) -> None:
        """Raises MessageNotSent."""
        ...


@dataclass(frozen=True, slots=True)
class Mail:
    id: str
    """Idempotency key: a mail sent twice carries the same Message-ID."""
    to: str
    subject: str
    text: str
    language: str


class MailPort(Protocol):
    def send(self, mail: Mail) -> None:
        """Raises MessageNotSent."""
        ...
