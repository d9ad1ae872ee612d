"""Who this wallet is to an authorization server: its provider's word for it, and with each request that it is the one meant
(Attestation-Based Client Authentication; HAIP 1.0 §4.4.1).

Owns the port of the wallet provider, the two headers, and the challenge a server gives. Does not keep attestations: the
implementation of the port does, one instance key for each server, or servers could compare them.
"""

from dataclasses import dataclass
from re import compile as pattern
from typing import Final, Protocol

from sinwon.core.clock import Clock
from sinwon.core.fetch import Answer
from sinwon.core.ids import Randomness
from sinwon.core.refusal import Malformed
from sinwon.core.strict_json import parse_object
from sinwon.formats.jose.jws import parse_jws
from sinwon.keys.signer import Signer
from sinwon.protocols.oauth.client_authentication.attestation import sign_attestation_pop
from sinwon.protocols.oauth.errors import INVALID_CLIENT_ATTESTATION, USE_ATTESTATION_CHALLENGE

ATTESTATION_HEADER: Final = "oauth-client-attestation"
POP_HEADER: Final = "oauth-client-attestation-pop"
CHALLENGE_HEADER: Final = "oauth-client-attestation-challenge"
MAX_ATTESTATION: Final = 64 * 1024  # characters
CHALLENGE: Final = pattern(r"[\x21-\x7E]{1,512}\Z")  # goes into a claim; ours have 54 characters


class ClientAttester(Protocol):
    def attestation(self, audience: str) -> tuple[str, Signer]:
        """An attestation of this wallet for the server of this identifier and for no other, and the instance key it names: the
        same key each time, for refresh tokens are bound to it. Raises Refusal, Unreachable."""
        ...


@dataclass(slots=True)
class ClientProof:
    """This wallet, to one authorization server. Remembers the challenge that server gave last."""

    attestation: str
    signer: Signer
    client_id: str
    audience: str
    clock: Clock
    random: Randomness
    challenge: str | None = None

    def headers(self) -> dict[str, str]:
        """Fresh ones: a proof of possession counts once."""
        pop = sign_attestation_pop(
            self.signer,
            client_id=self.client_id,
            audience=self.audience,
            challenge=self.challenge,
            now=self.clock(),
            random=self.random,
        )
        return {ATTESTATION_HEADER: self.attestation, POP_HEADER: pop}

    def take(self, challenge: object) -> bool:
        """Whether this is one; the newest counts."""
        if not isinstance(challenge, str) or not CHALLENGE.match(challenge):
            return False
        self.challenge = challenge
        return True

    def hear(self, answer: Answer) -> bool:
        """Takes the challenge an answer brings. Whether the request was refused for the lack of it, and is to be sent again."""
        return (
            self.take(answer.headers.get(CHALLENGE_HEADER))
            and answer.status in {400, 401}
            and asks(answer, USE_ATTESTATION_CHALLENGE)
        )


def prove_client(attester: ClientAttester, audience: str, clock: Clock, random: Randomness) -> ClientProof:
    """Raises Malformed when the provider's word is none; Refusal, Unreachable."""
    attestation, signer = attester.attestation(audience)
    client_id = parse_jws(attestation, limit=MAX_ATTESTATION).claims().get("sub")
    if not isinstance(client_id, str) or not client_id:
        raise Malformed(INVALID_CLIENT_ATTESTATION, "it names no client")
    return ClientProof(attestation, signer, client_id, audience, clock, random)


def asks(answer: Answer, error: str) -> bool:
    """Whether the answer is refused with this code, in its body."""
    try:
        return parse_object(answer.body).get("error") == error
    except Malformed:
        return False
