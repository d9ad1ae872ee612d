"""The wallet as a whole: receive a certificate, answer a request, know what is left, fetch more, know what happened.

A façade over this room, whose other modules hold the rules. It owns the wallet's state, saved before what depends on it leaves.
"""

from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from threading import Lock
from typing import Any, Final, TypeVar

import msgspec

from sinwon.core.fetch import Unreachable
from sinwon.core.refusal import Refusal, Unmet
from sinwon.holder.access import Access, Sender, Tokens, sender_with
from sinwon.holder.ask import Ask
from sinwon.holder.authorization import authorize
from sinwon.holder.browser_request import Asked, Memory, answer_page
from sinwon.holder.copies import Copies
from sinwon.holder.history import PROMISED, RECEIVED, SENT, UNREACHABLE, Event, History
from sinwon.holder.issuer import Issuer, open_issuer
from sinwon.holder.offer import OfferView, ask_for, read_offer
from sinwon.holder.own_certificate import OwnDoor, drop_stopped, open_door
from sinwon.holder.powers import Powers
from sinwon.holder.present import Choice, Consent, Declined, Sent, check_not_answered, read_request, send_answer
from sinwon.holder.receive import COPIES, DELETED, Batch, Deferred, receive_configuration
from sinwon.holder.renewal import FEW, Renewal, due, new_renewal, open_again, reopen_issuer
from sinwon.holder.storage import Kept, Storage, read_kept
from sinwon.holder.waiting import Receipt, Waiting, access_of, ask_again, has_expired, is_over, promised
from sinwon.protocols.oauth.errors import INVALID_GRANT
from sinwon.protocols.own_certificate import DEVICE_REPLACED, OwnCertificate

T = TypeVar("T")
LOSS_REPORTED: Final = "LOSS_REPORTED"
NO_CERTIFICATE: Final = "no_certificate"
MAX_ANSWERED: Final = 1000  # nonces remembered; a request lives five minutes, nobody answers that many in them


@dataclass(frozen=True, slots=True)
class Reached:
    """An issuer with the right to receive: which of its servers gave it, and for which key."""

    issuer: Issuer
    server: str | None
    access: Access
    key: str | None


class Holder:
    """Safe for several threads, though a person has one pair of hands."""

    def __init__(self, powers: Powers, storage: Storage | None = None) -> None:
        kept = read_kept(storage)
        self.powers = powers
        self.copies = Copies(kept.copies)
        self.history = History(kept.history)
        self._answered = kept.answered
        self._renewals = {renewal.key: renewal for renewal in kept.renewals}
        self._waiting = {one.transaction_id: one for one in kept.waiting}
        self._receipts = kept.receipts
        self._storage = storage
        self._lock = Lock()
        self._refreshing = Lock()

    def read_offer(self, link: str) -> OfferView:
        """What the person sees before accepting: the issuer, and whether a code is needed. Raises Refusal."""
        return read_offer(self.powers, link)

    def accept_offer(self, offer: OfferView, *, tx_code: str | None = None, copies: int = COPIES) -> Counter[str]:
        """Receives every configuration of the offer that this wallet can hold; how many copies of each type there are now: what
        the issuer only promises, `resume` fetches. Without a code in the offer the person is sent to the issuer first. Raises
        Refusal, Unreachable."""
        try:
            server = offer.grant.authorization_server
            issuer = open_issuer(self.powers, offer.issuer, server)
            wanted = issuer.holdable(offer.configuration_ids)
            self._forget_replaced(issuer)
            access, key = self._redeem(issuer, offer, wanted, tx_code)
            return self._receive(Reached(issuer, server, access, key), wanted, copies)
        except Refusal as refusal:
            self._note(offer.issuer, refusal.code, ())
            raise

    def ask_issuer(self, issuer: str, configurations: Sequence[str], *, copies: int = COPIES) -> Counter[str]:
        """Gets these configurations from an issuer on the trust list, to which the person is sent: no offer is needed. As
        accept_offer."""
        return self.accept_offer(ask_for(self.powers, issuer, tuple(configurations)), copies=copies)

    def receive(self, link: str, *, tx_code: str | None = None, copies: int = COPIES) -> Counter[str]:
        """read_offer and accept_offer in one go."""
        return self.accept_offer(self.read_offer(link), tx_code=tx_code, copies=copies)

    def read_request(self, link: str) -> Ask:
        """What the person is asked. Raises Refusal (nobody was told) or Declined (the verifier was)."""
        try:
            return read_request(self.powers, self.copies, self._answered, link)
        except Declined as declined:
            self._note(declined.party, declined.reason, ())
            raise
        except Refusal as refusal:
            self._note("", refusal.code, ())
            raise

    def send(self, ask: Ask, choice: Choice) -> Sent:
        """Answers as chosen. Raises Declined when that is no; Refusal when the verifier refuses the answer; Unreachable."""
        party = ask.consent.service.id
        asked = tuple(claim.name for claim in ask.consent.claims)
        try:
            check_not_answered(ask.request.claims.nonce, self._answered)
            sent = send_answer(self.powers, self.copies, ask, choice, lambda: self._remember(ask))
        except Declined as declined:
            self._note(party, declined.reason, asked)
            raise
        except Refusal as refusal:
            self._note(party, refusal.code, asked)
            raise
        except Unreachable:
            self._note(party, UNREACHABLE, asked)
            raise
        self._note(party, SENT, sent.claims)
        return sent

    def answer_page(self, asked: Asked, consent: Consent) -> Mapping[str, Any]:
        """What the page that asks through the browser gets, an error being an answer too (OpenID4VP 1.0 A.5)."""
        answer = answer_page(self.powers, self.copies, asked, consent, Memory(self._answered, self._remember))
        self._note(asked.origin, answer.outcome, answer.claims)
        return answer.message

    def present(self, link: str, consent: Consent) -> Sent:
        """read_request, the person's choice, and send in one go."""
        ask = self.read_request(link)
        return self.send(ask, consent(ask.consent))

    def left(self) -> Counter[str]:
        """Unused, still valid copies of each type, in each format: the name of a type says which."""
        return self.copies.left(self.powers.clock())

    def refresh(self, *, few: int = FEW, copies: int = COPIES) -> Counter[str]:
        """Fetches fresh copies of every type of which fewer than `few` are left for another day, without the person; how many
        of each type. Every certificate is tried; then raises the first Refusal or Unreachable there was."""
        received: Counter[str] = Counter()
        failed: Exception | None = None
        with self._refreshing:  # a refresh token is renewed once
            for renewal in tuple(self._renewals.values()):
                try:
                    received += self._refresh(renewal, few, copies)
                except Unreachable as error:
                    self._note(renewal.issuer, UNREACHABLE, ())
                    failed = failed or error
                except Refusal as refusal:
                    failed = failed or self._judged(renewal, refusal)
        if failed is not None:
            raise failed
        return received

    @property
    def waiting(self) -> tuple[Waiting, ...]:
        """What issuers have promised."""
        return tuple(self._waiting.values())

    def resume(self) -> Counter[str]:
        """Asks for what was promised, where it is time to; how many copies of each type came. Every promise is tried; then
        raises the first Refusal or Unreachable there was."""
        received: Counter[str] = Counter()
        failed: Exception | None = None
        with self._refreshing:
            for one in self.waiting:
                try:
                    received += self._ask_again(one)
                except (Refusal, Unreachable) as error:
                    self._note(one.issuer, error.code if isinstance(error, Refusal) else UNREACHABLE, ())
                    failed = failed or error
        if failed is not None:
            raise failed
        return received

    def state(self) -> OwnCertificate:
        """How the certificate stands at its issuer, and its history. Raises Refusal ("device_replaced": it is on another phone
        now), Unreachable; so do all that follow."""
        return self._care(lambda door: door.look())

    def suspend(self, reason: str = LOSS_REPORTED) -> OwnCertificate:
        return self._care(lambda door: door.suspend(reason))

    def ask_release_code(self) -> None:
        """Has a code mailed to the address on file, for `release`."""
        self._on_door(lambda door: door.ask_release_code())

    def release(self, code: str) -> OwnCertificate:
        """`code` is printed on the receipt, or was mailed."""
        return self._care(lambda door: door.release(code))

    def end(self) -> OwnCertificate:
        """Ends the certificate for good: nothing of it stays here but the history."""
        ended = self._on_door(lambda door: door.end())
        self._give_up(self._newest(), ended.state)
        return ended

    def start_transfer(self, pin: str) -> str:
        """The link for the other phone, which receives with it and this PIN. Nothing changes here until it has."""
        return self._on_door(lambda door: door.start_transfer(pin)).uri

    def delete_everything(self) -> None:
        """Forgets all, having told the issuers of what was left, as far as they can be reached."""
        self._tell_deleted()
        self._renewals.clear()
        self._waiting.clear()
        self._receipts = ()
        self.copies.clear()
        self.history.clear()
        self._save()

    def _redeem(
        self, issuer: Issuer, offer: OfferView, wanted: Sequence[str], tx_code: str | None
    ) -> tuple[Access, str | None]:
        """With a key of its own for the certificate, where the issuer binds tokens."""
        if not issuer.binds_tokens:
            return self._grant(issuer, offer, wanted, tx_code, None).access, None
        reference, signer = self.powers.keys.create()
        tokens = self._grant(issuer, offer, wanted, tx_code, sender_with(self.powers, signer))
        if tokens.refresh_token is not None:
            self._keep(new_renewal(offer, issuer, reference, tokens.refresh_token))
        return tokens.access, reference

    def _grant(
        self, issuer: Issuer, offer: OfferView, wanted: Sequence[str], tx_code: str | None, sender: Sender | None
    ) -> Tokens:
        if offer.code is not None:
            return issuer.redeem(offer, tx_code, sender)
        return authorize(self.powers, issuer, wanted, offer.issuer_state, sender)

    def _ask_again(self, one: Waiting) -> Counter[str]:
        if one.ask_at > self.powers.clock():
            return Counter()
        issuer = open_again(self.powers, one.issuer, one.server)
        access = self._access_for(issuer, one)
        try:
            found = ask_again(self.powers, issuer, access, one)
        except Refusal as refusal:
            if is_over(refusal):
                self._forget_waiting(one)
            raise
        if isinstance(found, Waiting):
            self._wait(found)
            return Counter()
        received = self._add(Reached(issuer, one.server, access, one.key), found)
        self._forget_waiting(one)
        return received

    def _access_for(self, issuer: Issuer, one: Waiting) -> Access:
        """The token of the promise, or a new one of the same certificate."""
        renewal = None if one.key is None else self._renewals.get(one.key)
        if renewal is None or not has_expired(one, self.powers.clock):
            return access_of(self.powers, one)
        return self._renew(issuer, renewal).access

    def _renew(self, issuer: Issuer, renewal: Renewal) -> Tokens:
        tokens = issuer.refresh(renewal.refresh_token, sender_with(self.powers, self.powers.keys.open(renewal.key)))
        if tokens.refresh_token is not None:
            self._keep(renewal.with_token(tokens.refresh_token))
        return tokens

    def _tell_deleted(self) -> None:
        """Nothing depends on it being heard, so nothing is tried twice."""
        for key in dict.fromkeys(receipt.key for receipt in self._left_receipts()):
            renewal = self._renewals.get(key)
            if renewal is None:
                continue
            try:
                issuer = reopen_issuer(self.powers, renewal)
                access = self._renew(issuer, renewal).access
            except (Refusal, Unreachable):
                continue
            for receipt in self._left_receipts():
                if receipt.key == key:
                    issuer.notify(access, receipt.notification_id, DELETED)

    def _left_receipts(self) -> tuple[Receipt, ...]:
        """Of deliveries of which something is left."""
        batches = {copy.batch for copy in self.copies.unused()}
        return tuple(receipt for receipt in self._receipts if receipt.batch in batches)

    def _care(self, act: Callable[[OwnDoor], OwnCertificate]) -> OwnCertificate:
        own = self._on_door(act)
        drop_stopped(self.copies, own)
        self._save()
        return own

    def _on_door(self, act: Callable[[OwnDoor], T]) -> T:
        renewal = self._newest()
        try:
            return act(open_door(self.powers, renewal))
        except Refusal as refusal:
            if refusal.code == DEVICE_REPLACED:
                self._give_up(renewal, refusal.code)
            raise

    def _newest(self) -> Renewal:
        if not self._renewals:
            raise Unmet(NO_CERTIFICATE, "no certificate that could be looked after")
        return tuple(self._renewals.values())[-1]

    def _give_up(self, renewal: Renewal, outcome: str) -> None:
        """The certificate is over, or on another phone: its copies are good for nothing."""
        types = {one.type for one in renewal.wanted}
        with self._lock:
            self._renewals.pop(renewal.key, None)
        self.copies.drop(lambda copy: copy.type in types)
        self._note(renewal.issuer, outcome, ())

    def _forget_replaced(self, issuer: Issuer) -> None:
        """A certificate that moved away and comes back: copies from before are not to be taken for copies of now."""
        for renewal in tuple(self._renewals.values()):
            if renewal.issuer == issuer.identifier:
                self._is_replaced(renewal)

    def _judged(self, renewal: Renewal, refusal: Refusal) -> Refusal:
        """What a refused renewal means, noted."""
        if refusal.code == INVALID_GRANT and self._is_replaced(renewal):
            return Unmet(DEVICE_REPLACED, "the certificate is on another device")
        self._note(renewal.issuer, refusal.code, ())
        return refusal

    def _is_replaced(self, renewal: Renewal) -> bool:
        """Whether another phone has the certificate, which a refused renewal does not tell. Then nothing of it stays here."""
        try:
            open_door(self.powers, renewal).look()
        except Refusal as refusal:
            if refusal.code == DEVICE_REPLACED:
                self._give_up(renewal, refusal.code)
                return True
        except Unreachable:
            return False
        return False

    def _refresh(self, renewal: Renewal, few: int, copies: int) -> Counter[str]:
        wanted = due(renewal, self.copies, now=self.powers.clock(), few=few)
        if not wanted:
            return Counter()
        issuer = reopen_issuer(self.powers, renewal)
        tokens = self._renew(issuer, renewal)
        return self._receive(Reached(issuer, renewal.server, tokens.access, renewal.key), wanted, copies)

    def _receive(self, reached: Reached, configurations: Iterable[str], copies: int) -> Counter[str]:
        received: Counter[str] = Counter()
        for configuration_id in configurations:
            for found in receive_configuration(self.powers, reached.issuer, reached.access, configuration_id, copies):
                if isinstance(found, Deferred):
                    self._wait(promised(reached.issuer, reached.server, reached.access, reached.key, found))
                    self._note(reached.issuer.identifier, PROMISED, ())
                else:
                    received += self._add(reached, found)
        return received

    def _add(self, reached: Reached, batch: Batch) -> Counter[str]:
        self.copies.add(batch.copies)
        if batch.notification_id is not None and reached.key is not None:
            receipt = Receipt(batch.copies[0].batch, reached.key, batch.notification_id)
            self._receipts = (*self._left_receipts(), receipt)
        self._note(reached.issuer.identifier, RECEIVED, (batch.copies[0].type,))
        return Counter(copy.type for copy in batch.copies)

    def _wait(self, one: Waiting) -> None:
        with self._lock:
            self._waiting[one.transaction_id] = one
        self._save()

    def _forget_waiting(self, one: Waiting) -> None:
        with self._lock:
            self._waiting.pop(one.transaction_id, None)
        self._save()

    def _keep(self, renewal: Renewal) -> None:
        """Before anything is done with the access it came with: the issuer does not wait long for the old token."""
        with self._lock:
            self._renewals[renewal.key] = renewal
        self._save()

    def _remember(self, ask: Ask) -> None:
        """Before the answer leaves: this request is answered, once."""
        nonce = ask.request.claims.nonce
        with self._lock:
            check_not_answered(nonce, self._answered)
            self._answered = (*self._answered[-MAX_ANSWERED + 1 :], nonce)
        self._save()

    def _note(self, party: str, outcome: str, claims: tuple[str, ...]) -> None:
        with self._lock:
            self.history.add(Event(self.powers.clock(), party, outcome, claims))
        self._save()

    def _save(self) -> None:
        if self._storage is None:
            return
        with self._lock:
            renewals = tuple(self._renewals.values())
            waiting = tuple(self._waiting.values())
            kept = Kept(self.copies.unused(), self.history.events, self._answered, renewals, waiting, self._receipts)
            self._storage.save(msgspec.json.encode(kept))
