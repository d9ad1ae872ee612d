"""A citizen proves who they are, in one of several ways, to the browser in which a wallet's request is open.

A way is a module of its own (sign_in_by_pin). Here is what holds for all: only the person of the offer that the request came
from goes on (OpenID4VCI 1.0 §5.1.3), and only with what both were asked for and may have.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Final, Protocol

from sqlalchemy import Connection

from sinwon.core.ids import digest
from sinwon.core.refusal import Refusal, Unmet
from sinwon.protocols.oauth.errors import ACCESS_DENIED, INVALID_REQUEST_URI, INVALID_SCOPE
from sinwon.services.authorization.open_request import SentBack, Visit, own_request, send_back
from sinwon.services.issuance.issuer import Issuer
from sinwon.store.audit import Entry
from sinwon.store.engine import writing
from sinwon.store.issuer import authorizations
from sinwon.store.issuer.authorizations import Authorization, Progress
from sinwon.store.issuer.tables import AUDIT

SIGNED_IN: Final = "authorization.signed_in"
DENIED: Final = "authorization.denied"


@dataclass(frozen=True, slots=True)
class Proven:
    """Whose certificate it is about, and what it may be issued as."""

    certificate: str
    configurations: tuple[str, ...]
    offer: str | None = None
    """That is redeemed together with the code; None where the certificate is proven by itself."""


class Way(Protocol):
    """One way to prove it."""

    @property
    def name(self) -> str:
        """What the form calls it, and its part of the page: `login_<name>.html`."""
        ...

    @property
    def prepare(self) -> Callable[[Mapping[str, str]], Mapping[str, str]] | None:
        """What takes its time, or another transaction, before `prove` gets its form; None where nothing does."""
        ...

    def prove(
        self, issuer: Issuer, connection: Connection, request: Authorization, form: Mapping[str, str], now: int
    ) -> Proven | Refusal:
        """A refusal is given, not raised, where the try is to be kept."""
        ...


def sign_in(issuer: Issuer, way: Way, visit: Visit, form: Mapping[str, str]) -> SentBack | None:
    """None where the person is to be asked for consent now. Raises Refusal for what is tried again on the same page."""
    now = issuer.clock()
    with writing(issuer.engine) as connection:
        request = own_request(issuer, connection, visit, frozenset({Progress.OPENED}), now=now)
        proven = way.prove(issuer, connection, request, form, now)
        outcome = proven if isinstance(proven, Refusal) else _decide(issuer, connection, visit, request, proven, way, now)
    if isinstance(outcome, Refusal):
        raise outcome
    return outcome


def end_request(
    issuer: Issuer, connection: Connection, visit: Visit, request: Authorization, error: str, reason: str, now: int
) -> SentBack:
    """Without a code: cancelled, or not for this person."""
    if not authorizations.deny(connection, visit.request, digest(visit.browser), now=now):
        raise Unmet(INVALID_REQUEST_URI, "request was just answered")
    AUDIT.write(connection, Entry(now, "applicant", DENIED, visit.request, {"error": error, "reason": reason}))
    return send_back(issuer, request, error=error)


def _decide(
    issuer: Issuer, connection: Connection, visit: Visit, request: Authorization, proven: Proven, way: Way, now: int
) -> SentBack | None:
    # 1 the person of the offer, if it came from one [OID4VCI 5.1.3]
    if request.wanted is not None and request.wanted != proven.certificate:
        return end_request(issuer, connection, visit, request, ACCESS_DENIED, "OTHER_PERSON", now)
    # 2 something of what was asked for [RFC 6749 3.3]
    granted = tuple(name for name in request.configurations if name in proven.configurations)
    if not granted:
        return end_request(issuer, connection, visit, request, INVALID_SCOPE, "NOTHING_LEFT", now)
    # 3 once
    mine = authorizations.sign_in(
        connection,
        visit.request,
        digest(visit.browser),
        certificate=proven.certificate,
        offer=proven.offer,
        configurations=granted,
        now=now,
    )
    if not mine:
        raise Unmet(INVALID_REQUEST_URI, "request was just answered")
    AUDIT.write(connection, Entry(now, "applicant", SIGNED_IN, proven.certificate, {"request": visit.request, "by": way.name}))
    return None
