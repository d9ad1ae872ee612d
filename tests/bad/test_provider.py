"""Requests to the provider that want more than they may (threats of OpenID Connect, V38 and V39), each with its control."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import pytest
from joserfc import jwt
from joserfc.jwk import KeySet

from sinwon.core.refusal import Unmet
from sinwon.services.presentation.gateway import Settings
from sinwon.services.sign_in.register_client import Registration, register_client
from tests.gateway_world import (
    CALLBACK,
    SECRET,
    VERIFIER,
    GatewayWorld,
    Wallet,
    authorize_parameters,
    begin,
    gateway_world,
    parameters_of,
    redeem,
    signed_in,
    token_claims,
)

NO_PKCE: dict[str, str | None] = {"code_challenge": None, "code_challenge_method": None}
FREE: dict[str, str | None] = {"client_id": "free", **NO_PKCE}


@pytest.fixture
def here(tmp_path: Path) -> Iterator[GatewayWorld]:
    """With two clients of other terms: `free` of PKCE, and `basic` with RS256."""
    with gateway_world(tmp_path, Settings(clients_without_pkce=True), rsa=True) as made:
        register_client(made.gateway, Registration("free", "gov24", (CALLBACK,), SECRET, "gov24.example", pkce=False))
        terms = ("RS256", "client_secret_basic")
        register_client(made.gateway, Registration("basic", "gov24", (CALLBACK,), SECRET, "gov24.example", *terms))
        yield made


def sent_back(here: GatewayWorld, **changes: str | None) -> dict[str, str]:
    answer = here.client().get("/authorize", params=authorize_parameters(**changes))
    assert answer.status_code == 303, answer.text
    assert answer.headers["location"].startswith(CALLBACK)
    return parameters_of(answer.headers["location"])


@pytest.mark.parametrize(
    "changes",
    [NO_PKCE, {"code_challenge_method": "plain"}, {"code_challenge_method": None}, {"code_challenge": "short"}],
)
@pytest.mark.parametrize("client", ["gov24-client", "basic"])
def test_V39_pkce_may_not_be_left_out(here: GatewayWorld, client: str, changes: dict[str, str | None]) -> None:
    assert sent_back(here, client_id=client, **changes)["error"] == "invalid_request"


@pytest.mark.parametrize(
    "changes", [{"code_challenge_method": "plain"}, {"code_challenge_method": None}, {"code_challenge": None}]
)
def test_V39_half_a_challenge_is_none(here: GatewayWorld, changes: dict[str, str | None]) -> None:
    """Whoever may do without PKCE leaves out all of it, or sends all of it."""
    assert sent_back(here, client_id="free", **changes)["error"] == "invalid_request"


def test_V39_a_verifier_without_a_challenge(here: GatewayWorld) -> None:
    """The challenge was taken out on the way here (RFC 9700 §4.8.2): the service's verifier tells."""
    code = signed_in(here, here.client(), Wallet(here.clock), **FREE)["code"]
    answer = redeem(here.client(), code, client_id="free")
    assert (answer.status_code, answer.json()["error"]) == (400, "invalid_grant")


@pytest.mark.parametrize("verifier", [None, "w" * 43])
def test_V39_a_challenge_counts_where_none_was_needed(here: GatewayWorld, verifier: str | None) -> None:
    code = signed_in(here, here.client(), Wallet(here.clock), client_id="free")["code"]
    assert redeem(here.client(), code, client_id="free", code_verifier=verifier).json()["error"] == "invalid_grant"
    assert redeem(here.client(), code, client_id="free", code_verifier=VERIFIER).status_code == 200


def test_V39_control_without_pkce(here: GatewayWorld) -> None:
    code = signed_in(here, here.client(), Wallet(here.clock), **FREE)["code"]
    assert redeem(here.client(), code, client_id="free", code_verifier=None).status_code == 200


def test_V39_a_secret_presented_the_other_way(here: GatewayWorld) -> None:
    """Right, but not as this client is registered; the code is not spent by it."""
    code, http = signed_in(here, here.client(), Wallet(here.clock), client_id="basic")["code"], here.client()
    answer = redeem(http, code, client_id="basic")
    assert (answer.status_code, answer.json()["error"]) == (401, "invalid_client")
    http.auth = ("basic", SECRET)
    assert redeem(http, code, client_id=None, client_secret=None).status_code == 200


@pytest.mark.parametrize(
    ("terms", "allowed"),
    [
        ({"id_token_alg": "RS256"}, {"rsa": True}),
        ({"id_token_alg": "none"}, None),
        ({"id_token_alg": "HS256"}, None),
        ({"auth_method": "none"}, None),
        ({"auth_method": "client_secret_jwt"}, None),
        ({"pkce": False}, {"settings": Settings(clients_without_pkce=True)}),
    ],
)
def test_V39_terms_nobody_may_register(tmp_path: Path, terms: dict[str, Any], allowed: dict[str, Any] | None) -> None:
    """Algorithms without a key, ways to authenticate that are none, no PKCE where every client needs it."""
    wanted = Registration("new", "gov24", (CALLBACK,), SECRET, "gov24.example", **terms)
    with gateway_world(tmp_path) as here, pytest.raises(Unmet):
        register_client(here.gateway, wanted)
    if allowed is not None:
        (tmp_path / "other").mkdir()
        with gateway_world(tmp_path / "other", **allowed) as here:
            register_client(here.gateway, wanted)


@pytest.mark.parametrize("changes", [{"pkce": True}, {"id_token_alg": "RS256"}, {"auth_method": "client_secret_post"}])
def test_V39_terms_do_not_change(here: GatewayWorld, changes: dict[str, Any]) -> None:
    wanted: dict[str, Any] = {"pkce": False, **changes}
    with pytest.raises(Unmet):
        register_client(here.gateway, Registration("free", "gov24", (CALLBACK,), SECRET, "gov24.example", **wanted))


@pytest.mark.parametrize("prompt", ["none login", "none consent", "silent", "login silent"])
def test_V39_prompts_that_contradict_themselves(here: GatewayWorld, prompt: str) -> None:
    assert sent_back(here, prompt=prompt)["error"] == "invalid_request"


@pytest.mark.parametrize("max_age", ["", "-1", "1.5", "a", "1" * 11, "１"])
def test_V39_max_age_that_is_no_number(here: GatewayWorld, max_age: str) -> None:
    assert sent_back(here, max_age=max_age)["error"] == "invalid_request"


def test_V39_an_acr_wished_for_is_not_reached_by_wishing(here: GatewayWorld) -> None:
    code = signed_in(here, here.client(), Wallet(here.clock), acr_values="urn:sinwon:acr:l3")["code"]
    assert token_claims(redeem(here.client(), code).json()["id_token"])["acr"] == "urn:sinwon:acr:l2"


@pytest.mark.parametrize("parameter", ["client_id", "redirect_uri", "state", "scope", "response_type"])
def test_V39_a_parameter_sent_twice(here: GatewayWorld, parameter: str) -> None:
    """Which one counts would be anybody's guess: a page of ours, and no way back."""
    sent = urlencode([*authorize_parameters().items(), (parameter, "other")])
    answer = here.client().get(f"/authorize?{sent}")
    assert (answer.status_code, "location" in answer.headers) == (400, False)


def test_V39_control_prompts_and_ages(here: GatewayWorld) -> None:
    for prompt in ("login", "consent", "select_account", "login consent", ""):
        assert begin(here.client(), prompt=prompt, max_age="10000").startswith("https://")


def basic_tokens(here: GatewayWorld) -> dict[str, str]:
    http = here.client()
    http.auth = ("basic", SECRET)
    code = signed_in(here, here.client(), Wallet(here.clock), client_id="basic")["code"]
    return dict(redeem(http, code, client_id=None, client_secret=None).json())


def test_V38_an_id_token_is_no_access_token(here: GatewayWorld) -> None:
    """Nor is an access token read from a form."""
    body, http = basic_tokens(here), here.client()
    assert http.get("/userinfo", headers={"authorization": f"Bearer {body['id_token']}"}).status_code == 401
    assert http.post("/userinfo", data={"access_token": body["access_token"]}).status_code == 401


def test_V38_control_an_access_token(here: GatewayWorld) -> None:
    body = basic_tokens(here)
    answer = here.client().get("/userinfo", headers={"authorization": f"Bearer {body['access_token']}"})
    assert answer.json()["sub"] == token_subject(here, body["id_token"])


def token_subject(here: GatewayWorld, token: str) -> str:
    """By a library of other people: RS256 is nothing that we read."""
    keys = KeySet.import_key_set(here.client().get("/jwks").json())
    return str(jwt.decode(token, keys, algorithms=["RS256"]).claims["sub"])
