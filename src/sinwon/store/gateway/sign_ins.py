"""Sign-ins: one authorization request of a client, carried through to a code, a token, and its end.

started → authorized (a code exists) → redeemed (a token exists), or ended (given up, or revoked because a code came twice).
Each move is one conditional UPDATE. Nothing personal is in this table: the answer lies sealed in the presentation.
"""

from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from sqlalchemy import BigInteger, Column, Connection, String, Table, Text, bindparam, delete, insert, select, update

from sinwon.store.gateway.metadata import METADATA
from sinwon.store.gateway.presentations import PRESENTATIONS, Presentation, presentation_of
from sinwon.store.kept import Kept
from sinwon.store.names import is_key


class Progress(StrEnum):
    STARTED = "started"
    AUTHORIZED = "authorized"
    REDEEMED = "redeemed"
    ENDED = "ended"


SIGN_INS: Final = Table(
    "sign_ins",
    METADATA,
    Column("id", String(22), primary_key=True),
    Column("client", String(128), nullable=False),
    Column("redirect_uri", Text, nullable=False),
    Column("state", Text),
    Column("nonce", Text),
    Column("code_challenge", String(43)),
    Column("presentation", String(43), nullable=False, unique=True),
    Column("progress", String(10), nullable=False),
    Column("expires_at", BigInteger, nullable=False),
    Column("erase_at", BigInteger, nullable=False, index=True),
    Column("code", String(43), unique=True),
    Column("code_expires_at", BigInteger),
    Column("token", String(43), unique=True),
    Column("token_expires_at", BigInteger),
)


@dataclass(frozen=True, slots=True)
class SignIn:
    id: str
    client: str
    redirect_uri: str
    state: str | None
    nonce: str | None
    code_challenge: str | None
    """None where the client is registered to do without."""
    presentation: str
    """The question now open for it; asking again replaces it."""
    progress: Progress
    expires_at: int
    erase_at: int
    code: str | None = None
    """Digest of the authorization code."""
    code_expires_at: int | None = None
    token: str | None = None
    """Digest of the access token."""
    token_expires_at: int | None = None


OWN: Final = tuple(SIGN_INS.c)
BOTH: Final = select(*OWN, *PRESENTATIONS.c).join_from(SIGN_INS, PRESENTATIONS, SIGN_INS.c.presentation == PRESENTATIONS.c.id)
BY_ID: Final = Kept(BOTH.where(SIGN_INS.c.id == bindparam("sought")))
BY_PRESENTATION: Final = Kept(BOTH.where(SIGN_INS.c.presentation == bindparam("sought")))
BY_CODE: Final = Kept(BOTH.where(SIGN_INS.c.code == bindparam("sought")))
BY_TOKEN: Final = Kept(BOTH.where(SIGN_INS.c.token == bindparam("sought")))
NEW: Final = (
    "id",
    "client",
    "redirect_uri",
    "state",
    "nonce",
    "code_challenge",
    "presentation",
    "progress",
    "expires_at",
    "erase_at",
)
INSERT: Final = Kept(insert(SIGN_INS).values({name: bindparam(name) for name in NEW}))
ASK_AGAIN: Final = Kept(
    update(SIGN_INS)
    .where(
        SIGN_INS.c.id == bindparam("sign_in"),
        SIGN_INS.c.presentation == bindparam("old"),
        SIGN_INS.c.progress == Progress.STARTED.value,
        SIGN_INS.c.expires_at > bindparam("now"),
    )
    .values(presentation=bindparam("new"))
)
AUTHORIZE: Final = Kept(
    update(SIGN_INS)
    .where(
        SIGN_INS.c.id == bindparam("sign_in"),
        SIGN_INS.c.progress == Progress.STARTED.value,
        SIGN_INS.c.expires_at > bindparam("now"),
    )
    .values(progress=Progress.AUTHORIZED.value, code=bindparam("new_code"), code_expires_at=bindparam("until"))
)
REDEEM: Final = Kept(
    update(SIGN_INS)
    .where(
        SIGN_INS.c.id == bindparam("sign_in"),
        SIGN_INS.c.progress == Progress.AUTHORIZED.value,
        SIGN_INS.c.code_expires_at > bindparam("now"),
    )
    .values(progress=Progress.REDEEMED.value, token=bindparam("new_token"), token_expires_at=bindparam("until"))
)
END: Final = Kept(
    update(SIGN_INS)
    .where(SIGN_INS.c.id == bindparam("sign_in"), SIGN_INS.c.progress == bindparam("was"))
    .values(progress=Progress.ENDED.value)
)
ERASE: Final = Kept(delete(SIGN_INS).where(SIGN_INS.c.erase_at <= bindparam("now")))


def insert_sign_in(connection: Connection, new: SignIn) -> None:
    row = {
        "id": new.id,
        "client": new.client,
        "redirect_uri": new.redirect_uri,
        "state": new.state,
        "nonce": new.nonce,
        "code_challenge": new.code_challenge,
        "presentation": new.presentation,
        "progress": new.progress.value,
        "expires_at": new.expires_at,
        "erase_at": new.erase_at,
    }
    INSERT.run(connection, row)


def find_sign_in(connection: Connection, sign_in_id: str) -> tuple[SignIn, Presentation] | None:
    return _pair(connection, BY_ID, sign_in_id)


def sign_in_of_presentation(connection: Connection, presentation_id: str) -> tuple[SignIn, Presentation] | None:
    return _pair(connection, BY_PRESENTATION, presentation_id)


def sign_in_of_code(connection: Connection, code: str) -> tuple[SignIn, Presentation] | None:
    """`code` is the digest."""
    return _pair(connection, BY_CODE, code)


def sign_in_of_token(connection: Connection, token: str) -> tuple[SignIn, Presentation] | None:
    """`token` is the digest."""
    return _pair(connection, BY_TOKEN, token)


def ask_again(connection: Connection, sign_in_id: str, *, old: str, new: str, now: int) -> bool:
    """Puts a new question in place of the old one, once."""
    return bool(ASK_AGAIN.run(connection, {"sign_in": sign_in_id, "old": old, "new": new, "now": now}).rowcount == 1)


def authorize(connection: Connection, sign_in_id: str, *, code: str, until: int, now: int) -> bool:
    """Gives the one code. `code` is its digest."""
    return bool(AUTHORIZE.run(connection, {"sign_in": sign_in_id, "new_code": code, "until": until, "now": now}).rowcount == 1)


def redeem(connection: Connection, sign_in_id: str, *, token: str, until: int, now: int) -> bool:
    """Consumes the code for the one token. `token` is its digest."""
    return bool(REDEEM.run(connection, {"sign_in": sign_in_id, "new_token": token, "until": until, "now": now}).rowcount == 1)


def end_sign_in(connection: Connection, sign_in_id: str, *, was: Progress) -> bool:
    """Given up (was started), or its code came twice (was redeemed): the token dies with it."""
    return bool(END.run(connection, {"sign_in": sign_in_id, "was": was.value}).rowcount == 1)


def erase_sign_ins(connection: Connection, now: int) -> int:
    return int(ERASE.run(connection, {"now": now}).rowcount)


def _pair(connection: Connection, statement: Kept, sought: str) -> tuple[SignIn, Presentation] | None:
    row = statement.run(connection, {"sought": sought}).fetchone() if is_key(sought) else None
    if row is None:
        return None
    values = list(row[: len(OWN)])
    values[7] = Progress(values[7])
    return SignIn(*values), presentation_of(row[len(OWN) :])
