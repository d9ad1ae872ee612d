"""Notices go out: what is due is claimed, sent, and its addresses wiped. What no route took is tried again, for two days.

Each address that was reached is forgotten at once, so that a second try goes only to those that were not. An urgent notice goes
before all others and to every address on file, any other to the first.
"""

from dataclasses import dataclass
from typing import Final, cast

import msgspec

from sinwon.core.clock import DAY, HOUR
from sinwon.core.strict_json import dump
from sinwon.services.issuance.issuer import Issuer
from sinwon.services.lifecycle.notices import Addresses, addresses_of, seal_context_of
from sinwon.services.notify.message import Mail, MailPort, Message, MessageNotSent, MessagePort
from sinwon.services.notify.notice import URGENT, NoticeKind
from sinwon.services.notify.notice_texts import NoticeText, notice_text
from sinwon.services.notify.texts import Language
from sinwon.store.audit import Entry
from sinwon.store.engine import reading, writing
from sinwon.store.issuer import notices
from sinwon.store.issuer.notices import DueNotice
from sinwon.store.issuer.tables import AUDIT

AGAIN: Final = (60, 300, 1_800, 2 * HOUR, 6 * HOUR, 12 * HOUR, DAY)
"""Seconds from each try to the next; after the last one there is none."""
AT_ONCE: Final = 100  # a round; the next minute brings the next
FAILURES: Final = 3  # in a row: a server that hangs holds up housekeeping for each of them
MESSAGE_LIFETIME: Final = DAY


@dataclass(frozen=True, slots=True)
class Routes:
    mail: MailPort
    messages: MessagePort


def deliver(issuer: Issuer, routes: Routes) -> int:
    """Sends what is due; how many notices were finished. A round ends early where a route is out of order."""
    now, finished, failures = issuer.clock(), 0, 0
    with reading(issuer.engine) as connection:
        found = notices.due(connection, now=now, most=AT_ONCE, first=URGENT)
    for notice in found:
        is_finished = _deliver(issuer, routes, notice, now)
        finished, failures = finished + is_finished, 0 if is_finished else failures + 1
        if failures == FAILURES:
            break
    return finished


def _deliver(issuer: Issuer, routes: Routes, notice: DueNotice, now: int) -> bool:
    with writing(issuer.engine) as connection:
        if not notices.claim(connection, notice, now=now, again_at=now + AGAIN[min(notice.attempts, len(AGAIN) - 1)]):
            return False
    addresses = addresses_of(issuer, notice.id, notice.sealed_to)
    left = _send(issuer, routes, notice, addresses, now)
    is_sent, is_last = left.email is None and left.phone is None, notice.attempts >= len(AGAIN)
    with writing(issuer.engine) as connection:
        if is_sent or is_last:
            notices.finish(connection, notice.id, sent_at=now if is_sent else None)
            action = "notice.sent" if is_sent else "notice.given_up"
            AUDIT.write(connection, Entry(now, "issuer", action, notice.certificate, {"kind": notice.kind}))
        elif left != addresses:
            notices.keep(connection, notice.id, issuer.seal.seal(dump(left), seal_context_of(notice.id)))
    return is_sent or is_last


def _send(issuer: Issuer, routes: Routes, notice: DueNotice, addresses: Addresses, now: int) -> Addresses:
    """The addresses that are still to be reached."""
    kind = NoticeKind(notice.kind)
    language = cast(Language, notice.language)
    text = notice_text(kind, dict(notice.facts), language, zone=notice.zone, origin=issuer.origin, secret=addresses.secret)
    email = addresses.email
    if email is not None and _mail(routes.mail, notice, email, text):
        email = None
    wanted = kind in URGENT or addresses.email is None
    phone = addresses.phone if wanted else None
    if phone is not None and _message(routes.messages, notice, phone, text, now):
        phone = None
    return msgspec.structs.replace(addresses, email=email, phone=phone)


def _mail(route: MailPort, notice: DueNotice, to: str, text: NoticeText) -> bool:
    try:
        route.send(Mail(notice.id, to, text.subject, text.body, notice.language))
    except MessageNotSent:
        return False
    return True


def _message(route: MessagePort, notice: DueNotice, to: str, text: NoticeText, now: int) -> bool:
    try:
        route.send(Message(notice.id, to, text.short, now + MESSAGE_LIFETIME))
    except MessageNotSent:
        return False
    return True
