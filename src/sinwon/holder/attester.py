"""The wallet provider's word for this wallet's keys, where it has one (OpenID4VCI 1.0 Appendix D)."""

from collections.abc import Sequence
from typing import Protocol

from sinwon.keys.jwk import PublicKey


class Attester(Protocol):
    def attest(self, keys: Sequence[PublicKey], nonce: str) -> str:
        """A key attestation for fresh keys of this wallet, made for this nonce of an issuer."""
        ...
