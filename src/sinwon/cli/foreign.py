"""Other people's issuers that a gateway is configured to trust, beside the trust list and for other types than ours."""

from collections.abc import Callable
from functools import lru_cache
from pathlib import Path
from typing import Final

from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding

from sinwon.config import AnchorSettings, Config
from sinwon.core.refusal import Fault
from sinwon.keys.trust import Anchor, Policy, Purpose, TrustAnchors
from sinwon.protocols.credential_types import TYPES

PURPOSES: Final = {"issuance": Purpose.ISSUANCE, "status": Purpose.STATUS}


def foreign_anchors(config: Config) -> tuple[Anchor, ...]:
    """Raises Fault for one that would vouch for our own types, or for a laxness that the profile does not allow."""
    return tuple(_anchor(name, settings, config.profile) for name, settings in config.gateway.anchors.items())


def with_foreign(trust: Callable[[], TrustAnchors], foreign: tuple[Anchor, ...]) -> Callable[[], TrustAnchors]:
    """The anchors in force, with these as well; the same object while nothing changes."""

    @lru_cache(1)
    def joined(listed: TrustAnchors) -> TrustAnchors:
        return TrustAnchors((*listed.anchors, *foreign))

    return (lambda: joined(trust())) if foreign else trust


def _anchor(name: str, settings: AnchorSettings, profile: str) -> Anchor:
    if frozenset(settings.types) & frozenset(TYPES):
        raise Fault(f"gateway.anchors.{name}: for types of ours the trust list alone says whom to trust")
    if settings.exact and profile != "conformance":
        raise Fault(f"gateway.anchors.{name}: `exact` exists in the conformance profile only")
    policy = Policy(status=settings.status == "required", named=settings.named, exact=settings.exact)
    certificate = _certificate(Path(settings.certificate))
    return Anchor(certificate, PURPOSES[settings.purpose], name, settings.issuer, frozenset(settings.types), policy)


def _certificate(path: Path) -> bytes:
    try:
        return x509.load_pem_x509_certificate(path.read_bytes()).public_bytes(Encoding.DER)
    except (OSError, ValueError) as error:
        raise Fault(f"{path}: no certificate ({type(error).__name__})") from None
