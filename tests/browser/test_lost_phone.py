"""The page for lost phones in a real Chromium: both ways, two languages, two widths, high contrast, keyboard, no scripts."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, sync_playwright

from sinwon.adapters.outbox import MailOutbox
from sinwon.adapters.registers.people import InventedPerson, load_people
from sinwon.demo.deployment import Deployment, deployed
from sinwon.demo.journey import Journey
from sinwon.demo.traveller import Traveller
from sinwon.services.lifecycle.revocation_code import LENGTH
from sinwon.store.engine import writing
from sinwon.store.issuer import losses
from tests.browser.test_sign_in import CHROMIUM, FLAGS

pytestmark = pytest.mark.skipif(CHROMIUM is None, reason="Debian's chromium is not installed")
WRONG = "0000-0000-0000"


@dataclass
class Night:
    """Everything served, and one person with a certificate and a receipt."""

    deployment: Deployment
    traveller: Traveller

    @property
    def person(self) -> InventedPerson:
        return self.traveller.person

    @property
    def receipt(self) -> str:
        assert self.traveller.offer is not None
        return self.traveller.offer.revocation_code

    @property
    def page_at(self) -> str:
        return self.deployment.origins["issuer"] + "/lost"

    def keep_house(self) -> None:
        """What happens every minute."""
        next(role for role in self.deployment.roles if role.name == "issuer").housekeeping()

    def mailed_link(self) -> str:
        outbox = MailOutbox(Path(self.deployment.world.config.issuer.outbox) / "mail", self.deployment.world.clock)
        texts = (mail.text for mail in reversed(outbox.of(self.person.form.email or "")))
        return next(word for text in texts for word in text.split() if word.startswith(self.page_at + "/"))


@dataclass
class Window:
    """A browser window without scripts."""

    page: Page
    night: Night

    def open(self, address: str | None = None) -> None:
        self.page.goto(address or self.night.page_at)
        self.looks_right()

    def press(self, selector: str) -> None:
        self.page.click(selector)
        self.page.wait_for_load_state()
        self.looks_right()

    def looks_right(self) -> None:
        """Nothing wider than the window, one title, a language, the test banner, every field named, targets large enough."""
        client = self.page.context.new_cdp_session(self.page)
        metrics = client.send("Page.getLayoutMetrics")
        assert metrics["cssContentSize"]["width"] <= metrics["cssLayoutViewport"]["clientWidth"]
        assert self.page.locator("h1").count() == 1
        assert self.page.locator("html").get_attribute("lang") in {"ko", "en"}
        assert self.page.locator(".banner").is_visible()
        for at in range(self.page.locator("main input").count()):
            field = self.page.locator("main input").nth(at)
            assert self.page.locator(f"label[for={field.get_attribute('id')}]").is_visible()
        for at in range(self.page.locator("main button, main a.button, main input").count()):
            box = self.page.locator("main button, main a.button, main input").nth(at).bounding_box()
            assert box is not None
            assert box["height"] >= 44


@pytest.fixture(scope="module")
def night(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Night]:
    person = next(person for person in load_people() if person.is_eligible and person.form.email)
    with deployed(tmp_path_factory.mktemp("night") / "state", (person,)) as running:
        journey = Journey(running)
        traveller = journey.traveller(person)
        journey.enrol(traveller)
        journey.receive(traveller)
        journey.close()
        yield Night(running, traveller)


@pytest.fixture(scope="module")
def chromium() -> Iterator[Browser]:
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, headless=True, args=FLAGS)
        yield browser
        browser.close()


def context_of(browser: Browser, locale: str, width: int, contrast: str) -> BrowserContext:
    return browser.new_context(
        locale=locale,
        viewport={"width": width, "height": 900},
        contrast="more" if contrast == "more" else "no-preference",
        java_script_enabled=False,
    )


@pytest.fixture(
    params=[("ko-KR", 360, "light"), ("en-US", 1280, "light"), ("en-US", 360, "more"), ("ko-KR", 768, "more")],
    ids=["ko-phone", "en-desktop", "en-phone-contrast", "ko-tablet-contrast"],
)
def window(request: pytest.FixtureRequest, chromium: Browser, night: Night) -> Iterator[Window]:
    """At its end the certificate is as it was, and no link of today is counted."""
    context = context_of(chromium, *request.param)
    yield Window(context.new_page(), night)
    context.close()
    assert night.traveller.holder.release(night.receipt).state == "active"
    world = night.deployment.world
    with writing(world.engine("issuer")) as connection:
        losses.forget(connection, before=world.clock() + 1)


def test_the_printed_code_stops_the_certificate(window: Window) -> None:
    window.open()
    window.page.fill("#code", window.night.receipt.lower().replace("-", " "))
    window.press("#stop")
    assert window.page.locator("#stopped").is_visible()
    assert "KST" not in window.page.inner_text("#since")
    assert window.page.inner_text("#since").count(":") == 2
    assert window.page.inner_text("#mission").count(":") == 1
    assert window.night.traveller.holder.state().state == "suspended"
    assert window.page.url == window.night.page_at


def test_a_wrong_code_says_so_beside_the_field(window: Window) -> None:
    window.open()
    window.page.fill("#code", WRONG)
    window.press("#stop")
    assert window.page.locator("#error").is_visible()
    assert window.page.locator("#code-error").is_visible()
    assert window.page.input_value("#code") == ""
    described = window.page.locator("#code").get_attribute("aria-describedby")
    assert described == "code-hint code-error"
    assert window.night.traveller.holder.state().state == "active"


def test_number_and_birth_date_bring_a_link_and_the_link_stops(window: Window) -> None:
    night = window.night
    registration = night.person.registration
    assert registration is not None
    window.open()
    window.page.fill("#number", registration.number)
    window.page.fill("#birthdate", night.person.form.birthdate.isoformat())
    window.press("#ask")
    assert window.page.locator("#asked").is_visible()
    night.keep_house()
    link = night.mailed_link()
    window.open(link)
    window.press("#stop")
    assert window.page.locator("#stopped").is_visible()
    assert night.traveller.holder.state().state == "suspended"
    window.open(link)
    assert window.page.locator("#problem").is_visible()
    window.press("#back")
    assert urlsplit(window.page.url).path == "/lost"


def test_it_can_be_done_with_the_keyboard_alone(window: Window) -> None:
    window.open()
    keyboard, reached = window.page.keyboard, list[str]()
    for _ in range(8):
        keyboard.press("Tab")
        reached.append(window.page.locator(":focus").first.get_attribute("id") or "")
    assert [name for name in reached if name] == ["code", "stop", "number", "birthdate", "ask"]
    window.open()
    window.page.focus("#code")
    keyboard.type(window.night.receipt)
    keyboard.press("Enter")
    window.page.wait_for_selector("#stopped")
    window.looks_right()


def test_the_language_changes_on_the_same_page(window: Window) -> None:
    window.open()
    before = window.page.locator("html").get_attribute("lang")
    window.press("header nav a")
    assert window.page.locator("html").get_attribute("lang") != before
    assert len(window.page.get_attribute("#code", "maxlength") or "") >= len(str(LENGTH))


def test_a_page_of_another_site_cannot_send_the_form(window: Window) -> None:
    """A form elsewhere that is sent here from a visitor's browser stops nothing, whatever is in it."""
    evil = window.night.deployment.origins["gov24"].replace("127.0.0.1", "localhost")
    fields = f'<input name="code" value="{window.night.receipt}"><button id="go">x</button>'
    body = f'<form method="post" action="{window.night.page_at}">{fields}</form>'
    window.page.route(f"{evil}/**", lambda route: route.fulfill(body=body, content_type="text/html"))
    window.page.goto(f"{evil}/form")
    window.page.click("#go")
    window.page.wait_for_load_state()
    assert window.page.locator("#problem").is_visible()
    assert window.night.traveller.holder.state().state == "active"


def test_what_a_screen_reader_is_told(window: Window) -> None:
    window.open()
    snapshot = window.page.locator("main").aria_snapshot()
    for part in ("heading", "[level=1]", "textbox", "button", "region"):
        assert part in snapshot
    assert snapshot.count("textbox") == 3
