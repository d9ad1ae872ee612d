"""The copies of the certificate: each is shown once, so that two services cannot compare notes.

A copy is marked used, and that is saved, before anything is sent: what may have left the wallet is never shown again.
"""

from collections import Counter
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from threading import Lock
from typing import Final

import msgspec

from sinwon.core import base64url
from sinwon.core.clock import DAY
from sinwon.core.refusal import Unmet
from sinwon.formats.dcql.match import Held
from sinwon.formats.dcql.query import AKI
from sinwon.holder.formats import FORMATS, Format
from sinwon.keys.x509 import authority_key_id

SOON: Final = DAY  # a copy that ends within a day is as good as gone: the wallet may not be online until then


class Copy(msgspec.Struct, frozen=True):
    """One credential as the issuer sent it, and the reference of its key."""

    format: str
    type: str
    """The `vct` of an SD-JWT VC, the document type of an mdoc: no type has the same name in both."""
    credential: str
    key: str
    expires_at: int
    received_at: int
    batch: str
    """Copies received together hold the same claims."""
    attested: bool = False
    """Bound to a key that asks more of the person; shown only where that is needed, or nothing else is left."""

    def lasts(self, now: int) -> bool:
        """Whether it is worth more than being replaced: not about to end, unless it was given for so short a time, and others
        would be, too."""
        return self.expires_at > (now if self.expires_at - self.received_at <= SOON else now + SOON)


@dataclass(frozen=True, slots=True)
class Offered:
    """The next unused copy of a type and kind of key, and what a query is matched against."""

    copy: Copy
    held: Held


class Copies:
    """The unused copies, oldest batch last: a newer batch is shown first, for it says what is true now."""

    def __init__(self, copies: Iterable[Copy] = ()) -> None:
        self._unused = list(copies)
        self._lock = Lock()

    def add(self, copies: Iterable[Copy]) -> None:
        with self._lock:
            self._unused = [*copies, *self._unused]

    def left(self, now: int) -> Counter[str]:
        """How many unused copies of each type, in each format, are still valid."""
        return Counter(copy.type for copy in self.unused() if copy.expires_at > now)

    def lasting(self, now: int) -> Counter[tuple[str, bool]]:
        """How many of them fresh ones would not outlast, by type and whether their keys are attested."""
        return Counter((copy.type, copy.attested) for copy in self.unused() if copy.lasts(now))

    def unused(self) -> tuple[Copy, ...]:
        with self._lock:
            return tuple(self._unused)

    def offered(self, now: int) -> tuple[Offered, ...]:
        """One copy of each type, in each format and for each kind of key, that could be shown now; plain keys first."""
        first: dict[tuple[str, bool], Copy] = {}
        for copy in self.unused():
            if copy.expires_at > now:
                first.setdefault((copy.type, copy.attested), copy)
        return tuple(_offered(copy) for copy in sorted(first.values(), key=lambda copy: copy.attested))

    def take(self, copies: Iterable[Copy]) -> None:
        """Uses them up, all or none. Raises Unmet when one was used meanwhile."""
        wanted = tuple(copies)
        with self._lock:
            if not all(copy in self._unused for copy in wanted):
                raise Unmet("access_denied", "a copy was used meanwhile")
            for copy in wanted:
                self._unused.remove(copy)

    def drop(self, spoiled: Callable[[Copy], bool]) -> None:
        """Forgets those that are good for nothing any more."""
        with self._lock:
            self._unused = [copy for copy in self._unused if not spoiled(copy)]

    def clear(self) -> None:
        with self._lock:
            self._unused = []


def _offered(copy: Copy) -> Offered:
    read = FORMATS[copy.format]
    return Offered(copy, Held(copy.format, frozenset({copy.type}), read.claims(copy.credential), _authorities(read, copy)))


def _authorities(read: Format, copy: Copy) -> frozenset[tuple[str, str]]:
    """The authorities of its chain, by their keys (OpenID4VP 1.0 §6.1.1.1)."""
    keys = (authority_key_id(der) for der in read.chain(copy.credential))
    return frozenset((AKI, base64url.encode(key)) for key in keys if key is not None)
