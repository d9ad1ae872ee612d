"""The issuer as the consulate sees it: signed role requests over HTTP (protocols.roles).

An answer that is late, unreadable or a server error leaves open whether the issuer acted: IssuerUnavailable. A clear "no" is
Refusal("issuer_refused"), with the issuer's code in `why`.
"""

from dataclasses import dataclass
from typing import Final, TypeVar

from sinwon.core.clock import Clock
from sinwon.core.fetch import Answer, Fetch, Unreachable
from sinwon.core.ids import Randomness
from sinwon.core.refusal import Malformed, Refusal
from sinwon.core.strict_json import parse_as, parse_object
from sinwon.keys.signer import Signer
from sinwon.protocols.roles.messages import (
    ASK_ACTIVE,
    ASK_STATE,
    CHANGE,
    MAKE_OFFER,
    PATHS,
    REVOKE,
    ActiveAnswer,
    AskActive,
    AskState,
    Change,
    Changed,
    MakeOffer,
    OfferMade,
    Revoke,
    Revoked,
    Standing,
)
from sinwon.protocols.roles.request import MEDIA_TYPE, sign_role_request
from sinwon.services.enrolment.issuer import ALREADY_OFFERED, ENDED, NOT_ALLOWED, IssuerUnavailable

T = TypeVar("T")
KNOWN_CODE: Final = 64  # characters of the issuer's code that we repeat in our log
TOLD_APART: Final = frozenset({ALREADY_OFFERED, ENDED, NOT_ALLOWED})
"""Codes of the issuer that mean something to a use case; all others are a "no"."""


@dataclass(frozen=True, slots=True)
class IssuerClient:
    """An IssuerPort."""

    issuer: str
    """The issuer's origin."""
    sender: str
    """Our name in the issuer's list of roles."""
    signer: Signer
    fetch: Fetch
    clock: Clock
    random: Randomness

    def make_offer(self, message: MakeOffer) -> OfferMade:
        return self._ask(MAKE_OFFER, message, OfferMade)

    def is_active(self, rrn: str) -> bool:
        return self._ask(ASK_ACTIVE, AskActive(rrn), ActiveAnswer).active

    def revoke(self, message: Revoke) -> Revoked:
        return self._ask(REVOKE, message, Revoked)

    def change(self, message: Change) -> Changed:
        return self._ask(CHANGE, message, Changed)

    def standing(self, application: str) -> Standing:
        return self._ask(ASK_STATE, AskState(application), Standing)

    def _ask(self, action: str, message: object, shape: type[T]) -> T:
        request = sign_role_request(
            action,
            message,
            sender=self.sender,
            audience=self.issuer,
            signer=self.signer,
            now=self.clock(),
            random=self.random,
        )
        try:
            answer = self.fetch.post(self.issuer + PATHS[action], request.encode(), content_type=MEDIA_TYPE)
        except Unreachable as error:
            raise IssuerUnavailable(f"{action}: {error}") from None
        return _read(action, answer, shape)


def _read(action: str, answer: Answer, shape: type[T]) -> T:
    if 400 <= answer.status < 500 and answer.status != 429:
        code = _code(answer)
        raise Refusal(code if code in TOLD_APART else "issuer_refused", f"{action}: {code}")
    if answer.status not in (200, 201) or answer.media_type != "application/json":
        raise IssuerUnavailable(f"{action}: answered {answer.status} {answer.media_type[:KNOWN_CODE]}")
    try:
        return parse_as(answer.body, shape)
    except Malformed as refusal:
        raise IssuerUnavailable(f"{action}: {refusal.why}") from None


def _code(answer: Answer) -> str:
    try:
        return str(parse_object(answer.body).get("error", ""))[:KNOWN_CODE]
    except Malformed:
        return str(answer.status)
