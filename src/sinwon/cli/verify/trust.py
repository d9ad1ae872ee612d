"""Whom a check believes: the operator's trust list, or roots named on the command line, or both.

A root of the command line is trusted for whatever the file says it is, because somebody who names a root for one file means
that file. A trust list says itself for what.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from cryptography import x509

from sinwon.core.refusal import Refusal
from sinwon.keys.jwk import PublicKey
from sinwon.keys.trust import Anchor, Purpose, TrustAnchors
from sinwon.keys.x509 import UNREADABLE, parse_certificate
from sinwon.protocols.trust.signed import check_current
from sinwon.protocols.trust.trust_list import VerifiedTrustList, verify_trust_list

OURSELVES = "command line"


@dataclass(frozen=True, slots=True)
class Trust:
    listed: TrustAnchors
    roots: tuple[bytes, ...] = ()

    def of(self, leaf: bytes | None, kind: str, *, one: bool = False) -> TrustAnchors:
        """The anchors for a file of type `kind` whose signer's certificate is `leaf`, which names whom it speaks for; only the
        first of them where `one` alone may be meant."""
        names = _names(leaf)
        speakers: Sequence[str] = (names[:1] if one else names) or (OURSELVES,)
        own = (
            Anchor(root, purpose, OURSELVES, uri, frozenset({kind}))
            for root in self.roots
            for uri in speakers
            for purpose in (Purpose.ISSUANCE, Purpose.STATUS)
        )
        return TrustAnchors((*self.listed.anchors, *own))


def open_trust_list(token: str, *, operator: PublicKey, now: int) -> VerifiedTrustList:
    """Raises Refusal."""
    found = verify_trust_list(token, operator=operator)
    # 1 issued already, and not past its next update [TS 119 602 6.3]
    check_current(found, now)
    return found


def _names(leaf: bytes | None) -> tuple[str, ...]:
    if leaf is None:
        return ()
    try:
        extensions = parse_certificate(leaf).extensions
        names = extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    except (Refusal, x509.ExtensionNotFound, *UNREADABLE):
        return ()
    return tuple(names.get_values_for_type(x509.UniformResourceIdentifier))
