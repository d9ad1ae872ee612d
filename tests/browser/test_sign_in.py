"""Signing in as a person does it, in a real Chromium: site → gateway → wallet → gateway → site, two languages, two widths.

What only a browser enforces is checked here: the content security policy along the chain of forms and redirects, cookies of
roles on one host, focus and keyboard, and that nothing is wider than the screen.
"""

import shutil
from collections.abc import Iterator
from dataclasses import dataclass

import pytest
from playwright.sync_api import Browser, Page, sync_playwright

from sinwon.adapters.registers.people import load_people
from sinwon.demo.deployment import Deployment, deployed
from sinwon.demo.journey import Journey
from sinwon.protocols.credential_types import IDENTITY

CHROMIUM = shutil.which("chromium")
FLAGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]
pytestmark = pytest.mark.skipif(CHROMIUM is None, reason="Debian's chromium is not installed")
LOGIN = "form[action='/sign-in/login'] button"


@dataclass
class Visit:
    """One browser window, and what the browser complained about."""

    page: Page
    deployment: Deployment
    complaints: list[str]

    def open(self, place: str, path: str = "/") -> None:
        self.page.goto(self.deployment.origins[place] + path)
        self.looks_right()

    def click(self, selector: str) -> None:
        self.page.click(selector)
        self.page.wait_for_load_state()
        self.looks_right()

    def looks_right(self) -> None:
        """Nothing wider than the screen, one title, a language, the test banner."""
        wide = self.page.evaluate("document.scrollingElement.scrollWidth - document.scrollingElement.clientWidth")
        assert wide <= 0
        assert self.page.locator("h1").count() == 1
        assert self.page.locator("html").get_attribute("lang") in {"ko", "en"}
        assert self.page.locator(".banner").is_visible()


@pytest.fixture(scope="module")
def deployment(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Deployment]:
    """Everything served, one person with a certificate in the wallet."""
    person = next(person for person in load_people() if person.is_eligible)
    with deployed(tmp_path_factory.mktemp("browser") / "state", (person,)) as running:
        journey = Journey(running)
        traveller = journey.traveller(person)
        journey.enrol(traveller)
        journey.receive(traveller)
        journey.close()
        running.desk.travellers = [traveller]
        yield running


@pytest.fixture(scope="module")
def chromium() -> Iterator[Browser]:
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, headless=True, args=FLAGS)
        yield browser
        browser.close()


@pytest.fixture(params=[("ko-KR", 360, 740), ("en-US", 1280, 900)], ids=["ko-phone", "en-desktop"])
def visit(request: pytest.FixtureRequest, chromium: Browser, deployment: Deployment) -> Iterator[Visit]:
    locale, width, height = request.param
    context = chromium.new_context(locale=locale, viewport={"width": width, "height": height})
    page, complaints = context.new_page(), list[str]()
    page.on("pageerror", lambda error: complaints.append(str(error)))
    page.on("console", lambda message: complaints.append(message.text) if message.type in {"error", "warning"} else None)
    yield Visit(page, deployment, complaints)
    context.close()


def test_a_person_signs_in_and_out(visit: Visit) -> None:
    visit.open("gov24")
    visit.click(LOGIN)
    assert visit.page.url.startswith(visit.deployment.origins["gateway"])
    visit.click("#wallet-link")
    visit.click("main button")
    visit.page.check("input[name='claim-contact.email']")
    visit.click("button[value=send]")
    visit.page.wait_for_url(visit.deployment.origins["gov24"] + "/")
    assert "이봄" in visit.page.inner_text("h1")
    assert "@example.org" in visit.page.inner_text("main")
    visit.click("form[action='/sign-out'] button")
    assert visit.page.locator(LOGIN).is_visible()
    assert visit.complaints == []


def test_a_person_does_not_send_and_goes_back(visit: Visit) -> None:
    before = visit.deployment.desk.travellers[0].holder.left()[IDENTITY]
    visit.open("oka365")
    visit.click(LOGIN)
    visit.click("#wallet-link")
    visit.click("main button")
    visit.click("button[value=keep]")
    visit.click("a.button")
    assert visit.page.locator("#result-page").is_visible()
    visit.click("#login-cancel")
    assert visit.page.url.startswith(visit.deployment.origins["oka365"])
    assert "access_denied" in visit.page.inner_text("main")
    assert visit.deployment.desk.travellers[0].holder.left()[IDENTITY] == before


def test_a_planned_service_says_so(visit: Visit) -> None:
    visit.open("apostille")
    visit.click(LOGIN)
    assert "unauthorized_client" in visit.page.inner_text("main")


def test_the_resident_number_is_asked_for_with_its_legal_basis(visit: Visit) -> None:
    visit.open("gov24")
    visit.click("form[action='/sign-in/rrn'] button")
    text = visit.page.inner_text("main").lower()
    words = (("주민등록번호", "제24조의2"), ("resident registration number", "24-2"))
    assert any(all(word in text for word in each) for each in words)


def test_the_sign_in_page_can_be_walked_with_the_keyboard(visit: Visit) -> None:
    visit.open("gov24")
    visit.click(LOGIN)
    reached = []
    for _ in range(12):
        visit.page.keyboard.press("Tab")
        reached.append(visit.page.evaluate("document.activeElement.id || document.activeElement.className"))
    assert reached[0] == "skip"
    order = [place for place in reached if place in {"wallet-link", "ask-again", "login-cancel"}]
    assert order[:3] == ["wallet-link", "ask-again", "login-cancel"]


def test_the_language_changes_on_the_same_page(visit: Visit) -> None:
    visit.open("gov24")
    visit.click(LOGIN)
    before = visit.page.locator("html").get_attribute("lang")
    visit.click("header nav a")
    assert visit.page.locator("html").get_attribute("lang") != before
    assert visit.page.locator("#wallet-link").is_visible()


def test_a_request_that_is_not_one_ends_on_a_page_of_ours(visit: Visit) -> None:
    visit.open("gateway", "/authorize?client_id=nobody&redirect_uri=https://evil.example/")
    assert visit.page.locator("#error-page").is_visible()
    assert "evil" not in visit.page.content()


@pytest.mark.parametrize("place", ["gateway", "gov24", "wallet"])
def test_an_address_that_is_not_there_is_a_page_too(visit: Visit, place: str) -> None:
    visit.open(place, "/nowhere")
    assert "not_found" not in visit.page.content()
