"""Deleting what the consulate no longer needs: the rows, with what hangs on them. What is due is the use case's to say."""

from collections.abc import Collection
from typing import Final

from sqlalchemy import BindParameter, Connection, bindparam, delete, or_, select

from sinwon.store.consulate.tables import (
    APPLICATIONS,
    CERTIFIED,
    DECISIONS,
    PHONE_PROOFS,
    SEND_LIMITS,
    SESSIONS,
)

_A: Final = APPLICATIONS.c
_DUE: Final = (
    select(_A.id)
    .where(
        or_(
            _A.state.in_(bindparam("ended", expanding=True)) & (_A.changed_at < bindparam("ended_before")),
            _A.state.in_(bindparam("idle", expanding=True)) & (_A.changed_at < bindparam("idle_before")),
        )
    )
    .limit(bindparam("most"))
)
_WHOSE: Final[BindParameter[str]] = bindparam("whose", expanding=True)
_DELETE: Final = (
    delete(PHONE_PROOFS).where(PHONE_PROOFS.c.application.in_(_WHOSE)),
    delete(DECISIONS).where(DECISIONS.c.application.in_(_WHOSE)),
    delete(CERTIFIED).where(CERTIFIED.c.application.in_(_WHOSE)),
    delete(APPLICATIONS).where(_A.id.in_(_WHOSE)),
)
_PROOFS: Final = delete(PHONE_PROOFS).where(PHONE_PROOFS.c.expires_at < bindparam("before"))
_LIMITS: Final = delete(SEND_LIMITS).where(SEND_LIMITS.c.sent_5 < bindparam("before"))
_SESSIONS: Final = delete(SESSIONS).where(SESSIONS.c.expires_at < bindparam("before"))


def delete_applications(
    connection: Connection, *, ended: Collection[str], ended_before: int, idle: Collection[str], idle_before: int, most: int
) -> tuple[str, ...]:
    """At most `most` applications in a state of `ended` or `idle` that nothing has touched since; gives their ids."""
    due = {"ended": sorted(ended), "ended_before": ended_before, "idle": sorted(idle), "idle_before": idle_before, "most": most}
    ids = tuple(connection.execute(_DUE, due).scalars())
    for statement in _DELETE if ids else ():
        connection.execute(statement, {"whose": list(ids)})
    return ids


def delete_codes(connection: Connection, *, before: int) -> int:
    """Codes, send counts and officers' sessions that were over by then."""
    return sum(connection.execute(statement, {"before": before}).rowcount for statement in (_PROOFS, _LIMITS, _SESSIONS))
