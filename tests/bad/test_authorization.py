"""Hostile inputs of the authorization code flow, rows I09 and I12 to I15 of the threat catalogue, over HTTP, each beside its
control; and the PIN's one counter, the browser's cookie and forms of other sites."""

from concurrent.futures import ThreadPoolExecutor
from typing import Any

import httpx2
import pytest
from sqlalchemy import select

from sinwon.keys.software import generate_key
from sinwon.protocols.oauth.pushed_request import EXPIRES_IN, MAX_DETAILS, PREFIX
from sinwon.services.authorization.issuer_state import issuer_state
from sinwon.services.authorization.open_request import SIGN_IN_SECONDS
from sinwon.store.issuer.tables import AUDIT, AUTHORIZATIONS, COPIES, OFFERS, TOKENS
from tests import world
from tests.authorizing import STATE, VERIFIER, WALLETS, Authorizing, Forms, answered, error_page, with_wallets
from tests.issuing import PIN, Issuing, code_of, refused, rows

PARALLEL = 50
WRONG = "999999"


@pytest.fixture
def wallet(issuing: Issuing) -> Authorizing:
    return Authorizing(with_wallets(issuing, code_offers=True))


@pytest.fixture
def other(wallet: Authorizing) -> Authorizing:
    found = Authorizing(wallet.issuing, "wallet-2")
    found.bound = wallet.bound
    return found


def nothing_given(wallet: Authorizing) -> bool:
    return rows(wallet.issuing, TOKENS) == 0 and rows(wallet.issuing, COPIES) == 0


def actions(wallet: Authorizing) -> list[str]:
    table = AUDIT.table
    with wallet.issuing.issuer.engine.connect() as connection:
        return list(connection.execute(select(table.c.action).order_by(table.c.number)).scalars())


# --- I09: an offer of somebody else [OID4VCI 5.1.3] [OID4VCI 13.6] ---


def state_of(wallet: Authorizing) -> tuple[str, str]:
    """What an offer gives the wallet to bring back, and the application it is of."""
    offer = wallet.issuing.open(wallet.issuing.make_offer())
    return offer["grants"]["authorization_code"]["issuer_state"], f"application-{wallet.issuing.applications}"


def test_I09_another_person_than_that_of_the_offer(wallet: Authorizing) -> None:
    attackers, _application = state_of(wallet)
    uri = wallet.pushed(issuer_state=attackers)
    wallet.open(uri)
    victims = wallet.new_application()
    answer = answered(wallet.sign_in(uri, victims))
    assert answer == {"error": "access_denied", "state": STATE, "iss": world.ISSUER}
    assert nothing_given(wallet)
    assert error_page(wallet.open(uri)) == "invalid_request_uri"
    assert actions(wallet)[-1] == "authorization.denied"
    assert wallet.new_code(application=victims)


def test_I09_control_the_person_of_the_offer(wallet: Authorizing) -> None:
    mine, application = state_of(wallet)
    code = wallet.new_code(application=application, issuer_state=mine)
    assert wallet.redeem(code).status_code == 200


@pytest.mark.parametrize("spoil", ["offer", "mark", "none", "long"])
def test_I09_a_state_that_is_none_of_ours(wallet: Authorizing, spoil: str) -> None:
    mine, _application = state_of(wallet)
    offer, _, mark = mine.partition(".")
    given = {"offer": f"{offer[:-1]}A.{mark}", "mark": f"{offer}.{mark[:-1]}A", "none": "", "long": "x" * 2000}[spoil]
    if given == mine:
        given = mine.replace("A", "B")
    refused(wallet.push(issuer_state=given), 400, "invalid_request")


def test_I09_a_state_of_an_offer_there_is_not(wallet: Authorizing) -> None:
    refused(wallet.push(issuer_state=issuer_state(wallet.issuing.issuer, "A" * 22)), 400, "invalid_request")


# --- I12: requests that are not pushed, or not protected [HAIP 4] [RFC 7636 4.3] [RFC 7523 3] ---


@pytest.mark.parametrize("missing", ["request_uri", "client_id", "both"])
def test_I12_a_request_that_was_not_pushed(wallet: Authorizing, missing: str) -> None:
    given = {
        "client_id": wallet.client_id,
        "request_uri": wallet.pushed(),
        "response_type": "code",
        "redirect_uri": wallet.callback,
        "state": STATE,
        "scope": "overseas-national-sd-jwt",
    }
    left = {name: value for name, value in given.items() if missing not in {name, "both"}}
    if missing == "both":
        left = {name: value for name, value in given.items() if name not in {"client_id", "request_uri"}}
    assert error_page(wallet.browser.get("/authorize", params=left)) == "invalid_request"


@pytest.mark.parametrize(
    "changes",
    [
        {"code_challenge_method": "plain"},
        {"code_challenge_method": "s256"},
        {"code_challenge_method": None},
        {"code_challenge": None},
        {"code_challenge": None, "code_challenge_method": None},
        {"code_challenge": "short"},
        {"code_challenge": "A" * 44},
        {"code_challenge": "A" * 42 + "="},
    ],
    ids=["plain", "lower", "no-method", "no-challenge", "no-pkce", "short", "long", "padded"],
)
def test_I12_no_pkce_or_a_weak_one(wallet: Authorizing, changes: dict[str, Any]) -> None:
    refused(wallet.push(**changes), 400, "invalid_request")
    assert rows(wallet.issuing, AUTHORIZATIONS) == 0


def spoiled(wallet: Authorizing, fault: str) -> dict[str, Any]:
    """A client assertion with one fault."""
    now = wallet.issuing.clock.now
    changes: dict[str, dict[str, Any]] = {
        "algorithm": {},
        "none": {},
        "key": {"signer": generate_key()},
        "audience": {"aud": world.ISSUER + "/token"},
        "audience-list": {"aud": [world.ISSUER, "https://other.example"]},
        "no-audience": {"aud": None},
        "other-client": {"iss": "wallet-2", "sub": "wallet-2"},
        "issuer-is-not-subject": {"sub": "wallet-2"},
        "unknown-client": {"iss": "nobody", "sub": "nobody"},
        "expired": {"exp": now - 61, "iat": now - 121},
        "endless": {"exp": now + 86_400},
        "no-end": {"exp": None},
        "end-as-text": {"exp": str(now + 60)},
        "future": {"iat": now + 61},
        "not-yet": {"nbf": now + 61},
        "no-jti": {"jti": None},
        "typ": {"h_typ": "dpop+jwt"},
    }
    found = wallet.assertion(**changes[fault])
    if fault in {"algorithm", "none"}:
        header = {"algorithm": "eyJhbGciOiJSUzI1NiJ9", "none": "eyJhbGciOiJub25lIn0"}[fault]
        found["client_assertion"] = ".".join([header, *found["client_assertion"].split(".")[1:]])
    return found


@pytest.mark.parametrize(
    "fault",
    [
        "algorithm",
        "none",
        "key",
        "audience",
        "audience-list",
        "no-audience",
        "other-client",
        "issuer-is-not-subject",
        "unknown-client",
        "expired",
        "endless",
        "no-end",
        "end-as-text",
        "future",
        "not-yet",
        "no-jti",
        "typ",
    ],
)
def test_I12_a_client_assertion_that_must_not_count(wallet: Authorizing, fault: str) -> None:
    refused(wallet.push(**spoiled(wallet, fault)), 401, "invalid_client")
    assert rows(wallet.issuing, AUTHORIZATIONS) == 0


def test_I12_a_client_assertion_used_again(wallet: Authorizing) -> None:
    assertion = wallet.assertion()
    assert wallet.push(**assertion).status_code == 201
    refused(wallet.push(**assertion), 401, "invalid_client")


@pytest.mark.parametrize(
    "changes", [{}, {"iat": None}, {"h_typ": "JWT"}, {"h_typ": "client-authentication+jwt"}, {"x_unknown": [1]}]
)
def test_I12_control_pushed_with_pkce_by_a_client(wallet: Authorizing, changes: dict[str, Any]) -> None:
    assert wallet.push(**wallet.assertion(**changes)).status_code == 201


# --- I13: names of requests [RFC 9126 4] [RFC 9126 2.1] ---


def test_I13_a_name_used_again_after_completion(wallet: Authorizing) -> None:
    uri = wallet.pushed()
    wallet.approved(uri)
    assert error_page(wallet.open(uri)) == "invalid_request_uri"
    assert error_page(wallet.open(uri, wallet.new_browser())) == "invalid_request_uri"
    assert error_page(wallet.post("approve", uri)) == "invalid_request_uri"
    assert error_page(wallet.sign_in(uri, wallet.new_application())) == "invalid_request_uri"


def test_I13_a_name_of_another_client(wallet: Authorizing, other: Authorizing) -> None:
    uri = wallet.pushed()
    assert error_page(other.open(uri)) == "invalid_request_uri"
    wallet.open(uri)
    other.browser = wallet.browser
    assert error_page(other.sign_in(uri, wallet.new_application())) == "invalid_request_uri"


def test_I13_a_name_that_is_over(wallet: Authorizing) -> None:
    uri = wallet.pushed()
    wallet.issuing.clock.move(EXPIRES_IN)
    assert error_page(wallet.open(uri)) == "invalid_request_uri"


def test_I13_a_page_that_is_over(wallet: Authorizing) -> None:
    uri = wallet.pushed()
    wallet.open(uri)
    wallet.issuing.clock.move(SIGN_IN_SECONDS)
    assert error_page(wallet.sign_in(uri, wallet.new_application())) == "invalid_request_uri"


@pytest.mark.parametrize("parameter", ["request_uri", "request"])
def test_I13_a_name_inside_a_pushed_request(wallet: Authorizing, parameter: str) -> None:
    refused(wallet.push(**{parameter: wallet.pushed()}), 400, "invalid_request")


@pytest.mark.parametrize(
    "uri", [PREFIX, PREFIX + "A" * 42, PREFIX + "A" * 44, PREFIX + "é" * 43, "A" * 43, "https://evil.example"]
)
def test_I13_a_name_that_is_none(wallet: Authorizing, uri: str) -> None:
    assert error_page(wallet.open(uri)) == "invalid_request_uri"


def test_I13_control_within_its_time_by_its_client(wallet: Authorizing) -> None:
    uri = wallet.pushed()
    wallet.issuing.clock.move(EXPIRES_IN - 1)
    assert wallet.open(uri).status_code == 200
    wallet.issuing.clock.move(SIGN_IN_SECONDS - 1)
    wallet.sign_in(uri, wallet.new_application())
    assert "code" in answered(wallet.post("approve", uri))


# --- I14: redirect URIs [RFC 9700 4.1.3] ---


@pytest.mark.parametrize(
    "uri",
    [
        WALLETS["wallet-1"] + "/",
        WALLETS["wallet-1"] + "x",
        WALLETS["wallet-1"] + "?a=b",
        WALLETS["wallet-1"] + "#",
        WALLETS["wallet-1"] + "/../../../evil",
        WALLETS["wallet-1"].replace("/one/", "/two/../one/"),
        WALLETS["wallet-1"].replace("https://", "https://wallet.example@evil.example/"),
        WALLETS["wallet-1"].replace("https://", "http://"),
        WALLETS["wallet-1"].replace("wallet.example", "WALLET.example"),
        WALLETS["wallet-1"].replace("wallet.example", "wallet.example:443"),
        WALLETS["wallet-2"],
        "http://127.0.0.1:8080/cb",
        "http://localhost/cb",
        "javascript:alert(1)",
        WALLETS["wallet-1"] + "\r\nLocation: https://evil.example",
    ],
    ids=[
        "slash",
        "suffix",
        "parameter",
        "fragment",
        "traversal",
        "dots",
        "userinfo",
        "http",
        "case",
        "port",
        "other-client",
        "loopback",
        "localhost",
        "script",
        "crlf",
    ],
)
def test_I14_a_redirect_uri_that_differs(wallet: Authorizing, uri: str) -> None:
    """Refused where it is pushed, so that no browser is ever sent there."""
    refused(wallet.push(redirect_uri=uri), 400, "invalid_request")
    assert rows(wallet.issuing, AUTHORIZATIONS) == 0


def test_I14_one_that_comes_through_the_browser_counts_for_nothing(wallet: Authorizing) -> None:
    uri = wallet.pushed()
    wallet.open(uri, redirect_uri="https://evil.example")
    answer = wallet.post("cancel", uri, redirect_uri="https://evil.example")
    assert answer.headers["location"].startswith(wallet.callback + "?")


@pytest.mark.parametrize("client_id", ["wallet-1", "wallet-2"])
def test_I14_control_the_registered_one(wallet: Authorizing, other: Authorizing, client_id: str) -> None:
    one = wallet if client_id == "wallet-1" else other
    assert one.new_code()


# --- I15: codes [RFC 6749 4.1.2] [RFC 7636 4.6] [RFC 9700 4.2.4] ---


def test_I15_the_code_of_another_client(wallet: Authorizing, other: Authorizing) -> None:
    code = wallet.new_code()
    refused(other.redeem(code, redirect_uri=wallet.callback), 400, "invalid_grant")
    assert nothing_given(wallet)
    assert wallet.redeem(code).status_code == 200


def test_I15_another_client_revokes_nothing(wallet: Authorizing, other: Authorizing) -> None:
    """Whoever stole a used code cannot cut its wallet off."""
    code = wallet.new_code()
    token = wallet.redeem(code).json()["access_token"]
    refused(other.redeem(code, redirect_uri=wallet.callback), 400, "invalid_grant")
    assert wallet.bound.request(token).status_code == 200


@pytest.mark.parametrize("verifier", [None, "", "w" * 43, VERIFIER + "x", VERIFIER.upper(), "é" * 43])
def test_I15_a_wrong_verifier(wallet: Authorizing, verifier: str | None) -> None:
    code = wallet.new_code()
    refused(wallet.redeem(code, code_verifier=verifier), 400, "invalid_grant")
    assert nothing_given(wallet)


def test_I15_a_second_redemption_revokes_what_was_given(wallet: Authorizing) -> None:
    code = wallet.new_code()
    given = wallet.redeem(code).json()
    assert wallet.bound.request(given["access_token"]).status_code == 200
    refused(wallet.redeem(code), 400, "invalid_grant")
    refused(wallet.bound.request(given["access_token"]), 401, "invalid_token")
    refused(wallet.refresh(given["refresh_token"]), 400, "invalid_grant")
    assert actions(wallet)[-1] == "authorization.revoked"


def test_I15_fifty_redemptions_at_once(wallet: Authorizing) -> None:
    """Exactly one gets tokens."""
    code = wallet.new_code()
    requests = [wallet.assertion() for _ in range(PARALLEL)]
    proofs = [wallet.bound.proof("/token") for _ in range(PARALLEL)]

    def redeem(at: int) -> int:
        return wallet.redeem(code, proof=proofs[at], **requests[at]).status_code

    with ThreadPoolExecutor(PARALLEL) as pool:
        statuses = sorted(pool.map(redeem, range(PARALLEL)))
    assert statuses == [200] + [400] * (PARALLEL - 1)


def test_I15_the_offer_counts_once_whichever_way(wallet: Authorizing) -> None:
    """Signed in for by two wallets, and taken by the pre-authorized code meanwhile: the code is worth nothing."""
    offer = wallet.issuing.open(wallet.issuing.make_offer())
    application = f"application-{wallet.issuing.applications}"
    codes = [wallet.new_code(application=application) for _twice in range(2)]
    assert wallet.issuing.redeem(code_of(offer)).status_code == 200
    for code in codes:
        refused(wallet.redeem(code), 400, "invalid_grant")


def test_I15_not_for_a_certificate_that_was_revoked(wallet: Authorizing) -> None:
    code = wallet.new_code()
    assert wallet.issuing.revoke().status_code == 200
    refused(wallet.redeem(code), 400, "invalid_grant")


def test_I15_control_once_by_its_client_with_its_verifier(wallet: Authorizing, other: Authorizing) -> None:
    for one in (wallet, other):
        token = one.redeem(one.new_code()).json()["access_token"]
        assert one.bound.request(token).status_code == 200


# --- the PIN has one counter, wherever it is tried ---


def tries(wallet: Authorizing) -> list[tuple[int, str]]:
    with wallet.issuing.issuer.engine.connect() as connection:
        return [(row[0], row[1]) for row in connection.execute(select(OFFERS.c.tries, OFFERS.c.state))]


def wrong_page(answer: httpx2.Response) -> bool:
    page = Forms(answer.text)
    return answer.status_code == 400 and "error" in page.ids and "login-form" in page.ids


def test_I03_wrong_pins_count_together_and_the_last_one_kills(wallet: Authorizing) -> None:
    """Three at the sign-in page, two at the token endpoint: after that nothing helps."""
    offer = wallet.issuing.open(wallet.issuing.make_offer())
    application = f"application-{wallet.issuing.applications}"
    uri = wallet.pushed()
    wallet.open(uri)
    assert all(wrong_page(wallet.sign_in(uri, application, WRONG)) for _ in range(3))
    for _ in range(2):
        refused(wallet.issuing.redeem(code_of(offer), WRONG), 400, "invalid_grant")
    assert tries(wallet) == [(5, "dead")]
    assert wrong_page(wallet.sign_in(uri, application, PIN))
    refused(wallet.issuing.redeem(code_of(offer)), 400, "invalid_grant")


@pytest.mark.parametrize("application", ["application-99", "", "x" * 129, "application-1\x00", "１", "application-1.9"])
def test_I03_a_number_there_is_not_looks_like_a_wrong_pin(wallet: Authorizing, application: str) -> None:
    mine, uri = wallet.new_application(), wallet.pushed()
    wallet.open(uri)
    pages = [wallet.sign_in(uri, number, pin) for number, pin in ((application, PIN), (mine, WRONG))]
    assert all(wrong_page(page) for page in pages)
    numbers = (application[:128], mine)
    said = [page.text.replace(f'value="{number}"', "") for page, number in zip(pages, numbers, strict=True)]
    assert said[0] == said[1]


@pytest.mark.parametrize("pin", ["０１２３４５", "12345", "012345\x00", "0" * 10_000, "", "012346"])
def test_I04_a_pin_is_a_text(wallet: Authorizing, pin: str) -> None:
    mine, uri = wallet.new_application(), wallet.pushed()
    wallet.open(uri)
    assert wrong_page(wallet.sign_in(uri, mine, pin))


def test_I03_control_a_right_pin_after_four_wrong_ones(wallet: Authorizing) -> None:
    mine, uri = wallet.new_application(), wallet.pushed()
    wallet.open(uri)
    for _ in range(4):
        wallet.sign_in(uri, mine, WRONG)
    assert wallet.sign_in(uri, mine).status_code == 303


# --- one browser, and its own forms [RFC 9700 4.7] ---


def test_I13_a_form_from_another_browser(wallet: Authorizing) -> None:
    uri, mine = wallet.pushed(), wallet.new_application()
    wallet.open(uri)
    stranger = wallet.new_browser()
    assert error_page(wallet.sign_in(uri, mine, browser=stranger)) == "invalid_request_uri"
    wallet.open(wallet.pushed(), stranger)
    assert error_page(wallet.sign_in(uri, mine, browser=stranger)) == "invalid_request_uri"
    wallet.sign_in(uri, mine)
    assert error_page(wallet.post("approve", uri, stranger)) == "invalid_request_uri"
    assert error_page(wallet.open(uri, stranger)) == "invalid_request_uri"
    assert "code" in answered(wallet.post("approve", uri))


@pytest.mark.parametrize("step", ["sign-in", "approve", "cancel"])
def test_I13_a_form_of_another_site(wallet: Authorizing, step: str) -> None:
    uri = wallet.pushed()
    wallet.open(uri)
    form = {
        "client_id": wallet.client_id,
        "request_uri": uri,
        "way": "pin",
        "application": wallet.new_application(),
        "pin": PIN,
    }
    for header in ({"Sec-Fetch-Site": "cross-site"}, {"Sec-Fetch-Site": "same-site"}, {"Origin": "https://evil.example"}):
        assert error_page(wallet.browser.post(f"/authorize/{step}", data=form, headers=header)) == "invalid_request"


def test_I13_consent_does_not_come_before_sign_in(wallet: Authorizing) -> None:
    uri = wallet.pushed()
    wallet.open(uri)
    assert error_page(wallet.post("approve", uri)) == "invalid_request_uri"
    assert nothing_given(wallet)


def test_I13_control_the_cookie_is_for_this_host_alone(wallet: Authorizing) -> None:
    cookie = wallet.open(wallet.pushed()).headers["set-cookie"].lower()
    assert cookie.startswith("__host-sinwon-issuer=")
    assert all(part in cookie for part in ("httponly", "secure", "samesite=lax", "path=/"))
    assert "domain" not in cookie


@pytest.mark.parametrize(("size", "code"), [(2048, None), (2049, "invalid_request")])
def test_I13_a_state_as_long_as_it_may_be(wallet: Authorizing, size: int, code: str | None) -> None:
    answer = wallet.push(state="s" * size)
    assert answer.status_code == 201 if code is None else refused(answer, 400, code)


@pytest.mark.parametrize(
    ("size", "codes"), [(MAX_DETAILS, ("invalid_authorization_details",)), (MAX_DETAILS + 1, ("invalid_request",))]
)
def test_I13_details_as_long_as_they_may_be(wallet: Authorizing, size: int, codes: tuple[str, ...]) -> None:
    refused(wallet.push(authorization_details="[" + " " * (size - 2) + "]"), 400, *codes)
