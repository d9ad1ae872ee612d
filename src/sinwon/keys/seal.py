"""Personal data at rest: sealed field by field with AES-256-GCM, found again by a keyed hash.

One 32-byte master key per role, by URI; everything else is derived from it by HKDF under a label. A sealed field is
version ‖ nonce (12) ‖ ciphertext ‖ tag (16), bound to its context (table, column, record) as associated data.
"""

from hmac import digest as hmac_digest
from typing import Final

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from sinwon.core import base64url
from sinwon.core.ids import Randomness
from sinwon.core.refusal import Fault

VERSION: Final = b"\x01"
NONCE_BYTES: Final = 12
SHORTEST: Final = 1 + NONCE_BYTES + 16


class MasterKey:
    """The role's secret. `derive` gives an independent 32-byte key for each purpose."""

    def __init__(self, secret: bytes) -> None:
        if len(secret) != 32:
            raise Fault("a master key has 32 bytes")
        self._secret = secret

    def derive(self, purpose: str) -> bytes:
        return HKDF(algorithm=SHA256(), length=32, salt=None, info=b"sinwon/" + purpose.encode()).derive(self._secret)


class Seal:
    """Seals fields and computes look-up hashes for one role."""

    def __init__(self, master: MasterKey, random: Randomness) -> None:
        self._aead = AESGCM(master.derive("seal"))
        self._index_key = master.derive("index")
        self._random = random

    def seal(self, plain: bytes, context: str) -> bytes:
        nonce = self._random(NONCE_BYTES)
        return VERSION + nonce + self._aead.encrypt(nonce, plain, context.encode())

    def open(self, sealed: bytes, context: str) -> bytes:
        """Raises Fault: what we stored ourselves must open, or somebody moved or changed it."""
        try:
            if sealed[:1] != VERSION or len(sealed) < SHORTEST:
                raise Fault("sealed field of an unknown version, or cut off")
            return self._aead.decrypt(sealed[1 : 1 + NONCE_BYTES], sealed[1 + NONCE_BYTES :], context.encode())
        except InvalidTag:
            raise Fault(f"sealed field does not open: {context.partition(':')[0]}") from None

    def index(self, value: str, context: str) -> str:
        """HMAC-SHA-256 of `value` under the role's index key, 43 characters: equality search without the value."""
        return base64url.encode(hmac_digest(self._index_key, f"{context}\x00{value}".encode(), "sha256"))
