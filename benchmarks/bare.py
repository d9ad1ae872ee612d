"""The floor: the cryptographic operations alone, with everything around them already done."""

import os

from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256

ES256 = ec.ECDSA(SHA256())
MESSAGE = os.urandom(900)


class Bare:
    """One of each operation, ready to be timed."""

    def __init__(self) -> None:
        self.key = ec.generate_private_key(ec.SECP256R1())
        self.peer = ec.generate_private_key(ec.SECP256R1())
        self.public = self.key.public_key()
        self.signature = self.key.sign(MESSAGE, ES256)
        self.aead = AESGCM(os.urandom(32))
        self.sealed = self.aead.encrypt(bytes(12), MESSAGE * 4, None)

    def sign(self) -> None:
        self.key.sign(MESSAGE, ES256)

    def verify(self) -> None:
        self.public.verify(self.signature, MESSAGE, ES256)

    def two_verifies(self) -> None:
        """Issuer signature and key binding."""
        self.verify()
        self.verify()

    def issue_one(self) -> None:
        """A copy: one proof verified, one credential signed."""
        self.verify()
        self.sign()

    def issue_ten(self) -> None:
        """Ten copies with ten proofs."""
        for _ in range(10):
            self.issue_one()

    def issue_twenty(self) -> None:
        """Ten copies in each of two formats."""
        self.issue_ten()
        self.issue_ten()

    def presentation(self) -> None:
        """Request signature, fresh key, key agreement, decryption, issuer signature and key binding."""
        self.sign()
        ec.generate_private_key(ec.SECP256R1())
        self.key.exchange(ec.ECDH(), self.peer.public_key())
        self.aead.decrypt(bytes(12), self.sealed, None)
        self.two_verifies()

    def sign_in(self) -> None:
        """A presentation and an ID token."""
        self.presentation()
        self.sign()
