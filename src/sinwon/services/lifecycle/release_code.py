"""A holder whose receipt is not at hand has a code mailed, which releases a stopped certificate together with its phone.

By mail alone: a message to a telephone reaches whoever has it, and that is what is in doubt. A mailed code counts once, for an
hour, for this certificate.
"""

from sqlalchemy import Connection

from sinwon.core.clock import DAY
from sinwon.core.refusal import Unmet
from sinwon.protocols.own_certificate import NO_MAIL_ADDRESS, NOT_SUSPENDED
from sinwon.services.issuance.issuer import Issuer
from sinwon.services.lifecycle.machine import Actor
from sinwon.services.lifecycle.notices import notify
from sinwon.services.lifecycle.own_stop import locked, stops_of
from sinwon.services.lifecycle.proven_device import Claimant, prove_device
from sinwon.services.lifecycle.revocation_code import new_revocation_code
from sinwon.services.notify.notice import Facts, NoticeKind
from sinwon.store.audit import Entry
from sinwon.store.engine import writing
from sinwon.store.issuer import losses
from sinwon.store.issuer.lives import LifeRow
from sinwon.store.issuer.losses import NewSecret, Purpose
from sinwon.store.issuer.tables import AUDIT


def mail_release_code(issuer: Issuer, claimant: Claimant) -> None:
    """Raises Refusal as prove_device does, "not_suspended", "no_mail_address", "too_many_requests"."""
    now = issuer.clock()
    with writing(issuer.engine) as connection:
        row = locked(connection, prove_device(issuer, connection, claimant))
        if not stops_of(row):
            raise Unmet(NOT_SUSPENDED, "no stop that the holder could undo")
        if losses.made(connection, row.id, Purpose.RELEASE, after=now - DAY) >= issuer.settings.mailed_secrets:
            raise Unmet("too_many_requests", "enough codes were mailed today")
        _mail(issuer, connection, row, now)


def _mail(issuer: Issuer, connection: Connection, row: LifeRow, now: int) -> None:
    code, lifetime = new_revocation_code(issuer.random), issuer.settings.release_code_lifetime
    losses.add(connection, NewSecret(issuer.release_index(code, row.id), row.id, Purpose.RELEASE, now + lifetime), now=now)
    facts: Facts = {"at": now, "lifetime": lifetime}
    if not notify(issuer, connection, row, NoticeKind.RELEASE_ASKED, facts, now=now, secret=code, by_mail_only=True):
        raise Unmet(NO_MAIL_ADDRESS, "no e-mail address on file")
    AUDIT.write(connection, Entry(now, Actor.HOLDER.value, "release.asked", row.id))
