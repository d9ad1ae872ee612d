"""The life of certificates as one story: renewed, lost, found, moved to a new phone, changed by what registers report, ended.

Everybody here went to a mission first. Each scene is one person's, tells what is expected, and checks it where it counts: at a
service's sign-in, in the wallet, at the published status.
"""

import os
import re
import secrets
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from datetime import timedelta
from pathlib import Path
from time import monotonic, sleep
from typing import Final

from sinwon.adapters.outbox import MailOutbox
from sinwon.adapters.registers import happenings
from sinwon.adapters.registers.happenings import Happening
from sinwon.adapters.registers.people import InventedPerson
from sinwon.cli.wiring import make_issuer, make_routes
from sinwon.core.clock import DAY, seoul_date
from sinwon.core.refusal import Refusal
from sinwon.demo.browser import Browser, Page
from sinwon.demo.deployment import LIVE, Deployment
from sinwon.demo.expectations import Ledger
from sinwon.demo.journey import Journey, choose_pin
from sinwon.demo.traveller import Traveller
from sinwon.protocols.own_certificate import OwnCertificate
from sinwon.services.lifecycle.deliver import deliver
from sinwon.services.lifecycle.own_state import state_of
from sinwon.services.lifecycle.remind import remind
from sinwon.services.registers.follow import follow_registers
from sinwon.store.engine import reading
from sinwon.store.issuer import certificates

NOTICED_SECONDS: Final = 20.0
"""How long a service may take to notice; the list's own time to live is far below."""
REMINDED_DAYS: Final = 30
TEN_YEARS: Final = timedelta(days=3652)


@dataclass(frozen=True, slots=True)
class Scene:
    title_ko: str
    title_en: str
    play: Callable[[Traveller], None]


@dataclass
class LifeStory:
    deployment: Deployment
    people: tuple[InventedPerson, ...]
    ledger: Ledger = field(default_factory=Ledger)
    played: list[tuple[Scene, Traveller]] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.journey = Journey(self.deployment)
        self.issuer = make_issuer(self.deployment.world)
        self.keep_house = next(role for role in self.deployment.roles if role.name == "issuer").housekeeping
        self.mails = MailOutbox(Path(self.deployment.world.config.issuer.outbox) / "mail", self.deployment.world.clock)
        self.scenes = (
            Scene("사본이 줄면 조용히 새로 받음", "Copies run low: fetched anew, silently", self.spent),
            Scene("새벽 3시의 분실: 영수증 코드로 정지", "Lost at 3 a.m.: stopped by the printed code", self.lost),
            Scene("영수증 없는 분실: 메일 링크로 정지", "Lost, and no receipt: stopped by a link", self.lost_without_code),
            Scene("새 휴대전화로 이전", "Moved to a new phone", self.moved),
            Scene("여권 재발급", "The passport is renewed", self.passport_renewed),
            Scene("여권 분실 신고", "The passport is reported lost", self.passport_lost),
            Scene("재외국민등록 말소와 재등록", "Deregistered, then registered again", self.deregistered),
            Scene("주소 변경", "The address changes", self.address_changed),
            Scene("늦게 도착한 옛 소식", "Old news that comes late", self.late_news),
            Scene("만료 안내", "The end is announced", self.reminded),
            Scene("본인이 폐기", "Ended by the holder", self.ended_by_holder),
            Scene("사망 신고", "A death is reported", self.died),
        )

    def run(self) -> Iterator[Traveller]:
        """Yields each person when their scene is over."""
        eligible = iter([person for person in self.people if person.is_eligible and person.form.email])
        for scene in self.scenes:
            traveller = self.journey.traveller(next(eligible))
            self.journey.enrol(traveller)
            self.journey.receive(traveller)
            self._expect(traveller, "has the certificate", True, traveller.received)
            scene.play(traveller)
            self.played.append((scene, traveller))
            yield traveller

    def history(self, traveller: Traveller) -> OwnCertificate:
        """As the issuer's trail has it: a certificate that is over has no device that could ask."""
        with reading(self.issuer.engine) as connection:
            found = certificates.of_application(connection, traveller.application.id if traveller.application else "")
            if found is None:
                raise LookupError("no certificate for this person")
            return state_of(connection, found.id)

    # --- the scenes ---

    def spent(self, traveller: Traveller) -> None:
        holder, before = traveller.holder, traveller.holder.left().total()
        for service in LIVE:
            self._signs_in(traveller, service)
        self._expect(traveller, "has spent a copy at each service", before - len(LIVE), holder.left().total())
        received = holder.refresh(few=before)
        self._expect(traveller, "receives fresh copies without doing anything", True, received.total() > 0)
        self._signs_in(traveller)

    def lost(self, traveller: Traveller) -> None:
        code = traveller.offer.revocation_code if traveller.offer else ""
        self._signs_in(traveller)
        page = self._post("/lost", {"code": code.lower().replace("-", " ")})
        self._expect(traveller, "stops it in any browser, by the code on the receipt", 200, page.status)
        self._is_stopped(traveller, "suspended")
        self._is_told(traveller, 1)
        self._refuses(traveller, "the finder releases it without the code", lambda: traveller.holder.release("0000-0000-0000"))
        self._expect(traveller, "finds the phone and releases it", "active", traveller.holder.release(code).state)
        self._is_let_in_again(traveller)

    def lost_without_code(self, traveller: Traveller) -> None:
        form = traveller.person.form
        registration = traveller.person.registration
        wrong = self._post("/lost", {"number": "xx-24-00000-0", "birthdate": form.birthdate.isoformat()})
        fields = {"number": registration.number if registration else "", "birthdate": form.birthdate.isoformat()}
        asked = self._post("/lost", fields)
        self._expect(traveller, "is answered like a stranger", wrong.words, asked.words)
        self._signs_in(traveller)
        page = self._post(self._mailed_link(traveller), {})
        self._expect(traveller, "stops it with the link that was mailed", 200, page.status)
        self._is_stopped(traveller, "suspended")
        self._officer(traveller, "release", "LOSS_REPORTED")
        self._expect(traveller, "has it released by an officer", "active", traveller.holder.state().state)
        self._is_let_in_again(traveller)

    def moved(self, traveller: Traveller) -> None:
        old, pin = traveller.holder, choose_pin()
        link = old.start_transfer(pin)
        self._signs_in(traveller)
        traveller.holder = self.journey.traveller(traveller.person).holder
        self._refuses(traveller, "a wrong PIN", lambda: traveller.holder.receive(link, tx_code=_other(pin)))
        traveller.holder.receive(link, tx_code=pin)
        self._signs_in(traveller)
        self._refuses(traveller, "the old phone fetches copies", lambda: old.refresh(few=100), "device_replaced")
        self._expect(traveller, "has nothing left on the old phone", 0, old.left().total())
        self._expect(traveller, "has the certificate on the new one", "active", traveller.holder.state().state)

    def passport_renewed(self, traveller: Traveller) -> None:
        today = seoul_date(self._now())
        self._happens(traveller, happenings.PassportIssued(_passport_number(), today, today + TEN_YEARS))
        self._expect(traveller, "has data that changed", True, traveller.holder.state().stale)
        traveller.holder.refresh(few=100)
        self._expect(traveller, "has the new passport in fresh copies", False, traveller.holder.state().stale)
        self._signs_in(traveller)
        self._is_told(traveller, 1)

    def passport_lost(self, traveller: Traveller) -> None:
        self._happens(traveller, happenings.PassportLost())
        self._is_stopped(traveller, "suspended")
        today = seoul_date(self._now())
        self._happens(traveller, happenings.PassportIssued(_passport_number(), today, today + TEN_YEARS))
        traveller.holder.refresh(few=100)
        self._expect(traveller, "goes on with a new passport", "active", traveller.holder.state().state)
        self._signs_in(traveller)

    def deregistered(self, traveller: Traveller) -> None:
        self._happens(traveller, happenings.Deregistered())
        self._is_stopped(traveller, "suspended")
        self._happens(traveller, happenings.Registered())
        self._expect(traveller, "goes on when registered again", "active", traveller.holder.state().state)
        self._is_let_in_again(traveller)

    def address_changed(self, traveller: Traveller) -> None:
        form = traveller.person.form
        self._happens(traveller, happenings.AddressChanged("7 Example Avenue", form.phone, form.email))
        self._expect(traveller, "is usable all the same", "needs_renewal", traveller.holder.state().state)
        self._signs_in(traveller)
        traveller.holder.refresh(few=100)
        self._expect(traveller, "has the new address in fresh copies", "active", traveller.holder.state().state)

    def late_news(self, traveller: Traveller) -> None:
        now = self._now()
        self._happens(traveller, happenings.Registered(), at=now)
        before = traveller.holder.state().state
        event = self._happens(traveller, happenings.Deregistered(), at=now - DAY)
        self.deployment.registers.happen(traveller.person.id, happenings.Registered(), at=now)
        self._expect(traveller, f"is not stopped by {event}", before, traveller.holder.state().state)
        self._signs_in(traveller)

    def reminded(self, traveller: Traveller) -> None:
        own = traveller.holder.state()
        later = own.valid_until - REMINDED_DAYS * DAY + 1
        remind(replace(self.issuer, clock=lambda: later))
        deliver(replace(self.issuer, clock=lambda: later), make_routes(self.deployment.world))
        mails = self.mails.of(traveller.person.form.email or "")
        self._expect(traveller, "is told a month before the end", True, any(f"{REMINDED_DAYS}" in mail.text for mail in mails))

    def ended_by_holder(self, traveller: Traveller) -> None:
        self._signs_in(traveller)
        self._expect(traveller, "ends it", "revoked", traveller.holder.end().state)
        self._expect(traveller, "has nothing left", 0, traveller.holder.left().total())
        self._is_told(traveller, 1)

    def died(self, traveller: Traveller) -> None:
        self._happens(traveller, happenings.Died())
        self._is_refused(traveller)
        self._expect(traveller, "cannot be revived", "revoked", self.history(traveller).state)
        self._refuses(traveller, "somebody has the phone", lambda: traveller.holder.refresh(few=100), "invalid_grant")

    # --- what scenes are made of ---

    def _expect(self, traveller: Traveller, what: str, wanted: object, seen: object) -> None:
        self.ledger.expect(f"{traveller.person.id} {what}", wanted, seen)

    def _signs_in(self, traveller: Traveller, service: str = LIVE[0]) -> None:
        self._expect(traveller, f"signs in at {service}", True, self.journey.sign_in(traveller, service))

    def _is_stopped(self, traveller: Traveller, state: str) -> None:
        self._is_refused(traveller)
        self._expect(traveller, f"sees that it is {state}", state, traveller.holder.state().state)

    def _is_refused(self, traveller: Traveller) -> None:
        """Within seconds no service lets the person in."""
        seen = None if self._is_let_in(traveller, until=False) else "not_let_in"
        self.ledger.expect_refusal(f"{traveller.person.id} is not let in", "not_let_in", seen)

    def _is_let_in_again(self, traveller: Traveller) -> None:
        traveller.holder.refresh()
        self._expect(traveller, "is let in again", True, self._is_let_in(traveller, until=True))

    def _is_let_in(self, traveller: Traveller, *, until: bool) -> bool:
        """Tried until it is so, for as long as a service may take to notice."""
        end = monotonic() + NOTICED_SECONDS
        while (let_in := self.journey.sign_in(traveller, LIVE[0])) is not until and monotonic() < end:
            sleep(1)
        return let_in

    def _refuses(self, traveller: Traveller, what: str, act: Callable[[], object], code: str | None = None) -> None:
        """`act` meets a refusal, the one with this code where it is known."""
        try:
            act()
            seen = None
        except Refusal as refusal:
            seen = refusal.code
        self.ledger.expect_refusal(f"{traveller.person.id}: {what}", code or seen or "a refusal", seen)

    def _happens(self, traveller: Traveller, happening: Happening, *, at: int | None = None) -> str:
        """And the consulate hears of it. The name of the event."""
        event = self.deployment.registers.happen(traveller.person.id, happening, at=self._now() if at is None else at)
        follow_registers(self.deployment.consulate)
        return event.kind.value

    def _officer(self, traveller: Traveller, act: str, reason: str) -> None:
        counter, mission = self.journey.counter, traveller.person.form.mission
        application = traveller.application.id if traveller.application else ""
        counter.call("POST", f"/officer/applications/{application}/{act}", {"reason": reason}, counter.session(mission))

    def _is_told(self, traveller: Traveller, least: int) -> None:
        self._expect(traveller, "is told by mail", True, len(self._mails(traveller)) >= least)

    def _mails(self, traveller: Traveller) -> list[str]:
        self.keep_house()
        return [mail.text for mail in self.mails.of(traveller.person.form.email or "")]

    def _mailed_link(self, traveller: Traveller) -> str:
        found = [match[0] for text in self._mails(traveller) for match in re.finditer(r"/lost/[A-Za-z0-9_-]+", text)]
        if not found:
            raise LookupError("no link was mailed")
        return found[-1]

    def _post(self, path: str, fields: dict[str, str]) -> Page:
        """As a browser that is on the page already."""
        browser, origin = Browser(), self.deployment.origins["issuer"]
        browser.client.headers["origin"] = origin
        try:
            return browser.post(origin + path, fields)
        finally:
            browser.close()

    def _now(self) -> int:
        return self.deployment.world.clock()


def _passport_number() -> str:
    """Of the new form, and nobody's."""
    return f"M{secrets.randbelow(1000):03d}Z{int.from_bytes(os.urandom(2)) % 10_000:04d}"


def _other(pin: str) -> str:
    return f"{(int(pin) + 1) % 10**6:06d}"
