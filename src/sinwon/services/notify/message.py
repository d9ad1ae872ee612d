"""The port for messages to telephones. Sending is information, entering the code is the proof: no report is waited for."""

from dataclasses import dataclass
from typing import Protocol

from sinwon.core.refusal import Fault


class MessageNotSent(Fault):
    """The route took no message for this number now; another proof channel is open to the applicant."""


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
