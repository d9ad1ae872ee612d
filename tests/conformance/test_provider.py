"""The OpenID Connect provider, as a harness that plays services meets it: 71 to 75."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from joserfc import jwt
from joserfc.jwk import KeySet
from joserfc.jws import extract_compact
from starlette.testclient import TestClient

from sinwon.formats.jose.jws import parse_jws
from sinwon.protocols.oidc.id_token import at_hash
from sinwon.services.presentation.gateway import Settings
from sinwon.services.sign_in.register_client import Registration, register_client
from tests import world
from tests.gateway_world import SECRET, GatewayWorld, Wallet, authorize_parameters, gateway_world, parameters_of, signed_in

HARNESS = "https://harness.example/test/a/sinwon/callback"
CLIENTS = {"conf-rp-1": "client_secret_basic", "conf-rp-2": "client_secret_basic", "conf-rp-3": "client_secret_post"}
PLAIN: dict[str, str | None] = {
    "client_id": "conf-rp-1",
    "redirect_uri": HARNESS,
    "code_challenge": None,
    "code_challenge_method": None,
}
"""What a service of the harness sends: no PKCE."""


@pytest.fixture
def here(tmp_path: Path) -> Iterator[GatewayWorld]:
    """A provider that knows the harness's services."""
    with gateway_world(tmp_path, Settings(clients_without_pkce=True), rsa=True) as made:
        for name, method in CLIENTS.items():
            sector = "harness.example"
            register_client(made.gateway, Registration(name, "gov24", (HARNESS,), SECRET, sector, "RS256", method, pkce=False))
        yield made


def token_answer(http: TestClient, code: str, client: str = "conf-rp-1", method: str | None = None, **more: str) -> Any:
    """The token endpoint's answer to that client."""
    form = {"grant_type": "authorization_code", "code": code, "redirect_uri": HARNESS, **more}
    if (method or CLIENTS[client]) == "client_secret_basic":
        return http.post("/token", data=form, auth=(client, SECRET))
    return http.post("/token", data={**form, "client_id": client, "client_secret": SECRET})


def tokens(here: GatewayWorld, browser: TestClient | None = None, **changes: str | None) -> dict[str, Any]:
    """All of a sign-in, to the tokens."""
    sent = {**PLAIN, **changes}
    back = signed_in(here, browser or here.client(), Wallet(here.clock), **sent)
    answer = token_answer(here.client(), back["code"], str(sent["client_id"]))
    assert answer.status_code == 200, answer.text
    return dict(answer.json())


def claims_of(here: GatewayWorld, body: dict[str, Any], alg: str = "RS256") -> dict[str, Any]:
    """The ID token's claims, read by a library of other people with the published keys."""
    keys = KeySet.import_key_set(here.client().get("/jwks").json())
    return dict(jwt.decode(body["id_token"], keys, algorithms=[alg]).claims)


def error_of(answer: Any) -> dict[str, str]:
    """The error that went back to the service."""
    assert answer.status_code == 303, answer.text
    assert answer.headers["location"].startswith(HARNESS)
    return parameters_of(answer.headers["location"])


@pytest.mark.parametrize(
    "uri",
    [
        f"{HARNESS}/more",
        f"{HARNESS}?more=1",
        f"{HARNESS}/",
        HARNESS.replace("harness.", "other."),
        HARNESS.replace("https", "http"),
    ],
)
@pytest.mark.parametrize("method", ["GET", "POST"])
def test_C71_an_unregistered_redirect_uri_is_an_error_page(here: GatewayWorld, uri: str, method: str) -> None:
    """A redirect_uri that differs from the registered one is answered 400 with an error page, never with a redirect."""
    sent = authorize_parameters(**{**PLAIN, "redirect_uri": uri})
    http = here.client()
    answer = http.get("/authorize", params=sent) if method == "GET" else http.post("/authorize", data=sent)
    assert answer.status_code == 400
    assert "location" not in answer.headers
    assert 'id="error-page"' in answer.text
    assert 'id="error-code">invalid_request<' in answer.text
    assert 'id="error-text"' in answer.text


def test_C71_an_unknown_client_is_an_error_page(here: GatewayWorld) -> None:
    """A client nobody registered is answered 400 with an error page, never with a redirect."""
    answer = here.client().get("/authorize", params=authorize_parameters(**{**PLAIN, "client_id": "conf-rp-9"}))
    assert (answer.status_code, "location" in answer.headers) == (400, False)
    assert 'id="error-code">invalid_client<' in answer.text


@pytest.mark.parametrize(
    ("sent", "errors"),
    [
        (None, {"invalid_request", "unsupported_response_type"}),
        ("token", {"unsupported_response_type"}),
        ("code id_token", {"unsupported_response_type"}),
    ],
)
def test_C71_only_the_code_flow_is_there(here: GatewayWorld, sent: str | None, errors: set[str]) -> None:
    """A missing or other response_type goes back to the service with the fitting error, its state and iss."""
    answer = here.client().get("/authorize", params=authorize_parameters(**{**PLAIN, "response_type": sent}))
    back = error_of(answer)
    assert back["error"] in errors
    assert (back["state"], back["iss"]) == ("af0ifjsldkj", world.GATEWAY)


def test_C71_error_pages_show_an_oauth_code(here: GatewayWorld) -> None:
    """Pages that end a sign-in show a code of OAuth as text, whatever was wrong, beside words for people."""
    browser = here.client()
    page = browser.get("/authorize", params=authorize_parameters(**PLAIN)).headers["location"]
    assert 'id="login-cancel"' in browser.get(page).text
    assert 'id="error-code">access_denied<' in here.client().get(page).text
    over = browser.get(f"{world.GATEWAY}/sign-in/{'x' * 22}")
    assert (over.status_code, 'id="error-code">invalid_request<' in over.text) == (410, True)


@pytest.mark.parametrize("hinted", [False, True])
def test_C72_prompt_none_is_login_required(here: GatewayWorld, hinted: bool) -> None:
    """With prompt=none the answer is login_required, after a sign-in and with its ID token as a hint too."""
    browser = here.client()
    hint = {"id_token_hint": tokens(here, browser)["id_token"]} if hinted else {}
    answer = browser.get("/authorize", params=authorize_parameters(**{**PLAIN, "prompt": "none", **hint}))
    back = error_of(answer)
    assert (back["error"], back["state"]) == ("login_required", "af0ifjsldkj")
    assert "code" not in back


@pytest.mark.parametrize("wish", [{"prompt": "login"}, {"max_age": "1"}, {"max_age": "0"}])
def test_C72_the_person_is_asked_again(here: GatewayWorld, wish: dict[str, str]) -> None:
    """prompt=login and max_age=1 in the same browser authenticate anew: auth_time is later, sub the same."""
    browser = here.client()
    first = claims_of(here, tokens(here, browser))
    here.clock.move(2)
    second = claims_of(here, tokens(here, browser, **wish))
    assert second["auth_time"] >= first["auth_time"] + 2
    assert second["sub"] == first["sub"]


@pytest.mark.parametrize("max_age", ["1", "10000"])
def test_C72_auth_time_is_there(here: GatewayWorld, max_age: str) -> None:
    """auth_time is a number in the ID token whenever max_age was sent, and no older than that."""
    claims = claims_of(here, tokens(here, max_age=max_age))
    assert isinstance(claims["auth_time"], int)
    assert here.clock() - claims["auth_time"] <= int(max_age)


@pytest.mark.parametrize("method", ["GET", "POST"])
def test_C73_userinfo_by_get_and_post(here: GatewayWorld, method: str) -> None:
    """Userinfo answers GET and POST with the token in the header: JSON, the ID token's sub, the claims of the purpose."""
    body = tokens(here)
    answer = here.client().request(method, "/userinfo", headers={"authorization": f"Bearer {body['access_token']}"})
    assert (answer.status_code, answer.headers["content-type"]) == (200, "application/json")
    found = answer.json()
    assert found["sub"] == claims_of(here, body)["sub"]
    assert {"name", "birthdate"} <= found.keys()
    offered = here.client().get("/.well-known/openid-configuration").json()["claims_supported"]
    assert found.keys() <= set(offered)


def test_C73_standard_scopes_are_no_error(here: GatewayWorld) -> None:
    """profile, email, address and phone may be asked for beside the purpose, which alone says what is given."""
    body = tokens(here, scope="openid gov-minwon profile email address phone")
    answer = here.client().get("/userinfo", headers={"authorization": f"Bearer {body['access_token']}"}).json()
    assert {"email", "phone_number", "address", "name"} <= answer.keys()


@pytest.mark.parametrize(
    ("parameter", "error"),
    [("request", "request_not_supported"), ("request_uri", "request_uri_not_supported")],
)
@pytest.mark.parametrize("method", ["GET", "POST"])
def test_C74_request_objects_are_refused(here: GatewayWorld, parameter: str, error: str, method: str) -> None:
    """A request object by value or by reference is refused with its own error, never ignored; discovery says so."""
    unsigned = "eyJhbGciOiJub25lIn0.e30."
    sent = authorize_parameters(**{**PLAIN, parameter: unsigned if parameter == "request" else "https://harness.example/r"})
    http = here.client()
    answer = http.get("/authorize", params=sent) if method == "GET" else http.post("/authorize", data=sent)
    assert error_of(answer)["error"] == error
    assert http.get("/.well-known/openid-configuration").json()[f"{parameter}_parameter_supported"] is False


def test_C74_the_redirect_uri_of_a_request_object_counts_nowhere(here: GatewayWorld) -> None:
    """A redirect_uri inside a request object is not redirected to: one outside it is used, or the answer is an error page."""
    inside = "eyJhbGciOiJub25lIn0.eyJyZWRpcmVjdF91cmkiOiJodHRwczovL2V2aWwuZXhhbXBsZS8ifQ."
    http = here.client()
    answer = http.get("/authorize", params=authorize_parameters(**{**PLAIN, "request": inside}))
    assert error_of(answer)["error"] == "request_not_supported"
    answer = http.get("/authorize", params=authorize_parameters(**{**PLAIN, "request": inside, "redirect_uri": None}))
    assert (answer.status_code, 'id="error-page"' in answer.text) == (400, True)


def test_C74_requests_by_post(here: GatewayWorld) -> None:
    """An authorization request as a posted form works as the same in the address does."""
    answer = here.client().post("/authorize", data=authorize_parameters(**PLAIN))
    assert answer.status_code == 303
    assert answer.headers["location"].startswith(f"{world.GATEWAY}/sign-in/")


@pytest.mark.parametrize(
    "wish",
    [
        {"display": "page"},
        {"display": "popup"},
        {"ui_locales": "se"},
        {"ui_locales": "en-US ko"},
        {"claims_locales": "se"},
        {"acr_values": "1 2"},
        {"login_hint": "bada@example.com"},
        {"extra": "foobar", "harness_says": "안녕"},
        {"claims": '{"userinfo":{"name":{"essential":true}}}'},
        {"nonce": None},
        {"state": "a" * 128},
    ],
)
def test_C74_wishes_are_tolerated(here: GatewayWorld, wish: dict[str, str | None]) -> None:
    """display, ui_locales, claims_locales, acr_values, login_hint, claims and parameters nobody knows do no harm, nor does a
    missing nonce."""
    claims = claims_of(here, tokens(here, None, **wish))
    assert claims.get("nonce") == (None if "nonce" in wish else "n-0S6_WzA2Mj")


def test_C74_the_page_speaks_the_language_wished_for(here: GatewayWorld) -> None:
    """ui_locales chooses the page's language where it is one of those discovery names."""
    browser = here.client()
    for locale in browser.get("/.well-known/openid-configuration").json()["ui_locales_supported"]:
        sent = authorize_parameters(**{**PLAIN, "ui_locales": f"xx {locale}"})
        page = browser.get(browser.get("/authorize", params=sent).headers["location"])
        assert f'<html lang="{locale}"' in page.text


@pytest.mark.parametrize("client", CLIENTS)
def test_C75_each_client_by_its_method(here: GatewayWorld, client: str) -> None:
    """client_secret_basic and client_secret_post work, each for the clients registered for it; ID tokens are RS256 with kid."""
    body = tokens(here, client_id=client)
    assert {"token_type": "Bearer", "expires_in": 300}.items() <= body.items()
    header = parse_header(body["id_token"])
    keys = {key["kid"]: key for key in here.client().get("/jwks").json()["keys"]}
    assert (header["alg"], keys[header["kid"]]["alg"], keys[header["kid"]]["use"]) == ("RS256", "RS256", "sig")
    claims = claims_of(here, body)
    assert (claims["iss"], claims["aud"], claims["nonce"]) == (world.GATEWAY, client, "n-0S6_WzA2Mj")
    assert claims["at_hash"] == at_hash(body["access_token"])
    assert claims["exp"] - claims["iat"] <= 300


def test_C75_es256_for_whoever_is_registered_for_it(here: GatewayWorld) -> None:
    """The algorithm is the client's: ES256, with the other key of the set, for one that asked for nothing else."""
    back = signed_in(here, here.client(), Wallet(here.clock))
    form = {"grant_type": "authorization_code", "code": back["code"], "code_verifier": "v" * 43}
    more = {"redirect_uri": "https://gov24.example/callback", "client_id": "gov24-client", "client_secret": SECRET}
    body = here.client().post("/token", data={**form, **more}).json()
    assert parse_jws(body["id_token"]).header["alg"] == "ES256"
    assert claims_of(here, body, "ES256")["aud"] == "gov24-client"


def test_C75_keys_and_discovery(here: GatewayWorld) -> None:
    """Keys are public only, each with kid, use and alg; discovery lists exactly their algorithms and both methods."""
    http = here.client()
    metadata, keys = http.get("/.well-known/openid-configuration").json(), http.get("/jwks").json()["keys"]
    assert metadata["issuer"] == world.GATEWAY
    assert all(metadata[name].startswith("https://") for name in metadata if name.endswith(("_endpoint", "_uri")))
    assert {key["alg"] for key in keys} == set(metadata["id_token_signing_alg_values_supported"]) == {"RS256", "ES256"}
    assert len({key["kid"] for key in keys}) == len(keys) == 2
    public = {"kty", "kid", "use", "alg", "crv", "x", "y", "n", "e"}
    assert all(key.keys() <= public and key["use"] == "sig" for key in keys)
    assert set(metadata["token_endpoint_auth_methods_supported"]) == {"client_secret_basic", "client_secret_post"}
    assert metadata["response_types_supported"] == ["code"]
    assert metadata["subject_types_supported"] == ["pairwise"]


def test_C75_pkce_counts_where_it_is_sent(here: GatewayWorld) -> None:
    """A client that need not send a code challenge may, and then must know the verifier."""
    challenge = {name: authorize_parameters()[name] for name in ("code_challenge", "code_challenge_method")}
    code = signed_in(here, here.client(), Wallet(here.clock), **{**PLAIN, **challenge})["code"]
    http = here.client()
    assert token_answer(http, code).json()["error"] == "invalid_grant"
    assert token_answer(http, code, code_verifier="v" * 43).status_code == 200


def test_C75_a_code_used_again_is_refused_and_ends_the_token(here: GatewayWorld) -> None:
    """A code that comes again, at once or half a minute later, is invalid_grant, and the access token it gave is void."""
    code = signed_in(here, here.client(), Wallet(here.clock), **PLAIN)["code"]
    http = here.client()
    bearer = {"authorization": f"Bearer {token_answer(http, code).json()['access_token']}"}
    here.clock.move(30)
    answer = token_answer(http, code)
    assert (answer.status_code, answer.json()["error"]) == (400, "invalid_grant")
    assert http.get("/userinfo", headers=bearer).status_code == 401


def parse_header(token: str) -> dict[str, Any]:

    return dict(extract_compact(token.encode()).headers())


def test_C75_the_form_of_requests(here: GatewayWorld) -> None:
    """Basic works with the id in the form as well, which is then the same."""
    code = signed_in(here, here.client(), Wallet(here.clock), **PLAIN)["code"]
    http = here.client()
    assert token_answer(http, code, client_id="conf-rp-2").status_code == 401
    assert token_answer(http, code, client_id="conf-rp-1").status_code == 200
