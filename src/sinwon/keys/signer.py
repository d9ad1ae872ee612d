"""What a private key can do for us, wherever it lives. Nothing above this room ever sees private key material."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Protocol

from sinwon.keys.jwk import PublicKey


class Signer(Protocol):
    """A P-256 signing key: ES256 over whole messages (RFC 7518 §3.4)."""

    @property
    def public_jwk(self) -> Mapping[str, str]:
        """kty, crv, x, y and nothing else."""
        ...

    def sign(self, message: bytes) -> bytes:
        """r‖s, 64 bytes, over SHA-256 of `message`."""
        ...


class RsaSigner(Protocol):
    """An RSA signing key: RS256 over whole messages (RFC 7518 §3.3), for ID tokens only. Its members have names of their own,
    so that it cannot stand where a Signer is meant."""

    @property
    def rsa_jwk(self) -> Mapping[str, str]:
        """kty, n, e and nothing else."""
        ...

    @property
    def rsa_thumbprint(self) -> str:
        """RFC 7638, base64url."""
        ...

    def sign_rs256(self, message: bytes) -> bytes: ...


class Agreement(Protocol):
    """A P-256 key agreement key (ECDH-ES receivers)."""

    @property
    def public_jwk(self) -> Mapping[str, str]: ...

    def agree(self, public: PublicKey) -> bytes:
        """The 32-byte shared secret with the other side's public key."""
        ...


@dataclass(frozen=True, slots=True)
class CertifiedSigner:
    """A signer and the certificates that vouch for it: DER, leaf first, trust anchor left out (HAIP 1.0 §6.1.1)."""

    signer: Signer
    chain: tuple[bytes, ...]
