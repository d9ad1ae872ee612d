"""Moving an application: the one place that changes its state, with its audit entry, in the caller's transaction."""

from collections.abc import Mapping
from typing import Any, Final

from sqlalchemy import Connection

from sinwon.core.refusal import Unmet
from sinwon.services.enrolment.application import Move, State, advance
from sinwon.store.audit import Details, Entry
from sinwon.store.consulate.applications import ApplicationRow, change_application
from sinwon.store.consulate.tables import AUDIT

APPLICANT: Final = "applicant"
DONE: Final = {
    Move.CHECK: "application.checked",
    Move.WAIT: "application.waiting",
    Move.PROVE_PHONE: "application.phone_proven",
    Move.CHOOSE_PIN: "application.pin_chosen",
    Move.APPROVE: "application.approved",
    Move.OFFER: "application.offered",
    Move.REFUSE: "application.refused",
    Move.WITHDRAW: "application.withdrawn",
    Move.REVOKE: "application.revoked",
}
FORGOTTEN: Final[dict[State, dict[str, None]]] = {
    State.OFFERED: {"pin": None, "person": None, "place": None},
    State.REFUSED: {"pin": None, "place": None},
    State.WITHDRAWN: {"pin": None, "place": None},
    State.REVOKED: {"offer": None},
}
"""What is wiped on arrival: the PIN once the issuer has it, the person's place at the counter, the used link."""


def move_application(
    connection: Connection,
    row: ApplicationRow,
    move: Move,
    *,
    by: str,
    now: int,
    changes: Mapping[str, Any] | None = None,
    details: Details | None = None,
) -> State:
    """The new state, written. Raises Unmet("wrong_state"), or ("changed_meanwhile") when the row is no longer what was read."""
    state = advance(State(row.state), move)
    written = {**(changes or {}), **FORGOTTEN.get(state, {}), "state": state.value, "changed_at": now}
    if not change_application(connection, row, written):
        raise Unmet("changed_meanwhile", f"{move} lost a race, or the place is taken")
    AUDIT.write(connection, Entry(now, by, DONE[move], row.id, details or {}))
    return state
