"""The status lists as signed tokens (Token Status List §8), one kept per list until its version or its age asks for a new one.

Each look costs one small read; building and signing happen only when a status changed or the token is due. The time of issue
follows from the list's version and the clock's interval alone, so that two processes never show a verifier an older one.
"""

from dataclasses import dataclass
from typing import Final

from sinwon.core.refusal import Unmet
from sinwon.formats.status.encode import deflate, pack
from sinwon.formats.status.token_jwt import sign_status_list
from sinwon.services.issuance.issuer import Issuer
from sinwon.store.engine import reading
from sinwon.store.issuer import status
from sinwon.store.issuer.status import StatusList

BITS: Final = 2


@dataclass(frozen=True, slots=True)
class _Published:
    version: int
    issued_at: int
    token: bytes


class StatusPublisher:
    """One per application; holds as many tokens as there are lists."""

    def __init__(self, issuer: Issuer) -> None:
        self._issuer = issuer
        self._kept: dict[str, _Published] = {}

    def token(self, list_id: str) -> bytes:
        """Raises Unmet("not_found")."""
        now = self._issuer.clock()
        with reading(self._issuer.engine) as connection:
            found = status.find_list(connection, list_id)
            if found is None:
                raise Unmet("not_found", "no such status list")
            issued_at = max(found.version, now - now % self._issuer.settings.status_renewal)
            kept = self._kept.get(list_id)
            if kept is not None and (kept.version, kept.issued_at) == (found.version, issued_at):
                return kept.token
            values = status.values_of(connection, found.number)
        published = _Published(found.version, issued_at, self._sign(found, values, issued_at))
        self._kept[list_id] = published
        return published.token

    def _sign(self, found: StatusList, values: dict[int, int], issued_at: int) -> bytes:
        settings = self._issuer.settings
        return sign_status_list(
            deflate(pack(values, size=settings.status_list_size, bits=BITS)),
            bits=BITS,
            uri=self._issuer.status_url(found.id),
            now=issued_at,
            lifetime=settings.status_lifetime,
            ttl=settings.status_ttl,
            by=self._issuer.status_signer,
        ).encode()
