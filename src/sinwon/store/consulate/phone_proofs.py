"""Codes sent to phones, and how many may be sent. Counting is done by the statement that uses the count up."""

from dataclasses import dataclass
from typing import Final

from sqlalchemy import Connection, and_, bindparam, insert, select, update
from sqlalchemy.exc import IntegrityError

from sinwon.store.consulate.tables import PHONE_PROOFS, SEND_LIMITS

OPEN: Final = "OPEN"
USED: Final = "USED"
REPLACED: Final = "REPLACED"
_P: Final = PHONE_PROOFS.c
_L: Final = SEND_LIMITS.c
_INSERT: Final = insert(PHONE_PROOFS)
_CLOSE: Final = (
    update(PHONE_PROOFS).where(_P.application == bindparam("about"), _P.state == OPEN).values(state=bindparam("closed"))
)
_OPEN: Final = and_(
    _P.application == bindparam("about"),
    _P.state == OPEN,
    _P.expires_at > bindparam("now"),
    _P.tries < bindparam("allowed"),
)
_TRY: Final = update(PHONE_PROOFS).where(_OPEN).values(tries=_P.tries + 1)
_FIND: Final = select(PHONE_PROOFS).where(_P.application == bindparam("about"), _P.state == OPEN)
_FIRST_SEND: Final = insert(SEND_LIMITS)
# The five latest sends of a scope: a new one pushes the oldest out, if that is old enough and the latest not too fresh.
_SEND: Final = (
    update(SEND_LIMITS)
    .where(_L.scope == bindparam("of"), _L.sent_1 <= bindparam("oldest_by"), _L.sent_5 <= bindparam("latest_by"))
    .values(sent_1=_L.sent_2, sent_2=_L.sent_3, sent_3=_L.sent_4, sent_4=_L.sent_5, sent_5=bindparam("now"))
)
_NEVER: Final = {f"sent_{number}": 0 for number in range(1, 6)}


@dataclass(frozen=True, slots=True)
class PhoneProofRow:
    id: str
    application: str
    state: str
    number: bytes
    """Sealed."""
    code_hash: str
    sent_at: int
    expires_at: int
    tries: int


def count_send(connection: Connection, scope: str, *, now: int, window: int, pause: int) -> bool:
    """Uses one of the five sends that `scope` has in any `window` seconds, `pause` seconds apart. False: none left now."""
    limits = {"of": scope, "oldest_by": now - window, "latest_by": now - pause, "now": now}
    if connection.execute(_SEND, limits).rowcount == 1:
        return True
    try:
        with connection.begin_nested():
            connection.execute(_FIRST_SEND, {"scope": scope, **_NEVER, "sent_5": now})
    except IntegrityError:
        return False
    return True


def insert_phone_proof(connection: Connection, row: PhoneProofRow) -> None:
    """The new code; any earlier one of the application is void."""
    close_phone_proofs(connection, row.application, REPLACED)
    connection.execute(_INSERT, {name: getattr(row, name) for name in PhoneProofRow.__dataclass_fields__})


def close_phone_proofs(connection: Connection, application: str, state: str) -> None:
    connection.execute(_CLOSE, {"about": application, "closed": state})


def take_try(connection: Connection, application: str, *, now: int, allowed: int) -> PhoneProofRow | None:
    """Uses one try of the open code up, before it is compared. None: no code, too late, or no try left."""
    if connection.execute(_TRY, {"about": application, "now": now, "allowed": allowed}).rowcount != 1:
        return None
    return PhoneProofRow(*connection.execute(_FIND, {"about": application}).one())
