"""Notices to the holder: written beside the change they tell of, sent later (services.lifecycle.deliver).

The addresses are those of the person on file at that moment, sealed with the notice, so that the last notice of a certificate
still reaches a person who was erased with it.
"""

from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import msgspec
from sqlalchemy import Connection

from sinwon.core.ids import new_id
from sinwon.core.refusal import Fault
from sinwon.core.strict_json import dump, parse_as
from sinwon.protocols.roles.person import Contact
from sinwon.services.issuance.issuer import Issuer
from sinwon.services.notify.notice import Facts, NoticeKind
from sinwon.store.issuer import notices
from sinwon.store.issuer.certificates import seal_context
from sinwon.store.issuer.lives import LifeRow
from sinwon.store.issuer.notices import NewNotice


class Addresses(msgspec.Struct, frozen=True, omit_defaults=True):
    """Where a notice goes, and what only its reader may know."""

    email: str | None = None
    phone: str | None = None
    secret: str | None = None
    """The path of a link of ours (`/lost/…`), or a code."""


class _Person(msgspec.Struct, frozen=True):
    """All that is read of a person here."""

    contact: Contact


def notify(
    issuer: Issuer,
    connection: Connection,
    life: LifeRow,
    kind: NoticeKind,
    facts: Facts,
    *,
    now: int,
    secret: str | None = None,
    by_mail_only: bool = False,
) -> bool:
    """Writes one notice for the holder. Whether there is an address: without a person on file there is nobody to tell."""
    if life.person is None:
        return False
    to = _addresses(issuer, life, secret)
    if by_mail_only and to.email is None:
        return False
    notice = new_id(issuer.random)
    to = msgspec.structs.replace(to, phone=None) if by_mail_only else to
    sealed_to = issuer.seal.seal(dump(to), seal_context_of(notice))
    new = NewNotice(notice, life.id, kind.value, facts, life.language, zone_of(issuer, life.mission), sealed_to)
    notices.add(connection, new, now=now)
    return True


def addresses_of(issuer: Issuer, notice: str, sealed_to: bytes) -> Addresses:
    return parse_as(issuer.seal.open(sealed_to, seal_context_of(notice)), Addresses)


def seal_context_of(notice: str) -> str:
    return f"notices.sealed_to:{notice}"


def zone_of(issuer: Issuer, mission: str) -> str | None:
    """The mission's time zone where it is known. A stop at night never waits for the catalogue."""
    try:
        found = issuer.catalogue().mission(mission)
    except Fault:
        return None
    return found.time_zone if found and _is_zone(found.time_zone) else None


def _is_zone(name: str | None) -> bool:
    """Whether it is one that we can tell the time in."""
    try:
        return name is not None and ZoneInfo(name).key == name
    except (ZoneInfoNotFoundError, ValueError, OSError):
        return False


def _addresses(issuer: Issuer, life: LifeRow, secret: str | None) -> Addresses:
    plain = issuer.seal.open(life.person or b"", seal_context(life.id))
    contact = msgspec.json.decode(plain, type=_Person).contact
    return Addresses(contact.email, contact.phone_number, secret)
