"""The one way in which a certificate's life changes: load it locked, advance it, write what came of it.

State and open reasons, the status of its copies, the audit entry and the notice to the holder are one transaction. What was
told already changes nothing and writes nothing. An end erases the person, closes offers and ends the device's tokens.
"""

from collections.abc import Iterable
from typing import Final

from sqlalchemy import Connection

from sinwon.core.refusal import Unmet
from sinwon.formats.status.token import INVALID, Kind
from sinwon.services.issuance.issuer import Issuer
from sinwon.services.lifecycle.machine import (
    RULES,
    Actor,
    Effect,
    Expire,
    Fetch,
    Lapse,
    Life,
    Raise,
    Reason,
    Release,
    Renew,
    Trigger,
    advance,
    status_of,
)
from sinwon.services.lifecycle.notices import notify
from sinwon.services.notify.notice import Facts, NoticeKind
from sinwon.store.audit import Details, Entry
from sinwon.store.issuer import devices, lives, offers, refreshes, status
from sinwon.store.issuer.certificates import CertificateState
from sinwon.store.issuer.lives import Hold, LifeRow, NewLife
from sinwon.store.issuer.tables import AUDIT

_OF_EFFECT: Final = {
    Effect.SUSPENDS: NoticeKind.SUSPENDED,
    Effect.OUTDATES: NoticeKind.NEEDS_RENEWAL,
    Effect.NOTES: NoticeKind.NEEDS_RENEWAL,
    Effect.MOVES: NoticeKind.MOVED,
    Effect.ENDS: NoticeKind.REVOKED,
}


def change(
    issuer: Issuer,
    connection: Connection,
    certificate: str,
    trigger: Trigger,
    *,
    by: Actor,
    actor: str,
    now: int,
    facts: Details | None = None,
) -> Life:
    """The life from now on. `actor` and `facts` go into the audit entry: ids, codes and counts only.

    Raises Unmet: "not_found", "not_allowed", "certificate_ended", "certificate_suspended".
    """
    row = lives.lock(connection, certificate)
    if row is None:
        raise Unmet("not_found", "no such certificate")
    before = life_of(row)
    after = advance(before, trigger, by)
    if after == before and not _acts_again(trigger):
        return before
    _write(connection, row, before, after, trigger, by, now)
    _retire(connection, certificate, before, after, trigger, now)
    AUDIT.write(connection, Entry(now, actor, _action(trigger), certificate, _details(trigger, by, after, facts)))
    kind = _notice_kind(trigger)
    if kind is not None:
        notify(issuer, connection, row, kind, _facts(row, trigger, after, now), now=now)
    return after


def take(connection: Connection, certificates: Iterable[str]) -> None:
    """For whoever changes several certificates in one transaction, or one several times: waits for all others here, where
    everybody takes lives before lists and each in order, so that no two wait for each other."""
    ordered = sorted(certificates)
    for certificate in ordered:
        lives.lock(connection, certificate)
    status.lock_lists(connection, ordered)


def life_of(row: LifeRow) -> Life:
    return Life(
        row.state,
        frozenset(Reason(hold.reason) for hold in row.holds),
        None if row.stale is None else Effect(row.stale),
        row.fetched_at is not None,
    )


def _acts_again(trigger: Trigger) -> bool:
    """A move and new data leave a life as it was, and are news all the same."""
    return trigger == Raise(Reason.PHONE_CHANGED) or (isinstance(trigger, Renew) and bool(trigger.changed))


def _write(connection: Connection, row: LifeRow, before: Life, after: Life, trigger: Trigger, by: Actor, now: int) -> None:
    if after.is_over:
        # Tokens before the life: whoever renews one has it first, and names the certificate after.
        offers.close(connection, row.id)
        refreshes.forget(connection, row.id)
        devices.forget(connection, row.id)
        lives.end(connection, row, after.state, reason=trigger.reason if isinstance(trigger, Raise) else None)
        return
    fetched_at = now if after.fetched and not before.fetched else row.fetched_at
    opened = tuple(Hold(reason, now, by) for reason in sorted(after.holds - before.holds))
    closed = tuple(sorted(before.holds - after.holds))
    lives.write(connection, row, NewLife(after.state, after.stale, fetched_at, opened, closed))
    if after.state is CertificateState.SUSPENDED:  # whoever holds the phone now may have begun to move it elsewhere
        offers.close_transfers(connection, row.id)
        devices.call_off(connection, row.id)


def _retire(connection: Connection, certificate: str, before: Life, after: Life, trigger: Trigger, now: int) -> None:
    """What the lists say of the copies there are. Those of another device, and those that newer data replaced, are over for
    good; so are all of a revoked certificate. One that merely expired needs no word: its copies did so before it."""
    replaced = isinstance(trigger, Fetch) and before.stale is Effect.OUTDATES
    if replaced or trigger == Raise(Reason.PHONE_CHANGED):
        status.set_all(connection, certificate, INVALID, now=now)
    elif after.state not in (CertificateState.EXPIRED, CertificateState.LAPSED):
        status.set_all(connection, certificate, status_of(after, Kind.JWT), now=now)


def _action(trigger: Trigger) -> str:
    match trigger:
        case Raise(reason):
            return f"certificate.{_OF_EFFECT[RULES[reason].effect]}"
        case Release():
            return "certificate.released"
        case Renew():
            return "certificate.renewed"
        case Fetch():
            return "certificate.fetched"
        case Expire():
            return "certificate.expired"
        case Lapse():
            return "certificate.lapsed"


def _details(trigger: Trigger, by: Actor, after: Life, facts: Details | None) -> Details:
    details: Details = {"to": after.state.value, "by": by.value, **(facts or {})}
    match trigger:
        case Raise(reason) | Release(reason):
            details["reason"] = reason.value
        case Renew(changed):
            details["changed"] = sorted(aspect.value for aspect in changed)
        case _:
            pass
    return details


def _notice_kind(trigger: Trigger) -> NoticeKind | None:
    """New copies of what is known are no news."""
    match trigger:
        case Raise(reason):
            return _OF_EFFECT[RULES[reason].effect]
        case Release():
            return NoticeKind.RELEASED
        case Renew():
            return NoticeKind.RENEWED
        case Fetch():
            return None
        case Expire():
            return NoticeKind.EXPIRED
        case Lapse():
            return NoticeKind.LAPSED


def _facts(row: LifeRow, trigger: Trigger, after: Life, now: int) -> Facts:
    facts: Facts = {"at": now, "to": after.state.value, "valid_until": row.valid_until}
    if isinstance(trigger, Raise | Release):
        facts["reason"] = trigger.reason.value
    return facts
