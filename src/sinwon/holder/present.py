"""Answering a request (OpenID4VP 1.0 §8): unused copies, only the chosen claims, bound to this verifier and nonce, encrypted.

Three steps that can be used apart: `read_request` → the person's choice → `send_answer`. A refusal of an authentic request
is told to the verifier with the code of §8.5; where the sender is not known, nobody is told anything.
"""

from collections.abc import Callable, Container, Mapping
from dataclasses import dataclass
from typing import Any, Final
from urllib.parse import urlencode

from sinwon.core.fetch import Answer, Unreachable
from sinwon.core.refusal import Malformed, Refusal, Unmet
from sinwon.core.strict_json import dump, parse_object
from sinwon.formats.dcql.match import Candidate, Matches
from sinwon.formats.dcql.path import ClaimPath, find
from sinwon.formats.dcql.query import CredentialQuery
from sinwon.formats.jose.jwe import encrypt
from sinwon.formats.sdjwt.names import KEY_ASSURANCE
from sinwon.holder.ask import (
    DECLINED,
    NO_CERTIFICATE,
    Ask,
    ConsentRequest,
    NotAnswered,
    ResponseKey,
    answers_of,
    choose_response_key,
    chosen,
    chosen_beside,
    find_service,
    judge_request,
    named,
    split_claims,
)
from sinwon.holder.copies import Copies, Copy, Offered
from sinwon.holder.formats import FORMATS, Session
from sinwon.holder.issuer import FORM
from sinwon.holder.powers import Powers, check_address
from sinwon.holder.request import AuthenticRequest, fetch_request
from sinwon.holder.request_link import parse_request_link
from sinwon.keys.jwk import parse_public_jwk

DENIED: Final = "access_denied"


@dataclass(frozen=True, slots=True)
class Choice:
    """The person's decision: whether to answer, and which of the optional claims to add."""

    agreed: bool
    optional: frozenset[ClaimPath] = frozenset()
    format: str | None = None
    """The wallet's, where the verifier takes several and it has a reason to prefer one: `mso_mdoc`."""


NO: Final = Choice(False)


def everything(consent: ConsentRequest) -> Choice:
    """Yes, with every optional claim."""
    return Choice(True, frozenset(claim.path for claim in consent.claims if not claim.required))


def only_required(_consent: ConsentRequest) -> Choice:
    """Yes, with nothing optional."""
    return Choice(True)


Consent = Callable[[ConsentRequest], Choice]


@dataclass(frozen=True, slots=True)
class Sent:
    """The verifier took the answer. `redirect_uri` is where the browser goes on."""

    redirect_uri: str | None
    claims: tuple[str, ...]


class Declined(NotAnswered):
    """An authentic request that we refused, and told the verifier so; the browser may go on at `redirect_uri`."""

    def __init__(self, refused: NotAnswered, party: str, redirect_uri: str | None) -> None:
        super().__init__(refused.code, refused.why, refused.reason)
        self.party = party
        self.redirect_uri = redirect_uri


def read_request(powers: Powers, copies: Copies, answered: Container[str], link: str) -> Ask:
    """Link → request → question for the person. Raises Refusal (nobody was told) or Declined (the verifier was)."""
    request = fetch_request(powers, parse_request_link(link))
    check_not_answered(request.claims.nonce, answered)
    try:
        return judge(powers, copies, request)
    except NotAnswered as refused:
        party = _party(powers, request)
        raise Declined(refused, party, _tell(powers, request, _key(request), refused.code)) from None


def judge(powers: Powers, copies: Copies, request: AuthenticRequest) -> Ask:
    """The question for the person that an authentic request is. Raises NotAnswered."""
    key = choose_response_key(request.claims.client_metadata) if request.encrypted else None
    catalogue, now = powers.catalogue(), powers.clock()
    service = find_service(request, catalogue, powers.verifiers, now)
    return judge_request(request, service, catalogue, copies.offered(now), key)


def send_answer(powers: Powers, copies: Copies, ask: Ask, choice: Choice, before_sending: Callable[[], None]) -> Sent:
    """Answers as chosen. `before_sending` saves that the copies are used. Raises Declined, Refusal, Unreachable."""
    try:
        shows = plan_answer(ask, choice)
    except NotAnswered as refused:
        raise decline(powers, ask, refused) from None
    copies.take([show.copy for show in shows.values()])
    before_sending()
    answer = _post(powers, ask.request, _form(ask.request, ask.response_key, {"vp_token": make_token(powers, ask, shows)}))
    if answer.status != 200:
        raise Unmet(_error(answer), f"the verifier refused: status {answer.status}")
    return Sent(_redirect_uri(powers, answer), names_of(shows))


def check_not_answered(nonce: str, answered: Container[str]) -> None:
    """Raises Unmet: an old request shown again."""
    if nonce in answered:
        raise Unmet("invalid_request", "this request was answered before")


def decline(powers: Powers, ask: Ask, refused: NotAnswered) -> Declined:
    """Tells the verifier, and gives what is to be raised."""
    return Declined(refused, ask.consent.service.id, _tell(powers, ask.request, ask.response_key, refused.code))


def _key(request: AuthenticRequest) -> ResponseKey | None:
    try:
        return choose_response_key(request.claims.client_metadata) if request.encrypted else None
    except NotAnswered:
        return None


def _party(powers: Powers, request: AuthenticRequest) -> str:
    """For the history: whom the request is of, if that is known."""
    try:
        return find_service(request, powers.catalogue(), powers.verifiers, powers.clock()).id
    except NotAnswered:
        return ""


@dataclass(frozen=True, slots=True)
class Show:
    """One copy and what of it is shown."""

    query: CredentialQuery
    offered: Offered
    paths: tuple[ClaimPath, ...]

    @property
    def copy(self) -> Copy:
        return self.offered.copy


def plan_answer(ask: Ask, choice: Choice) -> dict[str, Show]:
    """For each credential query that is answered, the copy and the claims. Raises NotAnswered."""
    if ask.matches is None:
        raise NotAnswered(DENIED, "nothing matches", NO_CERTIFICATE)
    if not choice.agreed:
        raise NotAnswered(DENIED, "the person said no", DECLINED)
    names = chosen(ask.query, ask.matches, choice.format)
    wanted = {name: _show(ask, name, ask.matches.candidates[name][0], choice) for name in names}
    if len({show.copy for show in wanted.values()}) != len(wanted):
        raise NotAnswered(DENIED, "one certificate asked for twice", NO_CERTIFICATE)
    return wanted | _beside(ask, ask.matches, choice, {show.copy for show in wanted.values()})


def _beside(ask: Ask, matches: Matches, choice: Choice, taken: Container[Copy]) -> dict[str, Show]:
    """What nobody requires and the person chose: all of it that an answer needs, from copies that are not shown already."""
    names = chosen_beside(ask.query, matches, choice.format)
    shows = {name: _show(ask, name, matches.candidates[name][0], choice) for name in names}
    given: dict[str, Show] = {}
    for name, show in shows.items():
        free = show.copy not in taken and show.copy not in [one.copy for one in given.values()]
        if free and show.paths and _is_chosen(show, choice):
            given[name] = show
    return given


def _is_chosen(show: Show, choice: Choice) -> bool:
    return all(named(show.query, path) in choice.optional for path in show.paths if path[0] != KEY_ASSURANCE)


def _show(ask: Ask, name: str, candidate: Candidate, choice: Choice) -> Show:
    query = ask.query.credential(name)
    if query is None:
        raise NotAnswered(DENIED, "no such credential query", NO_CERTIFICATE)
    required, optional = split_claims(query, answers_of(query, candidate))
    added = [path for path in optional if named(query, path) in choice.optional and find(candidate.held.claims, path)]
    return Show(query, ask.offered[candidate.position], (*required, *added))


def make_token(powers: Powers, ask: Ask, shows: Mapping[str, Show]) -> dict[str, list[str]]:
    """The `vp_token` (OpenID4VP 1.0 §8.1)."""
    return {name: [_present(powers, ask, show)] for name, show in shows.items()}


def names_of(shows: Mapping[str, Show]) -> tuple[str, ...]:
    """What is shown, for the history."""
    sent = {named(show.query, path) for show in shows.values() for path in show.paths if path[0] != KEY_ASSURANCE}
    return tuple(sorted(".".join(map(str, path)) for path in sent))


def _present(powers: Powers, ask: Ask, show: Show) -> str:
    request, copy = ask.request, show.copy
    claims = request.claims
    thumbprint = parse_public_jwk(ask.response_key.jwk).thumbprint if ask.response_key is not None else None
    session = Session(request.audience, claims.nonce, claims.response_uri, thumbprint, powers.clock(), request.origin)
    return FORMATS[copy.format].show(copy.credential, show.paths, session, powers.keys.open(copy.key))


def _tell(powers: Powers, request: AuthenticRequest, key: ResponseKey | None, code: str) -> str | None:
    """Posts an error; a verifier that does not hear it loses nothing. In the clear when no key of theirs is usable."""
    try:
        answer = _post(powers, request, _form(request, key, {"error": code}))
        return _redirect_uri(powers, answer) if answer.status == 200 else None
    except (Unreachable, Refusal):
        return None


def _form(request: AuthenticRequest, key: ResponseKey | None, members: Mapping[str, object]) -> dict[str, str]:
    """Encrypted to `key`; without one in the clear, where a token is JSON in a field (OpenID4VP 1.0 §8.2, §8.3)."""
    stated = _with_state(request, members)
    if key is not None:
        return {"response": encrypt(dump(stated), key.jwk, enc=key.enc, cty="json")}
    return {name: value if isinstance(value, str) else dump(value).decode() for name, value in stated.items()}


def _with_state(request: AuthenticRequest, members: Mapping[str, object]) -> dict[str, object]:
    state = request.claims.state
    return {**members, "state": state} if state is not None else dict(members)


def _post(powers: Powers, request: AuthenticRequest, form: Mapping[str, str]) -> Answer:
    return powers.fetch.post(request.claims.response_uri, urlencode(form).encode(), content_type=FORM)


def _redirect_uri(powers: Powers, answer: Answer) -> str | None:
    """Where the browser goes on; only an address that may be opened. Raises Malformed."""
    if answer.media_type != "application/json":
        return None
    uri: Any = parse_object(answer.body).get("redirect_uri")
    if uri is None:
        return None
    if not isinstance(uri, str):
        raise Malformed("invalid_request", "redirect_uri is not a string")
    check_address(uri.partition("#")[0], "invalid_request", demo=powers.demo)
    return uri


def _error(answer: Answer) -> str:
    try:
        code = parse_object(answer.body).get("error")
    except Malformed:
        code = None
    return code if isinstance(code, str) and len(code) <= 64 and code.isascii() else "refused_by_verifier"
