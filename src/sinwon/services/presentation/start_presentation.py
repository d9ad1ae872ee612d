"""One described question to any wallet, and what came of it, for whoever holds its handle.

The handle is the transaction id of OpenID4VP 1.0 §13.3: it says how things stand. What was shown is given out once, and where
the wallet brings a browser back, only with the response code it came with.
"""

from dataclasses import dataclass, replace
from typing import Any, Final

from sinwon.core.ids import digest, new_secret, same
from sinwon.core.refusal import Unmet
from sinwon.core.strict_json import dump
from sinwon.protocols.vp.description import Description, RequestMethod, check_description
from sinwon.protocols.vp.request_object import unsigned_link, wallet_link
from sinwon.services.presentation.described import client_id_of, open_credentials, request_of
from sinwon.services.presentation.gateway import Gateway
from sinwon.services.presentation.start import new_presentation
from sinwon.services.presentation.verify_query import Shown
from sinwon.store.audit import Details, Entry
from sinwon.store.engine import reading, writing
from sinwon.store.gateway.metadata import AUDIT
from sinwon.store.gateway.presentations import (
    Presentation,
    Progress,
    find_presentation,
    finish_presentation,
    insert_presentation,
)

STARTED: Final = "presentation.started"
READ: Final = "presentation.read"
NOT_FOUND: Final = "not_found"


@dataclass(frozen=True, slots=True)
class StartedPresentation:
    link: str
    """Opens a wallet."""
    handle: str
    """Secret of whoever asked; in no link, and not derivable from one."""
    expires_at: int


@dataclass(frozen=True, slots=True)
class Outcome:
    progress: Progress
    expired: bool
    """Open, and nobody can answer any more."""
    failed_step: str | None
    """Where the last answer failed, of a question that is still open."""
    wallet_error: str | None
    credentials: dict[str, Shown] | None = None
    """By query id; None until the answer is there, without the response code, and once they have been read."""


def start_presentation(
    gateway: Gateway, description: Description, *, service: str, wallet_endpoint: str | None = None
) -> StartedPresentation:
    """Asks by the access certificate of `service`. Raises Malformed, Unmet for a description that does not hold together."""
    check_description(description)
    now, browser = gateway.clock(), new_secret(gateway.random)
    plain = new_presentation(gateway, service=service, preset="", browser=browser, now=now)
    question = replace(plain, description=dump(description))
    link = _link(gateway, question, description, wallet_endpoint or gateway.settings.wallet_endpoint)
    details: Details = {"prefix": description.prefix.value, "response_mode": description.response_mode.value}
    with writing(gateway.engine) as connection:
        insert_presentation(connection, question)
        AUDIT.write(connection, Entry(now, service, STARTED, question.reference, details))
    return StartedPresentation(link, f"{question.id}.{browser}", question.expires_at)


def read_presentation(gateway: Gateway, handle: str, response_code: str | None = None) -> Outcome:
    """How it stands, with what was shown if it may be read now. Raises Unmet(NOT_FOUND)."""
    now = gateway.clock()
    presentation_id, _, browser = handle.partition(".")
    with reading(gateway.engine) as connection:
        found = find_presentation(connection, presentation_id)
    if found is None or found.description is None or not same(digest(browser), found.session):
        raise Unmet(NOT_FOUND, "no such presentation")
    credentials = _read(gateway, found, response_code, now) if found.progress is Progress.ANSWERED else None
    progress = found.progress if credentials is None else Progress.FINISHED
    expired = found.progress is Progress.OPEN and not found.is_open(now)
    return Outcome(progress, expired, found.failed_step, found.wallet_error, credentials)


def outcome_json(outcome: Outcome) -> dict[str, Any]:
    """For an answer in JSON."""
    shown = outcome.credentials
    members = {
        "progress": "expired" if outcome.expired else outcome.progress.value,
        "failed_step": outcome.failed_step,
        "wallet_error": outcome.wallet_error,
        "credentials": None if shown is None else {name: _plain(one) for name, one in shown.items()},
    }
    return {name: value for name, value in members.items() if value is not None}


def _plain(one: Shown) -> dict[str, Any]:
    return {"issuer": one.issuer, "type": one.type, "format": one.format, "claims": one.claims}


def _link(gateway: Gateway, question: Presentation, description: Description, endpoint: str) -> str:
    if description.method is RequestMethod.URL_QUERY:
        request = request_of(gateway, question, description)
        return unsigned_link(endpoint, request, client_id=client_id_of(gateway, question, description))
    client_id, request_uri = client_id_of(gateway, question, description), gateway.request_uri(question.id)
    return wallet_link(endpoint, client_id=client_id, request_uri=request_uri, by_post=description.by_post)


def _read(gateway: Gateway, found: Presentation, response_code: str | None, now: int) -> dict[str, Shown] | None:
    """Once. None where another was first, or the code is wrong or too old."""
    received = digest(response_code or "")
    with writing(gateway.engine) as connection:
        if not finish_presentation(connection, found.id, browser=found.session, code=received, now=now):
            return None
        AUDIT.write(connection, Entry(now, found.service, READ, found.reference))
    return open_credentials(gateway.seal, found)
