"""One person's way: application, phone, PIN, officer, certificate, and a sign-in at each live service."""

import os
import re
import secrets
from typing import Final

from sinwon.adapters.registers.people import InventedPerson
from sinwon.cli.wiring import follow
from sinwon.core.refusal import Refusal
from sinwon.demo.browser import Browser, Page
from sinwon.demo.counter import Counter, Refused
from sinwon.demo.deployment import Deployment
from sinwon.demo.traveller import Application, Traveller
from sinwon.formats.mdoc.names import MDOC
from sinwon.formats.sdjwt.names import SD_JWT_VC
from sinwon.holder.keys import KeyRing, SoftwareKeyRing
from sinwon.holder.powers import Powers
from sinwon.holder.present import Choice, Consent, Declined
from sinwon.holder.wallet import Holder
from sinwon.holder.wallet_provider import HttpWalletProvider
from sinwon.protocols.credential_types import AGE_TYPE, IDENTITY_TYPE
from sinwon.protocols.trust.follow import Follower

COPIES: Final = 10
FOR_ANY_KEY: Final = tuple(name for kind in (IDENTITY_TYPE, AGE_TYPE) for name in (kind.vct, kind.doctype))
"""What each wallet receives; strong copies and the resident number only one whose keys are attested."""
SHOWN_AS: Final = {"gov24": SD_JWT_VC, "oka365": MDOC}
"""Every service takes both formats; so that both are seen at work, people show one here and the other there."""
SUBJECT: Final = re.compile(r"<code>([^<]+)</code>")


class Journey:
    """Leads people through; one browser session for each sign-in."""

    def __init__(self, deployment: Deployment) -> None:
        self.deployment = deployment
        self.counter = Counter(deployment)
        world = deployment.world
        self.follower: Follower = follow(world, world.config.gateway)

    def close(self) -> None:
        self.counter.client.close()

    def traveller(self, person: InventedPerson, *, attested: bool = False) -> Traveller:
        """`attested`: the wallet provider vouches for the keys of this phone, which level L3 needs."""
        world, keys = self.deployment.world, SoftwareKeyRing()
        powers = Powers(
            fetch=world.fetch,
            anchors=self.follower.anchors,
            catalogue=self.follower.catalogue,
            clock=world.clock,
            random=os.urandom,
            keys=keys,
            demo=True,
            attester=self._attester(keys) if attested else None,
        )
        return Traveller(person, Holder(powers))

    def _attester(self, keys: KeyRing) -> HttpWalletProvider:
        world = self.deployment.world
        return HttpWalletProvider(self.deployment.origins["wallet_provider"], world.fetch, world.clock, keys)

    def enrol(self, traveller: Traveller) -> None:
        """Application to offer, or as far as the rules let this person come; the officer's reason codes are kept."""
        person = traveller.person
        application = traveller.application = self.counter.apply(person)
        try:
            self._visit(traveller, application)
            traveller.offer = self.counter.approve(application, person.form.mission)
        except Refused as refused:
            traveller.stopped_by = refused.code
        traveller.reasons = self.counter.reasons(application, person.form.mission)

    def _visit(self, traveller: Traveller, application: Application) -> None:
        if traveller.person.proves_phone:
            self.counter.prove_phone(application, traveller.person)
            traveller.phone_proven = True
        traveller.pin = choose_pin()
        self.counter.choose_pin(application, traveller.pin)
        self.counter.visit(application, traveller.person)

    def receive(self, traveller: Traveller) -> None:
        """The offer's QR into the wallet, with the PIN."""
        if traveller.offer is not None:
            copies = traveller.holder.receive(traveller.offer.uri, tx_code=traveller.pin, copies=COPIES)
            traveller.received = all(copies[name] >= COPIES for name in FOR_ANY_KEY)

    def sign_in(self, traveller: Traveller, service: str, shown_as: str | None = None) -> bool:
        """At the service's own site, by what is required of the certificate and in the format used there, unless another is
        said; True when it greets the person by name and knows an identifier."""
        wanted = shown_as or SHOWN_AS[service]
        page = self.browse(traveller, service, lambda _consent: Choice(True, format=wanted))
        found = SUBJECT.search(page.text)
        if page.status == 200 and found and traveller.person.form.name_ko in page.words:
            traveller.subjects[service] = found[1]
            return True
        return False

    def shows_number(self, traveller: Traveller, service: str) -> bool:
        """Whether the service is shown the resident number, at level L3."""
        page = self.browse(traveller, service, lambda _consent: Choice(True), purpose="rrn")
        return page.status == 200 and SUBJECT.search(page.text) is not None

    def browse(self, traveller: Traveller, service: str, consent: Consent, purpose: str = "login") -> Page:
        """Site → gateway → wallet → gateway → site, as a browser does it; whoever is not let in goes back. The last page."""
        browser = Browser()
        try:
            page = browser.post(f"{self.deployment.origins[service]}/sign-in/{purpose}")
            link = self.wallet_link(page)
            if link is None:
                return page
            onward = answer_request(traveller.holder, link, consent)
            page = browser.get(onward or page.url)
            way_back = page.form("/cancel")
            return browser.post(way_back) if way_back else page
        finally:
            browser.close()

    def wallet_link(self, page: Page) -> str | None:
        """The link a sign-in page opens the wallet with, None on any other page."""
        try:
            return page.link(self.deployment.world.config.gateway.wallet_endpoint)
        except LookupError:
            return None


def answer_request(holder: Holder, link: str, consent: Consent) -> str | None:
    """Where the browser goes on after the wallet answered, declined, or was refused."""
    try:
        return holder.present(link, consent).redirect_uri
    except Declined as declined:
        return declined.redirect_uri
    except Refusal:
        return None


def choose_pin() -> str:
    """Six digits that are not simple and nobody's birth date, as a person would choose them."""
    while True:
        pin = f"{secrets.randbelow(10**6):06d}"
        if len(set(pin)) > 3 and not 1 <= int(pin[2:4]) <= 12:
            return pin
