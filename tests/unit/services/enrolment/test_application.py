"""The state machine: what leads to an offer, and what never does."""

from itertools import product

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sinwon.core.refusal import Unmet
from sinwon.services.enrolment.application import MOVES, OPEN, Move, State, advance
from sinwon.services.enrolment.progress import DONE

NEEDED = (Move.CHECK, Move.PROVE_PHONE, Move.CHOOSE_PIN, Move.APPROVE, Move.OFFER)


def reachable(without: Move | None = None) -> set[State]:
    seen, todo = {State.SUBMITTED}, [State.SUBMITTED]
    while todo:
        state = todo.pop()
        for (before, move), after in MOVES.items():
            if before is state and move is not without and after not in seen:
                seen.add(after)
                todo.append(after)
    return seen


def test_every_state_can_be_reached() -> None:
    assert reachable() == set(State)


@pytest.mark.parametrize("move", NEEDED)
def test_no_offer_without(move: Move) -> None:
    assert State.OFFERED not in reachable(without=move)


@given(st.lists(st.sampled_from(Move), max_size=30))
def test_whatever_happens_an_offer_follows_all_it_needs(moves: list[Move]) -> None:
    state, done = State.SUBMITTED, set[Move]()
    for move in moves:
        try:
            state = advance(state, move)
        except Unmet:
            continue
        done.add(move)
        if state in {State.OFFERED, State.REVOKED}:
            assert done >= set(NEEDED)


def test_ends_are_ends() -> None:
    for state, move in product((State.REFUSED, State.WITHDRAWN, State.REVOKED), Move):
        with pytest.raises(Unmet):
            advance(state, move)


def test_anything_open_can_be_refused_and_withdrawn_and_nothing_else() -> None:
    for move, end in ((Move.REFUSE, State.REFUSED), (Move.WITHDRAW, State.WITHDRAWN)):
        assert {state for state in State if MOVES.get((state, move)) is end} == OPEN


def test_each_move_has_its_word_in_the_audit_trail() -> None:
    assert set(DONE) == set(Move)
