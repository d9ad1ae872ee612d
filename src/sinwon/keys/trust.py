"""Who may vouch for what: trust is a set of (anchor, purpose, type), never a bare list of certificates.

The anchors come from the signed trust list (protocols.trust); this room only answers which of them count for a use.
"""

from dataclasses import dataclass, field
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
class Policy:
    """What is asked of credentials under one anchor. Less than this is for anchors of other people's issuers, one by one."""

    status: bool = True
    """Whether every credential must have one. If it has one, it counts in any case."""
    named: bool = True
    """Whether a signer's certificate must name the issuer; otherwise all under the root speak for the one entity listed."""
    exact: bool = False
    """Whether the certificate is itself the signer's, whatever else it is: for tests, never from a trust list."""


STRICT: Final = Policy()


@dataclass(frozen=True, slots=True)
class Anchor:
    """One trusted root: what it may be used for, and for issuance, which credential types (vct)."""

    certificate: bytes
    purpose: Purpose
    name: str
    uri: str
    """The entity behind it: the issuer identifier, for issuance."""
    types: frozenset[str] = frozenset()
    policy: Policy = STRICT


@dataclass(frozen=True, slots=True)
class TrustAnchors:
    anchors: tuple[Anchor, ...]
    _certificates: dict[tuple[Purpose, str | None, bool], frozenset[bytes]] = field(
        default_factory=dict, init=False, repr=False, compare=False
    )
    _issuers: dict[tuple[bytes, str], frozenset[str]] = field(default_factory=dict, init=False, repr=False, compare=False)
    """Answers that name somebody, given once before: as many as there are anchors and types, whatever strangers ask for."""

    def certificates(self, purpose: Purpose, credential_type: str | None = None, *, exact: bool = False) -> frozenset[bytes]:
        """DER roots trusted for `purpose` and, for issuance, for that credential type; if `exact`, certificates that are
        trusted by themselves and vouch for no other."""
        known = self._certificates.get((purpose, credential_type, exact))
        if known is None:
            fitting = (one for one in self.anchors if one.purpose is purpose and one.policy.exact is exact)
            known = frozenset(one.certificate for one in fitting if credential_type is None or credential_type in one.types)
            if known:
                self._certificates[purpose, credential_type, exact] = known
        return known

    def issuers(self, certificate: bytes, credential_type: str) -> frozenset[str]:
        """URIs of the entities listed with this root as issuers of this credential type."""
        known = self._issuers.get((certificate, credential_type))
        if known is None:
            fitting = (one for one in self.anchors if one.purpose is Purpose.ISSUANCE and one.certificate == certificate)
            known = frozenset(one.uri for one in fitting if credential_type in one.types)
            if known:
                self._issuers[certificate, credential_type] = known
        return known

    def policy(self, certificate: bytes, credential_type: str) -> Policy:
        """What is asked of credentials of this type under this root: of several entries, the strictest of each."""
        fitting = (one for one in self.anchors if one.purpose is Purpose.ISSUANCE and one.certificate == certificate)
        found = [one.policy for one in fitting if credential_type in one.types] or [STRICT]
        return Policy(any(one.status for one in found), any(one.named for one in found), all(one.exact for one in found))

    def names_of(self, purpose: Purpose, certificate: bytes) -> tuple[str, ...]:
        """URIs of the entities a root is listed under."""
        return tuple(a.uri for a in self.anchors if a.purpose is purpose and a.certificate == certificate)


NOBODY: Final = TrustAnchors(())
