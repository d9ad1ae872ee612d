"""What the issuer says of a credential today: status lists fetched, verified, kept, and never gone back on.

A list is used until its `ttl` is over, then fetched again; if that fails, the kept one still counts until its `exp` or its
first birthday in days. Bounded, and the only state a gateway process keeps. Does not decide what an unknown status means:
the level asked for does.
"""

from collections import OrderedDict
from dataclasses import dataclass, replace
from threading import Lock
from typing import Final

from sinwon.core.clock import DAY
from sinwon.core.fetch import Fetch, Unreachable
from sinwon.core.refusal import Malformed, Refusal, Unmet, Untrusted
from sinwon.formats.status.reference import StatusReference
from sinwon.formats.status.token import MAX_TOKEN, Kind, VerifiedStatusList
from sinwon.formats.status.token_jwt import verify_status_list
from sinwon.keys.trust import TrustAnchors

MAX_AGE: Final = DAY  # L2 promises a status not older than 24 hours
MAX_LISTS: Final = 64  # kept; one issuer spreads its credentials over a few large lists
RETRY_SECONDS: Final = 10  # an unreachable issuer is not asked by every sign-in


class WouldFetch(Exception):
    """A status list is due, and this caller must not wait for the network."""


@dataclass(frozen=True, slots=True)
class _Kept:
    """The newest list of one address, if there is any, and when to ask again."""

    found: VerifiedStatusList | None
    anchors: TrustAnchors
    ask_at: int


class StatusLists:
    def __init__(self) -> None:
        self._kept: OrderedDict[str, _Kept] = OrderedDict()
        self._lock = Lock()

    def value(
        self, reference: StatusReference, *, issuer: str, fetch: Fetch | None, anchors: TrustAnchors, now: int
    ) -> int | None:
        """The status value, or None if no list younger than a day is to be had. Raises Refusal for a list that may not
        speak for this issuer, an address made to recognise a person, an index outside the list. Without `fetch`, raises
        WouldFetch when a list is due."""
        # 1 one address for many people [Token Status List 12.4]
        if "?" in reference.uri or "#" in reference.uri:
            raise Unmet("invalid_status", "a status address of its own")
        # 2 newest list we can have
        found = self._newest(reference.uri, fetch, anchors, now)
        if found is None:
            return None
        # 3 signed by one who speaks for this issuer [Token Status List 11.3]
        if issuer not in found.entities:
            raise Untrusted("invalid_status", "the status list of another issuer")
        # 4 the entry [Token Status List 8.3 (6)]
        return found.at(reference.index)

    def _newest(self, uri: str, fetch: Fetch | None, anchors: TrustAnchors, now: int) -> VerifiedStatusList | None:
        kept = self._kept.get(uri)
        if kept is None or now >= kept.ask_at or kept.anchors != anchors:
            if fetch is None:
                raise WouldFetch
            kept = self._refreshed(uri, fetch, anchors, now)
        found = kept.found
        if found is None or found.expires_at <= now or now - found.issued_at > MAX_AGE:
            return None
        return found

    def _refreshed(self, uri: str, fetch: Fetch, anchors: TrustAnchors, now: int) -> _Kept:
        """The newest list; of several who find it due, one asks, and the others go on with the one that was kept."""
        with self._lock:
            kept = self._kept.get(uri)
            if kept is not None and kept.anchors == anchors:
                if now < kept.ask_at:
                    return kept
                if kept.found is not None:
                    self._kept[uri] = replace(kept, ask_at=now + RETRY_SECONDS)
        return self._ask(uri, kept if kept and kept.anchors == anchors else None, fetch, anchors, now)

    def _ask(self, uri: str, kept: _Kept | None, fetch: Fetch, anchors: TrustAnchors, now: int) -> _Kept:
        old = kept.found if kept else None
        try:
            new = _fetched(uri, fetch, anchors, now)
            if old is not None and new.issued_at < old.issued_at:
                raise Untrusted("invalid_status", "an older list than the one we have")
            found = _Kept(new, anchors, min(now + new.ttl, new.expires_at))
        except (Unreachable, Refusal):
            found = _Kept(old, anchors, now + RETRY_SECONDS)
        with self._lock:
            self._kept[uri] = found
            self._kept.move_to_end(uri)
            while len(self._kept) > MAX_LISTS:
                self._kept.popitem(last=False)
        return found


def _fetched(uri: str, fetch: Fetch, anchors: TrustAnchors, now: int) -> VerifiedStatusList:
    answer = fetch.get(uri, accept=Kind.JWT.media_type, limit=MAX_TOKEN)
    if answer.status != 200 or answer.media_type != Kind.JWT.media_type:
        raise Malformed("invalid_status", "no status list there")
    return verify_status_list(answer.body, uri=uri, anchors=anchors, now=now)
