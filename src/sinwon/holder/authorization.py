"""The authorization code flow, from the wallet's side (OpenID4VCI 1.0 §5, §6; HAIP 1.0 §4; FAPI 2.0): request pushed, person
sent to the issuer, answer checked, code redeemed.

Every mismatch stops before the token request: a code that somebody slipped in, or that another server's answer would carry to
this one, is never sent anywhere. Does not decide whom to trust: the issuer's metadata have been checked (holder.issuer).
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final
from urllib.parse import parse_qsl, urlencode, urlsplit

from sinwon.core.ids import new_secret, same
from sinwon.core.refusal import Malformed, Unmet, Untrusted
from sinwon.core.strict_json import dump, parse_as
from sinwon.holder.access import Access, Sender, Tokens
from sinwon.holder.browser import Client
from sinwon.holder.issuer import ERROR_CODE, FORM, REFUSED, Issuer
from sinwon.holder.powers import Powers
from sinwon.protocols.oauth.grants.authorization_code import GRANT_TYPE
from sinwon.protocols.oauth.pkce import METHOD, challenge_of
from sinwon.protocols.oauth.pushed_request import PushedResponse
from sinwon.protocols.vci.authorization_details import TYPE
from sinwon.protocols.vci.metadata import INVALID_METADATA

NO_CLIENT: Final = "no_browser"
MIXED_UP: Final = "authorization_mismatch"
MAX_ANSWER: Final = 8192  # characters of the address a browser comes back with


@dataclass(frozen=True, slots=True)
class Started:
    """What only the wallet that began knows."""

    client: Client
    state: str
    verifier: str


def authorize(
    powers: Powers, issuer: Issuer, configurations: Sequence[str], issuer_state: str | None, sender: Sender | None
) -> Tokens:
    """Tokens for these configurations, once the person has said yes at the issuer. Raises Refusal with the server's code or
    ours, Unreachable."""
    if powers.client is None or issuer.client is None:
        raise Unmet(NO_CLIENT, "this wallet cannot send anybody to an issuer")
    started = Started(powers.client, new_secret(powers.random), new_secret(powers.random))
    # 1 what is asked for goes to the server alone, by an authenticated client [FAPI 2.0 5.3.3; HAIP 4.2]
    request_uri = _push(issuer, started, configurations, issuer_state, sender)
    # 2 the browser carries its name and nothing else [RFC 9126 4]
    named = urlencode({"client_id": issuer.client.client_id, "request_uri": request_uri})
    endpoint = issuer.server.authorization_endpoint or ""
    back = started.client.browser.open(f"{endpoint}{'&' if '?' in endpoint else '?'}{named}")
    code = check_answer(back, redirect_uri=started.client.redirect_uri, state=started.state, issuer=issuer.server.issuer)
    form = {
        "grant_type": GRANT_TYPE,
        "code": code,
        "redirect_uri": started.client.redirect_uri,
        "code_verifier": started.verifier,
        "client_id": issuer.client.client_id,
    }
    return issuer.tokens(form, sender)


def check_answer(back: str, *, redirect_uri: str, state: str, issuer: str) -> str:
    """The code, from the address the browser came back with. Raises Refusal."""
    parameters = _parameters(back, redirect_uri)
    # 3 an answer to our question [RFC 6749 10.12]
    if not same(parameters.get("state", ""), state):
        raise Untrusted(MIXED_UP, "state is missing or another's")
    # 4 of the server that was asked, errors too [RFC 9207 2.4]
    if parameters.get("iss") != issuer:
        raise Untrusted(MIXED_UP, "iss is missing or another server's")
    # 5 a yes [RFC 6749 4.1.2]
    error, code = parameters.get("error"), parameters.get("code")
    if error is not None:
        raise Unmet(error if ERROR_CODE.match(error) else REFUSED, "refused at the authorization endpoint")
    if not code:
        raise Malformed(MIXED_UP, "neither code nor error")
    return code


def _push(
    issuer: Issuer, started: Started, configurations: Sequence[str], issuer_state: str | None, sender: Sender | None
) -> str:
    server, client = issuer.server, issuer.client
    if server.pushed_authorization_request_endpoint is None or server.authorization_endpoint is None or client is None:
        raise Unmet(INVALID_METADATA, "the server takes no pushed authorization requests")
    if METHOD not in (server.code_challenge_methods_supported or (METHOD,)):
        raise Unmet(INVALID_METADATA, "no S256")
    form = {
        "response_type": "code",
        "client_id": client.client_id,
        "redirect_uri": started.client.redirect_uri,
        "state": started.state,
        "code_challenge": challenge_of(started.verifier),
        "code_challenge_method": METHOD,
        **_asking(issuer, configurations),
        **({} if issuer_state is None else {"issuer_state": issuer_state}),
    }
    access = Access(sender=sender, client=client)
    answer = issuer.post(server.pushed_authorization_request_endpoint, urlencode(form).encode(), FORM, access)
    request_uri = parse_as(answer.body, PushedResponse).request_uri
    if not request_uri:
        raise Malformed(REFUSED, "no request_uri")
    return request_uri


def _asking(issuer: Issuer, configurations: Sequence[str]) -> dict[str, str]:
    """By scope where every configuration has one [HAIP 4.1], else by details [OID4VCI 5.1.1, 5.1.2]."""
    elsewhere = bool(issuer.metadata.authorization_servers)
    scopes = [issuer.configuration(name).scope for name in configurations]
    if all(scopes):
        named = {"resource": issuer.identifier} if elsewhere else {}
        return {"scope": " ".join(dict.fromkeys(filter(None, scopes))), **named}
    located: dict[str, Any] = {"locations": [issuer.identifier]} if elsewhere else {}
    details = [{"type": TYPE, "credential_configuration_id": name, **located} for name in configurations]
    return {"authorization_details": dump(details).decode()}


def _parameters(back: str, redirect_uri: str) -> dict[str, str]:
    """Of an address that is ours; each once, and none that was not asked for in the fragment."""
    ours = urlsplit(redirect_uri)
    try:
        parts = urlsplit(back) if len(back) <= MAX_ANSWER else None
        pairs = None if parts is None else parse_qsl(parts.query, keep_blank_values=True, strict_parsing=True)
    except ValueError:
        parts, pairs = None, None
    if parts is None or pairs is None or parts[:3] != ours[:3]:
        raise Malformed(MIXED_UP, "the browser came back elsewhere, or with nothing")
    if len(dict(pairs)) != len(pairs):
        raise Malformed(MIXED_UP, "a parameter twice")
    return dict(pairs)
