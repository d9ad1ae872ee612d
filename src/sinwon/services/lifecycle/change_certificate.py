"""A consulate reports what happened to a person, or what an officer decided: reasons are raised and released, data replaced.

An event of a register counts once and in its order: told again it is answered as before, and one that is older than what is
known of the same aspect changes nothing, unless it ends the certificate. A person's data are taken aspect by aspect, so that
what is known of one is never replaced by something older. What an officer let go on hides nothing that registers tell later.
"""

from collections.abc import Mapping

import msgspec
from sqlalchemy import Connection

from sinwon.core.ids import digest
from sinwon.core.limits import CLOCK_SKEW
from sinwon.core.refusal import Fault, Malformed, Unmet
from sinwon.core.strict_json import dump, parse_as
from sinwon.protocols.roles.messages import CHANGE, Change, Changed
from sinwon.protocols.roles.person import Person
from sinwon.protocols.roles.request import VerifiedRoleRequest
from sinwon.services.issuance.check_person import RRN, check_person, parse_day
from sinwon.services.issuance.issuer import Issuer
from sinwon.services.issuance.role_request import consume_request, verify_request
from sinwon.services.issuance.validity import certificate_end
from sinwon.services.lifecycle.change import change, take
from sinwon.services.lifecycle.machine import (
    ENDED,
    OF_NEW_DATA,
    RULES,
    Actor,
    Aspect,
    Effect,
    Raise,
    Reason,
    Release,
    Renew,
    Trigger,
)
from sinwon.services.lifecycle.person import changed_aspects, taken
from sinwon.store.audit import Details, Entry
from sinwon.store.engine import writing
from sinwon.store.issuer import certificates, lives
from sinwon.store.issuer.certificates import seal_context
from sinwon.store.issuer.lives import LifeRow, NewPerson
from sinwon.store.issuer.tables import AUDIT


def change_certificate(issuer: Issuer, token: str) -> Changed:
    """`token` is the signed request. Raises Refusal: unauthorized, invalid_request, unknown_application, unknown_person,
    not_allowed, certificate_ended, certificate_suspended, number_taken, passport_expired."""
    request, message = verify_request(issuer, token, CHANGE, Change)
    now = issuer.clock()
    check_change(message, now=now)
    with writing(issuer.engine) as connection:
        consume_request(connection, request)
        return _once(issuer, connection, request, message, now)


def check_change(message: Change, *, now: int) -> None:
    """What the message type cannot say. Raises Malformed."""
    if (message.application is None) == (message.rrn is None):
        raise Malformed("invalid_request", "not exactly one of application and rrn")
    if message.rrn is not None and not RRN.match(message.rrn):
        raise Malformed("invalid_request", "resident number has another form")
    if message.event_id is not None and (not message.event_id or message.occurred_at is None):
        raise Malformed("invalid_request", "an event has an id and a time")
    if message.occurred_at is not None and not 0 <= message.occurred_at <= now + CLOCK_SKEW:
        raise Malformed("invalid_request", "occurred_at is in the future")
    if message.person is not None:
        check_person(message.person)


def _once(issuer: Issuer, connection: Connection, request: VerifiedRoleRequest, message: Change, now: int) -> Changed:
    if message.event_id is None:
        return _change_all(issuer, connection, message, now)
    event = digest(f"{request.sender}\x00{message.event_id}")
    if not lives.claim_event(connection, event, now=now):
        return parse_as(lives.answer_of_event(connection, event) or "", Changed)
    changed = _change_all(issuer, connection, message, now)
    lives.answer_event(connection, event, dump(changed).decode())
    return changed


def _change_all(issuer: Issuer, connection: Connection, message: Change, now: int) -> Changed:
    found = _certificates(issuer, connection, message)
    take(connection, found)
    renewed = [_change(issuer, connection, _locked(connection, certificate), message, now) for certificate in found]
    row = _locked(connection, found[0])
    holds = tuple(hold.reason for hold in row.holds)
    taken_over = tuple(sorted(aspect.value for aspect in frozenset().union(*renewed)))
    return Changed(row.id, row.state.value, holds, row.stale is not None, len(found), taken_over)


def _certificates(issuer: Issuer, connection: Connection, message: Change) -> tuple[str, ...]:
    """Whose reason it is; where all are over, the last one. Raises Unmet."""
    if message.application is not None:
        found = certificates.of_application(connection, message.application)
        if found is None:
            raise Unmet("unknown_application", "no certificate for this application")
        return (found.id,)
    of_person = lives.of_person(connection, issuer.rrn_index(message.rrn or ""))
    if not of_person:
        raise Unmet("unknown_person", "no certificate for this person")
    return tuple(one.id for one in of_person if one.state not in ENDED) or (of_person[0].id,)


def _change(issuer: Issuer, connection: Connection, row: LifeRow, message: Change, now: int) -> frozenset[Aspect]:
    """The aspects of the person that were taken over."""
    reason, at = Reason(message.reason), message.occurred_at if message.occurred_at is not None else now
    rule, told = RULES[reason], lives.event_times(connection, row.id)
    known = _known(row, told)
    newest = known if _releases(message, reason) else told
    if rule.effect is not Effect.ENDS and rule.aspect is not None and at < newest.get(rule.aspect, 0):
        details: Details = {"reason": reason.value, "action": message.action}
        AUDIT.write(connection, Entry(now, message.officer, "event.stale", row.id, details))
        return frozenset()
    may_take = frozenset(aspect for aspect in Aspect if at >= known.get(aspect, 0))
    renewed = _replace_person(issuer, connection, row, message.person, may_take, now)
    by = Actor.OFFICER if message.event_id is None else Actor.REGISTER
    facts: Details = {"occurred_at": at}
    for trigger in _triggers(message, reason, renewed):
        change(issuer, connection, row.id, trigger, by=by, actor=message.officer, now=now, facts=facts)
    if _locked(connection, row.id).state not in ENDED:
        for aspect in renewed | ({rule.aspect} if rule.aspect and by is Actor.REGISTER else set()):
            lives.note_event(connection, row.id, aspect, at)
    return renewed


def _known(row: LifeRow, told: Mapping[str, int]) -> dict[str, int]:
    """Since when what is known of each aspect stands: as registers told, or as an officer stopped it for. The latter holds off
    older data and releases, never an older reason: an officer has seen one document, and registers may tell of others late."""
    known = dict(told)
    for hold in row.holds:
        aspect = RULES[Reason(hold.reason)].aspect
        if aspect is not None and hold.by == Actor.OFFICER:
            known[aspect] = max(known.get(aspect, 0), hold.since)
    return known


def _releases(message: Change, reason: Reason) -> bool:
    """A reason that says no more than that data are new is not opened where they are at hand."""
    return message.action == "release" or (reason in OF_NEW_DATA and message.person is not None)


def _triggers(message: Change, reason: Reason, renewed: frozenset[Aspect]) -> tuple[Trigger, ...]:
    """New data come first, and cure what was open. A reason that they answer is released, should it stand open, be it that
    somebody else reported them before."""
    renewal: tuple[Trigger, ...] = (Renew(renewed),) if renewed else ()
    return (*renewal, Release(reason) if _releases(message, reason) else Raise(reason))


def _replace_person(
    issuer: Issuer, connection: Connection, row: LifeRow, new: Person | None, may_take: frozenset[Aspect], now: int
) -> frozenset[Aspect]:
    """The aspects that were taken from `new`. Raises Unmet."""
    if new is None or row.person is None:
        return frozenset()
    old = msgspec.json.decode(issuer.seal.open(row.person, seal_context(row.id)), type=Person)
    aspects = changed_aspects(old, new) & may_take
    if aspects:
        _write_person(issuer, connection, row, taken(old, new, aspects), now)
    return aspects


def _write_person(issuer: Issuer, connection: Connection, row: LifeRow, person: Person, now: int) -> None:
    expiry = parse_day(person.passport.expiry_date)
    valid_until = certificate_end(expiry, years=issuer.settings.validity_years, now=row.issued_at)
    if valid_until <= now:
        raise Unmet("passport_expired", "the passport is over")
    new = NewPerson(
        person=issuer.seal.seal(msgspec.json.encode(person), seal_context(row.id)),
        registration_index=issuer.registration_index(person.registration.number, person.birthdate),
        rrn_index=issuer.rrn_index(person.linkage.rrn),
        valid_until=valid_until,
    )
    if not lives.replace_person(connection, row, new):
        raise Unmet("number_taken", "the resident number is another person's")


def _locked(connection: Connection, certificate: str) -> LifeRow:
    row = lives.lock(connection, certificate)
    if row is None:
        raise Fault("a certificate that was found is gone")
    return row
