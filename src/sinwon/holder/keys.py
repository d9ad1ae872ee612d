"""Where the wallet's keys live: one key for each copy, named by a reference that the wallet keeps beside the copy."""

from collections.abc import Callable
from typing import Protocol

from sinwon.core import base64url
from sinwon.keys.signer import Signer
from sinwon.keys.software import SoftwareKey, generate_key, load_key


class KeyRing(Protocol):
    def create(self) -> tuple[str, Signer]:
        """A new key and its reference."""
        ...

    def open(self, reference: str) -> Signer: ...


class SoftwareKeyRing:
    """Keys in memory; the reference *is* the private key, so whoever keeps it keeps it secret."""

    def __init__(self, factory: Callable[[], SoftwareKey] = generate_key) -> None:
        self._factory = factory

    def create(self) -> tuple[str, Signer]:
        key = self._factory()
        return base64url.encode(key.to_der()), key

    def open(self, reference: str) -> Signer:
        return load_key(base64url.decode(reference))
