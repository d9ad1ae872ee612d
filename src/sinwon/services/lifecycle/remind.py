"""Reminders before a certificate ends: at 90, 30, 7 and 1 days, each once, to whoever has it on a phone.

A run that comes late tells the nearest one only. Which one was told stands in the certificate's row, so that neither a second
run nor a second process tells it again; a new end begins anew.
"""

from typing import Final

from sinwon.core.clock import DAY
from sinwon.services.issuance.issuer import Issuer
from sinwon.services.lifecycle.notices import notify
from sinwon.services.notify.notice import Facts, NoticeKind
from sinwon.store.engine import reading, writing
from sinwon.store.issuer import lives, notices
from sinwon.store.issuer.notices import Ending

DAYS: Final = (1, 7, 30, 90)
AT_ONCE: Final = 200  # of each; the next minute brings the next


def reminder_due(valid_until: int, *, now: int) -> int | None:
    """The nearest reminder whose time has come, in days before the end."""
    return next((days for days in DAYS if valid_until - now <= days * DAY), None)


def remind(issuer: Issuer) -> int:
    """How many reminders were written."""
    now, written = issuer.clock(), 0
    for days in DAYS:
        with reading(issuer.engine) as connection:
            found = notices.ending(connection, now=now, until=now + days * DAY, days=days, most=AT_ONCE)
        written += sum(_remind(issuer, ending, days, now) for ending in found)
    return written


def _remind(issuer: Issuer, ending: Ending, days: int, now: int) -> bool:
    """One transaction each: none waits for many others."""
    with writing(issuer.engine) as connection:
        row = lives.lock(connection, ending.certificate)
        if row is None or not notices.remind(connection, ending, days=days):
            return False
        facts: Facts = {"at": now, "valid_until": ending.valid_until, "days": days}
        return notify(issuer, connection, row, NoticeKind.EXPIRING, facts, now=now)
