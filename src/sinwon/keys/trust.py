"""Who may vouch for what: trust is a set of (anchor, purpose, type), never a bare list of certificates.

The anchors come from the signed trust list (protocols.trust); this room only answers which of them count for a use.
"""

from dataclasses import dataclass
from enum import StrEnum
from typing import Final


class Purpose(StrEnum):
    ISSUANCE = "issuance"
    STATUS = "status"
    ACCESS = "access"
    """Access certificates of verifiers (relying parties)."""
    WALLET = "wallet"
    """Wallet providers."""


@dataclass(frozen=True, slots=True)
class Anchor:
    """One trusted root: what it may be used for, and for issuance, which credential types (vct)."""

    certificate: bytes
    purpose: Purpose
    name: str
    uri: str
    """The entity behind it: the issuer identifier, for issuance."""
    types: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class TrustAnchors:
    anchors: tuple[Anchor, ...]

    def certificates(self, purpose: Purpose, credential_type: str | None = None) -> frozenset[bytes]:
        """DER roots trusted for `purpose` and, for issuance, for that credential type."""
        return frozenset(
            anchor.certificate
            for anchor in self.anchors
            if anchor.purpose is purpose and (credential_type is None or credential_type in anchor.types)
        )

    def names_of(self, purpose: Purpose, certificate: bytes) -> tuple[str, ...]:
        """URIs of the entities a root is listed under."""
        return tuple(a.uri for a in self.anchors if a.purpose is purpose and a.certificate == certificate)


NOBODY: Final = TrustAnchors(())
