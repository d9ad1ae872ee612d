"""Who asked for what, when, and what became of it: for the holder's eyes. Claim names only, never a value."""

from typing import Final

import msgspec

SENT: Final = "sent"
RECEIVED: Final = "received"
PROMISED: Final = "promised"
UNREACHABLE: Final = "unreachable"
MAX_ENTRIES: Final = 1000  # the oldest go first


class Event(msgspec.Struct, frozen=True):
    at: int
    party: str
    """The service's id, or the issuer; empty when it could not be known."""
    outcome: str
    """`sent`, `received`, or the reason of the refusal."""
    claims: tuple[str, ...] = ()
    """Dotted names of what was shown or asked for."""


class History:
    def __init__(self, events: tuple[Event, ...] = ()) -> None:
        self._events = events

    def add(self, event: Event) -> None:
        self._events = (*self._events[-MAX_ENTRIES + 1 :], event)

    @property
    def events(self) -> tuple[Event, ...]:
        """Oldest first."""
        return self._events

    def clear(self) -> None:
        self._events = ()
