"""Pushed requests, authorization endpoint, codes and their grant, as a harness tries them: 17 to 22 and 24 to 26."""

import json
from collections import Counter
from math import log2
from typing import Any
from urllib.parse import urlsplit

import pytest

from sinwon.keys.jwk import parse_public_jwk
from sinwon.keys.software import generate_key
from sinwon.protocols.oauth.dpop import thumbprint_of
from sinwon.protocols.oauth.pushed_request import EXPIRES_IN, PREFIX
from sinwon.protocols.vci.configurations import AGE_SD_JWT, IDENTITY_MDOC, IDENTITY_SD_JWT
from tests import world
from tests.authorizing import CALLBACK_WITH_QUERY, STATE, Authorizing, Forms, answered, error_page, with_wallets
from tests.bound_wallet import BoundWallet
from tests.issuing import Issuing, refused

UNKNOWN = {"x_unknown": "1", "another": "a b&c", "resource": world.ISSUER}
DETAIL: dict[str, Any] = {"type": "openid_credential", "credential_configuration_id": IDENTITY_SD_JWT}
DEVICE = thumbprint_of(parse_public_jwk(generate_key().public_jwk))


@pytest.fixture
def wallet(issuing: Issuing) -> Authorizing:
    return Authorizing(with_wallets(issuing))


@pytest.fixture
def other(wallet: Authorizing) -> Authorizing:
    """Another wallet at the same issuer, with the same keys for tokens."""
    found = Authorizing(wallet.issuing, "wallet-2")
    found.bound = wallet.bound
    return found


def shannon(text: str) -> float:
    counts = Counter(text)
    return -sum(n * log2(n / len(text)) for n in counts.values())


# --- 17: pushed requests ---


def test_C17_what_is_pushed_gets_a_name_nobody_guesses(wallet: Authorizing) -> None:
    """A pushed request is answered with 201, JSON that nobody may store, an unguessable request_uri and its end."""
    answer = wallet.push(**UNKNOWN)
    assert (answer.status_code, answer.headers["content-type"]) == (201, "application/json")
    assert answer.headers["cache-control"] == "no-store"
    assert answer.json().keys() == {"request_uri", "expires_in"}
    name = answer.json()["request_uri"].rpartition(":")[2]
    assert shannon(name) > 96
    assert 60 <= answer.json()["expires_in"] <= 90
    assert wallet.pushed() != answer.json()["request_uri"]


@pytest.mark.parametrize("method", ["GET", "PUT", "DELETE", "HEAD"])
def test_C17_only_by_post(wallet: Authorizing, method: str) -> None:
    """Other methods than POST are refused at the pushed authorization request endpoint."""
    assert wallet.issuing.client.request(method, "/par").status_code == 405


def test_C17_no_request_uri_inside(wallet: Authorizing) -> None:
    """A pushed request that holds a request_uri is refused."""
    refused(wallet.push(request_uri=wallet.pushed()), 400, "invalid_request")


def test_C17_no_parameter_twice(wallet: Authorizing) -> None:
    """A parameter that comes twice is refused."""
    body = "&".join(f"{name}=x" for name in ("state", "state"))
    headers = {"Content-Type": "application/x-www-form-urlencoded"}
    refused(wallet.issuing.client.post("/par", content=body, headers=headers), 400, "invalid_request")


def test_C17_by_an_authenticated_client(wallet: Authorizing) -> None:
    """Nobody pushes a request without proving to be a client."""
    refused(wallet.push(client_assertion=None, client_assertion_type=None), 401, "invalid_client")


# --- 18: the authorization endpoint ---


def test_C18_client_and_request_uri_are_enough(wallet: Authorizing) -> None:
    """The authorization endpoint works with client_id and request_uri only."""
    page = wallet.open(wallet.pushed())
    assert page.status_code == 200
    assert {"login-form", "login-user", "login-secret", "login-submit", "login-cancel"} <= set(Forms(page.text).ids)
    assert "<script" not in page.text


def test_C18_in_any_order_and_with_unknown_parameters(wallet: Authorizing) -> None:
    """Order does not matter, and parameters beside the two are ignored, even such as were pushed."""
    given = {"z": "1", "state": "another", "redirect_uri": "https://evil.example", "request_uri": wallet.pushed()}
    assert wallet.browser.get("/authorize", params={**given, "client_id": wallet.client_id}).status_code == 200
    uri = given["request_uri"]
    wallet.sign_in(uri, wallet.new_application())
    assert answered(wallet.post("approve", uri))["state"] == STATE


@pytest.mark.parametrize(
    "uri", ["https://wallet.example/request", "urn:ietf:params:oauth:request_uri:short", PREFIX + "A" * 43]
)
def test_C18_only_what_was_pushed(wallet: Authorizing, uri: str) -> None:
    """Names of requests that were not pushed here are refused on a page of ours."""
    assert error_page(wallet.open(uri)) == "invalid_request_uri"


def test_C18_not_without_a_pushed_request(wallet: Authorizing) -> None:
    """An authorization request in the front channel itself is refused on a page of ours."""
    given = {"client_id": wallet.client_id, "redirect_uri": wallet.callback, "response_type": "code", "state": STATE}
    assert error_page(wallet.browser.get("/authorize", params=given)) == "invalid_request"


def test_C18_bound_to_the_client(wallet: Authorizing, other: Authorizing) -> None:
    """Another client cannot use the name of a request, and the request is still good."""
    uri = wallet.pushed()
    assert error_page(other.open(uri)) == "invalid_request_uri"
    assert wallet.open(uri).status_code == 200


def test_C18_a_second_visit_before_login(wallet: Authorizing) -> None:
    """The same request may be opened again before somebody signed in, by another browser too."""
    uri = wallet.pushed()
    assert wallet.open(uri, wallet.new_browser()).status_code == 200
    assert wallet.open(uri).status_code == 200
    assert wallet.open(uri).status_code == 200
    wallet.sign_in(uri, wallet.new_application())
    assert "code" in answered(wallet.post("approve", uri))


def test_C18_not_after_completion(wallet: Authorizing) -> None:
    """After it was answered, by a code or an error, a request is refused."""
    approved, cancelled = wallet.pushed(), wallet.pushed()
    wallet.approved(approved)
    wallet.open(cancelled)
    wallet.post("cancel", cancelled)
    assert [error_page(wallet.open(uri)) for uri in (approved, cancelled)] == ["invalid_request_uri"] * 2


@pytest.mark.parametrize(("later", "is_good"), [(EXPIRES_IN - 1, True), (EXPIRES_IN, False)])
def test_C18_in_time(wallet: Authorizing, later: int, is_good: bool) -> None:
    """A request that was not opened within expires_in is refused."""
    uri = wallet.pushed()
    wallet.issuing.clock.move(later)
    answer = wallet.open(uri)
    assert answer.status_code == 200 if is_good else error_page(answer) == "invalid_request_uri"


# --- 19: what is refused where it is pushed ---


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"code_challenge": None, "code_challenge_method": None}, "invalid_request"),
        ({"code_challenge_method": "plain"}, "invalid_request"),
        ({"code_challenge_method": None}, "invalid_request"),
        ({"response_type": "code id_token"}, "unsupported_response_type"),
        ({"response_type": "token"}, "unsupported_response_type"),
        ({"response_type": None}, "invalid_request"),
        ({"redirect_uri": None}, "invalid_request"),
        ({"redirect_uri": "https://wallet.example/other"}, "invalid_request"),
        ({"scope": "openid x_unknown"}, "invalid_scope"),
        ({"scope": None}, "invalid_scope"),
    ],
    ids=lambda value: "-".join(value) if isinstance(value, dict) else "",
)
def test_C19_refused_at_once(wallet: Authorizing, changes: dict[str, str | None], code: str) -> None:
    """Missing or plain PKCE, another response type, a missing or unregistered redirect URI are refused when they are pushed."""
    refused(wallet.push(**changes), 400, code)


# --- 20: the answer ---


def test_C20_iss_and_state_come_with_the_code(wallet: Authorizing) -> None:
    """The answer has code, state and iss, and nothing else, in the query."""
    answer = wallet.approved(wallet.pushed())
    assert answered(answer) == {"code": answered(answer)["code"], "state": STATE, "iss": world.ISSUER}
    assert answer.headers["location"].startswith(wallet.callback + "?")
    assert answer.headers["cache-control"] == "no-store"


def test_C20_no_state_where_none_was_sent(wallet: Authorizing) -> None:
    """Without a state in the request there is none in the answer."""
    assert answered(wallet.approved(wallet.pushed(state=None))).keys() == {"code", "iss"}


def test_C20_a_long_state_comes_back_whole(wallet: Authorizing) -> None:
    """A state of a thousand characters comes back byte for byte."""
    state = "a+b%20&=/é" * 100
    assert answered(wallet.approved(wallet.pushed(state=state)))["state"] == state


def test_C20_the_query_of_the_redirect_uri_stays(other: Authorizing) -> None:
    """A redirect URI with a query keeps it, and the answer is joined with an ampersand."""
    answer = other.approved(other.pushed())
    assert answer.headers["location"].startswith(CALLBACK_WITH_QUERY + "&")
    assert answered(answer).keys() == {"dummy1", "dummy2", "code", "state", "iss"}


# --- 21: the citizen says no ---


@pytest.mark.parametrize("signed_in", [False, True])
def test_C21_whoever_cancels_is_sent_back(wallet: Authorizing, signed_in: bool) -> None:
    """Cancelling before or after signing in sends the browser back with access_denied, state and iss alone."""
    uri = wallet.pushed()
    wallet.open(uri)
    if signed_in:
        wallet.sign_in(uri, wallet.new_application())
        page = Forms(wallet.open(uri).text)
        assert {"consent-form", "consent-claims", "consent-approve", "consent-cancel"} <= set(page.ids)
    answer = answered(wallet.post("cancel", uri))
    assert answer == {"error": "access_denied", "state": STATE, "iss": world.ISSUER}


# --- 22: codes ---


def test_C22_a_code_nobody_guesses(wallet: Authorizing) -> None:
    """A code has 256 random bits."""
    code = wallet.new_code()
    assert len(code) == 43
    assert shannon(code) > 96
    assert wallet.new_code() != code


def test_C22_once(wallet: Authorizing) -> None:
    """A code that comes again is refused, and the tokens it gave are dead."""
    code = wallet.new_code()
    first = wallet.redeem(code).json()
    wallet.issuing.clock.move(1)
    refused(wallet.redeem(code), 400, "invalid_grant")
    refused(wallet.bound.request(first["access_token"]), 401, "invalid_token")
    refused(wallet.refresh(first["refresh_token"]), 400, "invalid_grant")


@pytest.mark.parametrize(("later", "is_good"), [(59, True), (60, False)])
def test_C22_for_a_minute(wallet: Authorizing, later: int, is_good: bool) -> None:
    """A code is good for less than a minute."""
    code = wallet.new_code()
    wallet.issuing.clock.move(later)
    answer = wallet.redeem(code)
    assert answer.status_code == 200 if is_good else refused(answer, 400, "invalid_grant")


def test_C22_for_its_client(wallet: Authorizing, other: Authorizing) -> None:
    """A code of another client is refused, and stays good for its own."""
    code = wallet.new_code()
    refused(other.redeem(code), 400, "invalid_grant")
    refused(other.redeem(code, redirect_uri=wallet.callback), 400, "invalid_grant")
    assert wallet.redeem(code).status_code == 200


# --- 24: authorization details ---


def details(*asked: dict[str, Any]) -> str:
    return json.dumps(list(asked))


def test_C24_details_that_were_asked_for_are_granted(wallet: Authorizing) -> None:
    """Authorization details come back with the same configuration and credential identifiers, and stay so at refreshes."""
    asked = details(
        {**DETAIL, "x_unknown": 1, "locations": [world.ISSUER]}, {**DETAIL, "credential_configuration_id": AGE_SD_JWT}
    )
    first = wallet.start(scope=None, authorization_details=asked)
    granted = first["authorization_details"]
    assert [one["credential_configuration_id"] for one in granted] == [IDENTITY_SD_JWT, AGE_SD_JWT]
    for one in granted:
        assert one.keys() == {"type", "credential_configuration_id", "credential_identifiers"}
        assert one["type"] == "openid_credential"
        assert len(one["credential_identifiers"]) == 1
    assert wallet.refresh(first["refresh_token"]).json()["authorization_details"] == granted


def test_C24_the_identifiers_are_those_of_credential_requests(wallet: Authorizing) -> None:
    """A token with identifiers gives credentials by them, and by nothing else; so it is after a refresh."""
    first = wallet.start(scope=None, authorization_details=details(DETAIL))
    second = wallet.refresh(first["refresh_token"]).json()
    for token in (first["access_token"], second["access_token"]):
        identifier = first["authorization_details"][0]["credential_identifiers"][0]
        assert wallet.ask(token, credential_identifier=identifier).status_code == 200
        refused(wallet.ask(token, credential_configuration_id=IDENTITY_SD_JWT), 400, "invalid_credential_request")
        refused(wallet.ask(token, credential_identifier="another"), 400, "unknown_credential_identifier")


def test_C24_none_where_a_scope_was_asked_for(wallet: Authorizing) -> None:
    """Without authorization details in the request there are none in the answer, but the scope."""
    first = wallet.start(scope=f"{IDENTITY_SD_JWT} x_unknown {IDENTITY_MDOC}")
    assert "authorization_details" not in first
    assert first["scope"] == f"{IDENTITY_SD_JWT} {IDENTITY_MDOC}"
    assert wallet.ask(first["access_token"], credential_configuration_id=IDENTITY_MDOC).status_code == 200
    refused(wallet.ask(first["access_token"], credential_configuration_id=AGE_SD_JWT), 403, "insufficient_scope")


@pytest.mark.parametrize(
    "text",
    [
        "[]",
        "{}",
        "not json",
        details({**DETAIL, "type": "other"}),
        details({**DETAIL, "credential_configuration_id": "unknown"}),
        details({"type": "openid_credential"}),
        details({**DETAIL, "locations": ["https://other.example"]}),
        details(*[DETAIL] * 33),
    ],
    ids=["none", "object", "text", "type", "unknown", "nothing", "elsewhere", "many"],
)
def test_C24_details_that_cannot_be(wallet: Authorizing, text: str) -> None:
    """Details of another type, of what there is not, or for somebody else are refused when they are pushed."""
    refused(wallet.push(authorization_details=text), 400, "invalid_authorization_details")


# --- 25: the code grant ---


@pytest.mark.parametrize("verifier", [None, "w" * 43, "v" * 42, ""])
def test_C25_only_with_the_verifier(wallet: Authorizing, verifier: str | None) -> None:
    """A missing or wrong code_verifier is an invalid grant."""
    refused(wallet.redeem(wallet.new_code(), code_verifier=verifier), 400, "invalid_grant")


def test_C25_only_with_a_key(wallet: Authorizing) -> None:
    """Without a DPoP proof there is no token."""
    code = wallet.new_code()
    form = {"grant_type": "authorization_code", "code": code, "redirect_uri": wallet.callback, "code_verifier": "v" * 43}
    refused(
        wallet.bound.token({**form, **wallet.assertion()}, []), 400, "invalid_dpop_proof", "invalid_request", "invalid_grant"
    )
    assert wallet.redeem(code).status_code == 200


def test_C25_401_only_for_a_client_that_is_none(wallet: Authorizing) -> None:
    """A request without client authentication is refused with 401 and invalid_client."""
    refused(wallet.redeem(wallet.new_code(), client_assertion=None, client_assertion_type=None), 401, "invalid_client")


def test_C25_the_redirect_uri_is_the_one_pushed(wallet: Authorizing) -> None:
    """Another redirect URI than the one in the request is an invalid grant."""
    refused(wallet.redeem(wallet.new_code(), redirect_uri=CALLBACK_WITH_QUERY), 400, "invalid_grant")


# --- 26: codes bound to keys ---


def test_C26_a_named_key(wallet: Authorizing) -> None:
    """A code bound by dpop_jkt is refused with another key, and given for this one."""
    mine = thumbprint_of(parse_public_jwk(wallet.bound.signer.public_jwk))
    refused(wallet.redeem(wallet.new_code(dpop_jkt=DEVICE)), 400, "invalid_grant", "invalid_dpop_proof")
    assert wallet.redeem(wallet.new_code(dpop_jkt=mine)).status_code == 200


def test_C26_a_proven_key(wallet: Authorizing) -> None:
    """A code bound by a proof at the pushed request is refused with another key, and given for this one."""
    for bound, status in ((BoundWallet(wallet.issuing), 400), (wallet.bound, 200)):
        answer = wallet.push(headers={"DPoP": bound.proof("/par")})
        assert answer.status_code == 201, answer.text
        code = answered(wallet.approved(answer.json()["request_uri"]))["code"]
        assert wallet.redeem(code).status_code == status


def test_C26_a_named_key_that_is_not_the_proven_one(wallet: Authorizing) -> None:
    """dpop_jkt and proof of different keys are refused when they are pushed."""
    refused(
        wallet.push(dpop_jkt=DEVICE, headers={"DPoP": wallet.bound.proof("/par")}), 400, "invalid_dpop_proof", "invalid_request"
    )
    refused(wallet.push(dpop_jkt="short"), 400, "invalid_request")


def test_C26_control_named_and_proven(wallet: Authorizing) -> None:
    """The same key named and proven is fine."""
    mine = thumbprint_of(parse_public_jwk(wallet.bound.signer.public_jwk))
    assert wallet.push(dpop_jkt=mine, headers={"DPoP": wallet.bound.proof("/par")}).status_code == 201


def test_C18_the_server_says_that_requests_are_pushed(wallet: Authorizing) -> None:
    """The metadata name both endpoints, require pushed requests, and say that answers have iss."""
    body = wallet.issuing.client.get("/.well-known/oauth-authorization-server").json()
    assert body["require_pushed_authorization_requests"] is True
    assert body["authorization_response_iss_parameter_supported"] is True
    assert (body["response_types_supported"], body["code_challenge_methods_supported"]) == (["code"], ["S256"])
    assert urlsplit(body["authorization_endpoint"]).path == "/authorize"
    assert urlsplit(body["pushed_authorization_request_endpoint"]).path == "/par"
    assert "authorization_code" in body["grant_types_supported"]
