"""The world of the tests: invented authorities and keys, a clock that stands still until moved, seeded randomness.

Nothing here is personal or secret; every name ends in `.example`.
"""

from dataclasses import dataclass, field
from functools import cache
from random import Random

from sinwon.formats.mdoc.names import DOCUMENT_SIGNER
from sinwon.keys.authority import Authority, create_authority
from sinwon.keys.rsa import RsaKey, generate_rsa_key
from sinwon.keys.signer import CertifiedSigner
from sinwon.keys.software import SoftwareKey, derive_key
from sinwon.keys.trust import Anchor, Purpose, TrustAnchors
from sinwon.protocols.credential_types import TYPES

NOW = 1_790_000_000  # 2026-09-21, a Monday, 23:13 in Seoul
ISSUER = "https://issuer.example"
GATEWAY = "https://gateway.example"
CONSULATE = "https://consulate.example"
TRUST = "https://trust.example"
WALLET_PROVIDER = "https://wallets.example"


@dataclass
class StandingClock:
    """A clock that tests move."""

    now: int = NOW

    def __call__(self) -> int:
        return self.now

    def move(self, seconds: int) -> None:
        self.now += seconds


@dataclass
class SeededRandomness:
    """Unpredictable enough for tests, the same in each run."""

    seed: int = 1
    _random: Random = field(init=False)

    def __post_init__(self) -> None:
        self._random = Random(self.seed)  # noqa: S311 (tests want the same bytes in each run)

    def __call__(self, count: int) -> bytes:
        return self._random.randbytes(count)


def key(name: str) -> SoftwareKey:
    """The key of that name: the same in every run."""
    return derive_key(b"\x07" * 32, name.encode())


@cache
def rsa_key() -> RsaKey:
    """For ID tokens; another one in each run."""
    return generate_rsa_key()


@cache
def authority(name: str) -> Authority:
    return create_authority(key(f"authority {name}"), f"Sinwon test {name}", now=NOW - 86_400, random=SeededRandomness(2))


@cache
def certified(authority_name: str, name: str, uri: str, uses: tuple[str, ...] = ()) -> CertifiedSigner:
    """A signer named `name` with a certificate for `uri` under that authority."""
    signer = key(name)
    leaf = authority(authority_name).certify(signer, name, uri, now=NOW - 86_400, random=SeededRandomness(3), uses=uses)
    return CertifiedSigner(signer, (leaf,))


def issuer_signer() -> CertifiedSigner:
    return certified("issuing authority", "issuer", ISSUER)


def document_signer() -> CertifiedSigner:
    return certified("issuing authority", "documents", ISSUER, document_uses())


def document_uses() -> tuple[str, ...]:
    """What a document signer's certificate is for."""
    return tuple(sorted(DOCUMENT_SIGNER))


def status_signer() -> CertifiedSigner:
    return certified("status authority", "status", ISSUER)


def access_signer(service: str) -> CertifiedSigner:
    return certified("access authority", f"access {service}", f"urn:sinwon:service:{service}")


def wallet_provider() -> CertifiedSigner:
    return certified("wallet authority", "wallet provider", WALLET_PROVIDER)


def trust_anchors() -> TrustAnchors:
    """What a correct trust list says of this world."""
    uses = ("issuing", "status", "access", "wallet")
    issuing, status, access, wallet = (authority(f"{use} authority").certificate for use in uses)
    return TrustAnchors(
        (
            Anchor(issuing, Purpose.ISSUANCE, "Sinwon test issuer", ISSUER, frozenset(TYPES)),
            Anchor(status, Purpose.STATUS, "Sinwon test status", ISSUER),
            Anchor(access, Purpose.ACCESS, "Sinwon test access", GATEWAY),
            Anchor(wallet, Purpose.WALLET, "Sinwon test wallet provider", WALLET_PROVIDER),
        )
    )
