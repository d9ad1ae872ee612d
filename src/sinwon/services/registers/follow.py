"""One round of following the registers: read their feeds, pass on what is due. Run every minute by whoever serves the role."""

from typing import Final

from sinwon.services.enrolment.consulate import Consulate
from sinwon.services.registers.forward import Round, forward_events
from sinwon.services.registers.take import read_feeds

ROUNDS: Final = 20  # of fifty events in one minute's turn: what comes all at once is spread over minutes


def follow_registers(consulate: Consulate) -> Round:
    """What is done and what waits."""
    read_feeds(consulate)
    done = waiting = 0
    for _ in range(ROUNDS):
        found = forward_events(consulate)
        done, waiting = done + found.done, waiting + found.waiting
        if not found.done:
            break
    return Round(done, waiting)
