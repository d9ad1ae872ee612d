"""The status lists as signed tokens (Token Status List §8), one kept per list until its sequence or its age asks for a new one.

Each look costs one small read. When a status changed, what changed since this process last looked is read, the pieces it falls
into are compressed, and the token is signed: whatever else there is in the list costs nothing but its bytes. At the first
look all that ever changed is read. A list is built at most once in a second, however fast it changes and is asked for.

The time of issue follows from the list's version and the clock's interval alone, so that two processes never show a verifier
an older one.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from threading import Lock
from typing import Final

from sinwon.core.refusal import Unmet
from sinwon.formats.status import token_cwt, token_jwt
from sinwon.formats.status.pieces import Deflated, PackedList
from sinwon.formats.status.token import Kind
from sinwon.services.issuance.issuer import Issuer
from sinwon.store.engine import reading
from sinwon.store.issuer import status
from sinwon.store.issuer.status import StatusList

BITS: Final[Mapping[Kind, int]] = {Kind.JWT: 2, Kind.CWT: 1}


@dataclass(frozen=True, slots=True)
class Published:
    kind: Kind
    sequence: int
    issued_at: int
    made_at: int
    """The second it was built in, by this process."""
    token: bytes

    @property
    def etag(self) -> str:
        """The same in every process, whose tokens differ in the signature only: hence weak (RFC 9110 §8.8.1)."""
        return f'W/"{self.sequence}-{self.issued_at}"'


class StatusPublisher:
    """One per application; holds each list packed, in pieces and as a token."""

    def __init__(self, issuer: Issuer) -> None:
        self._issuer = issuer
        self._lists: dict[str, _PublishedList] = {}

    def published(self, list_id: str) -> Published:
        """The list as it is now, to the second. Raises Unmet("not_found")."""
        with reading(self._issuer.engine) as connection:
            found = status.find_list(connection, list_id)
        if found is None:
            raise Unmet("not_found", "no such status list")
        known = self._lists.get(list_id) or self._lists.setdefault(list_id, _PublishedList(self._issuer, found))
        return known.as_of(found, now=self._issuer.clock())


class _PublishedList:
    """One list in this process."""

    def __init__(self, issuer: Issuer, found: StatusList) -> None:
        self._issuer = issuer
        self._number, self._id, self._kind = found.number, found.id, found.kind
        self._entries = PackedList(size=issuer.settings.status_list_size, bits=BITS[found.kind])
        self._read = 0
        """The sequence up to which changes are in `_entries`."""
        self._newest: Published | None = None
        self._lock = Lock()

    def as_of(self, found: StatusList, *, now: int) -> Published:
        issued_at = max(found.version, now - now % self._issuer.settings.status_renewal)
        newest = self._newest
        if newest is not None and _suffices(newest, found, issued_at, now):
            return newest
        with self._lock:
            newest = self._newest
            if newest is None or not _suffices(newest, found, issued_at, now):
                token = self._sign(self._up_to(found.sequence), issued_at)
                newest = self._newest = Published(self._kind, found.sequence, issued_at, now, token)
            return newest

    def _up_to(self, sequence: int) -> Deflated:
        """With everything up to `sequence`, and what has happened since that was read."""
        with reading(self._issuer.engine) as connection:
            self._entries.put(status.changes_since(connection, self._number, self._read))
        self._read = sequence
        return self._entries.deflated()

    def _sign(self, lst: Deflated, issued_at: int) -> bytes:
        settings = self._issuer.settings
        sign = token_jwt.sign_status_list if self._kind is Kind.JWT else token_cwt.sign_status_list
        return sign(
            lst,
            bits=BITS[self._kind],
            uri=self._issuer.status_url(self._id),
            now=issued_at,
            lifetime=settings.status_lifetime,
            ttl=settings.status_ttl,
            by=self._issuer.status_signer,
        )


def _suffices(newest: Published, found: StatusList, issued_at: int, now: int) -> bool:
    return newest.made_at == now or (newest.sequence >= found.sequence and newest.issued_at >= issued_at)
