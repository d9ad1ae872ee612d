"""Who may touch which application: the applicant with its secret, an officer of its mission. Everyone else sees nothing."""

from sqlalchemy import Connection

from sinwon.core.ids import digest, same
from sinwon.core.refusal import Refusal, Unmet
from sinwon.services.accounts.officer import Officer
from sinwon.store.consulate.applications import ApplicationRow, find_application, lock_application


def applicants_own(connection: Connection, application: str, secret: str, *, lock: bool = True) -> ApplicationRow:
    """Raises Refusal("invalid_token"): an unknown application and a wrong secret look alike."""
    row = (lock_application if lock else find_application)(connection, application)
    if not same(digest(secret), row.secret_digest if row else "") or row is None:
        raise Refusal("invalid_token", "no such application, or not its secret")
    return row


def at_mission_of(connection: Connection, officer: Officer, application: str, *, lock: bool = True) -> ApplicationRow:
    """Raises Unmet("not_found"): another mission's application does not exist for this officer."""
    row = (lock_application if lock else find_application)(connection, application)
    if row is None or row.mission != officer.mission:
        raise Unmet("not_found", "no such application at the officer's mission")
    return row
