"""The copies of the certificate: each is shown once, so that two services cannot compare notes.

A copy is marked used, and that is saved, before anything is sent: what may have left the wallet is never shown again.
"""

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from threading import Lock
from typing import Any

import msgspec

from sinwon.core.refusal import Unmet
from sinwon.formats.dcql.match import Held
from sinwon.formats.sdjwt.disclosures import process
from sinwon.formats.sdjwt.names import SD_JWT_VC
from sinwon.formats.sdjwt.parse import SdJwt, parse_sd_jwt


class Copy(msgspec.Struct, frozen=True):
    """One credential as the issuer sent it, and the reference of its key."""

    vct: str
    credential: str
    key: str
    expires_at: int
    batch: str
    """Copies received together hold the same claims."""


@dataclass(frozen=True, slots=True)
class Offered:
    """The next unused copy of a type, parsed: what a query is matched against."""

    copy: Copy
    sd_jwt: SdJwt
    claims: dict[str, Any]

    @property
    def held(self) -> Held:
        return Held(SD_JWT_VC, frozenset({self.copy.vct}), self.claims)


class Copies:
    """The unused copies, oldest batch last: a newer batch is shown first, for it says what is true now."""

    def __init__(self, copies: Iterable[Copy] = ()) -> None:
        self._unused = list(copies)
        self._lock = Lock()

    def add(self, copies: Iterable[Copy]) -> None:
        with self._lock:
            self._unused = [*copies, *self._unused]

    def left(self, now: int) -> Counter[str]:
        """How many unused copies of each type are still valid."""
        return Counter(copy.vct for copy in self.unused() if copy.expires_at > now)

    def unused(self) -> tuple[Copy, ...]:
        with self._lock:
            return tuple(self._unused)

    def offered(self, now: int) -> tuple[Offered, ...]:
        """One copy of each type that could be shown now."""
        first: dict[str, Copy] = {}
        for copy in self.unused():
            if copy.expires_at > now:
                first.setdefault(copy.vct, copy)
        return tuple(_offered(copy) for copy in first.values())

    def take(self, copies: Iterable[Copy]) -> None:
        """Uses them up, all or none. Raises Unmet when one was used meanwhile."""
        wanted = tuple(copies)
        with self._lock:
            if not all(copy in self._unused for copy in wanted):
                raise Unmet("access_denied", "a copy was used meanwhile")
            for copy in wanted:
                self._unused.remove(copy)

    def clear(self) -> None:
        with self._lock:
            self._unused = []


def _offered(copy: Copy) -> Offered:
    sd_jwt = parse_sd_jwt(copy.credential)
    return Offered(copy, sd_jwt, process(sd_jwt))
