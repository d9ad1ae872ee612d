"""What is said today of a credential, or of an attestation: status lists fetched, verified, kept, and never gone back on.

A list is used until its `ttl` is over, then fetched again; if that fails, the kept one still counts until its `exp` or its
first birthday in days. Bounded, and the only state that a process keeps about others. Does not decide what an unknown status
means: the caller does.
"""

from collections import OrderedDict
from dataclasses import dataclass, replace
from threading import Lock
from typing import Final, NamedTuple

from sinwon.core.clock import DAY
from sinwon.core.fetch import Fetch, Unreachable
from sinwon.core.refusal import Malformed, Refusal, Unmet, Untrusted
from sinwon.formats.status import token_cwt, token_jwt
from sinwon.formats.status.reference import StatusReference
from sinwon.formats.status.token import MAX_TOKEN, Kind, VerifiedStatusList
from sinwon.keys.trust import TrustAnchors

MAX_AGE: Final = DAY  # L2 promises a status not older than 24 hours
MAX_LISTS: Final = 64  # kept; one issuer spreads its credentials over a few large lists
MIN_ENTRIES: Final = 1000  # fetching a shorter one tells its host who signs in where
RETRY_SECONDS: Final = 10  # an unreachable issuer is not asked by every sign-in


class WouldFetch(Exception):
    """A status list is due, and this caller must not wait for the network."""


@dataclass(frozen=True, slots=True)
class _Kept:
    """The newest list of one address, if there is any, and when to ask again."""

    found: VerifiedStatusList | None
    anchors: TrustAnchors
    ask_at: int


class _Address(NamedTuple):
    """Where a list is, and in which form it is wanted."""

    uri: str
    kind: Kind


class StatusLists:
    def __init__(self) -> None:
        self._kept: OrderedDict[_Address, _Kept] = OrderedDict()
        self._lock = Lock()

    def value(
        self,
        reference: StatusReference,
        *,
        issuer: str,
        fetch: Fetch | None,
        anchors: TrustAnchors,
        now: int,
        kind: Kind = Kind.JWT,
    ) -> int | None:
        """The status value, or None if no list younger than a day is to be had in the form that the credential's format
        asks for: CWT for an mdoc. Raises Refusal for a list that may not speak for this issuer, an address made to recognise
        a person, an index outside the list. Without `fetch`, raises WouldFetch when a list is due."""
        # 1 one address for many people [Token Status List 12.4]
        if "?" in reference.uri or "#" in reference.uri:
            raise Unmet("invalid_status", "a status address of its own")
        # 2 newest list we can have
        found = self._newest(_Address(reference.uri, kind), fetch, anchors, now)
        if found is None:
            return None
        if found.size < MIN_ENTRIES:
            raise Unmet("invalid_status", "a status list of a few people")
        # 3 signed by one who speaks for this issuer [Token Status List 11.3]
        if issuer not in found.entities:
            raise Untrusted("invalid_status", "the status list of another issuer")
        # 4 the entry [Token Status List 8.3 (6)]
        return found.at(reference.index)

    def _newest(self, at: _Address, fetch: Fetch | None, anchors: TrustAnchors, now: int) -> VerifiedStatusList | None:
        kept = self._kept.get(at)
        if kept is None or now >= kept.ask_at or kept.anchors != anchors:
            if fetch is None:
                raise WouldFetch
            kept = self._refreshed(at, fetch, anchors, now)
        found = kept.found
        if found is None or found.expires_at <= now or now - found.issued_at > MAX_AGE:
            return None
        return found

    def _refreshed(self, at: _Address, fetch: Fetch, anchors: TrustAnchors, now: int) -> _Kept:
        """The newest list; of several who find it due, one asks, and the others go on with the one that was kept."""
        with self._lock:
            kept = self._kept.get(at)
            if kept is not None and kept.anchors == anchors:
                if now < kept.ask_at:
                    return kept
                if kept.found is not None:
                    self._kept[at] = replace(kept, ask_at=now + RETRY_SECONDS)
        return self._ask(at, kept if kept and kept.anchors == anchors else None, fetch, anchors, now)

    def _ask(self, at: _Address, kept: _Kept | None, fetch: Fetch, anchors: TrustAnchors, now: int) -> _Kept:
        old = kept.found if kept else None
        try:
            new = _fetched(at, fetch, anchors, now)
            if old is not None and new.issued_at < old.issued_at:
                raise Untrusted("invalid_status", "an older list than the one we have")
            found = _Kept(new, anchors, min(now + new.ttl, new.expires_at))
        except (Unreachable, Refusal):
            found = _Kept(old, anchors, now + RETRY_SECONDS)
        with self._lock:
            latest = self._kept.get(at)
            if latest is not None and latest.anchors == anchors and _is_newer(latest.found, found.found):
                return latest  # of another who asked later and was answered first
            self._kept[at] = found
            self._kept.move_to_end(at)
            while len(self._kept) > MAX_LISTS:
                self._kept.popitem(last=False)
        return found


def _is_newer(one: VerifiedStatusList | None, other: VerifiedStatusList | None) -> bool:
    return one is not None and (other is None or one.issued_at > other.issued_at)


def _fetched(at: _Address, fetch: Fetch, anchors: TrustAnchors, now: int) -> VerifiedStatusList:
    answer = fetch.get(at.uri, accept=at.kind.media_type, limit=MAX_TOKEN)
    if answer.status != 200 or answer.media_type != at.kind.media_type:
        raise Malformed("invalid_status", "no status list of this form there")
    verify = token_jwt.verify_status_list if at.kind is Kind.JWT else token_cwt.verify_status_list
    return verify(answer.body, uri=at.uri, anchors=anchors, now=now)
