"""A browser comes to the authorization endpoint with the name of a pushed request (RFC 9126 §4).

It may come again before somebody signed in, and so may another browser, which takes over. From then on the request belongs to
the browser that signed in, and what is wrong stays on a page of ours: no redirect (RFC 9700 §4.11).
"""

from collections.abc import Mapping
from dataclasses import dataclass
from re import compile as pattern
from typing import Final

from sqlalchemy import Connection

from sinwon.core.ids import digest, new_secret, same
from sinwon.core.refusal import Unmet
from sinwon.protocols.oauth.authorization_request import answer_uri
from sinwon.protocols.oauth.errors import INVALID_REQUEST_URI
from sinwon.protocols.oauth.pushed_request import PREFIX, parse_request_uri
from sinwon.services.issuance.issuer import Issuer
from sinwon.store.audit import Entry
from sinwon.store.engine import writing
from sinwon.store.issuer import authorizations
from sinwon.store.issuer.authorizations import Authorization, Progress
from sinwon.store.issuer.tables import AUDIT

BROWSER: Final = pattern(r"[A-Za-z0-9_-]{43}\Z")
SIGN_IN_SECONDS: Final = 600  # for a person to find number and PIN; WCAG 2.2.1 wants more time than one needs
OPENED: Final = "authorization.opened"
OTHER_BROWSER: Final = "other_browser"
SHOWN: Final = frozenset({Progress.OPENED, Progress.SIGNED_IN})


@dataclass(frozen=True, slots=True)
class Visit:
    """Who asks for what, as it came: which request of which client, from which browser."""

    client: str
    reference: str
    browser: str
    """The secret of its cookie."""

    @property
    def request(self) -> str:
        return digest(self.reference)

    @property
    def request_uri(self) -> str:
        return PREFIX + self.reference


@dataclass(frozen=True, slots=True)
class SentBack:
    """Where the browser goes: to the wallet, with a code or an error."""

    uri: str


def visit_of(issuer: Issuer, parameters: Mapping[str, str], browser: str | None) -> Visit:
    """A browser without a secret of ours gets one. Raises Malformed."""
    client, reference = parse_request_uri(parameters)
    known = browser if browser is not None and BROWSER.match(browser) else new_secret(issuer.random)
    return Visit(client, reference, known)


def open_request(issuer: Issuer, visit: Visit) -> Authorization:
    """The request, for the browser that looks at it now. Raises Unmet("invalid_request_uri" | "other_browser")."""
    now = issuer.clock()
    with writing(issuer.engine) as connection:
        until, browser = now + SIGN_IN_SECONDS, digest(visit.browser)
        if authorizations.open_for(connection, visit.request, visit.client, browser, until=until, now=now):
            AUDIT.write(connection, Entry(now, "applicant", OPENED, visit.request))
        return own_request(issuer, connection, visit, SHOWN, now=now)


def own_request(
    issuer: Issuer, connection: Connection, visit: Visit, expected: frozenset[Progress], *, now: int
) -> Authorization:
    """The request that this browser has open, at a step that is `expected`. Raises Unmet."""
    found = authorizations.find(connection, visit.request)
    # 1 pushed by this client, which is still ours [RFC 9126 4]
    if found is None or found.client != visit.client or visit.client not in issuer.clients:
        raise Unmet(INVALID_REQUEST_URI, "no such request of this client")
    # 2 neither over nor answered [RFC 9126 4]
    if now >= found.ends_at or found.progress not in expected:
        raise Unmet(INVALID_REQUEST_URI, "request is over, answered, or at another step")
    # 3 in the browser that opened it [RFC 9700 4.7]
    if found.browser is None or not same(found.browser, digest(visit.browser)):
        raise Unmet(OTHER_BROWSER, "not the browser that has it open")
    return found


def send_back(issuer: Issuer, request: Authorization, **answer: str) -> SentBack:
    """Code or error, with what was sent along, and who answers [RFC 6749 4.1.2, RFC 9207 2]."""
    return SentBack(answer_uri(request.redirect_uri, {**answer, "state": request.state, "iss": issuer.origin}))
