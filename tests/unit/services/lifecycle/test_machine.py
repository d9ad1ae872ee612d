"""The machine of a certificate's life: every reason, every actor, every trigger again, and what no sequence of them can do."""

from itertools import product

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sinwon.core.refusal import Unmet
from sinwon.formats.status.token import INVALID, NEEDS_RENEWAL, SUSPENDED, VALID, Kind
from sinwon.services.lifecycle.machine import (
    ENDED,
    OUTDATING,
    RULES,
    Actor,
    Aspect,
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
from sinwon.store.issuer.certificates import CertificateState as State

ACTIVE = Life(State.ACTIVE, fetched=True)
OFFERED = Life(State.OFFERED)
VALUE = {Effect.SUSPENDS: SUSPENDED, Effect.OUTDATES: NEEDS_RENEWAL, Effect.NOTES: VALID, Effect.ENDS: INVALID}
STATE = {
    Effect.SUSPENDS: State.SUSPENDED,
    Effect.OUTDATES: State.NEEDS_RENEWAL,
    Effect.NOTES: State.NEEDS_RENEWAL,
    Effect.MOVES: State.ACTIVE,
    Effect.ENDS: State.REVOKED,
}
H, P, O, A, R, I = Actor.HOLDER, Actor.PUBLIC, Actor.OFFICER, Actor.OPERATOR, Actor.REGISTER, Actor.ISSUER  # noqa: E741 (columns of a table)
TABLE: dict[Reason, tuple[Effect, set[Actor], set[Actor]]] = {
    Reason.LOSS_REPORTED: (Effect.SUSPENDS, {H, P, O, A}, {H, O}),
    Reason.PIN_LOCKED: (Effect.SUSPENDS, {H, O}, {H, O}),
    Reason.PHONE_CHANGED: (Effect.MOVES, {H, O}, set()),
    Reason.KEY_LOST: (Effect.ENDS, {H, O, I}, set()),
    Reason.PASSPORT_EXPIRED: (Effect.OUTDATES, {R, O, I}, {R, O}),
    Reason.PASSPORT_LOST: (Effect.SUSPENDS, {R, O}, {R, O}),
    Reason.PASSPORT_CANCELLED: (Effect.SUSPENDS, {R, O}, {R, O}),
    Reason.DEREGISTERED: (Effect.SUSPENDS, {R, O}, {R, O}),
    Reason.MOVED_MISSION: (Effect.NOTES, {R, O}, {R, O}),
    Reason.RETURN_REPORTED: (Effect.SUSPENDS, {R, O}, {R, O}),
    Reason.NAME_CHANGED: (Effect.OUTDATES, {R, O}, {R, O}),
    Reason.RRN_CHANGED: (Effect.OUTDATES, {R, O}, {R, O}),
    Reason.ADDRESS_CHANGED: (Effect.NOTES, {R, O}, {R, O}),
    Reason.NATIONALITY_LOST: (Effect.ENDS, {R, O}, set()),
    Reason.DECEASED: (Effect.ENDS, {R, O}, set()),
    Reason.ISSUED_IN_ERROR: (Effect.ENDS, {O, A}, set()),
    Reason.KEY_COMPROMISE: (Effect.ENDS, {O, A, I}, set()),
    Reason.HOLDER_REQUEST: (Effect.ENDS, {H, O}, set()),
}
HOLDING = [reason for reason, row in TABLE.items() if row[0] in (Effect.SUSPENDS, Effect.OUTDATES, Effect.NOTES)]
ENDING = [reason for reason, row in TABLE.items() if row[0] is Effect.ENDS]


def raised(*reasons: Reason, life: Life = ACTIVE) -> Life:
    for reason in reasons:
        life = advance(life, Raise(reason), min(RULES[reason].raised_by))
    return life


def test_every_reason_has_its_row() -> None:
    assert set(TABLE) == set(Reason) == set(RULES)


@pytest.mark.parametrize(("reason", "by"), list(product(Reason, Actor)))
def test_a_reason_is_raised_by_whom_the_table_names(reason: Reason, by: Actor) -> None:
    effect, raisers, _releasers = TABLE[reason]
    if by not in raisers:
        with pytest.raises(Unmet, match="not_allowed"):
            advance(ACTIVE, Raise(reason), by)
        return
    after = advance(ACTIVE, Raise(reason), by)
    assert after.state is STATE[effect]
    assert after.holds == ({reason} if reason in HOLDING else frozenset())
    assert advance(after, Raise(reason), by) == after
    if effect in VALUE:
        assert status_of(after, Kind.JWT) == VALUE[effect]
        assert status_of(after, Kind.CWT) == (VALID if VALUE[effect] == VALID else INVALID)


@pytest.mark.parametrize(("reason", "by"), list(product(Reason, Actor)))
def test_a_reason_is_released_by_whom_the_table_names(reason: Reason, by: Actor) -> None:
    _effect, _raisers, releasers = TABLE[reason]
    stopped = raised(reason) if reason in HOLDING else ACTIVE
    if by not in releasers:
        with pytest.raises(Unmet, match="not_allowed"):
            advance(stopped, Release(reason), by)
        return
    assert advance(stopped, Release(reason), by) == ACTIVE
    assert advance(ACTIVE, Release(reason), by) == ACTIVE


def test_two_reasons_stand_at_once_and_the_worse_decides() -> None:
    life = raised(Reason.NAME_CHANGED, Reason.LOSS_REPORTED, Reason.ADDRESS_CHANGED)
    assert (life.state, status_of(life, Kind.JWT)) == (State.SUSPENDED, SUSPENDED)
    life = advance(life, Release(Reason.LOSS_REPORTED), Actor.HOLDER)
    assert (life.state, status_of(life, Kind.JWT)) == (State.NEEDS_RENEWAL, NEEDS_RENEWAL)
    life = advance(life, Release(Reason.NAME_CHANGED), Actor.OFFICER)
    assert (life.state, status_of(life, Kind.JWT)) == (State.NEEDS_RENEWAL, VALID)
    assert advance(life, Release(Reason.ADDRESS_CHANGED), Actor.REGISTER) == ACTIVE


def test_one_released_stop_leaves_the_other() -> None:
    life = advance(raised(Reason.LOSS_REPORTED, Reason.PASSPORT_LOST), Release(Reason.LOSS_REPORTED), Actor.HOLDER)
    assert (life.state, set(life.holds)) == (State.SUSPENDED, {Reason.PASSPORT_LOST})


def test_stopped_before_the_first_copy_and_released_it_is_offered_again() -> None:
    stopped = raised(Reason.LOSS_REPORTED, life=OFFERED)
    assert stopped.state is State.SUSPENDED
    assert advance(stopped, Release(Reason.LOSS_REPORTED), Actor.OFFICER) == OFFERED
    assert advance(OFFERED, Fetch(), Actor.HOLDER) == ACTIVE


@pytest.mark.parametrize("trigger", [Fetch(), Raise(Reason.PHONE_CHANGED)])
def test_copies_and_moves_wait_for_a_release(trigger: Trigger) -> None:
    with pytest.raises(Unmet, match="certificate_suspended"):
        advance(raised(Reason.LOSS_REPORTED), trigger, Actor.HOLDER)
    assert advance(ACTIVE, trigger, Actor.HOLDER) == ACTIVE


@pytest.mark.parametrize("aspect", list(Aspect))
def test_new_data_cure_what_they_are_about_and_wait_to_be_fetched(aspect: Aspect) -> None:
    life = raised(*HOLDING)
    after = advance(life, Renew(frozenset({aspect})), Actor.REGISTER)
    assert life.holds - after.holds == {reason for reason in HOLDING if RULES[reason].aspect is aspect}
    renewed = advance(ACTIVE, Renew(frozenset({aspect})), Actor.OFFICER)
    assert renewed.state is State.NEEDS_RENEWAL
    assert status_of(renewed, Kind.JWT) == (NEEDS_RENEWAL if aspect in OUTDATING else VALID)
    assert advance(renewed, Fetch(), Actor.HOLDER) == ACTIVE


def test_old_copies_stay_outdated_whatever_stops_and_goes_on_meanwhile() -> None:
    life = advance(ACTIVE, Renew(frozenset({Aspect.NAME})), Actor.REGISTER)
    life = advance(raised(Reason.LOSS_REPORTED, life=life), Release(Reason.LOSS_REPORTED), Actor.HOLDER)
    life = advance(life, Renew(frozenset({Aspect.ADDRESS})), Actor.REGISTER)
    assert status_of(life, Kind.JWT) == NEEDS_RENEWAL


def test_new_data_before_the_first_copy_leave_nothing_to_be_fetched_again() -> None:
    assert advance(OFFERED, Renew(frozenset(Aspect)), Actor.OFFICER) == OFFERED
    assert advance(ACTIVE, Renew(frozenset()), Actor.OFFICER) == ACTIVE
    for by in set(Actor) - {Actor.OFFICER, Actor.REGISTER}:
        with pytest.raises(Unmet, match="not_allowed"):
            advance(ACTIVE, Renew(frozenset(Aspect)), by)


@pytest.mark.parametrize(("trigger", "state"), [(Expire(), State.EXPIRED), (Lapse(), State.LAPSED)])
def test_only_the_clock_ends_a_life_in_time(trigger: Trigger, state: State) -> None:
    for by in set(Actor) - {Actor.ISSUER}:
        with pytest.raises(Unmet, match="not_allowed"):
            advance(OFFERED, trigger, by)
    assert advance(OFFERED, trigger, Actor.ISSUER) == Life(state)
    assert advance(raised(Reason.LOSS_REPORTED, life=OFFERED), trigger, Actor.ISSUER).state is state


def test_what_was_fetched_does_not_lapse() -> None:
    assert advance(ACTIVE, Lapse(), Actor.ISSUER) == ACTIVE


@pytest.mark.parametrize("state", sorted(ENDED))
def test_of_a_life_that_is_over_only_another_end_is_no_refusal(state: State) -> None:
    over = Life(state, fetched=True)
    for reason in ENDING:
        assert advance(over, Raise(reason), min(RULES[reason].raised_by)) == over
    assert advance(over, Expire(), Actor.ISSUER) == over
    refused: list[Trigger] = [
        *map(Raise, HOLDING),
        *map(Release, HOLDING),
        Raise(Reason.PHONE_CHANGED),
        Renew(frozenset(Aspect)),
    ]
    for trigger in refused:
        with pytest.raises(Unmet, match="certificate_ended"):
            advance(over, trigger, Actor.OFFICER)
    with pytest.raises(Unmet, match="certificate_ended"):
        advance(over, Fetch(), Actor.HOLDER)
    assert {status_of(over, kind) for kind in Kind} == {INVALID}


TRIGGERS: st.SearchStrategy[Trigger] = st.one_of(
    st.builds(Raise, st.sampled_from(Reason)),
    st.builds(Release, st.sampled_from(Reason)),
    st.builds(Renew, st.frozensets(st.sampled_from(Aspect))),
    st.sampled_from([Fetch(), Expire(), Lapse()]),
)
STEPS = st.lists(st.tuples(TRIGGERS, st.sampled_from(Actor)), max_size=40)


@given(STEPS)
def test_T06_no_sequence_leaves_an_end_or_loses_an_open_reason(steps: list[tuple[Trigger, Actor]]) -> None:
    life = OFFERED
    for trigger, by in steps:
        before = life
        try:
            life = advance(before, trigger, by)
        except Unmet:
            continue
        if before.is_over:
            assert life == before
        lost = before.holds - life.holds
        if lost and not life.is_over:
            assert isinstance(trigger, Release | Renew)
            assert all(by in RULES[reason].released_by for reason in lost)
        assert (life.state in ENDED) or (life.state is State.SUSPENDED) == any(
            RULES[reason].effect is Effect.SUSPENDS for reason in life.holds
        )
        assert advance(life, trigger, by) == life


@given(STEPS)
def test_T06_control_open_reasons_are_released_by_whom_they_may(steps: list[tuple[Trigger, Actor]]) -> None:
    life = OFFERED
    for trigger, by in steps:
        try:
            life = advance(life, trigger, by)
        except Unmet:
            continue
    if life.is_over:
        return
    for reason in life.holds:
        life = advance(life, Release(reason), Actor.OFFICER)
    assert life.state in (State.OFFERED, State.ACTIVE, State.NEEDS_RENEWAL)
    assert not life.holds
