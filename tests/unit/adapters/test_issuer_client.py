"""The issuer's client: a clear no is a refusal, everything uncertain is "unavailable"."""

from collections.abc import Mapping
from dataclasses import dataclass, field

import pytest

from sinwon.adapters.issuer_client import IssuerClient
from sinwon.core.fetch import BODY_LIMIT, Answer, Unreachable
from sinwon.core.refusal import Refusal
from sinwon.keys.jwk import parse_public_jwk
from sinwon.protocols.roles.messages import ASK_ACTIVE, AskActive
from sinwon.protocols.roles.request import verify_role_request
from sinwon.services.enrolment.issuer import ALREADY_OFFERED, ENDED, NOT_ALLOWED, IssuerUnavailable
from tests.world import ISSUER, NOW, SeededRandomness, StandingClock, key

RRN = "9001011970001"


@dataclass
class OneAnswer:
    """A Fetch that gives one answer, or none."""

    answer: Answer | None
    asked: list[tuple[str, bytes]] = field(default_factory=list)

    def get(self, url: str, *, accept: str, limit: int = BODY_LIMIT, headers: Mapping[str, str] | None = None) -> Answer:
        raise AssertionError(f"roles are asked by POST, not {url} {accept} {limit} {headers}")

    def post(
        self,
        url: str,
        body: bytes,
        *,
        content_type: str,
        accept: str = "application/json",
        limit: int = BODY_LIMIT,
        headers: Mapping[str, str] | None = None,
    ) -> Answer:
        assert (content_type, accept, limit, headers) == ("application/jwt", "application/json", BODY_LIMIT, None)
        self.asked.append((url, body))
        if self.answer is None:
            raise Unreachable("timed out")
        return self.answer


def client(fetch: OneAnswer) -> IssuerClient:
    return IssuerClient(ISSUER, "consulate", key("consulate"), fetch, StandingClock(), SeededRandomness())


def answer(status: int, body: bytes, media_type: str = "application/json") -> Answer:
    return Answer(status, {"content-type": media_type}, body)


def test_the_question_is_signed_for_the_issuer_and_reveals_nothing_in_the_url() -> None:
    fetch = OneAnswer(answer(200, b'{"active":true}'))
    assert client(fetch).is_active(RRN)
    ((url, body),) = fetch.asked
    assert url == f"{ISSUER}/roles/certificates/active"
    keys = {"consulate": parse_public_jwk(key("consulate").public_jwk)}
    request = verify_role_request(body.decode(), action=ASK_ACTIVE, audience=ISSUER, keys=keys, now=NOW)
    assert request.message(AskActive) == AskActive(RRN)


@pytest.mark.parametrize(
    "given",
    [
        None,
        answer(500, b'{"error":"server_error"}'),
        answer(429, b'{"error":"too_many_requests"}'),
        answer(302, b""),
        answer(200, b"<html>", "text/html"),
        answer(200, b"not json"),
        answer(200, b'{"active":"yes"}'),
        answer(200, b'{"active":true,"active":false}'),
    ],
    ids=["silence", "server error", "busy", "redirect", "a page", "not json", "another shape", "twice"],
)
def test_uncertain_answers_leave_it_open(given: Answer | None) -> None:
    with pytest.raises(IssuerUnavailable):
        client(OneAnswer(given)).is_active(RRN)


@pytest.mark.parametrize(
    ("body", "code"),
    [
        (b'{"error":"mission_not_open"}', "issuer_refused"),
        (b'{"error":"already_offered"}', ALREADY_OFFERED),
        (b'{"error":"certificate_ended"}', ENDED),
        (b'{"error":"not_allowed"}', NOT_ALLOWED),
        (b"gone", "issuer_refused"),
    ],
)
def test_a_clear_no_is_a_refusal(body: bytes, code: str) -> None:
    with pytest.raises(Refusal, match=f"^{code}:"):
        client(OneAnswer(answer(400, body))).is_active(RRN)
