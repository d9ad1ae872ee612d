"""Looking after the certificate at its issuer (protocols.own_certificate): how it stands, stop, release, end, move elsewhere.

Every request is made with the refresh token, which stays as it is, and a proof by its key. An issuer whose metadata name no
endpoint for this is another's, and offers none of it.
"""

from dataclasses import dataclass
from typing import Final
from urllib.parse import urlencode

from sinwon.core.fetch import Answer
from sinwon.core.refusal import Unmet
from sinwon.core.strict_json import parse_as
from sinwon.formats.mdoc.names import MDOC
from sinwon.holder.access import Access, sender_with
from sinwon.holder.copies import Copies
from sinwon.holder.issuer import FORM, Issuer
from sinwon.holder.powers import Powers
from sinwon.holder.renewal import Renewal, reopen_issuer
from sinwon.protocols.own_certificate import END, RELEASE, RELEASE_CODE, SUSPEND, TRANSFER, OwnCertificate, TransferOffer

NOT_OFFERED: Final = "not_offered"
STOPS: Final = frozenset({"suspended", "needs_renewal"})
"""What makes an mdoc copy invalid for good, since its list knows nothing in between."""


@dataclass(frozen=True, slots=True)
class OwnDoor:
    """One certificate's endpoint, opened with its device's key. All raise Refusal with the issuer's code, and Unreachable."""

    issuer: Issuer
    access: Access
    refresh_token: str

    def look(self) -> OwnCertificate:
        return self._own("")

    def suspend(self, reason: str) -> OwnCertificate:
        return self._own(SUSPEND, reason=reason)

    def release(self, code: str) -> OwnCertificate:
        return self._own(RELEASE, code=code)

    def ask_release_code(self) -> None:
        self._post(RELEASE_CODE, {})

    def end(self) -> OwnCertificate:
        return self._own(END)

    def start_transfer(self, pin: str) -> TransferOffer:
        return parse_as(self._post(TRANSFER, {"tx_code": pin}).body, TransferOffer)

    def _own(self, below: str, **fields: str) -> OwnCertificate:
        return parse_as(self._post(below, fields).body, OwnCertificate)

    def _post(self, below: str, fields: dict[str, str]) -> Answer:
        endpoint = self.issuer.metadata.sinwon_certificate_endpoint
        if endpoint is None:
            raise Unmet(NOT_OFFERED, "this issuer has no such endpoint")
        form = urlencode({"refresh_token": self.refresh_token, **fields}).encode()
        return self.issuer.post(endpoint + below, form, FORM, self.access)


def open_door(powers: Powers, renewal: Renewal) -> OwnDoor:
    """Raises Refusal, Unreachable."""
    issuer = reopen_issuer(powers, renewal)
    return OwnDoor(issuer, _access(powers, issuer, renewal), renewal.refresh_token)


def _access(powers: Powers, issuer: Issuer, renewal: Renewal) -> Access:
    return Access(sender=sender_with(powers, powers.keys.open(renewal.key)), client=issuer.client)


def drop_stopped(copies: Copies, own: OwnCertificate) -> None:
    """Forgets mdoc copies from before the last stop: released or not, no reader takes them, and fresh ones are to be had."""
    stopped = [happening.at for happening in own.history if happening.what in STOPS or happening.to in STOPS]
    if stopped:
        copies.drop(lambda copy: copy.format == MDOC and copy.received_at <= stopped[-1])
