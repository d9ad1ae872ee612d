"""Officers' sessions: signing in, who holds a token, signing out.

Unknown login, wrong secret and locked account are one refusal after the same work, so that nobody learns who exists. A try is
counted before the secret is compared: parallel guesses cannot exceed the limit.
"""

from dataclasses import dataclass
from typing import Final

from sinwon.core.clock import HOUR, MINUTE
from sinwon.core.ids import digest, new_secret
from sinwon.core.refusal import Refusal, Unmet
from sinwon.services.accounts.officer import Officer
from sinwon.services.accounts.password import is_secret, nobodys_secret
from sinwon.services.accounts.register_officer import login_index
from sinwon.services.enrolment.consulate import Consulate
from sinwon.store.audit import Entry
from sinwon.store.consulate.officers import (
    OfficerRow,
    close_session,
    find_officer,
    officer_of_session,
    open_session,
    take_sign_in_try,
)
from sinwon.store.consulate.tables import AUDIT
from sinwon.store.engine import reading, writing

TRIES: Final = 5
LOCKED_FOR: Final = 15 * MINUTE  # long enough against guessing, short enough for a typing officer
SESSION_LIFETIME: Final = 8 * HOUR  # one working day at the counter


@dataclass(frozen=True, slots=True)
class Session:
    token: str
    expires_at: int
    officer: Officer


def sign_in(consulate: Consulate, *, login: str, secret: str) -> Session:
    """A new session. Raises Unmet("sign_in_refused"), whatever the cause."""
    now = consulate.clock()
    with writing(consulate.engine) as connection:
        row = find_officer(connection, login_index(consulate, login))
        allowed = row is not None and take_sign_in_try(connection, row.id, now=now, allowed=TRIES, until=now + LOCKED_FOR)
    kept = row.secret if row else nobodys_secret(consulate.settings.cost, consulate.random)
    right = is_secret(secret, kept)
    if row is None or not (allowed and right):
        _note_refusal(consulate, row, now)
        raise Unmet("sign_in_refused", "unknown, wrong or locked")
    return _open(consulate, row, now)


def officer_of(consulate: Consulate, token: str) -> Officer:
    """Whose session `token` is. Raises Refusal("unauthorized")."""
    with reading(consulate.engine) as connection:
        row = officer_of_session(connection, digest(token), consulate.clock())
    if row is None:
        raise Refusal("unauthorized", "no such session, or it has ended")
    return _officer(consulate, row)


def sign_out(consulate: Consulate, token: str) -> None:
    """Ends the session; ending it twice is not an error."""
    now, session = consulate.clock(), digest(token)
    with writing(consulate.engine) as connection:
        row = officer_of_session(connection, session, now)
        if close_session(connection, session) and row is not None:
            AUDIT.write(connection, Entry(now, row.id, "officer.signed_out", row.id))


def _open(consulate: Consulate, row: OfficerRow, now: int) -> Session:
    session = Session(new_secret(consulate.random), now + SESSION_LIFETIME, _officer(consulate, row))
    with writing(consulate.engine) as connection:
        open_session(connection, digest(session.token), row.id, now=now, expires_at=session.expires_at)
        AUDIT.write(connection, Entry(now, row.id, "officer.signed_in", row.id))
    return session


def _note_refusal(consulate: Consulate, row: OfficerRow | None, now: int) -> None:
    """An unknown login writes an entry too: about nobody, and as long."""
    subject = row.id if row else "unknown"
    with writing(consulate.engine) as connection:
        AUDIT.write(connection, Entry(now, "anonymous", "officer.sign_in_refused", subject))


def _officer(consulate: Consulate, row: OfficerRow) -> Officer:
    return Officer(row.id, row.mission, consulate.opened(row.name, "officers.name", row.id, str))
