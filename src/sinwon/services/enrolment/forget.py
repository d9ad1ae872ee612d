"""What the consulate forgets: applications that ended or were left lying, numbers that codes went to, sessions that are over,
names of events that no register tells any more.

Run every minute by whoever serves the role. An application stays as long as its certificate is not revoked: it says to whom,
by whom and on what grounds the certificate was given. The audit trail stays too; it never held anything personal.
"""

from dataclasses import dataclass
from typing import Final

from sinwon.core.clock import DAY
from sinwon.services.enrolment.application import OPEN, State
from sinwon.services.enrolment.consulate import Consulate
from sinwon.store.audit import Entry
from sinwon.store.consulate.register_events import forget_events, forget_requests
from sinwon.store.consulate.retention import delete_applications, delete_codes
from sinwon.store.consulate.tables import AUDIT
from sinwon.store.engine import writing

ENDED: Final = frozenset({State.REFUSED, State.WITHDRAWN, State.REVOKED})
EVENTS_KEPT: Final = 400 * DAY  # names only, so that a register may repeat itself for a year
CODES_KEPT: Final = DAY  # far beyond the hour in which sends are counted
AT_ONCE: Final = 200  # a transaction others can wait for; the next minute brings the next


@dataclass(frozen=True, slots=True)
class Forgotten:
    applications: int
    codes: int


def forget(consulate: Consulate) -> Forgotten:
    now, settings = consulate.clock(), consulate.settings
    with writing(consulate.engine) as connection:
        forget_events(connection, before=now - EVENTS_KEPT)
        forget_requests(connection, now=now)
        codes = delete_codes(connection, before=now - CODES_KEPT)
        gone = delete_applications(
            connection,
            ended=ENDED,
            ended_before=now - settings.keep_ended,
            idle=OPEN,
            idle_before=now - settings.keep_idle,
            most=AT_ONCE,
        )
        for application in gone:
            AUDIT.write(connection, Entry(now, "consulate", "application.forgotten", application))
    return Forgotten(len(gone), codes)
