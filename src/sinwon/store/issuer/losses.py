"""Questions for a link that stops a certificate, and the secrets that were mailed to holders: such links, and codes.

A question is one row, whoever asks and whether or not anybody is found: it is answered later (services.lifecycle.ask_link).
A secret counts once, by one conditional UPDATE; it stays for a day, so that those of a day can be counted.
"""

from dataclasses import dataclass
from enum import StrEnum

from sqlalchemy import Connection, bindparam, delete, func, insert, select, update

from sinwon.store.issuer.tables import LOSS_ASKS, MAILED_SECRETS
from sinwon.store.kept import Kept


class Purpose(StrEnum):
    STOP = "stop"
    """A link that stops the certificate."""
    RELEASE = "release"
    """A code that, with the device, undoes it."""


@dataclass(frozen=True, slots=True)
class Asked:
    id: str
    of: str
    """The keyed hash of registration number and birth date."""
    at: int


@dataclass(frozen=True, slots=True)
class NewSecret:
    digest: str
    certificate: str
    purpose: Purpose
    expires_at: int


_ASK = Kept(insert(LOSS_ASKS))
_ASKED = select(LOSS_ASKS.c.id, LOSS_ASKS.c.of, LOSS_ASKS.c.at).order_by(LOSS_ASKS.c.at).limit(bindparam("most"))
_ANSWER = Kept(delete(LOSS_ASKS).where(LOSS_ASKS.c.id == bindparam("which")))
_ADD = Kept(insert(MAILED_SECRETS))
_MADE = Kept(
    select(func.count())
    .select_from(MAILED_SECRETS)
    .where(
        MAILED_SECRETS.c.certificate == bindparam("for"),
        MAILED_SECRETS.c.purpose == bindparam("to"),
        MAILED_SECRETS.c.made_at > bindparam("after"),
    )
)
_IS_GOOD = (
    MAILED_SECRETS.c.digest == bindparam("by"),
    MAILED_SECRETS.c.purpose == bindparam("to"),
    MAILED_SECRETS.c.expires_at > bindparam("now"),
    MAILED_SECRETS.c.used_at.is_(None),
)
_FIND = Kept(select(MAILED_SECRETS.c.certificate).where(*_IS_GOOD))
_USE = Kept(update(MAILED_SECRETS).where(*_IS_GOOD).values(used_at=bindparam("now")))
_FORGET = Kept(delete(MAILED_SECRETS).where(MAILED_SECRETS.c.made_at < bindparam("before")))


def ask(connection: Connection, asked: Asked) -> None:
    _ASK.run(connection, {"id": asked.id, "of": asked.of, "at": asked.at})


def asked(connection: Connection, *, most: int) -> tuple[Asked, ...]:
    """Questions that wait, oldest first."""
    return tuple(Asked(*row) for row in connection.execute(_ASKED, {"most": most}))


def take(connection: Connection, question: str) -> bool:
    """Whether this transaction, and no other, is to answer it."""
    return bool(_ANSWER.run(connection, {"which": question}).rowcount == 1)


def add(connection: Connection, secret: NewSecret, *, now: int) -> None:
    row = {
        "digest": secret.digest,
        "certificate": secret.certificate,
        "purpose": secret.purpose.value,
        "made_at": now,
        "expires_at": secret.expires_at,
        "used_at": None,
    }
    _ADD.run(connection, row)


def made(connection: Connection, certificate: str, purpose: Purpose, *, after: int) -> int:
    """How many were made for it after `after`. Lock the life first."""
    return int(_MADE.run(connection, {"for": certificate, "to": purpose.value, "after": after}).fetchone()[0])


def find(connection: Connection, digest: str, purpose: Purpose, *, now: int) -> str | None:
    """The certificate of a secret (by digest) that is still good."""
    row = _FIND.run(connection, {"by": digest, "to": purpose.value, "now": now}).fetchone()
    return str(row[0]) if row else None


def use(connection: Connection, digest: str, purpose: Purpose, *, now: int) -> bool:
    """Whether this call, and no other, used it up."""
    return bool(_USE.run(connection, {"by": digest, "to": purpose.value, "now": now}).rowcount == 1)


def forget(connection: Connection, *, before: int) -> int:
    """Deletes secrets made before `before`; how many."""
    return int(_FORGET.run(connection, {"before": before}).rowcount)
