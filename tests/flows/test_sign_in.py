"""A sign-in from the service's first redirect to userinfo, over HTTP, with a wallet that speaks only the wire."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from sinwon.formats.jose.jws import parse_jws, verify_jws
from sinwon.keys.jwk import parse_public_jwk
from sinwon.protocols.oidc.id_token import at_hash
from tests import world
from tests.gateway_world import (
    CALLBACK,
    PERSON,
    GatewayWorld,
    Wallet,
    asked,
    authorize_parameters,
    begin,
    gateway_world,
    parameters_of,
    plain,
    redeem,
    signed_in,
    token_claims,
    wallet_link_on,
)


@pytest.fixture
def here(tmp_path: Path) -> Iterator[GatewayWorld]:
    with gateway_world(tmp_path) as made:
        yield made


def test_a_sign_in_from_redirect_to_userinfo(here: GatewayWorld) -> None:
    browser, http, wallet = here.client(), here.client(), Wallet(here.clock)
    back = signed_in(here, browser, wallet)
    assert back.keys() == {"code", "state", "iss"}
    assert (back["state"], back["iss"]) == ("af0ifjsldkj", world.GATEWAY)
    tokens = redeem(http, back["code"])
    assert tokens.status_code == 200
    body = tokens.json()
    assert (body["token_type"], body["expires_in"], body["scope"]) == ("Bearer", 300, "openid gov-minwon")
    claims = token_claims(body["id_token"])
    assert claims["iss"] == world.GATEWAY
    assert claims["aud"] == "gov24-client"
    assert claims["nonce"] == "n-0S6_WzA2Mj"
    assert claims["acr"] == "urn:sinwon:acr:l2"
    assert claims["amr"] == ["swk"]
    assert claims["auth_time"] == here.clock()
    assert claims["exp"] - claims["iat"] <= 300
    assert claims["at_hash"] == at_hash(body["access_token"])
    for method in (http.get, http.post):
        info = method("/userinfo", headers={"authorization": f"Bearer {body['access_token']}"})
        assert info.status_code == 200
        assert info.json() == {
            "sub": claims["sub"],
            "name": "김바다",
            "birthdate": "1988-02-03",
            "phone_number": "+12135550123",
            "email": "bada@example.com",
            "address": {"formatted": "1 Example St\nLos Angeles"},
            "registration": {"mission_name": "주로스앤젤레스총영사관"},
        }
    assert PERSON not in claims["sub"]


def test_id_token_verifies_with_the_published_key(here: GatewayWorld) -> None:
    http = here.client()
    body = redeem(http, signed_in(here, here.client(), Wallet(here.clock))["code"]).json()
    metadata = http.get("/.well-known/openid-configuration").json()
    (jwk,) = http.get(metadata["jwks_uri"]).json()["keys"]
    token = parse_jws(body["id_token"])
    assert token.header["kid"] == jwk["kid"]
    verify_jws(token, parse_public_jwk(jwk), typ="JWT")
    assert {"gov-minwon-rrn", "gov-strong"} < set(metadata["scopes_supported"])
    assert "rrn-below-l3" not in metadata["scopes_supported"]
    assert {"name", "address", "registration"} <= set(metadata["claims_supported"])
    assert metadata["authorization_response_iss_parameter_supported"] is True


def test_subjects_are_stable_at_one_service_and_differ_between_services(here: GatewayWorld) -> None:
    http = here.client()
    first, second = (redeem(http, signed_in(here, here.client(), Wallet(here.clock))["code"]).json() for _ in range(2))
    other = {"client_id": "oka365-client", "redirect_uri": "https://oka365.example/callback"}
    third = redeem(http, signed_in(here, here.client(), Wallet(here.clock), **other)["code"], **other).json()
    subjects = [token_claims(body["id_token"])["sub"] for body in (first, second, third)]
    assert subjects[0] == subjects[1] != subjects[2]


def test_a_person_may_leave_out_what_is_optional(here: GatewayWorld) -> None:
    wallet = Wallet(here.clock, choice=1)
    http = here.client()
    body = redeem(http, signed_in(here, here.client(), wallet)["code"]).json()
    info = http.get("/userinfo", headers={"authorization": f"Bearer {body['access_token']}"}).json()
    assert info.keys() == {"sub", "name", "birthdate"}


def test_the_request_object_is_what_a_wallet_expects(here: GatewayWorld) -> None:
    http, wallet = here.client(), Wallet(here.clock)
    browser = here.client()
    link = wallet_link_on(browser.get(begin(browser)).text)
    assert link.startswith("openid4vp://?")
    outer = parameters_of(link)
    assert outer.keys() == {"client_id", "request_uri"}
    first, second = http.get(outer["request_uri"]), http.get(outer["request_uri"])
    assert first.headers["content-type"] == "application/oauth-authz-req+jwt"
    assert first.headers["cache-control"] == "no-store"
    token, again = parse_jws(first.text), parse_jws(second.text)
    assert (token.typ, len(token.header["x5c"])) == ("oauth-authz-req+jwt", 1)
    claims = token.claims()
    assert claims == again.claims()
    assert claims["aud"] == "https://self-issued.me/v2"
    assert (claims["response_type"], claims["response_mode"]) == ("vp_token", "direct_post.jwt")
    assert len(claims["nonce"]) == 43
    (jwk,) = claims["client_metadata"]["jwks"]["keys"]
    assert (jwk["alg"], jwk["use"], jwk["crv"]) == ("ECDH-ES", "enc", "P-256")
    assert claims["client_metadata"]["encrypted_response_enc_values_supported"] == ["A128GCM", "A256GCM"]
    posted = http.post(outer["request_uri"], data={"wallet_nonce": "w" * 22})
    assert parse_jws(posted.text).claims()["wallet_nonce"] == "w" * 22
    assert "wallet_nonce" not in claims
    assert wallet.post(http, claims).status_code == 200
    assert http.get(outer["request_uri"]).status_code == 404


def test_P10_P24_nonces_request_ids_and_keys_are_never_used_twice(here: GatewayWorld) -> None:
    wallet, http = Wallet(here.clock), here.client()
    requests = [asked(here.client(), wallet, http) for _ in range(20)]
    jwks = [request["client_metadata"]["jwks"]["keys"][0] for request in requests]
    for values in (
        [request["nonce"] for request in requests],
        [request["state"] for request in requests],
        [jwk["x"] for jwk in jwks],
        [jwk["kid"] for jwk in jwks],
    ):
        assert len(set(values)) == len(requests)


def test_P15_unknown_closed_and_expired_requests_look_alike(here: GatewayWorld) -> None:
    wallet, http = Wallet(here.clock), here.client()
    used, expired = asked(here.client(), wallet, http), asked(here.client(), wallet, http)
    assert wallet.post(http, used).status_code == 200
    here.clock.move(300)
    paths = [f"/presentations/{name}/request" for name in ("x" * 43, used["state"], expired["state"])]
    answers = [http.get(path) for path in paths]
    assert [answer.status_code for answer in answers] == [404] * 3
    assert len({answer.text for answer in answers}) == 1


def test_P15_control_an_open_request_is_given_to_any_address(here: GatewayWorld) -> None:
    wallet = Wallet(here.clock)
    request = asked(here.client(), wallet, here.client())
    assert here.client().get(f"/presentations/{request['state']}/request").status_code == 200


@pytest.mark.parametrize("how", ["other browser", "no cookie", "guessed", "without code", "twice", "too late"])
def test_P30_response_codes_count_once_in_the_browser_that_began(here: GatewayWorld, how: str) -> None:
    browser, http, wallet = here.client(), here.client(), Wallet(here.clock)
    uri = plain(wallet.post(http, asked(browser, wallet, http)).text)["redirect_uri"]
    stranger = here.client()
    if how == "other browser":
        begin(stranger)
        answer = stranger.get(uri)
    elif how == "no cookie":
        answer = stranger.get(uri)
    elif how == "guessed":
        answer = browser.get(uri[:-43] + "A" * 43)
    elif how == "without code":
        answer = browser.get(uri.partition("?")[0])
    elif how == "twice":
        assert browser.get(uri).status_code == 303
        answer = browser.get(uri)
    else:
        here.clock.move(120)
        answer = browser.get(uri)
    assert answer.status_code in {403, 410}
    assert "location" not in answer.headers
    assert 'id="error-page"' in answer.text
    if how in {"other browser", "no cookie", "guessed", "without code"}:
        assert browser.get(uri).status_code == 303


def test_P30_control_the_same_browser_comes_back_with_its_code(here: GatewayWorld) -> None:
    assert signed_in(here, here.client(), Wallet(here.clock))["code"]


def test_P30_a_head_request_uses_no_code_up(here: GatewayWorld) -> None:
    browser, http, wallet = here.client(), here.client(), Wallet(here.clock)
    uri = plain(wallet.post(http, asked(browser, wallet, http)).text)["redirect_uri"]
    assert browser.head(uri).status_code == 405
    assert browser.get(uri).status_code == 303


def test_P30_the_cookie_is_for_this_host_alone(here: GatewayWorld) -> None:
    answer = here.client().get("/authorize", params=authorize_parameters())
    cookie = answer.headers["set-cookie"]
    assert cookie.startswith("__Host-sinwon-gateway=")
    for part in ("HttpOnly", "Secure", "SameSite=lax", "Path=/"):
        assert part in cookie
    assert "Domain" not in cookie


def test_P29_no_qr_code_unless_the_service_may_be_used_across_devices(here: GatewayWorld) -> None:
    browser = here.client()
    assert "data:image/svg" not in browser.get(begin(browser)).text


@pytest.mark.parametrize(
    ("changes", "error"),
    [
        ({"response_type": None}, "invalid_request"),
        ({"response_type": "token"}, "unsupported_response_type"),
        ({"response_mode": "fragment"}, "invalid_request"),
        ({"code_challenge": None}, "invalid_request"),
        ({"code_challenge_method": None}, "invalid_request"),
        ({"code_challenge_method": "plain"}, "invalid_request"),
        ({"code_challenge": "short"}, "invalid_request"),
        ({"scope": "gov-minwon"}, "invalid_scope"),
        ({"scope": "openid gov-minwon login-basic"}, "invalid_scope"),
        ({"scope": "openid counter-id"}, "invalid_scope"),
        ({"scope": "openid no-such-purpose"}, "invalid_scope"),
        ({"scope": "openid rrn-below-l3"}, "invalid_scope"),
        ({"client_id": "bank-client", "redirect_uri": "https://bank.example/callback"}, "unauthorized_client"),
        ({"prompt": "none"}, "login_required"),
        ({"prompt": "none login"}, "invalid_request"),
        ({"max_age": "-1"}, "invalid_request"),
        ({"request": "eyJ"}, "request_not_supported"),
        ({"request_uri": "https://gov24.example/request"}, "request_uri_not_supported"),
    ],
)
def test_what_is_wrong_with_a_request_is_told_to_the_service(
    here: GatewayWorld, changes: dict[str, str | None], error: str
) -> None:
    answer = here.client().get("/authorize", params=authorize_parameters(**changes))
    assert answer.status_code == 303
    assert answer.headers["location"].startswith(str(changes.get("redirect_uri", CALLBACK)) + "?")
    back = parameters_of(answer.headers["location"])
    assert (back["error"], back["state"], back["iss"]) == (error, "af0ifjsldkj", world.GATEWAY)
    assert "code" not in back
    assert back["error_description"].isascii()


@pytest.mark.parametrize(
    "changes",
    [
        {"client_id": "nobody"},
        {"client_id": None},
        {"redirect_uri": None},
        {"redirect_uri": CALLBACK + "/more"},
        {"redirect_uri": CALLBACK + "?a=b"},
        {"redirect_uri": "https://oka365.example/callback"},
        {"state": "x" * 3000},
    ],
)
def test_a_wrong_client_or_address_is_never_redirected_to(here: GatewayWorld, changes: dict[str, str | None]) -> None:
    answer = here.client().get("/authorize", params=authorize_parameters(**changes))
    assert answer.status_code == 400
    assert "location" not in answer.headers
    assert 'id="error-code"' in answer.text


@pytest.mark.parametrize(
    "changes",
    [
        {"prompt": "login"},
        {"max_age": "1"},
        {"acr_values": "urn:sinwon:acr:l3"},
        {"ui_locales": "en-US ko", "login_hint": "x", "display": "popup", "unheard_of": "1"},
        {"scope": "openid profile email"},
        {"scope": "openid"},
        {"nonce": None},
        {"state": None},
    ],
)
def test_harmless_wishes_do_not_stand_in_the_way(here: GatewayWorld, changes: dict[str, str | None]) -> None:
    assert begin(here.client(), **changes).startswith(f"{world.GATEWAY}/sign-in/")


def test_an_authorization_request_may_be_posted(here: GatewayWorld) -> None:
    answer = here.client().post("/authorize", data=authorize_parameters())
    assert answer.status_code == 303
    assert "/sign-in/" in answer.headers["location"]


def test_a_wallet_that_declines_is_told_on_the_page_and_the_person_may_begin_again(here: GatewayWorld) -> None:
    browser, http, wallet = here.client(), here.client(), Wallet(here.clock)
    page = begin(browser)
    request = wallet.fetch(http, wallet_link_on(browser.get(page).text))
    body = f"error=access_denied&state={request['state']}"
    answers = [wallet.post(http, request, body) for _ in range(2)]
    assert [answer.status_code for answer in answers] == [200, 200]
    back = browser.get(plain(answers[0].text)["redirect_uri"])
    assert back.headers["location"] == page
    text = browser.get(page).text
    assert "전달된 정보는 없습니다" in text
    assert 'id="wallet-link"' not in text
    assert browser.post(f"{page}/again").headers["location"] == page
    fresh = wallet.fetch(http, wallet_link_on(browser.get(page).text))
    assert fresh["nonce"] != request["nonce"]
    assert wallet.post(http, request).status_code == 400
    answer = wallet.post(http, fresh)
    assert parameters_of(browser.get(plain(answer.text)["redirect_uri"]).headers["location"])["code"]


def test_a_person_may_go_back_without_sending(here: GatewayWorld) -> None:
    browser, http, wallet = here.client(), here.client(), Wallet(here.clock)
    page = begin(browser)
    request = wallet.fetch(http, wallet_link_on(browser.get(page).text))
    assert here.client().post(f"{page}/cancel").status_code == 403
    back = parameters_of(browser.post(f"{page}/cancel").headers["location"])
    assert (back["error"], back["state"], back["iss"]) == ("access_denied", "af0ifjsldkj", world.GATEWAY)
    assert wallet.post(http, request).status_code == 400
    assert browser.post(f"{page}/cancel").status_code == 410


def test_when_time_runs_out_the_page_offers_more(here: GatewayWorld) -> None:
    browser = here.client()
    page = begin(browser)
    here.clock.move(301)
    text = browser.get(page).text
    assert "시간이 지났습니다" in text
    assert 'id="wallet-link"' not in text
    browser.post(f"{page}/again")
    assert 'id="wallet-link"' in browser.get(page).text


def test_the_page_names_service_claims_and_speaks_two_languages(here: GatewayWorld) -> None:
    browser = here.client()
    page = begin(browser)
    korean, english = browser.get(page).text, browser.get(page, params={"lang": "en"}).text
    for words in ("gov24 (시연)에 로그인", "이 기기에서 열기", "생년월일", "보관", "법적 근거", "보내지 않고 돌아가기"):
        assert words in korean
    for words in ("Sign in to gov24 (demo)", "Open on this device", "Date of birth", "Legal basis"):
        assert words in english
    assert "<script" not in korean


def test_a_service_that_is_taken_off_the_catalogue_gets_nothing_any_more(here: GatewayWorld) -> None:
    wallet, http = Wallet(here.clock), here.client()
    request = asked(here.client(), wallet, http)
    services = tuple(one for one in here.catalogue[0].services if one.id != "gov24")
    here.catalogue[0] = type(here.catalogue[0])(2, world.NOW, world.NOW + 86_400, (), here.catalogue[0].presets, services, {})
    assert http.get(f"/presentations/{request['state']}/request").status_code == 404
    assert wallet.post(http, request).status_code == 400
