"""Somebody asks for a link that stops a certificate, by registration number and birth date: always the same answer.

A question is written down and nothing else: whether there is such a person is looked up later, by housekeeping, so that neither
words nor time tell. If there is, a link goes to every contact on file, three times a day at most for one certificate. The
secret is in the link alone; a digest of it is kept.
"""

from datetime import date
from re import compile as pattern
from typing import Final

from sqlalchemy import Connection

from sinwon.core.clock import DAY, HOUR, MINUTE
from sinwon.core.ids import digest, new_id, new_secret
from sinwon.core.refusal import Malformed, Unmet
from sinwon.services.issuance.issuer import Issuer
from sinwon.services.lifecycle.machine import Actor
from sinwon.services.lifecycle.notices import notify
from sinwon.services.notify.notice import Facts, NoticeKind
from sinwon.services.notify.notice_texts import LOST_PATH
from sinwon.store.audit import Entry
from sinwon.store.engine import reading, writing
from sinwon.store.issuer import ceilings, lives, losses
from sinwon.store.issuer.ceilings import Ceiling
from sinwon.store.issuer.losses import Asked, NewSecret, Purpose
from sinwon.store.issuer.tables import AUDIT

INVALID_NUMBER: Final = "invalid_number"
INVALID_BIRTHDATE: Final = "invalid_birthdate"
LONGEST_NUMBER: Final = 64  # characters; ours have 20, and nobody else's are known
BIRTHDATE: Final = pattern(
    r"(?P<y>[0-9]{4})(?:[\s.\-/년]+(?P<m>[0-9]{1,2})[\s.\-/월]+(?P<d>[0-9]{1,2})[\s.일]*|(?P<mm>[0-9]{2})(?P<dd>[0-9]{2}))\Z"
)
"""1990-01-01, 1990. 1. 1., 1990년 1월 1일, 19900101."""
LONGEST_BIRTHDATE: Final = 32  # characters; 1990년 01월 01일 with blanks has 16
AT_ONCE: Final = 500  # a round; four minutes of questions at the ceiling
STALE: Final = HOUR  # a question that waited so long, because nobody kept house, is no longer answered


def ask_for_link(issuer: Issuer, number: str, birthdate: str) -> None:
    """Raises Refusal("invalid_number" | "invalid_birthdate" | "too_many_requests"): what it says depends on what was typed and
    on how many ask, never on who there is."""
    of, now = issuer.registration_index(parse_number(number), parse_birthdate(birthdate)), issuer.clock()
    with writing(issuer.engine) as connection:
        if not ceilings.count(connection, Ceiling("loss.asks", issuer.settings.loss_asks, MINUTE), now=now):
            raise Unmet("too_many_requests", "too many questions in this minute")
        losses.ask(connection, Asked(new_id(issuer.random), of, now))


def answer_asks(issuer: Issuer) -> int:
    """Answers what was asked since the last time; how many links were made. Their notices are sent by `deliver`."""
    now = issuer.clock()
    with reading(issuer.engine) as connection:
        found = losses.asked(connection, most=AT_ONCE)
    return sum(_answer(issuer, asked, now) for asked in found)


def parse_number(typed: str) -> str:
    """Raises Malformed("invalid_number")."""
    if len(typed) > LONGEST_NUMBER or not any(sign.isalnum() for sign in typed):
        raise Malformed(INVALID_NUMBER, "no number, or longer than any")
    return typed


def parse_birthdate(typed: str) -> str:
    """As YYYY-MM-DD, from whatever people write in that order. Raises Malformed("invalid_birthdate")."""
    found = BIRTHDATE.match(typed.strip()) if len(typed) <= LONGEST_BIRTHDATE else None
    try:
        if found is None:
            raise ValueError
        year, month, day = (int(part) for part in found.groups() if part is not None)
        return date(year, month, day).isoformat()
    except ValueError:
        raise Malformed(INVALID_BIRTHDATE, "not a date") from None


def _answer(issuer: Issuer, asked: Asked, now: int) -> int:
    """One transaction each: none waits for many others."""
    with writing(issuer.engine) as connection:
        if not losses.take(connection, asked.id) or asked.at < now - STALE:
            return 0
        return sum(_mail(issuer, connection, one, now) for one in lives.of_registration(connection, asked.of))


def _mail(issuer: Issuer, connection: Connection, certificate: str, now: int) -> bool:
    row, settings = lives.lock(connection, certificate), issuer.settings
    if row is None or losses.made(connection, certificate, Purpose.STOP, after=now - DAY) >= settings.mailed_secrets:
        return False
    secret, lifetime = new_secret(issuer.random), settings.loss_link_lifetime
    losses.add(connection, NewSecret(digest(secret), certificate, Purpose.STOP, now + lifetime), now=now)
    facts: Facts = {"at": now, "lifetime": lifetime}
    notify(issuer, connection, row, NoticeKind.LINK_ASKED, facts, now=now, secret=f"{LOST_PATH}/{secret}")
    AUDIT.write(connection, Entry(now, Actor.PUBLIC.value, "loss.link_made", certificate))
    return True
