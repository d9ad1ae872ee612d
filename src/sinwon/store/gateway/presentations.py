"""Presentations: one question to one wallet, asked from one browser session, answered once.

Every move is one conditional UPDATE that says whether it was ours: open → answered (verified, result sealed) → finished
(fetched by the browser that asked), or open → declined (the wallet said no), or open or answered → withdrawn (the person gave
up or asked again; the result is gone). A response that fails moves nothing, for its sender may be a stranger; only the step it
failed at is noted. Rows are deleted once their time is over.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, Final

from sqlalchemy import (
    BigInteger,
    Column,
    Connection,
    LargeBinary,
    String,
    Table,
    bindparam,
    delete,
    insert,
    null,
    or_,
    select,
    update,
)

from sinwon.core.ids import digest
from sinwon.store.gateway.metadata import METADATA
from sinwon.store.kept import Kept
from sinwon.store.names import is_key


class Progress(StrEnum):
    OPEN = "open"
    ANSWERED = "answered"
    DECLINED = "declined"
    FINISHED = "finished"
    WITHDRAWN = "withdrawn"


PRESENTATIONS: Final = Table(
    "presentations",
    METADATA,
    Column("id", String(43), primary_key=True),
    Column("service", String(64), nullable=False),
    Column("preset", String(64), nullable=False),
    Column("nonce", String(43), nullable=False),
    Column("session", String(43), nullable=False),
    Column("progress", String(10), nullable=False),
    Column("expires_at", BigInteger, nullable=False),
    Column("erase_at", BigInteger, nullable=False, index=True),
    Column("failed_step", String(32)),
    Column("wallet_error", String(64)),
    Column("response_code", String(43)),
    Column("response_expires_at", BigInteger),
    Column("answered_at", BigInteger),
    Column("result", LargeBinary),
    Column("description", LargeBinary),
)


@dataclass(frozen=True, slots=True)
class Presentation:
    id: str
    """The request id: 256 bits, in the wallet's links and as `state`. Whoever knows it may answer, and only that."""
    service: str
    preset: str
    nonce: str
    session: str
    """Digest of the secret in the cookie of the browser that asked."""
    progress: Progress
    expires_at: int
    erase_at: int
    failed_step: str | None = None
    wallet_error: str | None = None
    response_code: str | None = None
    """Digest of the code that the wallet gives the browser to come back with."""
    response_expires_at: int | None = None
    answered_at: int | None = None
    result: bytes | None = None
    description: bytes | None = None
    """JSON of a request that no preset describes; None for a sign-in."""

    @property
    def reference(self) -> str:
        """Its name in the audit trail, in sealed fields and as key id: tells nobody the request id."""
        return reference_of(self.id)

    def is_open(self, now: int) -> bool:
        return self.progress is Progress.OPEN and now < self.expires_at


def reference_of(presentation_id: str) -> str:
    return digest(presentation_id)[:22]


COLUMNS: Final = tuple(PRESENTATIONS.c)
NEW: Final = ("id", "service", "preset", "nonce", "session", "progress", "expires_at", "erase_at")
INSERT: Final = Kept(insert(PRESENTATIONS).values({name: bindparam(name) for name in NEW}))
INSERT_DESCRIBED: Final = Kept(insert(PRESENTATIONS).values({name: bindparam(name) for name in (*NEW, "description")}))
FIND: Final = Kept(select(*COLUMNS).where(PRESENTATIONS.c.id == bindparam("presentation")))
OPEN: Final = (
    (PRESENTATIONS.c.id == bindparam("presentation"))
    & (PRESENTATIONS.c.progress == Progress.OPEN.value)
    & (PRESENTATIONS.c.expires_at > bindparam("now"))
)
ANSWER: Final = Kept(
    update(PRESENTATIONS)
    .where(OPEN)
    .values(
        progress=Progress.ANSWERED.value,
        result=bindparam("sealed"),
        answered_at=bindparam("now"),
        response_code=bindparam("code"),
        response_expires_at=bindparam("code_expires"),
        erase_at=bindparam("erase"),
    )
)
DECLINE: Final = Kept(
    update(PRESENTATIONS)
    .where(OPEN)
    .values(progress=Progress.DECLINED.value, wallet_error=bindparam("error"), answered_at=bindparam("now"))
)
NOTE: Final = Kept(update(PRESENTATIONS).where(OPEN).values(failed_step=bindparam("step")))
FINISH: Final = Kept(
    update(PRESENTATIONS)
    .where(
        PRESENTATIONS.c.id == bindparam("presentation"),
        PRESENTATIONS.c.progress == Progress.ANSWERED.value,
        PRESENTATIONS.c.session == bindparam("browser"),
        PRESENTATIONS.c.response_code == bindparam("code"),
        PRESENTATIONS.c.response_expires_at > bindparam("now"),
    )
    .values(progress=Progress.FINISHED.value)
)
WITHDRAW: Final = Kept(
    update(PRESENTATIONS)
    .where(
        PRESENTATIONS.c.id == bindparam("presentation"),
        or_(PRESENTATIONS.c.progress == Progress.OPEN.value, PRESENTATIONS.c.progress == Progress.ANSWERED.value),
    )
    .values(progress=Progress.WITHDRAWN.value, result=null())
)
ERASE: Final = Kept(delete(PRESENTATIONS).where(PRESENTATIONS.c.erase_at <= bindparam("now")))


def insert_presentation(connection: Connection, new: Presentation) -> None:
    row = {
        "id": new.id,
        "service": new.service,
        "preset": new.preset,
        "nonce": new.nonce,
        "session": new.session,
        "progress": new.progress.value,
        "expires_at": new.expires_at,
        "erase_at": new.erase_at,
    }
    if new.description is None:
        INSERT.run(connection, row)
    else:
        INSERT_DESCRIBED.run(connection, {**row, "description": new.description})


def find_presentation(connection: Connection, presentation_id: str) -> Presentation | None:
    row = FIND.run(connection, {"presentation": presentation_id}).fetchone() if is_key(presentation_id) else None
    return None if row is None else presentation_of(row)


def presentation_of(row: Sequence[Any]) -> Presentation:
    """A row of COLUMNS, in their order."""
    values = list(row)
    values[5] = Progress(values[5])
    return Presentation(*values)


def answer_presentation(
    connection: Connection, presentation_id: str, *, sealed: bytes, code: str, code_expires: int, erase: int, now: int
) -> bool:
    """Consumes the open question. False: it was not open any more, and nothing is kept."""
    values = {"sealed": sealed, "code": code, "code_expires": code_expires, "erase": erase, "now": now}
    return bool(ANSWER.run(connection, {"presentation": presentation_id, **values}).rowcount == 1)


def decline_presentation(connection: Connection, presentation_id: str, *, error: str, now: int) -> bool:
    return bool(DECLINE.run(connection, {"presentation": presentation_id, "error": error, "now": now}).rowcount == 1)


def note_failure(connection: Connection, presentation_id: str, *, step: str, now: int) -> bool:
    """Remembers the step for the person's page. The question stays open."""
    values = {"presentation": presentation_id, "step": step, "now": now}
    return is_key(presentation_id) and bool(NOTE.run(connection, values).rowcount == 1)


def finish_presentation(connection: Connection, presentation_id: str, *, browser: str, code: str, now: int) -> bool:
    """Consumes the response code, in the browser session that asked. `browser` and `code` are digests."""
    values = {"presentation": presentation_id, "browser": browser, "code": code, "now": now}
    return bool(FINISH.run(connection, values).rowcount == 1)


def withdraw_presentation(connection: Connection, presentation_id: str) -> bool:
    """Takes the question back and forgets an answer to it that nobody fetched."""
    return bool(WITHDRAW.run(connection, {"presentation": presentation_id}).rowcount == 1)


def erase_presentations(connection: Connection, now: int) -> int:
    """Deletes what nobody may need any more, results included; says how many."""
    return int(ERASE.run(connection, {"now": now}).rowcount)
