"""A wallet's authorization request in a real Chromium: sign in, consent, back to the wallet; two languages, widths, contrast.

What only a browser enforces is checked here: where forms may lead, the cookie that ties a request to its browser, focus,
keyboard, and that nothing is wider than the screen. No scripts.
"""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from urllib.parse import parse_qsl, urlencode, urlsplit

import pytest
from playwright.sync_api import Browser, Page, sync_playwright
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from sinwon.cli.serving import Listener, serving
from sinwon.demo.deployment import HOST, free_ports
from sinwon.protocols.vci.configurations import ALL
from sinwon.web.issuer.app import issuer_app
from sinwon.web.shared.app import RoleApp, make_app
from tests.authorizing import STATE, Authorizing, with_wallets
from tests.browser.test_lost_phone import context_of
from tests.browser.test_sign_in import CHROMIUM, FLAGS
from tests.issuing import PIN, Issuing, client_of, on_sqlite

pytestmark = pytest.mark.skipif(CHROMIUM is None, reason="Debian's chromium is not installed")
WINDOWS = [("ko-KR", 360, "light"), ("en-US", 1280, "light"), ("en-US", 360, "more"), ("ko-KR", 768, "more")]


@dataclass
class Window:
    """A browser at an issuer on loopback, and a wallet whose server knows the same issuer."""

    page: Page
    wallet: Authorizing
    origin: str

    def open(self, uri: str) -> None:
        query = urlencode({"client_id": self.wallet.client_id, "request_uri": uri})
        self.page.goto(f"{self.origin}/authorize?{query}")
        self.looks_right()

    def press(self, selector: str) -> None:
        self.page.click(selector)
        self.page.wait_for_load_state()

    def sign_in(self, application: str, pin: str = PIN) -> None:
        self.page.fill("#login-user", application)
        self.page.fill("#login-secret", pin)
        self.press("#login-submit")
        self.looks_right()

    def answer(self) -> dict[str, str]:
        """What the wallet is told."""
        assert self.page.url.startswith(self.wallet.callback)
        return dict(parse_qsl(urlsplit(self.page.url).query))

    def looks_right(self) -> None:
        """Nothing wider than the window, one title, a language, the test banner, every field named, targets large enough."""
        metrics = self.page.context.new_cdp_session(self.page).send("Page.getLayoutMetrics")
        assert metrics["cssContentSize"]["width"] <= metrics["cssLayoutViewport"]["clientWidth"]
        assert self.page.locator("h1").count() == 1
        assert self.page.locator("html").get_attribute("lang") in {"ko", "en"}
        assert self.page.locator(".banner").is_visible()
        shown = "main input:not([type=hidden])"
        for field in self.page.locator(shown).all():
            assert self.page.locator(f"label[for={field.get_attribute('id')}]").is_visible()
        for target in self.page.locator(f"main button, main summary, {shown}").all():
            box = target.bounding_box()
            assert box is None or box["height"] >= 44


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Authorizing, str]]:
    """The issuer twice over one database: as its wallets' servers call it, and on loopback for the browser."""
    here, there = free_ports(2)
    issuing = with_wallets(on_sqlite(Path(tmp_path_factory.mktemp("authorization"))))
    known = issuing.issuer.clients["wallet-1"]
    clients = {known.id: replace(known, redirect_uris=(f"http://{HOST}:{there}/callback",))}
    issuer = replace(issuing.issuer, clients=clients)
    apps = {
        "issuer": Listener(issuer_app(replace(issuer, origin=f"http://{HOST}:{here}")), HOST, here),
        "wallet": Listener(wallet_page(f"http://{HOST}:{there}"), HOST, there),
    }
    with serving(apps):
        yield Authorizing(Issuing(issuer, issuing.clock, client_of(issuer))), f"http://{HOST}:{here}"
    issuer.engine.dispose()


def wallet_page(origin: str) -> RoleApp:
    """Where the browser is sent back to."""

    def callback(_request: Request) -> Response:
        return Response("<h1>wallet</h1>", media_type="text/html")

    return make_app([Route("/callback", callback)], origin=origin)


@pytest.fixture(scope="module")
def chromium() -> Iterator[Browser]:
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, headless=True, args=FLAGS)
        yield browser
        browser.close()


@pytest.fixture(params=WINDOWS, ids=["ko-phone", "en-desktop", "en-phone-contrast", "ko-tablet-contrast"])
def window(request: pytest.FixtureRequest, chromium: Browser, served: tuple[Authorizing, str]) -> Iterator[Window]:
    context = context_of(chromium, *request.param)
    yield Window(context.new_page(), *served)
    context.close()


def test_a_citizen_signs_in_and_gets_the_certificate(window: Window) -> None:
    wallet = window.wallet
    window.open(wallet.pushed(scope=" ".join(ALL)))
    window.sign_in(wallet.new_application())
    assert window.page.locator("#consent-claims li").count() == 3
    assert HOST in window.page.inner_text("#consent-wallet")
    window.press("#consent-approve")
    assert window.answer().keys() == {"code", "state", "iss"}
    token = wallet.redeem(window.answer()["code"]).json()["access_token"]
    assert wallet.bound.request(token).status_code == 200


def test_a_wrong_pin_is_said_and_can_be_mended(window: Window) -> None:
    wallet = window.wallet
    window.open(wallet.pushed())
    application = wallet.new_application()
    window.sign_in(application, "999999")
    assert window.page.locator("#error").is_visible()
    assert window.page.input_value("#login-secret") == ""
    assert window.page.input_value("#login-user") == application
    window.sign_in(application)
    assert window.page.locator("#consent-form").is_visible()


@pytest.mark.parametrize("signed_in", [False, True])
def test_a_citizen_says_no(window: Window, signed_in: bool) -> None:
    window.open(window.wallet.pushed())
    if signed_in:
        window.sign_in(window.wallet.new_application())
    window.press("#consent-cancel" if signed_in else "#login-cancel")
    assert window.answer() == {"error": "access_denied", "state": STATE, "iss": window.origin}


def test_a_request_that_is_over_says_so(window: Window) -> None:
    uri = window.wallet.pushed()
    window.open(uri)
    window.press("#login-cancel")
    window.open(uri)
    assert window.page.inner_text("#error-code") == "invalid_request_uri"


def test_the_language_changes_on_the_same_page(window: Window) -> None:
    window.open(window.wallet.pushed())
    before = window.page.locator("html").get_attribute("lang")
    window.press("header nav a")
    assert window.page.locator("html").get_attribute("lang") != before
    window.sign_in(window.wallet.new_application())
    window.press("header nav a")
    assert window.page.locator("#consent-form").is_visible()
    assert window.page.locator("html").get_attribute("lang") == before


def test_it_can_be_done_with_the_keyboard_alone(window: Window) -> None:
    window.open(window.wallet.pushed())
    keyboard = window.page.keyboard
    window.page.focus("#login-user")
    keyboard.type(window.wallet.new_application())
    keyboard.press("Tab")
    keyboard.type(PIN)
    keyboard.press("Enter")
    window.page.wait_for_selector("#consent-approve")
    window.page.focus("#consent-approve")
    keyboard.press("Enter")
    window.page.wait_for_url(window.wallet.callback + "*")
    assert "code" in window.answer()


def test_a_page_of_another_site_cannot_press_the_button(window: Window) -> None:
    uri = window.wallet.pushed()
    window.open(uri)
    window.sign_in(window.wallet.new_application())
    fields = f'<input name="client_id" value="{window.wallet.client_id}"><input name="request_uri" value="{uri}">'
    body = f'<form method="post" action="{window.origin}/authorize/approve">{fields}<button id="go">x</button></form>'
    window.page.route("https://evil.example/**", lambda route: route.fulfill(body=body, content_type="text/html"))
    window.page.goto("https://evil.example/")
    window.press("#go")
    assert window.page.locator("#error-page").is_visible()


def test_what_a_screen_reader_is_told(window: Window) -> None:
    window.open(window.wallet.pushed())
    snapshot = window.page.locator("main").aria_snapshot()
    assert snapshot.count("textbox") == 2
    for part in ("heading", "[level=1]", "button"):
        assert part in snapshot
