"""Following the two published documents: fetch, verify with the pinned operator key, keep the last good one.

A document that is badly signed, of another type, past its next update, not newer than the one held, or holds junk is refused
as a whole: the last good one stays in use and the alarm is raised. What was accepted is remembered outside, so that a restart
neither forgets the sequence (rollback) nor needs the network. The last good one is used for GRACE beyond its next update:
a publisher that is down must not stop people from signing in, but a frozen list must not be obeyed for ever.
"""

from collections.abc import Callable
from dataclasses import dataclass
from threading import Lock
from typing import Final, Generic, Protocol, TypeVar

from sinwon.core.clock import DAY, Clock
from sinwon.core.fetch import Fetch, Unreachable
from sinwon.core.refusal import Fault, Refusal, Unmet
from sinwon.keys.jwk import PublicKey
from sinwon.keys.trust import TrustAnchors
from sinwon.protocols.trust import catalogue_document, trust_list
from sinwon.protocols.trust.catalogue import Catalogue
from sinwon.protocols.trust.catalogue_document import verify_catalogue
from sinwon.protocols.trust.signed import INVALID, MAX_DOCUMENT, Sequenced, check_current, check_successor
from sinwon.protocols.trust.trust_list import VerifiedTrustList, verify_trust_list

REFRESH_SECONDS: Final = 300
GRACE: Final = 7 * DAY
ACCEPT: Final = "application/jwt"

Alarm = Callable[[str, str], None]
"""Told the document's name and why it was refused or could not be had. Never personal data."""
Run = Callable[[Callable[[], None]], object]
"""Runs a refresh: at once, or in the background of a server."""


class Memory(Protocol):
    """Where accepted documents survive a restart."""

    def recall(self, document: str) -> str | None: ...

    def remember(self, document: str, token: str) -> None: ...


class NoMemory:
    """Remembers nothing beyond the process: for tests and short runs."""

    def recall(self, document: str) -> str | None:  # noqa: ARG002 (the port's signature)
        return None

    def remember(self, document: str, token: str) -> None:
        pass


Document = TypeVar("Document", bound=Sequenced)


@dataclass(slots=True)
class _Followed(Generic[Document]):
    """One document: where it is, how it is verified, and the last good one."""

    name: str
    url: str
    verify: Callable[[str], Document]
    token: str = ""
    held: Document | None = None
    etag: str = ""


class Follower:
    """Gives the trust anchors and the catalogue that are in force. Safe for many threads.

    `background` decides where a due refresh runs once there is something to go on with; without anything held, the first
    caller waits for the network.
    """

    def __init__(
        self,
        fetch: Fetch,
        clock: Clock,
        operator: PublicKey,
        *,
        origin: str,
        alarm: Alarm,
        memory: Memory | None = None,
        every: int = REFRESH_SECONDS,
        background: Run = lambda refresh: refresh(),
    ) -> None:
        self._fetch = fetch
        self._clock = clock
        self._alarm = alarm
        self._memory = memory or NoMemory()
        self._every = every
        self._background = background
        self._lock = Lock()
        self._next_refresh = 0
        self._list: _Followed[VerifiedTrustList] = _Followed(
            "trust list", origin + trust_list.PATH, lambda token: verify_trust_list(token, operator=operator)
        )
        self._catalogue: _Followed[Catalogue] = _Followed(
            "catalogue", origin + catalogue_document.PATH, lambda token: verify_catalogue(token, operator=operator)
        )
        self._recall(self._list)
        self._recall(self._catalogue)

    def anchors(self) -> TrustAnchors:
        """Raises Fault while no list in force is known."""
        return self._in_force(self._list).anchors

    def catalogue(self) -> Catalogue:
        """Raises Fault while no catalogue in force is known."""
        return self._in_force(self._catalogue)

    def refresh(self) -> None:
        """Fetches both documents now. Never raises for what is wrong with them: that goes to the alarm."""
        with self._lock:
            self._next_refresh = self._clock() + self._every
            self._update(self._list)
            self._update(self._catalogue)

    def _in_force(self, followed: _Followed[Document]) -> Document:
        now = self._clock()
        if followed.held is None:
            self._refresh_once(now)
        elif now >= self._next_refresh:
            self._next_refresh = now + self._every
            self._background(self.refresh)
        if followed.held is None:
            raise Fault(f"no {followed.name} is known")
        if followed.held.next_update + GRACE <= now:
            raise Fault(f"the {followed.name} is out of date")
        return followed.held

    def _refresh_once(self, now: int) -> None:
        """The first fetch, for whoever asks first; after a failure not before the next one is due."""
        if now >= self._next_refresh:
            self.refresh()

    def _update(self, followed: _Followed[Document]) -> None:
        try:
            self._fetch_newer(followed)
        except Refusal as refusal:
            self._alarm(followed.name, refusal.why)
        except Unreachable as problem:
            self._alarm(followed.name, str(problem))

    def _fetch_newer(self, followed: _Followed[Document]) -> None:
        now = self._clock()
        headers = {"if-none-match": followed.etag} if followed.etag else {}
        answer = self._fetch.get(followed.url, accept=ACCEPT, limit=MAX_DOCUMENT, headers=headers)
        if answer.status not in {200, 304}:
            raise Unreachable(f"status {answer.status}")
        token = followed.token if answer.status == 304 else _text(answer.body)
        if followed.held is not None and token == followed.token:
            check_current(followed.held, now)
            followed.etag = answer.headers.get("etag", "")
            return
        fresh = followed.verify(token)
        check_current(fresh, now)
        if followed.held is not None:
            check_successor(fresh, followed.held)
        self._memory.remember(followed.name, token)
        followed.token, followed.held, followed.etag = token, fresh, answer.headers.get("etag", "")

    def _recall(self, followed: _Followed[Document]) -> None:
        """What was accepted before the restart, though it may be out of date by now."""
        token = self._memory.recall(followed.name)
        if token is None:
            return
        try:
            followed.held = followed.verify(token)
            followed.token = token
        except Refusal as refusal:
            self._alarm(followed.name, f"what was remembered is no longer good: {refusal.why}")


def _text(body: bytes) -> str:
    try:
        return body.decode("ascii").strip()
    except UnicodeDecodeError:
        raise Unmet(INVALID, "not a JWS") from None
