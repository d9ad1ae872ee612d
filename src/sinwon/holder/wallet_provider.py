"""The wallet provider over HTTP: it attests this wallet to servers, and its keys to issuers. An Attester and a ClientAttester.

Owns the instances: one key for each server, and one for what is said of keys. They are registered when first needed; their
references are kept in a mapping that is the caller's to store. Does not check attestations: whom they are shown to does.
"""

from collections.abc import MutableMapping, Sequence
from dataclasses import dataclass, field
from typing import Final, TypeVar

from sinwon.core.clock import Clock
from sinwon.core.fetch import Answer, Fetch, Unreachable
from sinwon.core.refusal import Malformed, Refusal
from sinwon.core.strict_json import parse_as, parse_object
from sinwon.holder.keys import KeyRing
from sinwon.keys.jwk import PublicKey
from sinwon.keys.signer import Signer
from sinwon.protocols.wallet_provider.messages import (
    ATTEST_CLIENT,
    ATTEST_KEYS,
    CHALLENGE,
    PATHS,
    REGISTER,
    REVOKE,
    AttestKeys,
    ChallengeGiven,
    ClientAttested,
    KeysAttested,
    Nothing,
    Registered,
    Revoked,
)
from sinwon.protocols.wallet_provider.request import MEDIA_TYPE, sign_instance_request

KEYS: Final = "keys"
"""What the instance is called whose word is about keys; the others are called as their servers, which are addresses."""
MARGIN: Final = 300  # seconds an attestation must still live to be shown again
KNOWN_CODE: Final = 64  # characters of the provider's code that we repeat
T = TypeVar("T")


@dataclass(slots=True)
class HttpWalletProvider:
    provider: str
    """Its origin."""
    fetch: Fetch
    clock: Clock
    keys: KeyRing
    references: MutableMapping[str, str] = field(default_factory=dict)
    """Instance → reference of its key: as secret as the key ring makes it."""
    _attested: dict[str, ClientAttested] = field(default_factory=dict)

    def attestation(self, audience: str) -> tuple[str, Signer]:
        """The same until it nearly is over. Raises Refusal, Unreachable."""
        signer, known = self._instance(audience), self._attested.get(audience)
        if known is None or known.expires_at - MARGIN <= self.clock():
            known = self._attested[audience] = self._ask(ATTEST_CLIENT, Nothing(), signer, ClientAttested)
        return known.attestation, signer

    def attest(self, keys: Sequence[PublicKey], nonce: str) -> str:
        """Raises Refusal, Unreachable."""
        message = AttestKeys(tuple(key.jwk for key in keys), nonce)
        return self._ask(ATTEST_KEYS, message, self._instance(KEYS), KeysAttested).attestation

    def revoke(self) -> None:
        """All instances of this wallet, for good. Raises Refusal, Unreachable; those that are left are tried the next time."""
        for name, reference in tuple(self.references.items()):
            self._ask(REVOKE, Nothing(), self.keys.open(reference), Revoked)
            del self.references[name]
            self._attested.pop(name, None)

    def _instance(self, name: str) -> Signer:
        if name in self.references:
            return self.keys.open(self.references[name])
        reference, signer = self.keys.create()
        self._ask(REGISTER, Nothing(), signer, Registered)
        self.references[name] = reference
        return signer

    def _ask(self, action: str, message: object, by: Signer, shape: type[T]) -> T:
        given = _read(self.fetch.post(self.provider + CHALLENGE, b"", content_type=MEDIA_TYPE), ChallengeGiven)
        request = sign_instance_request(action, message, provider=self.provider, challenge=given.challenge, by=by)
        return _read(self.fetch.post(self.provider + PATHS[action], request.encode(), content_type=MEDIA_TYPE), shape)


def _read(answer: Answer, shape: type[T]) -> T:
    if 400 <= answer.status < 500:
        raise Refusal(_code(answer), f"the wallet provider answered {answer.status}")
    if answer.status not in {200, 201} or answer.media_type != "application/json":
        raise Unreachable(f"the wallet provider answered {answer.status}")
    return parse_as(answer.body, shape)


def _code(answer: Answer) -> str:
    try:
        return str(parse_object(answer.body).get("error", "refused"))[:KNOWN_CODE]
    except Malformed:
        return "refused"
