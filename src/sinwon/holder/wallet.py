"""The wallet as a whole: receive a certificate, answer a request, know what is left and what happened.

A façade over offer, issuer, receive, request, ask and present, which hold the rules. It owns the wallet's state, and that
state is saved before anything that depends on it leaves.
"""

from collections import Counter
from threading import Lock
from typing import Final

import msgspec

from sinwon.core.fetch import Unreachable
from sinwon.core.refusal import Refusal
from sinwon.holder.ask import Ask
from sinwon.holder.copies import Copies
from sinwon.holder.history import RECEIVED, SENT, Event, History
from sinwon.holder.issuer import open_issuer
from sinwon.holder.offer import OfferView, read_offer
from sinwon.holder.powers import Powers
from sinwon.holder.present import Choice, Consent, Declined, Sent, check_not_answered, read_request, send_answer
from sinwon.holder.receive import COPIES, receive_configuration
from sinwon.holder.storage import Kept, Storage, read_kept

MAX_ANSWERED: Final = 1000  # nonces remembered; a request lives five minutes, nobody answers that many in them


class Holder:
    """Safe for several threads, though a person has one pair of hands."""

    def __init__(self, powers: Powers, storage: Storage | None = None) -> None:
        kept = read_kept(storage)
        self.powers = powers
        self.copies = Copies(kept.copies)
        self.history = History(kept.history)
        self._answered = kept.answered
        self._storage = storage
        self._lock = Lock()

    def read_offer(self, link: str) -> OfferView:
        """What the person sees before accepting: the issuer, and whether a code is needed. Raises Refusal."""
        return read_offer(self.powers, link)

    def accept_offer(self, offer: OfferView, *, tx_code: str | None = None, copies: int = COPIES) -> Counter[str]:
        """Receives every configuration of the offer; how many copies of each type. Raises Refusal, Unreachable."""
        received: Counter[str] = Counter()
        try:
            issuer = open_issuer(self.powers, offer)
            token = issuer.redeem(offer, tx_code)
            for configuration_id in offer.configuration_ids:
                batch = receive_configuration(self.powers, issuer, token, configuration_id, copies)
                self.copies.add(batch)
                received.update(copy.vct for copy in batch)
                self._note(offer.issuer, RECEIVED, (batch[0].vct,))
        except Refusal as refusal:
            self._note(offer.issuer, refusal.code, ())
            raise
        return received

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
            self._note(party, "unreachable", asked)
            raise
        self._note(party, SENT, sent.claims)
        return sent

    def present(self, link: str, consent: Consent) -> Sent:
        """read_request, the person's choice, and send in one go."""
        ask = self.read_request(link)
        return self.send(ask, consent(ask.consent))

    def left(self) -> Counter[str]:
        """Unused, still valid copies of each type."""
        return self.copies.left(self.powers.clock())

    def delete_everything(self) -> None:
        self.copies.clear()
        self.history.clear()
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
            kept = Kept(self.copies.unused(), self.history.events, self._answered)
            self._storage.save(msgspec.json.encode(kept))
