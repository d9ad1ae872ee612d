"""What the wallet shows an issuer: its token, and with each request that it has the key the token is bound to (RFC 9449).

Owns the headers of a request, and the nonce an issuer asks for. Does not keep tokens (holder.renewal does).
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from re import compile as pattern
from typing import Final

from sinwon.core.clock import Clock
from sinwon.core.fetch import Answer
from sinwon.core.ids import Randomness
from sinwon.holder.client_attestation import ClientProof, asks
from sinwon.holder.powers import Powers
from sinwon.keys.signer import Signer
from sinwon.protocols.oauth.dpop import TOKEN_TYPE as DPOP
from sinwon.protocols.oauth.dpop import sign_dpop_proof
from sinwon.protocols.oauth.errors import USE_ATTESTATION_CHALLENGE, USE_DPOP_NONCE

NONCE: Final = pattern(r"[\x21\x23-\x5B\x5D-\x7E]{1,512}\Z")  # the characters of [RFC 9449 §8.1]; ours have 54
CHALLENGE: Final = f'error="{USE_DPOP_NONCE}"'


@dataclass(slots=True)
class Sender:
    """A key of this wallet, for one issuer. Remembers the nonce that issuer gave last."""

    signer: Signer
    clock: Clock
    random: Randomness
    nonce: str | None = None

    def prove(self, url: str, token: str | None) -> str:
        """The proof for a POST to `url` with this access token."""
        now, nonce = self.clock(), self.nonce
        return sign_dpop_proof(
            self.signer, method="POST", uri=url, now=now, random=self.random, access_token=token, nonce=nonce
        )

    def hear(self, answer: Answer) -> bool:
        """Takes the nonce an answer brings. Whether the request was refused for the lack of it, and is to be sent again."""
        nonce = answer.headers.get("dpop-nonce", "")
        if not NONCE.match(nonce):
            return False
        self.nonce = nonce
        return answer.status in {400, 401} and _asks_for_nonce(answer)


@dataclass(frozen=True, slots=True)
class Access:
    """At the token endpoint there is no token yet; a token without a sender is a bearer token. `client` says who asks, where a
    server wants to know."""

    token: str | None = None
    sender: Sender | None = None
    client: ClientProof | None = None
    identifiers: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    """What the token response calls the credentials of a configuration; then they go by these names [OID4VCI 6.2]."""
    expires_at: int | None = None

    def headers(self, url: str) -> dict[str, str]:
        proof = {} if self.sender is None else {"dpop": self.sender.prove(url, self.token)}
        known = {} if self.client is None else self.client.headers()
        if self.token is None:
            return {**proof, **known}
        return {"authorization": f"{DPOP if self.sender else 'Bearer'} {self.token}", **proof, **known}

    def hear(self, answer: Answer) -> str | None:
        """Takes what an answer brings, whatever it is an answer to. The code by which it wants the request again with that."""
        asked = self.sender is not None and self.sender.hear(answer)
        challenged = self.client is not None and self.client.hear(answer)
        return USE_DPOP_NONCE if asked else USE_ATTESTATION_CHALLENGE if challenged else None


@dataclass(frozen=True, slots=True)
class Tokens:
    """What the token endpoint gave."""

    access: Access
    refresh_token: str | None


def sender_with(powers: Powers, signer: Signer) -> Sender:
    return Sender(signer, powers.clock, powers.random)


def _asks_for_nonce(answer: Answer) -> bool:
    return CHALLENGE in answer.headers.get("www-authenticate", "") or asks(answer, USE_DPOP_NONCE)
