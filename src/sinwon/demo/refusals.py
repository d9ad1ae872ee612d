"""What must be refused, tried for real: each attempt over the same public interfaces, each with the code it must meet."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from time import monotonic, sleep
from typing import Final
from urllib.parse import urlencode

import httpx2

from sinwon.core.fetch import BODY_LIMIT, Answer, Fetch
from sinwon.core.refusal import Refusal
from sinwon.demo.browser import Browser
from sinwon.demo.counter import Refused
from sinwon.demo.deployment import LIVE, PLANNED
from sinwon.demo.expectations import Ledger
from sinwon.demo.journey import Journey, choose_pin
from sinwon.demo.traveller import Traveller
from sinwon.holder.present import NO, Declined, only_required
from sinwon.protocols.roles.messages import MAKE_OFFER, PATHS

REVOCATION_SECONDS: Final = 20.0
"""How long a verifier may take to notice; the list's own time to live is far below."""
Row = tuple[str, str, str]


@dataclass
class RecordingFetch:
    """A wallet's network that keeps what was posted, so that it can be sent again."""

    inner: Fetch
    posted: list[tuple[str, bytes]] = field(default_factory=list)

    def get(self, url: str, *, accept: str, limit: int = BODY_LIMIT, headers: Mapping[str, str] | None = None) -> Answer:
        return self.inner.get(url, accept=accept, limit=limit, headers=headers)

    def post(
        self,
        url: str,
        body: bytes,
        *,
        content_type: str,
        accept: str = "application/json",
        limit: int = BODY_LIMIT,
        headers: Mapping[str, str] | None = None,
    ) -> Answer:
        self.posted.append((url, body))
        return self.inner.post(url, body, content_type=content_type, accept=accept, limit=limit, headers=headers)


class Refusals:
    """Needs people who went through already: `first` is spent (revoked at the end), `fresh` has an unopened offer."""

    def __init__(self, journey: Journey, ledger: Ledger) -> None:
        self.journey = journey
        self.origins = journey.deployment.origins
        self.ledger = ledger
        self.rows: list[Row] = []
        self.client = httpx2.Client(trust_env=False, timeout=20)

    def run(self, first: Traveller, fresh: Traveller) -> list[Row]:
        """All of them; rows of what was tried, the code, and where."""
        self.services(first)
        self.offers(first, fresh)
        self.presentations(first)
        self.providers()
        self.counters(first)
        self.revocation(first)
        self.client.close()
        return self.rows

    def expect(self, what: str, code: str, seen: str | None, where: str) -> None:
        self.ledger.expect_refusal(what, code, seen)
        self.rows.append((what, seen or "(not refused)", where))

    def services(self, traveller: Traveller) -> None:
        planned = self.journey.browse(traveller, PLANNED, only_required)
        self.expect("a planned service asks for a sign-in", "unauthorized_client", _shown_code(planned.words), "gateway")
        for service in LIVE:
            beyond = self.journey.browse(traveller, service, only_required, purpose="rrn")
            seen = _shown_code(beyond.words)
            self.expect(f"{service} asks for the resident number of unattested keys", "access_denied", seen, "wallet")
            foreign = self.authorize(service, "openid bank-onboarding")
            self.expect(f"{service} asks beyond its registration", "invalid_scope", foreign, "gateway")
        declined = self.journey.browse(traveller, LIVE[0], lambda _consent: NO)
        self.expect("the person does not send", "access_denied", _shown_code(declined.words), "wallet")

    def authorize(self, service: str, scope: str) -> str | None:
        """The error code a service gets back for asking so."""
        site = next(site for site in self.journey.deployment.sites if site.service == service)
        parameters = {
            "response_type": "code",
            "client_id": site.client_id,
            "redirect_uri": f"{site.origin}/callback",
            "scope": scope,
            "state": "s" * 43,
            "nonce": "n" * 43,
            "code_challenge": "c" * 43,
            "code_challenge_method": "S256",
        }
        answer = self.client.get(f"{self.origins['gateway']}/authorize?{urlencode(parameters)}")
        return dict(httpx2.URL(answer.headers.get("location", "http://none")).params).get("error")

    def offers(self, first: Traveller, fresh: Traveller) -> None:
        issuer = self.origins["issuer"]
        seen = self.error(
            self.client.post(issuer + PATHS[MAKE_OFFER], content=b"a.b.c", headers={"content-type": "application/jwt"})
        )
        self.expect("a stranger asks for an offer", "unauthorized", seen, "issuer")
        self.expect("an offer is opened a second time", "invalid_offer", self.receive(first, first.pin), "issuer")
        wrong = [self.receive(fresh, _another(fresh.pin)) for _ in range(5)]
        for seen in wrong:
            self.expect("a wrong PIN", "invalid_grant", seen, "issuer")
        self.expect("the right PIN after five wrong ones", "invalid_offer", self.receive(fresh, fresh.pin), "issuer")
        bearer = {"authorization": "Bearer " + "x" * 43}
        seen = self.error(self.client.post(f"{issuer}/credential", json={}, headers={"authorization": "Basic x"}))
        self.expect("a credential without a token", "invalid_token", seen, "issuer")
        seen = self.error(
            self.client.post(f"{issuer}/notification", content=b"{", headers=bearer | {"content-type": "text/plain"})
        )
        self.expect("a notification of the wrong type", "unsupported_media_type", seen, "issuer")
        seen = self.error(self.client.post(f"{issuer}/token", data={"grant_type": "password"}))
        self.expect("a grant that is not offered", "unsupported_grant_type", seen, "issuer")
        seen = self.error(self.client.get(f"{issuer}/nonce", headers={"host": "evil.example"}))
        self.expect("another host's name", "misdirected_request", seen, "issuer")

    def presentations(self, traveller: Traveller) -> None:
        """A presentation sent again, to the same transaction and to another, and an answer in another browser."""
        holder, browser, thief = traveller.holder, Browser(), Browser()
        recorder = RecordingFetch(holder.powers.fetch)
        holder.powers = replace(holder.powers, fetch=recorder)
        onward = holder.present(self.open_sign_in(browser), only_required).redirect_uri or ""
        holder.powers = replace(holder.powers, fetch=recorder.inner)
        url, body = recorder.posted[-1]
        self.expect("the same presentation again", "invalid_request", self.replay(url, body), "gateway")
        other = dict(httpx2.URL(self.open_sign_in(thief)).params)["request_uri"].removesuffix("/request") + "/response"
        self.expect("the presentation at another transaction", "invalid_request", self.replay(other, body), "gateway")
        request_uri = url.removesuffix("/response") + "/request"
        self.expect("a request that is over", "not_found", self.error(self.client.get(request_uri)), "gateway")
        self.ledger.expect("another browser does not get in with the answer", True, thief.get(onward).status >= 400)
        self.ledger.expect("the person's own browser does", 200, browser.get(onward).status)
        browser.close()
        thief.close()

    def providers(self) -> None:
        gateway, site = self.origins["gateway"], self.journey.deployment.sites[0]
        form = {
            "grant_type": "authorization_code",
            "code": "x" * 43,
            "redirect_uri": f"{site.origin}/callback",
            "code_verifier": "v" * 43,
        }
        seen = self.error(self.client.post(f"{gateway}/token", data=form, auth=(site.client_id, "wrong")))
        self.expect("a service with a wrong secret", "invalid_client", seen, "gateway")
        seen = self.error(self.client.post(f"{gateway}/token", data=form, auth=(site.client_id, site.client_secret)))
        self.expect("a code nobody was given", "invalid_grant", seen, "gateway")
        seen = self.error(self.client.get(f"{gateway}/userinfo", headers={"authorization": "Bearer " + "x" * 43}))
        self.expect("userinfo with an invented token", "invalid_token", seen, "gateway")

    def counters(self, traveller: Traveller) -> None:
        counter, application = self.journey.counter, traveller.application
        if application is None:
            raise LookupError("the first traveller has no application")
        elsewhere = next(m for m in self.journey.deployment.officers if m != traveller.person.form.mission)
        self.expect(
            "an officer of another mission decides",
            "not_found",
            _refused(lambda: counter.approve(application, elsewhere)),
            "consulate",
        )
        seen = _refused(lambda: counter.call("POST", f"/applications/{application.id}/pin", {"pin": choose_pin()}, "x" * 43))
        self.expect("a stranger chooses the PIN", "invalid_token", seen, "consulate")
        seen = _refused(lambda: counter.call("POST", "/officer/sessions", {"login": "nobody", "secret": "x" * 20}))
        self.expect("a stranger signs in as an officer", "sign_in_refused", seen, "consulate")

    def revocation(self, traveller: Traveller) -> None:
        """The officer revokes; within seconds no service lets the person in."""
        if traveller.application is None:
            raise LookupError("the first traveller has no application")
        mission = traveller.person.form.mission
        self.journey.counter.revoke(traveller.application, mission, "HOLDER_REQUEST")
        end, code = monotonic() + REVOCATION_SECONDS, None
        while code is None and monotonic() < end:
            sleep(1)
            code = self.present(traveller)
        self.expect("a revoked certificate", "invalid_request", code, "gateway")

    def receive(self, traveller: Traveller, pin: str) -> str | None:
        try:
            traveller.holder.receive(traveller.offer.uri if traveller.offer else "", tx_code=pin)
        except Refusal as refusal:
            return refusal.code
        return None

    def present(self, traveller: Traveller) -> str | None:
        """The verifier's code for an answer, None when it was taken."""
        browser = Browser()
        try:
            traveller.holder.present(self.open_sign_in(browser), only_required)
        except (Declined, Refusal) as refusal:
            return refusal.code
        finally:
            browser.close()
        return None

    def open_sign_in(self, browser: Browser) -> str:
        link = self.journey.wallet_link(browser.post(f"{self.origins[LIVE[0]]}/sign-in/login"))
        if link is None:
            raise LookupError("no wallet link on the sign-in page")
        return link

    def replay(self, url: str, body: bytes) -> str | None:
        return self.error(self.client.post(url, content=body, headers={"content-type": "application/x-www-form-urlencoded"}))

    def error(self, answer: httpx2.Response) -> str | None:
        return str(answer.json().get("error")) if answer.status_code >= 400 else None


def _shown_code(words: str) -> str | None:
    """The error code a demonstration site shows in brackets."""
    _, _, rest = words.partition("(")
    while rest:
        code, _, rest = rest.partition(")")
        if code.replace("_", "").isalpha() and code.islower() and code.isascii():
            return code
        _, _, rest = rest.partition("(")
    return None


def _another(pin: str) -> str:
    return f"{(int(pin) + 1) % 10**6:06d}"


def _refused(attempt: Callable[[], object]) -> str | None:
    try:
        attempt()
    except Refused as refused:
        return refused.code
    return None
