"""The application as a state machine. States are what an officer sees in a list; moves are what happens to it.

SUBMITTED ─ check → CHECKED ─ prove_phone / choose_pin (in any order) → READY ─ approve → APPROVED ─ offer → OFFERED
    └ wait → WAITING ─ check ↗        any open state ─ refuse → REFUSED, withdraw → WITHDRAWN; OFFERED ─ revoke → REVOKED
"""

from enum import StrEnum
from typing import Final

from sinwon.core.refusal import Unmet


class State(StrEnum):
    SUBMITTED = "SUBMITTED"
    WAITING = "WAITING"
    """A register did not answer: kept until one does."""
    CHECKED = "CHECKED"
    PHONE_PROVEN = "PHONE_PROVEN"
    PIN_SET = "PIN_SET"
    READY = "READY"
    """Phone proven and PIN set: an officer may approve."""
    APPROVED = "APPROVED"
    """Decided, but the issuer has not confirmed the offer yet."""
    OFFERED = "OFFERED"
    REFUSED = "REFUSED"
    WITHDRAWN = "WITHDRAWN"
    REVOKED = "REVOKED"


class Move(StrEnum):
    CHECK = "check"
    WAIT = "wait"
    PROVE_PHONE = "prove_phone"
    CHOOSE_PIN = "choose_pin"
    APPROVE = "approve"
    OFFER = "offer"
    REFUSE = "refuse"
    WITHDRAW = "withdraw"
    REVOKE = "revoke"


OPEN: Final = frozenset({State.SUBMITTED, State.WAITING, State.CHECKED, State.PHONE_PROVEN, State.PIN_SET, State.READY})
"""Neither decided nor given up."""
CHECKED_ON: Final = frozenset({State.CHECKED, State.PHONE_PROVEN, State.PIN_SET, State.READY})
"""Checked once; a later check or silence of a register changes the findings, not the state."""
MOVES: Final[dict[tuple[State, Move], State]] = {
    (State.SUBMITTED, Move.CHECK): State.CHECKED,
    (State.SUBMITTED, Move.WAIT): State.WAITING,
    (State.WAITING, Move.CHECK): State.CHECKED,
    (State.WAITING, Move.WAIT): State.WAITING,
    **{(state, move): state for state in CHECKED_ON for move in (Move.CHECK, Move.WAIT)},
    (State.CHECKED, Move.PROVE_PHONE): State.PHONE_PROVEN,
    (State.PIN_SET, Move.PROVE_PHONE): State.READY,
    (State.CHECKED, Move.CHOOSE_PIN): State.PIN_SET,
    (State.PIN_SET, Move.CHOOSE_PIN): State.PIN_SET,
    (State.PHONE_PROVEN, Move.CHOOSE_PIN): State.READY,
    (State.READY, Move.CHOOSE_PIN): State.READY,
    (State.READY, Move.APPROVE): State.APPROVED,
    (State.APPROVED, Move.OFFER): State.OFFERED,
    (State.OFFERED, Move.REVOKE): State.REVOKED,
    **{(state, Move.REFUSE): State.REFUSED for state in OPEN},
    **{(state, Move.WITHDRAW): State.WITHDRAWN for state in OPEN},
}


def advance(state: State, move: Move) -> State:
    """Where `move` leads from `state`. Raises Unmet("wrong_state")."""
    after = MOVES.get((state, move))
    if after is None:
        raise Unmet("wrong_state", f"{move} in {state}")
    return after
