"""Starting a planned service: only on or after its legal date, and never without one."""

from datetime import date
from typing import Final

from sqlalchemy import Engine

from sinwon.core.clock import seoul_date
from sinwon.core.refusal import Unmet
from sinwon.store.audit import Details, Entry
from sinwon.store.engine import writing
from sinwon.store.trust.services import set_live
from sinwon.store.trust.tables import AUDIT

NO_LEGAL_DATE: Final = "no_legal_date"
BEFORE_LEGAL_DATE: Final = "before_legal_date"
NOT_PLANNED: Final = "service_not_planned"


def start_service(engine: Engine, service_id: str, legal_date: date | None, *, basis: str, actor: str, now: int) -> None:
    """`basis` names the statute or notice that sets the date; it stays in the audit trail. Takes effect when published."""
    since = check_may_start(legal_date, basis, now)
    with writing(engine) as connection:
        if not set_live(connection, service_id, since):
            raise Unmet(NOT_PLANNED, "no such service waits to be started")
        details: Details = {"since": since.isoformat(), "basis": basis}
        AUDIT.write(connection, Entry(now, actor, "service.started", service_id, details))


def check_may_start(legal_date: date | None, basis: str, now: int) -> date:
    """The date, if the law has one and it has come (Seoul)."""
    if legal_date is None or not basis.strip():
        raise Unmet(NO_LEGAL_DATE, "a service starts on a legal basis with a date, or not at all")
    if legal_date > seoul_date(now):
        raise Unmet(BEFORE_LEGAL_DATE, "the legal date has not come")
    return legal_date
