"""The person's browser, in which an issuer finds out who they are, and what else makes this wallet a client (RFC 6749 §4.1)."""

from dataclasses import dataclass
from typing import Protocol

from sinwon.holder.client_attestation import ClientAttester


class Browser(Protocol):
    def open(self, url: str) -> str:
        """Shows the person this address; gives the one they were sent back to the wallet with, whole. Raises Unreachable when
        they never came back."""
        ...


@dataclass(frozen=True, slots=True)
class Client:
    """`redirect_uri` is where browsers come back to the wallet, and is registered wherever that is asked for."""

    attester: ClientAttester
    browser: Browser
    redirect_uri: str
