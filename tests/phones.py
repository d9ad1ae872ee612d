"""A person with a certificate on a phone, another phone, a mailbox, and any browser at the page for lost phones."""

from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import httpx2
from sqlalchemy import select
from starlette.testclient import TestClient

from sinwon.formats.sdjwt.names import SD_JWT_VC
from sinwon.formats.sdjwt.parse import parse_sd_jwt
from sinwon.formats.sdjwt.vc import verify_sd_jwt_vc
from sinwon.formats.status.token_jwt import verify_status_list
from sinwon.holder.copies import Copy
from sinwon.holder.wallet import Holder
from sinwon.protocols.roles.messages import OfferMade
from sinwon.services.issuance.issuer import Issuer
from sinwon.services.lifecycle.ask_link import answer_asks
from sinwon.services.lifecycle.deliver import Routes, deliver
from sinwon.services.notify.message import Mail, Message
from sinwon.store.issuer.tables import AUDIT, COPIES
from tests import world
from tests.issued import place_of
from tests.issuing import PERSON, PIN, Issuing, client_of, on_sqlite
from tests.network import Network
from tests.wallet_world import powers

EMAIL, PHONE = "hong@mail.example", "+4915100000001"
NUMBER, BORN = PERSON.registration.number, PERSON.birthdate


@dataclass
class Post:
    """What went out, as it would arrive."""

    mails: list[Mail] = field(default_factory=list)
    messages: list[Message] = field(default_factory=list)

    @property
    def routes(self) -> Routes:
        return Routes(_Route(self.mails), _Route(self.messages))


@dataclass
class _Route:
    sent: list[Any]

    def send(self, message: Any) -> None:
        self.sent.append(message)


@dataclass
class Phones:
    issuing: Issuing
    network: Network
    clock: world.StandingClock
    old: Holder
    new: Holder
    post: Post = field(default_factory=Post)
    offer: OfferMade | None = None

    @property
    def issuer(self) -> Issuer:
        return self.issuing.issuer

    @property
    def receipt(self) -> str:
        """The revocation code that is printed on it."""
        assert self.offer is not None
        return self.offer.revocation_code

    def serve(self, **settings: Any) -> None:
        """The issuer under these settings."""
        changed = replace(self.issuer, clock=self.clock, settings=replace(self.issuer.settings, **settings))
        self.put(changed)

    def put(self, issuer: Issuer) -> None:
        self.issuing.issuer, self.issuing.client = issuer, client_of(issuer)
        self.network.apps[world.ISSUER] = self.issuing.client.app
        self.network.clients.pop(world.ISSUER, None)

    def receive(self, **changes: Any) -> None:
        """A certificate for the person, on the old phone."""
        self.offer = self.issuing.make_offer(**changes)
        self.old.receive(self.offer.uri, tx_code=PIN, copies=2)

    def statuses(self) -> Counter[int]:
        """Of all copies there ever were."""
        with self.issuer.engine.connect() as connection:
            return Counter(connection.execute(select(COPIES.c.status)).scalars())

    def entries(self, *beginnings: str) -> list[str]:
        with self.issuer.engine.connect() as connection:
            found = connection.execute(select(AUDIT.table.c.action).order_by(AUDIT.table.c.number)).scalars()
            return [action for action in found if action.startswith(beginnings)]

    def keep_house(self) -> int:
        """What happens every minute; how many links were made."""
        made = answer_asks(self.issuer)
        deliver(self.issuer, self.post.routes)
        return made

    # --- the page for lost phones ---

    def browser(self, language: str = "en") -> TestClient:
        headers = {"accept-language": language, "accept": "text/html", "sec-fetch-site": "same-origin"}
        return TestClient(self.issuing.client.app, base_url=world.ISSUER, headers=headers, follow_redirects=False)

    def type_code(self, code: str, **options: Any) -> httpx2.Response:
        return self.browser(**options).post("/lost", data={"code": code})

    def ask(self, number: str = NUMBER, birthdate: str = BORN, **options: Any) -> httpx2.Response:
        return self.browser(**options).post("/lost", data={"number": number, "birthdate": birthdate})

    def link(self) -> str:
        """The path of the newest link that was mailed."""
        return next(link_in(mail.text) for mail in reversed(self.post.mails) if "/lost/" in mail.text)


def link_in(text: str) -> str:
    return next(urlsplit(word).path for word in text.split() if word.startswith(f"{world.ISSUER}/lost/"))


def status_in_the_list(phones: Phones, copy: Copy) -> int:
    """What a verifier reads that fetches the copy's list now."""
    assert copy.format == SD_JWT_VC
    found = place_of(verify_sd_jwt_vc(parse_sd_jwt(copy.credential), anchors=world.trust_anchors(), now=phones.clock.now))
    token = phones.network.get(found.uri, accept="application/statuslist+jwt").body
    return verify_status_list(token, uri=found.uri, anchors=world.trust_anchors(), now=phones.clock.now).at(found.index)


def web_copy(holder: Holder) -> Copy:
    return next(copy for copy in holder.copies.unused() if copy.format == SD_JWT_VC)


@contextmanager
def phones_in(folder: Path) -> Iterator[Phones]:
    issuing = on_sqlite(folder)
    clock = issuing.clock
    network = Network({world.ISSUER: issuing.client.app})
    old = Holder(powers(network, clock))
    new = Holder(replace(powers(network, clock), random=world.SeededRandomness(22)))
    made = Phones(issuing, network, clock, old, new)
    yield made
    issuing.issuer.engine.dispose()
