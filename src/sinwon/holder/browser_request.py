"""A request through the browser (OpenID4VP 1.0 Appendix A; HAIP 1.0 §5.2): unsigned, signed, or signed by several.

Owns what differs from a request by link: the page's origin, which the platform vouches for, is the audience; the answer goes
back the way the request came. Nothing is fetched and nothing is posted.
"""

from collections.abc import Callable, Container, Mapping
from dataclasses import dataclass
from typing import Any, Final
from urllib.parse import urlsplit

import msgspec
from msgspec.structs import replace

from sinwon.core.refusal import Malformed, Refusal, Unmet, Untrusted
from sinwon.core.strict_json import convert, dump
from sinwon.formats.jose.jwe import encrypt
from sinwon.formats.jose.jws import parse_jws
from sinwon.holder.ask import Ask, NotAnswered
from sinwon.holder.copies import Copies
from sinwon.holder.history import SENT
from sinwon.holder.powers import Powers, check_address
from sinwon.holder.present import Consent, Show, check_not_answered, judge, make_token, names_of, plan_answer
from sinwon.holder.request import (
    BROWSER_MODE,
    PLAIN_BROWSER_MODE,
    AuthenticRequest,
    Claims,
    check_nonce,
    check_times,
    verify_signed,
)
from sinwon.holder.request_link import INVALID
from sinwon.holder.verifiers import INVALID_CLIENT, Client
from sinwon.protocols.vp.request_object import RESPONSE_TYPE

UNSIGNED: Final = "openid4vp-v1-unsigned"
SIGNED: Final = "openid4vp-v1-signed"
MULTISIGNED: Final = "openid4vp-v1-multisigned"
MAX_SIGNATURES: Final = 4  # a verifier is registered in few places


@dataclass(frozen=True, slots=True)
class Asked:
    """What the platform hands over. `origin` is its word, all else the page's."""

    protocol: str
    data: Mapping[str, Any]
    origin: str


@dataclass(frozen=True, slots=True)
class Answered:
    """What the page gets, and what the history keeps."""

    message: Mapping[str, Any]
    outcome: str
    claims: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Memory:
    """The nonces that were answered, and what keeps this one, and that copies are used, before anything leaves."""

    answered: Container[str]
    remember: Callable[[Ask], None]


class Signature(msgspec.Struct, frozen=True):
    protected: str
    signature: str


class Signatures(msgspec.Struct, frozen=True):
    """A JWS by several signers (RFC 7515 §7.2.1)."""

    payload: str
    signatures: tuple[Signature, ...]


def read_browser_request(powers: Powers, copies: Copies, answered: Container[str], asked: Asked) -> Ask:
    """The question for the person. Raises Refusal, whose code the page may be told."""
    # 1 from a page that has an origin [OID4VP A.2]
    if check_address(asked.origin, INVALID, demo=powers.demo) != asked.origin:
        raise Malformed(INVALID, "not an origin")
    request = _authentic(powers, asked)
    # 3 answered through the browser, encrypted unless this wallet may do without [OID4VP A.2; HAIP 5.2]
    modes = (BROWSER_MODE, PLAIN_BROWSER_MODE) if powers.verifiers.plain else (BROWSER_MODE,)
    if request.claims.response_type != RESPONSE_TYPE or request.claims.response_mode not in modes:
        raise Unmet(INVALID, "another response type or response mode")
    check_nonce(request.claims)
    check_not_answered(request.claims.nonce, answered)
    return judge(powers, copies, request)


def answer_page(powers: Powers, copies: Copies, asked: Asked, consent: Consent, memory: Memory) -> Answered:
    """From request to answer; refusal and absence look the same here, too."""
    try:
        ask = read_browser_request(powers, copies, memory.answered, asked)
        shows = plan_answer(ask, consent(ask.consent))
        copies.take([show.copy for show in shows.values()])
        memory.remember(ask)
    except NotAnswered as refused:
        return Answered({"error": refused.code}, refused.reason)
    except Refusal as refusal:
        return Answered({"error": refusal.code}, refusal.code)
    return Answered(_message(powers, ask, shows), SENT, names_of(shows))


def _message(powers: Powers, ask: Ask, shows: Mapping[str, Show]) -> dict[str, Any]:
    """No state: the browser knows which page it is for."""
    token = {"vp_token": make_token(powers, ask, shows)}
    if ask.response_key is None:
        return token
    return {"response": encrypt(dump(token), ask.response_key.jwk, enc=ask.response_key.enc, cty="json")}


def _authentic(powers: Powers, asked: Asked) -> AuthenticRequest:
    if asked.protocol == UNSIGNED:
        return _unsigned(powers, asked)
    if asked.protocol not in {SIGNED, MULTISIGNED}:
        raise Malformed(INVALID, "a protocol we do not speak")
    claims, client = _signed(powers, asked) if asked.protocol == SIGNED else _signed_by_one(powers, asked)
    check_times(claims, powers.clock())
    # 2 for this page: an exact word, so that a request cannot be shown again elsewhere [OID4VP A.2]
    if asked.origin not in claims.expected_origins:
        raise Unmet(INVALID, "made for another page")
    return AuthenticRequest(claims, client, asked.origin)


def _unsigned(powers: Powers, asked: Asked) -> AuthenticRequest:
    """By a page of which only the origin is known; whom it says it is does not count (A.2)."""
    if not powers.verifiers.unsigned:
        raise Untrusted(INVALID_CLIENT, "unsigned requests are not answered")
    try:
        claims = convert({name: value for name, value in asked.data.items() if name != "client_id"}, Claims)
    except Malformed as refusal:
        raise Malformed(INVALID, refusal.why) from None
    return AuthenticRequest(claims, Client(f"origin:{asked.origin}", urlsplit(asked.origin).hostname or "", None), asked.origin)


def _signed(powers: Powers, asked: Asked) -> tuple[Claims, Client]:
    token = asked.data.get("request")
    if not isinstance(token, str):
        raise Malformed(INVALID, "no signed request")
    return verify_signed(powers, token)


def _signed_by_one(powers: Powers, asked: Asked) -> tuple[Claims, Client]:
    """By the first signer that proves who it is; of the others nothing is known, and nothing shown (A.3.2.2)."""
    try:
        signed = convert(asked.data.get("request"), Signatures)
    except Malformed as refusal:
        raise Malformed(INVALID, refusal.why) from None
    if len(signed.signatures) > MAX_SIGNATURES:
        raise Malformed(INVALID, "more signatures than anybody has registrations")
    for one in signed.signatures:
        try:
            return _verified(powers, f"{one.protected}.{signed.payload}.{one.signature}")
        except Refusal:
            continue
    raise Untrusted(INVALID, "no signature is of whom it says")


def _verified(powers: Powers, token: str) -> tuple[Claims, Client]:
    client_id = parse_jws(token).header.get("client_id")
    if not isinstance(client_id, str):
        raise Malformed(INVALID, "a signature of nobody")
    claims, client = verify_signed(powers, token, client_id=client_id)
    if claims.client_id:
        raise Malformed(INVALID, "a client outside of what names it")
    return replace(claims, client_id=client_id), client
